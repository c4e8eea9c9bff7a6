"""LLM against earlier NLP as a run: the whole table, stopped and resumed, what it says."""

import pytest
from comparison_data import SMALL, pretrained, use_small_data
from sklearn.metrics import f1_score

from llmcore import models
from llmcore.errors import LabError
from llmcore.evaluation import wilson_interval
from llmcore.execution import launch
from llmcore.experiments.earlier_nlp.cells import (
    BAYES,
    DECISIONS,
    EMAIL,
    GPT2,
    NEXT_WORD,
    NGRAM,
    PRETRAINED,
    RANDOM,
    REGRESSION,
    SPAM,
    WRITING,
    Comparison,
    macro_f1_difference,
)
from llmcore.experiments.earlier_nlp.plan import plan_comparison
from llmcore.experiments.earlier_nlp.words import answer_sentences
from llmcore.experiments.sample_measures import known_words, longest_copy, real_word_share
from llmcore.experiments.small_models import cut_documents, thinned
from llmcore.runs import RunStore
from llmcore.train.control import write_control


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RunStore:
    use_small_data(monkeypatch)
    return RunStore()


def plan(parent: str, **changes: object):
    return plan_comparison(parent, changes={**SMALL, **changes}, train_changes={"threads": 1})


def test_every_model_does_what_it_can_on_the_same_texts(store: RunStore) -> None:
    directory = store.directory(store.mint_id("compare"))
    info = launch.run_foreground(directory, plan(pretrained()))
    assert (info.kind, info.state, info.step, info.steps) == ("compare-nlp", "done", 19, 19)
    found = Comparison(store.open(info.id))
    assert found.models == [NGRAM, BAYES, REGRESSION, RANDOM, PRETRAINED] and len(found.cells) == 19
    for task in DECISIONS:
        labelled = found.labelled[task]
        assert labelled.n_train == 40 and labelled.n_test == len(labelled.truth) == 20
        for model in found.models:
            cell = found.cell(task, model)
            assert cell is not None and 0.0 <= cell.score <= 1.0 and len(cell.predicted) == 20
            assert cell.seconds > 0 and cell.n_bytes > 0
        assert found.cell(task, BAYES).score == 1.0
    for model in (NGRAM, RANDOM, PRETRAINED):
        assert 0.0 < found.cell(NEXT_WORD, model).score < 10.0
        for task in WRITING:
            cell = found.cell(task, model)
            assert len(cell.samples) == 2 and all(cell.samples) and cell.score is None
    # The n-gram model learned the small grammar; the GPT of four steps did not.
    assert found.cell(NEXT_WORD, NGRAM).score < found.cell(NEXT_WORD, RANDOM).score
    assert not (directory / "parts").exists()
    sentences = answer_sentences(found)
    assert len(sentences) == 4 and sentences[0].startswith("On ")
    assert "the n-gram model reaches" in " ".join(sentences)
    decided = [
        cell for cell in found.to_dict()["cells"] if cell["able"] and cell["task"] in DECISIONS
    ]
    assert len(decided) == 2 * 5
    for row in decided:
        truth = found.labelled[row["task"]].truth
        predicted = found.cell(row["task"], row["model"]).predicted
        right = sum(a == b for a, b in zip(truth, predicted, strict=True))
        assert row["n_test"] == 20 and row["accuracy"] == right / 20
        assert row["accuracy_interval"] == wilson_interval(right, 20)
        assert row["score"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert found.few_texts() == (
        "Spam or not: tested on 20 texts only, so an accuracy may be off by 20% either way (95%). "
        "Sentiment of a tweet: tested on 20 texts only, so an accuracy may be off by 20% either "
        "way (95%)."
    )
    not_able = [cell for cell in found.to_dict()["cells"] if not cell["able"]]
    assert len(not_able) == 6 and all("cannot" in row["reason"] or "no probability" in
                                      row["reason"] for row in not_able)  # fmt: skip
    with pytest.raises(LabError, match="keeps no model"):
        models.load(info.id)


def test_a_stopped_comparison_goes_on_without_doing_a_cell_twice(store: RunStore) -> None:
    directory = store.directory(store.mint_id("compare"))

    def stop_at_6(record: dict) -> None:
        if record.get("type") == "cell" and record["step"] == 6:
            write_control(directory, "stop")

    config = plan(pretrained())
    assert launch.run_foreground(directory, config, None, stop_at_6).state == "stopped"
    before = Comparison(store.open(directory.name))
    assert len(before.cells) == 6
    assert launch.run_foreground(directory).state == "done"
    after = Comparison(store.open(directory.name))
    assert len(after.cells) == 19 and len(store.open(directory.name).events("cell")) == 19
    assert all(after.cells[key] == cell for key, cell in before.cells.items())


def test_a_comparison_stops_within_a_training(store: RunStore) -> None:
    directory = store.directory(store.mint_id("compare"))

    def stop_in_training(record: dict) -> None:
        if record.get("type") == "cell" and record["model"] == REGRESSION:
            write_control(directory, "stop")

    config = plan(pretrained(), epochs=50)
    info = launch.run_foreground(directory, config, None, stop_in_training)
    assert info.state == "stopped" and info.step < 12 and "stopped by you" in info.reason


def test_the_earlier_model_that_wins_is_named_first() -> None:
    found = _written({
        (SPAM, BAYES): (0.70, [0] * 50 + [1] * 50, 0.1),
        (SPAM, PRETRAINED): (0.99, [0] * 60 + [1] * 40, 30.0),
        (NEXT_WORD, NGRAM): (2.1, [], 0.7),
        (NEXT_WORD, PRETRAINED): (2.4, [], 0.0),
    }, truth=[0] * 60 + [1] * 40)  # fmt: skip
    first, second = answer_sentences(found)
    assert first.startswith("On the next word, the earlier model wins: the n-gram model reaches")
    assert "2.400 without training here" in first
    assert second.startswith("On spam, the GPT wins: the pretrained GPT reaches 0.990")
    assert "95% interval" in second


def test_equal_predictions_are_no_win() -> None:
    same = [0] * 60 + [1] * 40
    found = _written(
        {(SPAM, BAYES): (1.0, same, 0.1), (SPAM, RANDOM): (1.0, same, 9.0)}, truth=same
    )
    assert "neither side clearly wins" in answer_sentences(found)[0]
    assert answer_sentences(_written({}, truth=[])) == []


def _written(cells: dict, truth: list[int]) -> Comparison:
    from llmcore.experiments.earlier_nlp.cells import Cell, Labelled

    found = Comparison.__new__(Comparison)
    found.models = [NGRAM, BAYES, REGRESSION, RANDOM, PRETRAINED]
    found.labelled = {SPAM: Labelled(SPAM, ("ham", "spam"), 10, len(truth), tuple(truth))}
    found.cells = {
        key: Cell(*key, score, None, seconds, 10, None, "", predicted=tuple(predicted))
        for key, (score, predicted, seconds) in cells.items()
    }
    return found


def test_the_difference_is_that_of_macro_f1_with_its_interval() -> None:
    truth = [0, 1] * 100
    worse = [0] * 200
    difference = macro_f1_difference(truth, truth, worse)
    assert difference.mean == pytest.approx(1.0 - (2 / 3) / 2)
    assert 0.5 < difference.low <= difference.mean <= difference.high < 0.8
    back = macro_f1_difference(truth, worse, truth)
    assert back.mean == pytest.approx(-difference.mean)


def test_texts_are_thinned_and_cut_evenly() -> None:
    from llmcore.data import LabelledSet

    data = LabelledSet("x", [str(i) for i in range(100)], ["a", "b"] * 50)
    few = thinned(data, 5)
    assert few.texts == ["0", "25", "50", "74", "99"] and thinned(data, 100) is data
    cut = cut_documents(["one\ntwo\nthree\n" * 10, "four\nfive\n" * 10], 60)
    assert sum(map(len, cut)) <= 60 and all(text.endswith("\n") for text in cut)
    messages = [f"message {i:03}" for i in range(200)]
    some = cut_documents(messages, 11 * 50)
    assert len(some) == 50 and set(some) <= set(messages) and some[-1] == messages[-1]


def test_what_is_counted_of_a_sample() -> None:
    known = known_words(["The cat sat. The cat ran.", "sat"])
    assert known == {"the", "cat", "sat"}
    assert real_word_share(["the blorp cat sat on"], known) == 0.75  # the last word may be cut
    assert real_word_share(["..."], known) is None
    assert longest_copy("he said to be or not", "whether to be or to be") == 3
    assert longest_copy("", "a b") == 0


def test_what_cannot_be_compared_is_refused(store: RunStore) -> None:
    with pytest.raises(LabError, match="no model"):
        plan_comparison("not-there")
    config = plan(pretrained())
    assert config.experiment.gpt2 is None and config.train.steps == 19
    again = type(config).from_dict(config.to_dict())
    assert again == config


def test_an_imported_gpt2_is_a_column_of_its_own(store: RunStore) -> None:
    parent = pretrained()
    config = plan_comparison(parent, gpt2=parent, changes=SMALL, train_changes={"threads": 1})
    directory = store.directory(store.mint_id("compare"))
    assert launch.run_foreground(directory, config).step == 24
    found = Comparison(store.open(directory.name))
    assert found.models[-1] == GPT2 and found.cell(EMAIL, GPT2).samples
    assert found.cell(NEXT_WORD, GPT2).score == found.cell(NEXT_WORD, PRETRAINED).score
