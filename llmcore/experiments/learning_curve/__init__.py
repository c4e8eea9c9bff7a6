"""How much labelled data it takes: learners over growing sets of texts."""
