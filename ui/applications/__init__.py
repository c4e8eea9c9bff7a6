"""The parts of the gallery of what language models are used for."""
