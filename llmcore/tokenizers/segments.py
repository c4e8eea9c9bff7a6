"""Cut long text where no tokenizer pattern can look across, so that nothing is too long.

tiktoken's regex engine panics on a run of about a million spaces, and one call holds one core.
Segments of at most `MAX_SEGMENT` characters stay far below that and encode in parallel.
"""

import re
from collections.abc import Iterator

from llmcore.schema import replace_surrogates

__all__ = ["MAX_SEGMENT", "replace_surrogates", "segments"]

MAX_SEGMENT = 100_000  # characters

# A piece of every pattern in use ends after a letter when a space and a letter follow, and after
# a single newline between a visible character and a letter. Cut there and the ids of
# the parts are the ids of the whole; tests/tokenizers compares them on random text.
_SAFE_CUT = re.compile(r"[^\W\d_](?= [^\W\d_])|\S\n(?=[^\W\d_])")


def segments(text: str, max_length: int = MAX_SEGMENT) -> Iterator[str]:
    """Parts that join to `text`, each at most `max_length` characters.

    Cuts are at safe places; only text with none in half a segment is cut anywhere, which may
    give other ids there than tiktoken would on the whole, and still decodes to the same text.
    """
    start = 0
    while len(text) - start > max_length:
        match = _SAFE_CUT.search(text, start + max_length // 2, start + max_length)
        cut = match.end() if match else start + max_length
        yield text[start:cut]
        start = cut
    if start < len(text) or not text:
        yield text[start:]
