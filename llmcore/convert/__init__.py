"""Models in and out: folders of Hugging Face, GGUF files, export to other tools."""
