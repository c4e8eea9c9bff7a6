"""What a loaded classifier says of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmcore.errors import LabError
from llmcore.models.loading import Loaded
from llmcore.texts import several


def classify_texts(loaded: Loaded, texts: Sequence[str]) -> list[dict[str, Any]]:
    """For each text its `label`, `probability` and `probabilities`. Raises LabError for a model
    that is no classifier, and if `texts` is one text and no list."""
    from llmcore.tasks.classification import predict

    labels = labels_of(loaded)
    if not len(several(texts)):
        return []
    return list(predict(loaded.classifier, loaded.tokenizer, labels, texts, loaded.vote))


def classify_alone(loaded: Loaded, text: str) -> tuple[dict[str, float], dict[str, float]]:
    """What the model, and what the words that vote beside it, each say of a text: the probability
    of every class. Raises LabError if no words vote."""
    if loaded.vote is None:
        raise LabError(f"{loaded.ref} has no bag-of-words model beside it.")
    (answer,) = classify_texts(replace(loaded, vote=None), [text])
    (said,) = loaded.vote[0].probabilities([text])
    return answer["probabilities"], dict(zip(labels_of(loaded), map(float, said), strict=True))


def labels_of(loaded: Loaded) -> list[str]:
    """The classes of a classifier. Raises LabError for a model that is none."""
    if loaded.labels is None:
        raise LabError(
            f"{loaded.ref} is a language model, not a classifier: finetune it first, "
            f"or choose a classifier."
        )
    return loaded.labels
