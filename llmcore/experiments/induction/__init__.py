"""The induction experiment: a run in which induction heads appear while one watches."""
