"""Names in figures are letters: Plotly reads tags, entities and templates in its labels."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from llmcore.evaluation import PrecisionRecall
from llmcore.experiments.learning_curve.points import CurveRow
from llmcore.plots import (
    attention,
    budget,
    classification,
    diverse,
    embeddings,
    emergence,
    generation,
    interpret,
    tokenizers,
    training,
    variants,
    walk,
)  # fmt: skip

NAME = '<a href="//x.org">b</a>&lt;%{y}'
ONE, TWO = [0.5], [0.5, 0.25]
CURVE = training.Curve([1, 2], TWO)
VARIANT = variants.VariantCurve(NAME, 1, 0, [1, 2], TWO)
ROW = CurveRow(NAME, 10, 2, *([0.5] * 9))
FIGURES: dict[str, Callable[[], object]] = {
    "heatmap": lambda: attention.attention_heatmap(np.eye(2), [NAME, "b"]),
    "next token": lambda: attention.next_token_bars([NAME], ONE),
    "parts": lambda: budget.part_bars({NAME: 1.0}, [NAME]),
    "sizes": lambda: budget.size_bars([NAME], [10], [NAME]),
    "memory": lambda: budget.memory_bars({NAME: {NAME: 1e9}}, {NAME: 1e9}),
    "context": lambda: budget.context_lines([1, 2], {NAME: TWO}, "t", {NAME: 1.0}, False),
    "confusion": lambda: classification.confusion_chart([[1, 0], [0, 1]], [NAME, "b"]),
    "probabilities": lambda: classification.probability_bars({NAME: 0.5}),
    "classes": lambda: classification.class_bars({NAME: 3}),
    "threshold": lambda: classification.precision_recall_chart(
        PrecisionRecall(*([np.array(TWO)] * 3)), None, 0.5, NAME
    ),
    "learning curve": lambda: classification.learning_curve_chart([ROW], "accuracy", "r"),
    "matrix": lambda: diverse.matrix_chart([ONE], [NAME], [NAME]),
    "scale": lambda: diverse.scale_chart([(NAME, 10.0)], frozenset()),
    "map": lambda: embeddings.embedding_maps(
        [embeddings.Map(NAME, np.zeros((1, 2)), TWO)], [NAME], {NAME: [0]}
    ),
    "heads": lambda: emergence.head_type_chart({"first": CURVE}, [training.Mark(1, NAME)]),
    "repeats": lambda: emergence.repeat_loss_chart({NAME: CURVE}),
    "words": lambda: generation.word_bars([NAME], [(NAME, ONE)]),
    "before and after": lambda: interpret.before_after_bars([NAME], ONE, ONE, (NAME, NAME)),
    "part map": lambda: interpret.part_map(np.ones((1, 1)), [NAME], NAME),
    "shares": lambda: interpret.share_bars([NAME], ONE),
    "layers": lambda: interpret.layer_lines({NAME: np.array(TWO)}, NAME),
    "compression": lambda: tokenizers.compression_dots([NAME], {NAME: ONE}, "t"),
    "counts": lambda: tokenizers.count_bars([NAME], [1], NAME),
    "loss": lambda: training.loss_chart(
        training.RunCurves(NAME, CURVE, CURVE), [training.RunCurves(NAME, CURVE, CURVE)],
        marks=[training.Mark(1, NAME)],
    ),
    "variants": lambda: variants.learning_chart([VARIANT]),
    "score": lambda: walk.score_bars(np.ones(2), np.ones(2), (NAME, NAME)),
    "stream": lambda: walk.stream_lines(np.ones((2, 1)), [NAME], 0),
}  # fmt: skip
# What Plotly never draws: it tells traces and views apart by these.
KEYS = ("legendgroup", "uirevision")


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_a_name_is_letters(figure: Callable[[], object]) -> None:
    for text in texts(json.loads(figure().to_json())):
        assert "<a" not in text and "x.org%{y}" not in text, text
        # The template's own `%{y}` may stand there, one behind the name's entity may not.
        assert "&amp;lt;%{" not in text and "&lt;%{" not in text, text


def texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for key, inner in node.items() if key not in KEYS for text in texts(inner)]
    if isinstance(node, list):
        return [text for inner in node for text in texts(inner)]
    return [node] if isinstance(node, str) else []
