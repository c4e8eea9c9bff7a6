"""What a learning curve answers on the command line."""

from dataclasses import asdict
from typing import Any

from llmcore.experiments.learning_curve.points import POINT, curve_rows, few_test_texts, points_of
from llmcore.runs.run import Run
from llmcore.texts import text_table


def answer(run: Run) -> tuple[dict[str, Any], str]:
    """`curve`: a row for each learner and size, `points`: every single training."""
    points = points_of(run)
    rows = curve_rows(points)
    values = {
        "curve": [row.to_dict() for row in rows],
        "points": [asdict(point) for point in points],
    }
    cells = [
        [
            row.learner, f"{row.size:,}", f"{row.accuracy:.4f}", f"{row.macro_f1:.4f}",
            f"{row.macro_f1_low:.4f} to {row.macro_f1_high:.4f}", str(row.n_seeds),
            f"{row.seconds:.1f}",
        ]
        for row in rows
    ]  # fmt: skip
    header = ["learner", "texts", "accuracy", "macro F1", "lowest to highest", "seeds", "s each"]
    lines = [text_table(header, cells)]
    if few := few_test_texts(rows):
        lines.append(few)
    return values, "\n".join(lines)


def line(event: dict[str, Any]) -> str | None:
    """One line about a point that is done; None for another event."""
    if event.get("type") != POINT:
        return None
    return (
        f"{event['learner']}, {event['size']:,} texts, seed {event['seed']}: macro F1 "
        f"{event['macro_f1']:.3f}, {event['seconds']:.1f} s"
    )
