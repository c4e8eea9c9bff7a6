"""A test text that the bundled models did not train on, in windows of tokens."""

from functools import lru_cache

import numpy as np

from llmcore.config import DataConfig
from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
from llmcore.errors import LabError
from llmcore.tokenizers import Tokenizer

CORPUS = "shakespeare"
_CHARACTERS = 12  # a token, at first: more than any tokenizer needs on English


@lru_cache(maxsize=1)
def _text() -> str:
    _, documents = load_corpus(CORPUS).split(DataConfig().validation, CORPUS_SPLIT_SEED)
    return "\n\n".join(documents)


def held_out_windows(tokenizer: Tokenizer, n: int, length: int) -> np.ndarray:
    """int64 (n, length): windows from n places, evenly spread, of the held-out Shakespeare.

    It is the part that every run on that corpus holds out, so the bundled models have not seen
    it; an imported model may have. Raises LabError where the text is too short.
    """
    text = _text()
    rows = []
    for start in np.linspace(0, len(text), n, endpoint=False).astype(int):
        ids: list[int] = []
        size = _CHARACTERS * length
        while len(ids) < length:
            piece = text[start : start + size]
            ids = tokenizer.encode(piece)
            if len(ids) < length and start + size >= len(text):
                raise LabError(
                    f"The test text is too short for {n} windows of {length} tokens: ask for less."
                )
            size *= 2
        rows.append(ids[:length])
    return np.array(rows, dtype=np.int64)
