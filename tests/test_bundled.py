"""What the lab ships: the starter model and two finished example runs."""

import json

import pytest

from llmcore import load_assistant, models
from llmcore.applications import JOBS, bundled_figures
from llmcore.applications.figures import weights_hash
from llmcore.data.instructions import load_builtin
from llmcore.errors import StateError
from llmcore.execution.predictions import predictions_of
from llmcore.files import read_json, tree_bytes
from llmcore.generation import SamplingConfig, generate
from llmcore.paths import ASSETS, BUNDLED_RUNS
from llmcore.presets import PRESETS
from llmcore.runs import RunStore
from llmcore.runs.run import Run

HELD_BACK = {"messages", "sms-spam", "tweet-sentiment"}


def test_starter_is_small_and_was_trained_on_corpora_that_are_not_held_back():
    run = RunStore().open("starter")
    weights = run.checkpoint("best").weights
    assert run.config.model.n_parameters() < 1_000_000
    assert weights.stat().st_size <= 2_000_000
    assert run.config.kind == "pretrain" and run.info().state == "done"
    assert not HELD_BACK & set(run.config.data.source.split("+"))
    total = sum(tree_bytes(BUNDLED_RUNS / name) for name in ("starter", "starter-spam"))
    assert total < 16_000_000


def test_starter_writes_words():
    loaded = models.load("starter")
    made = generate(loaded.model, loaded.tokenizer, "My lord, ", SamplingConfig(seed=1))
    words = [word.strip(".,:;!?'").lower() for word in made.text.split()]
    common = {"the", "and", "to", "i", "of", "you", "my", "a", "is", "that", "in", "not", "it"}
    assert len(words) > 15
    assert sum(word in common for word in words) >= 3, made.text


def test_the_example_run_has_a_curve_that_falls_samples_and_snapshots():
    run = RunStore().open("starter")
    steps, losses = run.metrics().series("val", "loss")
    assert len(steps) >= 10 and losses[-1] < losses[0] - 2
    assert run.events("sample")[-1]["text"].strip()
    assert len(run.checkpoints()) >= 3
    early = models.load("starter@1")
    assert early.step == 1 and early.tokenizer.vocab_size <= early.model.config.vocab_size


def test_the_example_classifier_beats_always_ham_and_knows_plain_cases():
    run = RunStore().open("starter-spam")
    result = run.result()
    assert result["test"]["accuracy"] > result["baselines"]["always ham"]["accuracy"] + 0.05
    assert {"always ham", "naive Bayes"} <= set(result["baselines"])
    loaded = models.load("starter-spam")
    spam, ham = models.classify_texts(
        loaded,
        ["URGENT! You have won a FREE prize, call 09061701461 now to claim", "ok see you at 7"],
    )
    assert (spam["label"], ham["label"]) == ("spam", "ham")


def test_the_example_s_test_rows_are_computed_and_agree_with_its_score():
    run = RunStore().open("starter-spam")
    assert run.predictions() == []
    rows = predictions_of(run)
    test = run.result()["test"]
    right = sum(row["label"] == row["predicted"] for row in rows)
    assert len(rows) == test["n"]
    # Shipped weights are in half precision: a text on the very edge may fall to the other side.
    assert right / len(rows) == pytest.approx(test["accuracy"], abs=0.003)


# Written for this test: everyday English that no model has seen.
LETTER = (
    "Dear Sam, thank you for the lovely afternoon. The children still talk about the old boat and "
    "the dog that would not come out of the water. We found your hat under the table, so I will "
    "bring it on Friday when I come to town. Please tell your mother that the cake was perfect. "
    "I hope the rain stops soon, because the garden looks like a small lake and the cat is angry."
)


def test_base_is_the_default_and_its_weights_are_one_file_of_at_most_40_mb():
    run = RunStore().open("base")
    weights = run.checkpoint("best").weights
    assert models.default_model() == "base"
    assert weights.stat().st_size <= 40_000_000
    assert sorted(BUNDLED_RUNS.glob("base/**/*.safetensors")) == [weights]
    assert run.config.model == PRESETS["base"].model


