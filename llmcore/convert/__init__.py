"""Models in and out: GPT-2 from Hugging Face's format; export for transformers and llama.cpp."""
