"""Attributions against the plain definitions, and their sum against what it must be."""

import numpy as np
import pytest
import torch
from random_models import loaded

from llmcore.errors import LabError
from llmcore.interpret.attribution import METHODS, RELATIVE_ERROR, _log_odds, attribute
from llmcore.models import classify_texts, load

LABELS = ["a", "b", "c"]
TEXT = "the cat sees a red apple and the old king"


def log_odds(model, text: str, label: str) -> float:
    p = classify_texts(model, [text])[0]["probabilities"][label]
    return float(np.log(p / (1 - p)))


@pytest.mark.parametrize("causal", [True, False])
def test_occlusion_is_what_the_text_loses_without_the_token(causal: bool) -> None:
    model = loaded(LABELS, causal=causal)
    found = attribute(model, TEXT)
    decided = classify_texts(model, [TEXT])[0]
    assert found.label == decided["label"]
    assert found.probability == pytest.approx(decided["probability"], abs=1e-6)
    assert "".join(found.tokens) == TEXT and len(found.values) == len(found.ids)
    for at in (0, 3, len(found.ids) - 1):
        ids = found.ids[:at] + found.ids[at + 1 :]
        with torch.no_grad():
            logits = model.model(torch.tensor([ids]), torch.tensor([len(ids)]))
        without = float(_log_odds(logits, LABELS.index(found.label)))
        assert found.values[at] == pytest.approx(found.log_odds - without, abs=1e-5)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("text", [TEXT, "king", "a red apple " * 9])
@pytest.mark.parametrize("causal", [True, False])
def test_integrated_gradients_add_up_to_the_difference_of_the_log_odds(label, text, causal) -> None:
    model = loaded(LABELS, causal=causal)
    found = attribute(model, text, "integrated gradients", label)
    assert found.log_odds == pytest.approx(log_odds(model, text, label), abs=1e-3) or found.cut
    ids = torch.full((1, len(found.ids)), model.tokenizer.eot_id)
    with torch.no_grad():
        start = _log_odds(model.model(ids, torch.tensor([len(found.ids)])), LABELS.index(label))
    assert found.reference == pytest.approx(float(start), abs=1e-5)
    owed = found.log_odds - found.reference
    assert abs(found.values.sum() - owed) <= max(RELATIVE_ERROR * abs(owed), 0.005)


def test_it_holds_for_a_trained_model_within_one_percent() -> None:
    found = attribute(
        load("starter-spam"), "Congratulations! You have won a free prize, call 0906 1701 now",
        "integrated gradients",
    )  # fmt: skip
    assert found.completeness_error < 0.01


def test_a_long_text_is_cut_and_says_so() -> None:
    model = loaded(LABELS)
    found = attribute(model, TEXT * 5)
    assert found.cut and len(found.values) == model.trunk.config.context_length
    assert not attribute(model, TEXT).cut


def test_what_cannot_be_explained_is_refused() -> None:
    model = loaded(LABELS)
    for arguments, words in (
        ((loaded(), TEXT), "no classifier"),
        ((model, ""), "empty"),
        ((model, TEXT, "guess"), "choose one of occlusion"),
        ((model, TEXT, METHODS[0], "z"), "choose one of a, b, c"),
    ):
        with pytest.raises(LabError, match=words):
            attribute(*arguments)
    assert all(
        not parameter.requires_grad and parameter.grad is None
        for parameter in model.model.parameters()
    )
