"""The generators of the built-in instruction sets; `assets/make_instructions.py` runs them."""
