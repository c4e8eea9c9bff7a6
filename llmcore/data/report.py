"""What a labelled set looks like before anything learns from it: numbers, and what to know."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from llmcore.data.folding import fold
from llmcore.data.labelled import LabelledSet
from llmcore.data.reading.report import ReadingReport
from llmcore.tokenizers import Tokenizer

LOPSIDED = 3.0  # times as many texts of the largest class as of the smallest
FEW_TEXTS = 10  # of a class: too few for its scores to mean much
SHOWN = 5  # contradictions that are shown with their text
SHOWN_CHARACTERS = 100


@dataclass(slots=True, frozen=True)
class Contradiction:
    """One text (shortened) that is in the data with several labels, and how often with each."""

    text: str
    labels: dict[str, int]


@dataclass(slots=True, frozen=True)
class DataReport:
    """counts: rows of each class. imbalance: rows of the largest class for each of the smallest.

    doubles: rows that repeat another text (case, spaces and punctuation aside), and go before
    training. contradictions: texts with several labels; each keeps the one it has most often.
    empty: rows without a text or a label, left out already. cut: texts longer than
    `context_length` tokens, None if no tokenizer was given. reading: how the user's file was
    read, None for built-in data.
    """

    name: str
    rows: int
    counts: dict[str, int]
    imbalance: float
    doubles: int
    contradictions: int
    shown: list[Contradiction]
    empty: int
    cut: int | None
    context_length: int | None
    notices: list[str]
    reading: ReadingReport | None = None

    @property
    def n_classes(self) -> int:
        return len(self.counts)

    def to_dict(self) -> dict[str, Any]:
        values = asdict(replace(self, reading=None))
        return values | {"reading": self.reading.to_dict() if self.reading else None}

    def sentences(self) -> list[str]:
        """The report in plain words, the most important first; numbers as a person reads them."""
        first = f"{self.name}: {self.rows:,} texts of {self.n_classes} classes ({self._classes()})."
        return [first, *self.findings(), *self.notices]

    def findings(self) -> list[str]:
        """What is to be known of the texts and classes; what the reader did is in `notices`."""
        lines: list[str] = []
        if self.imbalance >= LOPSIDED:
            largest, smallest = self._ends()
            lines.append(
                f"The classes are uneven: {largest!r} has {self.imbalance:.1f} times as many texts "
                f"as {smallest!r}. Balancing (equal or weights) gives the rare ones more say."
            )
        if few := [label for label, n in self.counts.items() if n < FEW_TEXTS]:
            named = ", ".join(repr(text[:40]) for text in few[:SHOWN])
            more = f" and {len(few) - SHOWN} more" if len(few) > SHOWN else ""
            lines.append(f"Fewer than {FEW_TEXTS} texts: {named}{more}. Scores of such a class "
                         f"say little.")  # fmt: skip
        if self.contradictions:
            first = self.shown[0]
            labels = " and ".join(repr(label[:40]) for label in first.labels)
            lines.append(
                f"{self.contradictions:,} texts stand there with different labels, such as "
                f"{first.text!r} as {labels}: each keeps the label that it has most often."
            )
        if self.doubles:
            lines.append(f"{self.doubles:,} rows repeat another text and are dropped before "
                         f"training.")  # fmt: skip
        if self.empty and self.reading is None:  # the reader says it, with its reason
            lines.append(f"{self.empty:,} rows without a text or a label were left out.")
        if self.cut:
            lines.append(
                f"{self.cut:,} texts ({self.cut / max(1, self.rows):.0%}) are longer than the "
                f"{self.context_length:,} tokens that the model reads: only their beginning counts."
            )
        return lines

    def _classes(self) -> str:
        shown = sorted(self.counts.items(), key=lambda pair: -pair[1])
        parts = [f"{label[:40]} {n:,}" for label, n in shown[: 2 * SHOWN]]
        if len(shown) > 2 * SHOWN:
            parts.append(f"and {len(shown) - 2 * SHOWN} more")
        return ", ".join(parts)

    def _ends(self) -> tuple[str, str]:
        ordered = sorted(self.counts, key=lambda label: self.counts[label])
        return ordered[-1], ordered[0]


def report_on(
    data: LabelledSet, tokenizer: Tokenizer | None = None, context_length: int | None = None
) -> DataReport:
    """Looks through a labelled set; with a tokenizer and a context length, also at its lengths."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(data.texts):
        groups[fold(text)].append(i)
    torn = [rows for rows in groups.values() if len({data.labels[i] for i in rows}) > 1]
    counts = data.counts()
    cut = None
    if tokenizer is not None and context_length is not None:
        cut = count_longer(tokenizer, data.texts, context_length)
    return DataReport(
        name=data.name,
        rows=len(data),
        counts=counts,
        imbalance=max(counts.values()) / min(counts.values()) if counts else 1.0,
        doubles=len(data) - len(groups),
        contradictions=len(torn),
        shown=[
            Contradiction(
                " ".join(data.texts[rows[0]].split())[:SHOWN_CHARACTERS],
                dict(Counter(data.labels[i] for i in rows).most_common()),
            )
            for rows in torn[:SHOWN]
        ],
        empty=data.n_empty,
        cut=cut,
        context_length=context_length,
        notices=list(data.notices),
        reading=data.report,
    )


def count_longer(tokenizer: Tokenizer, texts: Sequence[str], n_tokens: int) -> int:
    """How many texts have more than `n_tokens` tokens. A token is at least a byte, so a short
    text need not be encoded to know."""
    return sum(
        len(text.encode("utf-8", "replace")) > n_tokens and len(tokenizer.encode(text)) > n_tokens
        for text in texts
    )
