"""Texts that no bundled model may have seen: found in documents to pretrain on, and taken out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from llmcore.data.builtin import read_sms, read_tweets
from llmcore.data.folding import fold, in_fixed_test

MIN_FOLDED = 30  # characters; shorter messages ("Where are you?") are anybody's words


@dataclass(slots=True, frozen=True)
class Withheld:
    """Documents without held-back texts, and how many documents and lines were dropped."""

    documents: list[str]
    n_documents: int
    n_lines: int


def held_back_texts() -> frozenset[str]:
    """Folded messages of sms-spam and test texts of tweet-sentiment, from `MIN_FOLDED` up."""
    messages = (fold(text) for _, text in read_sms())
    tweets = (folded for _, text in read_tweets() if in_fixed_test(folded := fold(text)))
    return frozenset(
        text for part in (messages, tweets) for text in part if len(text) >= MIN_FOLDED
    )


def withhold(documents: Sequence[str], held_back: Collection[str]) -> Withheld:
    """`documents` without those, and without those lines, whose folded text is in `held_back`."""
    longest = max(map(len, held_back), default=0) * 4  # folding drops spaces and punctuation
    kept: list[str] = []
    n_lines = 0
    for document in documents:
        if len(document) <= longest and fold(document) in held_back:
            continue
        lines = document.split("\n")
        clean = [line for line in lines if not _is_held_back(line, held_back, longest)]
        if n_dropped := len(lines) - len(clean):
            n_lines += n_dropped
            document = "\n".join(clean)
        kept.append(document)
    return Withheld(kept, len(documents) - len(kept), n_lines)


def _is_held_back(line: str, held_back: Collection[str], longest: int) -> bool:
    return MIN_FOLDED <= len(line) <= longest and fold(line) in held_back
