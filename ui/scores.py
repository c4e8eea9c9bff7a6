"""How a score looks on a page: with its interval if few rows gave it, or that there is none.

Runs of older versions keep no intervals, so they are worked out here from the counts."""

from typing import Any

from llmcore.evaluation import FEW_ROWS, against_chance, wilson_interval
from llmcore.plots.classification import percent
from ui.marked import Markdown

BITS_PER_BYTE = (
    "Bits per byte: the losses of all tokens in bits, divided by the bytes of the text. Models of "
    "different tokenizers compare so, on the same text only; 8 is knowing nothing."
)
OVERLAP = (
    "Each token is scored once, in windows that overlap by half; without the overlap the figure "
    "is about 2% higher."
)
NO_NUMBER: Markdown = (
    "What this run computed is not a number, so its answers and scores mean nothing: train it "
    "again, with a lower learning rate where it has one."
)


def shown_share(scores: dict[str, Any], name: str) -> Markdown:
    """`41.7%`; a dash if no row was scored."""
    value = scores.get(name)
    return "–" if value is None else percent(float(value))


def interval_words(scores: dict[str, Any], name: str) -> Markdown:
    """`between 19.3% and 68.0%`, the 95% interval of a share of few rows; else empty."""
    n, value = int(scores["n"]), scores.get(name)
    if value is None or n >= FEW_ROWS:
        return ""
    interval = wilson_interval(round(float(value) * n), n)
    assert interval is not None
    low, high = (percent(bound) for bound in interval)
    return f"between {low} and {high}"


def rows_words(scores: dict[str, Any], name: str, what: Markdown = "rows") -> Markdown:
    """`12 rows, 95%: between 19.3% and 68.0%`."""
    n, interval = int(scores["n"]), interval_words(scores, name)
    return f"{n:,} {what}, 95%: {interval}" if interval else f"{n:,} {what}"


def chance_words(scores: dict[str, Any]) -> Markdown:
    """A sentence if a classifier's score may be luck; else empty."""
    found = against_chance(scores)
    if found is None or found[1]:
        return ""
    return (
        f"No better than chance: of these {int(scores['n']):,} texts always naming the largest "
        f"class is right for {percent(found[0])}, which is not below the interval of this score "
        f"({shown_share(scores, 'accuracy')})."
    )
