"""Use a finished classifier from Python: load it, give it texts, get labels.

    from llmcore import load_classifier
    classifier = load_classifier("20260101-120000-spam-0a1b2c")
    print(classifier.predict(["You won a prize, call now!"]))     # ['spam']
    print(classifier.predict("You won a prize, call now!"))       # spam

Importing this module imports no torch; loading a classifier does.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any, overload

from llmcore import models
from llmcore.texts import one_or_several

BATCH_TEXTS = 2048
FIRST_TEXTS = 256  # of the first batch: the first answers come soon, and each batch is twice as big
BATCH_CHARACTERS = 1 << 22  # of the texts that are held at one time
KNOWN_TEXTS = 1 << 16  # answers that are remembered, for texts that come again
KNOWN_CHARACTERS = 1 << 23

Row = tuple[str, dict[str, Any]]  # a text and its answer


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

    # A str is an iterable of str as well, and the first overload that fits counts: mypy knows no
    # way to say so.
    @overload
    def predict(self, texts: str) -> str | None: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[str]) -> list[str | None]: ...
    def predict(self, texts: str | Iterable[str]) -> str | list[str | None] | None:
        """The label of each text, None for an empty one; of a single text (a str) its label.

        Raises LabError for what is no text."""
        found = [row["label"] for _, row in self.rows(texts)]
        return found[0] if isinstance(texts, str) else found

    @overload
    def predict_proba(self, texts: str) -> dict[str, float]: ...  # type: ignore[overload-overlap]
    @overload
    def predict_proba(self, texts: Iterable[str]) -> list[dict[str, float]]: ...
    def predict_proba(
        self, texts: str | Iterable[str]
    ) -> dict[str, float] | list[dict[str, float]]:
        """The probability of every label, for each text; nothing for an empty one. Of a single
        text (a str) its own. Raises LabError for what is no text."""
        found = [row["probabilities"] for _, row in self.rows(texts)]
        return found[0] if isinstance(texts, str) else found

    def rows(self, texts: str | Iterable[str]) -> Iterator[Row]:
        """Each text, in order, with its `label`, `probability`, `probabilities` and `cut` (it was
        longer than the context). Lazy: a million texts may come from a generator."""
        return (row for batch in self.batches(texts) for row in batch)

    def batches(self, texts: str | Iterable[str], waiting: bool = False) -> Iterator[list[Row]]:
        """`rows`, as many at a time as are read together. waiting: answers what has come by now
        while the next text is still awaited, as from someone who types."""
        given = one_or_several(texts)
        known = _Known()
        return (
            self._answered(batch, known) for batch in (_arrived if waiting else _batches)(given)
        )

    def _answered(self, batch: list[str], known: "_Known") -> list[Row]:
        different = [text for text in dict.fromkeys(batch) if text.strip()]
        found = {text: answer for text in different if (answer := known.get(text)) is not None}
        new = [text for text in different if text not in found]
        for text, answer in zip(new, models.classify_texts(self._loaded, new), strict=True):
            found[text] = answer
            known.put(text, answer)
        return [(text, _copy(found[text]) if text in found else _no_label()) for text in batch]


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


class _Known:
    """Answers to the latest texts: logs and short messages repeat themselves."""

    def __init__(self) -> None:
        self._now: dict[str, dict[str, Any]] = {}
        self._before: dict[str, dict[str, Any]] = {}
        self._characters = 0

    def get(self, text: str) -> dict[str, Any] | None:
        return self._now.get(text) or self._before.get(text)

    def put(self, text: str, answer: dict[str, Any]) -> None:
        self._now[text] = answer
        self._characters += len(text)
        if len(self._now) >= KNOWN_TEXTS or self._characters >= KNOWN_CHARACTERS:
            self._before, self._now, self._characters = self._now, {}, 0


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters, limit = 0, min(FIRST_TEXTS, BATCH_TEXTS)
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) >= limit or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters, limit = [], 0, min(2 * limit, BATCH_TEXTS)
    if batch:
        yield batch


def _arrived(texts: Iterable[str]) -> Iterator[list[str]]:
    """Batches of the texts that a thread has read by the time that they are asked for."""
    come: queue.Queue[str | BaseException | None] = queue.Queue(BATCH_TEXTS)

    def read() -> None:
        try:
            for text in texts:
                come.put(text)
            come.put(None)
        except BaseException as error:
            come.put(error)

    threading.Thread(target=read, name="llmlab-texts", daemon=True).start()
    while True:
        item, batch, characters = come.get(), [], 0
        while isinstance(item, str):
            batch.append(item)
            characters += len(item)
            if len(batch) >= BATCH_TEXTS or characters >= BATCH_CHARACTERS or come.empty():
                break
            item = come.get()
        if batch:
            yield batch
        if isinstance(item, BaseException):
            raise item
        if item is None:
            return


def _copy(answer: dict[str, Any]) -> dict[str, Any]:
    """Of an answer that is remembered: what is given out may be changed."""
    return {**answer, "probabilities": dict(answer["probabilities"])}


def _no_label() -> dict[str, Any]:
    """Stands for an empty text, so that results and lines of input keep the same numbers."""
    return {"label": None, "probability": None, "probabilities": {}, "cut": False}
