"""The sentences of a learning curve say what its rows say."""

from llmcore.experiments.learning_curve.points import CurvePoint, curve_rows
from ui.run_panel.curve import what_it_says

BOTH = ("pretrained", "random weights")


def rows(table: dict[str, dict[int, float]]) -> list:
    points = [
        CurvePoint(learner, size, 0, score, score, 1.0)
        for learner, scores in table.items()
        for size, score in scores.items()
    ]
    return curve_rows(points)


def test_how_many_texts_the_random_weights_need() -> None:
    table = {"pretrained": {10: 0.7, 100: 0.9}, "random weights": {10: 0.5, 100: 0.8}}
    said = what_it_says(rows(table), "macro_f1", BOTH)
    assert "With **10 texts** the pretrained model reaches 0.700" in said
    assert "need **100**" in said and "With all 100, **pretrained** is ahead at 0.900" in said


def test_what_pretraining_did_not_give_is_said() -> None:
    table = {"pretrained": {10: 0.7, 100: 0.9}, "random weights": {10: 0.7, 100: 0.95}}
    assert "pretraining gave nothing" in what_it_says(rows(table), "accuracy", BOTH)
    table["random weights"] = {10: 0.1, 100: 0.2}
    assert "never do" in what_it_says(rows(table), "accuracy", BOTH)


def test_nothing_is_said_too_early() -> None:
    assert what_it_says(rows({"naive Bayes": {10: 0.5}}), "accuracy", BOTH) == ""
    early = {"naive Bayes": {10: 0.5, 100: 0.6}, "pretrained": {10: 0.7, 100: 0.9}}
    learners = ("naive Bayes", *BOTH)
    assert "is ahead" not in what_it_says(rows(early), "accuracy", learners)
