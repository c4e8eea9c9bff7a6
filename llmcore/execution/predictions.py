"""The test split of a classifier's run, row by row: kept by the run, or computed again."""

from typing import Any

from llmcore import models
from llmcore.data.chosen import read_splits
from llmcore.runs.run import Run


def predictions_of(run: Run) -> list[dict[str, Any]]:
    """Rows of `text`, `label`, `predicted`, `probability` of the untouched test split, and the
    `probabilities` of all classes (older runs kept only the first four).

    A run that keeps no predictions (a bundled one holds no text of others) is asked again: the
    same split by its seed, the same weights. Raises LabError if its data is not to be had.
    """
    kept = run.predictions()
    if kept:
        return kept
    stored = run.stored_data()
    table = stored.read_bytes() if stored else None
    test = read_splits(run.config.data, run.config.train.seed, table).test
    rows = models.classify_texts(models.load(str(run.directory)), test.texts)
    return [
        {
            "text": text,
            "label": label,
            "predicted": row["label"],
            "probability": row["probability"],
            "probabilities": row["probabilities"],
        }
        for text, label, row in zip(test.texts, test.labels, rows, strict=True)
    ]
