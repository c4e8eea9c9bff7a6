"""LLM against earlier NLP: every model on every task that it can do, on the same splits."""
