"""What can be counted of a text that a model wrote: real words, and what it copied."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from llmcore.texts import one_or_several

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
OFTEN = 2  # a spelling that is in the corpora once only may be a slip


def known_words(documents: str | Iterable[str]) -> frozenset[str]:
    """Spellings, folded to lower case, that occur at least OFTEN times."""
    counts: Counter[str] = Counter()
    for document in one_or_several(documents, "document"):
        counts.update(WORD.findall(document.lower()))
    return frozenset(word for word, count in counts.items() if count >= OFTEN)


def real_word_share(samples: str | Sequence[str], known: frozenset[str]) -> float | None:
    """The share of the words of all samples that are known; None if there is no word.

    The last word of a sample may be cut off, so it is left out.
    """
    given = one_or_several(samples, "sample")
    words = [word for sample in given for word in WORD.findall(sample.lower())[:-1]]
    return sum(word in known for word in words) / len(words) if words else None


def longest_copy(sample: str, source: str) -> int:
    """How many words in a row of `sample` are in `source` (folded, single spaces) as well.

    >>> longest_copy("to be or to be", "whether to be or not")
    3
    """
    words, source = sample.lower().split(), f" {source} "
    longest = start = 0
    for end in range(1, len(words) + 1):
        while start < end and f" {' '.join(words[start:end])} " not in source:
            start += 1
        longest = max(longest, end - start)
    return longest
