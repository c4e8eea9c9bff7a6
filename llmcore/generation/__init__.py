"""Text from a model: sampling, streaming, the tree of what was generated, and scoring of text."""

from llmcore.generation.reader import Candidate, candidates, check_ids, next_tokens
from llmcore.generation.sampling import (
    Sampled,
    SamplingConfig,
    sampling_probabilities,
    sampling_stages,
)
from llmcore.generation.stream import GeneratedToken, Generation, generate, stream

__all__ = [
    "Candidate",
    "GeneratedToken",
    "Generation",
    "Sampled",
    "SamplingConfig",
    "candidates",
    "check_ids",
    "generate",
    "next_tokens",
    "sampling_probabilities",
    "sampling_stages",
    "stream",
]
