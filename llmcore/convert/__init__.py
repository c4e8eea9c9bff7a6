"""Models in and out: Hugging Face's folders and GGUF files; export for transformers and llama.cpp."""
