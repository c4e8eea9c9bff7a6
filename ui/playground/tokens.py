"""Coloured tokens: numbers of a reading or a score as what the browser draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ui.components import payload, registered
from ui.token_text import parts_of, plain_label

if TYPE_CHECKING:
    from llmcore.generation.rereading import Reading
    from llmcore.tokenizers import Tokenizer

# Six classes, the first for what was expected, the last for a surprise. Bounds between them.
SCALES: dict[str, tuple[str, tuple[float, ...], tuple[str, ...]]] = {
    "probability": (
        "Under these settings:",
        (0.9, 0.5, 0.2, 0.05, 0.01),
        ("90%+", "50–90%", "20–50%", "5–20%", "1–5%", "<1%"),
    ),
    "rank": (
        "Among all tokens:",
        (1, 3, 10, 100, 1000),
        ("1st", "–3rd", "–10th", "–100th", "–1,000th", "beyond"),
    ),
    "entropy": (
        "How open the choice was:",
        (1, 2, 4, 6, 8),
        ("<1 bit", "1–2", "2–4", "4–6", "6–8", "8+"),
    ),
    "surprise": (
        "Bits of surprise:",
        (1, 2, 4, 7, 11),
        ("<1", "1–2", "2–4", "4–7", "7–11", "11+"),
    ),
}
END = "end of text"
END_OF_TURN = "end of turn"


def classes(scale: str, values: Sequence[float] | np.ndarray) -> list[int]:
    """The colour class, 0 (expected) to 5 (a surprise), of each value.

    >>> classes("probability", [0.95, 0.3, 0.001])
    [0, 2, 5]
    """
    bounds = np.asarray(SCALES[scale][1])
    values = np.asarray(values, dtype=float)[:, None]
    beyond = values < bounds if scale == "probability" else values > bounds
    return beyond.sum(1).tolist()


def legend(scale: str) -> dict[str, Any]:
    title, _, labels = SCALES[scale]
    return {"title": title, "entries": list(enumerate(labels))}


class Labels:
    """What tokens look like; each is worked out once."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self.tokenizer = tokenizer
        self._parts: dict[int, list[list[str]]] = {}
        self._labels: dict[int, str] = {}

    def parts(self, id: int) -> list[list[str]]:
        if id not in self._parts:
            end = self._end(id)
            self._parts[id] = [["m", end]] if end else parts_of(self.tokenizer.token_bytes(id))
        return self._parts[id]

    def label(self, id: int) -> str:
        """One line without invisible signs, for cards and tables."""
        if id not in self._labels:
            self._labels[id] = self._end(id) or plain_label(self.tokenizer.token_bytes(id))
        return self._labels[id]

    def _end(self, id: int) -> str:
        """The words for a token at which writing stops, else nothing."""
        if id not in self.tokenizer.ends:
            return ""
        return END if id == self.tokenizer.eot_id else END_OF_TURN


def share(p: float) -> str:
    """A probability as people read it: `0.123` gives 12%."""
    if p <= 0:
        return "0"
    return "<0.1%" if p < 0.001 else f"{p:.1%}" if p < 0.0995 else f"{p:.0%}"


@dataclass(slots=True, frozen=True)
class TokenFacts:
    """What colours and cards say of one token."""

    probability: float
    rank: float
    entropy: float
    card: list[Any]  # [label, facts, rows]; see coloured_tokens.js


def token_facts(
    reading: "Reading", chosen: Sequence[int], labels: Labels, vocab_size: int
) -> list[TokenFacts]:
    """A reading of the tokens `chosen`, token by token."""
    columns = [
        reading.ids.tolist(),
        np.round(reading.logits, 2).tolist(),
        np.round(reading.scaled, 2).tolist(),
        (reading.places < reading.n_kept[:, 2:]).tolist(),
        np.round(reading.probabilities, 5).tolist(),
    ]
    k = reading.ids.shape[1] - 1
    made = []
    for at, own in enumerate(chosen):
        ids, logits, scaled, kept, p = (column[at] for column in columns)
        shown = range(k if own in ids[:k] else k + 1)  # the token itself is among the others
        rows = [
            [ids[i], labels.label(ids[i]), logits[i], scaled[i], kept[i], p[i], ids[i] == own]
            for i in shown
        ]
        probability, rank = float(reading.probability[at]), int(reading.rank[at])
        entropy = float(reading.entropy[at])
        facts = (
            f"{share(probability)} under these settings, {share(reading.natural[at])} by the "
            f"model alone · rank {rank:,} of {vocab_size:,} · entropy {entropy:.1f} bits"
        )
        made.append(TokenFacts(probability, rank, entropy, [labels.label(own), facts, rows]))
    return made


def coloured_tokens(
    key: str,
    data: dict[str, Any],
    on_select_change: Callable[[], None] = lambda: None,
    on_branch_change: Callable[[], None] = lambda: None,
) -> None:
    """Mounts the component; `select` and `branch` call back (see `ui.components.message`)."""
    # A component passes on only what somebody listens to, if only to do nothing.
    registered("coloured_tokens")(
        key=key,
        data=payload(data),
        on_select_change=on_select_change,
        on_branch_change=on_branch_change,
    )
