"""The transformer. It knows no tokenizer, no run and no user interface.

Legend of shapes, for the whole project:
B batch, T time (tokens), S keys seen so far (T plus the cache), C channels (d_model),
H heads, D head size (C / H), V vocabulary, K classes, L blocks.
"""
