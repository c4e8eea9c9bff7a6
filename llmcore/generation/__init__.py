"""Text from a model: sampling, streaming, the tree of what was generated, and scoring of text."""

from llmcore.choices import SamplingConfig
from llmcore.data.windows import scoring_windows
from llmcore.generation.background import GenerationJob, start_generation
from llmcore.generation.measure import CacheMeasurement, ReadingSpeed, measure_cache
from llmcore.generation.reader import Candidate, candidates, next_tokens
from llmcore.generation.sampling import (
    Sampled,
    sampling_probabilities,
    sampling_stages,
)
from llmcore.generation.scoring import ScoredToken, ScoredWord, TextScore, score_text, score_words
from llmcore.generation.streaming import GeneratedToken, Generation, generate, stream
from llmcore.generation.tree import (
    Alternative,
    Node,
    TokenView,
    Tree,
    next_view,
    token_view,
)
from llmcore.nn.model import check_ids

__all__ = [
    "Alternative",
    "CacheMeasurement",
    "Candidate",
    "GeneratedToken",
    "Generation",
    "GenerationJob",
    "Node",
    "ReadingSpeed",
    "Sampled",
    "SamplingConfig",
    "ScoredToken",
    "ScoredWord",
    "TextScore",
    "TokenView",
    "Tree",
    "candidates",
    "check_ids",
    "generate",
    "measure_cache",
    "next_tokens",
    "next_view",
    "sampling_probabilities",
    "sampling_stages",
    "score_text",
    "score_words",
    "scoring_windows",
    "start_generation",
    "stream",
    "token_view",
]
