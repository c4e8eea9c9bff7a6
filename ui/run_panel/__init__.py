"""One run and what pages do with it: choosing, starting, watching, controlling."""
