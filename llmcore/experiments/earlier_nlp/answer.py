"""What a comparison with earlier NLP answers on the command line."""

from typing import Any

from llmcore.experiments.earlier_nlp.cells import CELL, COLUMNS, METRIC, ROWS, Comparison, is_able
from llmcore.experiments.earlier_nlp.words import answer_sentences
from llmcore.runs.run import Run
from llmcore.texts import text_table


def answer(run: Run) -> tuple[dict[str, Any], str]:
    """`cells`: one for each task and model, with `able`; `answer`: what they say in sentences."""
    found = Comparison(run)
    sentences = answer_sentences(found)
    rows = []
    for task, title in ROWS.items():
        row = [f"{title} ({METRIC.get(task, 'samples')})"]
        for model in found.models:
            cell = found.cell(task, model)
            if cell is None:
                row.append("-" if is_able(task, model) else "not able")
            elif cell.score is None:
                row.append("writes")
            else:
                row.append(f"{cell.score:.3f} in {cell.seconds:.1f} s")
        rows.append(row)
    lines = [
        *sentences,
        text_table(["task", *(COLUMNS[model] for model in found.models)], rows),
        *([few] if (few := found.few_texts()) else []),
    ]
    return {"answer": sentences, **found.to_dict()}, "\n".join(lines)


def line(event: dict[str, Any]) -> str | None:
    """One line about a cell that is done; None for another event."""
    if event.get("type") != CELL:
        return None
    score = "" if event["score"] is None else f" {event['score']:.3f},"
    return f"{event['task']}, {event['model']}:{score} trained for {event['seconds']:.1f} s"
