"""Use a finished classifier from Python: load it, give it texts, get labels.

    from llmcore import load_classifier
    classifier = load_classifier("20260101-120000-spam-0a1b2c")
    print(classifier.predict(["You won a prize, call now!"]))     # ['spam']

Importing this module imports no torch; loading a classifier does.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from llmcore import models

BATCH_TEXTS = 1024
BATCH_CHARACTERS = 1 << 22  # of the texts that are held at one time


class Classifier:
    """A classifier of the lab. It holds a bounded number of texts, however many it is given."""

    def __init__(self, loaded: models.Loaded) -> None:
        """Raises LabError for a model that is no classifier."""
        self._loaded = loaded
        self.labels = models.labels_of(loaded)

    @property
    def context_length(self) -> int:
        """How many tokens of a text are read."""
        return self._loaded.trunk.config.context_length

    @property
    def step(self) -> int:
        """The training step that its weights are of."""
        return self._loaded.step

    def predict(self, texts: Iterable[str]) -> list[str | None]:
        """The label of each text, None for an empty one."""
        return [row["label"] for _, row in self.rows(texts)]

    def predict_proba(self, texts: Iterable[str]) -> list[dict[str, float]]:
        """The probability of every label, for each text; nothing for an empty one."""
        return [row["probabilities"] for _, row in self.rows(texts)]

    def rows(self, texts: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each text, in order, with its `label`, `probability`, `probabilities` and `cut` (it was
        longer than the context). Lazy: a million texts may come from a generator."""
        for batch in _batches(texts):
            known = [text for text in batch if text.strip()]
            found = iter(models.classify_texts(self._loaded, known) if known else [])
            for text in batch:
                yield text, next(found) if text.strip() else _no_label()


def load_classifier(ref: str) -> Classifier:
    """A classifier by run id, RUN@STEP, directory or name. Raises LabError with one sentence."""
    return Classifier(models.load(ref))


def usage_lines(ref: str, example: str = "You won a prize, call now!") -> str:
    """Three lines of Python that load a classifier and use it, run in the project's folder."""
    return (
        "from llmcore import load_classifier\n"
        f"classifier = load_classifier({ref!r})\n"
        f"print(classifier.predict([{example!r}]))\n"
    )


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) >= BATCH_TEXTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _no_label() -> dict[str, Any]:
    """Stands for an empty text, so that results and lines of input keep the same numbers."""
    return {"label": None, "probability": None, "probabilities": {}, "cut": False}