def test_base_was_made_of_no_text_that_is_held_back():
    card = read_json(BUNDLED_RUNS / "base" / "card.json")
    assert not HELD_BACK & set(card["sources"])
    assert card["held_back_texts"] > 10_000 and len(card["held_out"]) >= 8


def test_base_knows_english_better_than_the_starter():
    from llmcore.evaluation import text_loss

    scores = {}
    for name in ("base", "starter"):
        loaded = models.load(name)
        scores[name] = text_loss(loaded.model, loaded.tokenizer, [LETTER])["bits_per_byte"]
    assert scores["base"] < scores["starter"] - 0.3


def test_base_has_everyday_words_as_single_tokens_and_digits_apart():
    tokenizer = models.tokenizer_for("base")
    assert tokenizer.vocab_size == 8192
    words = "the you and have will call please tomorrow morning free money phone message thank"
    assert all(len(tokenizer.encode(f" {word}")) == 1 for word in words.split())
    assert len(tokenizer.encode("09061701461")) == 11
    assert tokenizer.decode(tokenizer.encode("WIN £1,000!!! Txt now")) == "WIN £1,000!!! Txt now"


def test_the_card_says_what_base_is():
    card = (ASSETS / "base-card.md").read_text(encoding="utf-8")
    n_parameters = RunStore().open("base").config.model.n_parameters()
    assert f"{n_parameters:,} parameters" in card and "bits per byte" in card
    assert all(f"\n{number}. **" in card for number in range(1, 11))


def test_no_text_of_others_and_no_trace_of_a_machine_is_shipped():
    for run in BUNDLED_RUNS.iterdir():
        assert not (run / "predictions.jsonl").exists() and not (run / "data").exists()
        for name in ("config.json", "status.json"):
            assert not {"host", "pid", "boot_id"} & set(json.loads((run / name).read_text()))


ASSISTANTS = ("airline-support", "translation", "general")


def bundled_assistant(name: str) -> Run:
    if not (BUNDLED_RUNS / name).is_dir():
        pytest.skip(f"{name} is not bundled: make adapters")
    return RunStore().open(name)


@pytest.mark.parametrize("name", ASSISTANTS)
def test_an_assistant_is_an_adapter_of_at_most_2_mb_beside_base_and_answers(name):
    run = bundled_assistant(name)
    assert tree_bytes(run.directory) <= 2_000_000
    assert run.checkpoint("best").state["adapter"]["parent"].startswith("base@")
    assistant = load_assistant(name)
    assert assistant.follows_instructions and assistant.loaded.card["corpus"] == name
    rows = load_builtin(name).test[::60]
    made = assistant.answer([row.question for row in rows])
    assert sum(written == row.last.output for written, row in zip(made, rows, strict=True)) >= 1


@pytest.mark.parametrize("name", ASSISTANTS)
def test_an_assistant_s_card_gives_figures_and_answers(name):
    run = bundled_assistant(name)
    card = (ASSETS / f"{name}-adapter-card.md").read_text(encoding="utf-8")
    trainable = run.events("parameters")[-1]["trainable"]
    assert "A LoRA adapter of `base`" in card and f"{trainable:,} numbers learned" in card
    assert "| all | " in card and "\n1. `" in card


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_a_kept_figure_is_of_all_rows_and_of_the_very_model_that_is_bundled(job):
    figure = bundled_figures().get(job.name)
    if figure is None:
        assert not (BUNDLED_RUNS / job.model).is_dir() or not bundled_figures()
        pytest.skip(f"{job.name} was not measured: make adapters")
    assert figure.weights == weights_hash(job.model)
    assert figure.n == figure.n_all and figure.data.startswith(job.data)
    assert figure.low <= figure.score <= figure.high and figure.baseline in figure.baselines


def test_examples_are_listed_last_and_cannot_be_changed():
    store = RunStore()
    examples = [info for info in store.list() if info.example]
    found = [example.id for example in examples]
    assert found == sorted({"base", "starter", "starter-spam"} | set(found) & set(ASSISTANTS))
    for action in (lambda: store.delete("starter"), lambda: store.rename("starter", "mine")):
        with pytest.raises(StateError, match="come with the lab"):
            action()
