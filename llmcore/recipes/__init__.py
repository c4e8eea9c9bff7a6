"""From a few choices to a whole RunConfig; what can be refused is refused before a start."""
