"""What a run on diverse data answers on the command line."""

from typing import Any

from llmcore.experiments.diverse_data.cells import SCORE, DiverseMatrix
from llmcore.runs.run import Run
from llmcore.texts import text_table


def answer(run: Run) -> tuple[dict[str, Any], str]:
    """`matrix`: bits per byte by the corpus trained on, then the one tested on."""
    found = DiverseMatrix(run)
    rows = [
        [name, *("-" if score is None else f"{score:.3f}" for score in [*row, found.mean(name)])]
        for name, row in zip(found.models, found.rows(), strict=True)
    ]
    return found.to_dict(), text_table(["trained on", *found.corpora, "mean"], rows)


def line(event: dict[str, Any]) -> str | None:
    """One line about a score; None for another event."""
    if event.get("type") != SCORE:
        return None
    return (
        f"trained on {event['trained']}, tested on {event['tested']}: "
        f"{event['bits_per_byte']:.3f} bits per byte"
    )
