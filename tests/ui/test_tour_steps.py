"""Every step of every tour: not done before, done after what it asks for was really done."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from written_runs import write_run

from llmcore import models
from llmcore.execution import launch
from llmcore.experiments.induction import plan as induction
from llmcore.files import read_json, write_json_atomic
from llmcore.runs import RunStore
from llmcore.train.control import write_control
from ui.session import MERGES_PLAYED
from ui.state import DEFAULT_TEXT
from ui.tours.all_tours import TOURS
from ui.tours.induction import best_head
from ui.tours.tour import Context

SENTENCE = "My antidisestablishmentarian friend drinks coffee."
COPIED = "k7Q;dX2k7Q;dX2k7"
SMALL = {"steps": 2, "batch_size": 4, "eval_every": 2, "eval_batches": 1, "warmup_steps": 1,
         "checkpoint_every": 2, "snapshot_every": 2, "log_every": 1}  # fmt: skip


@pytest.fixture(autouse=True)
def own_session() -> Iterator[None]:
    """Without a server there is one session for all tests."""
    st.session_state.clear()
    yield
    st.session_state.clear()


def seen(page: str, state: dict[str, Any] | None = None, **more: Any) -> Context:
    return Context(page, state or {}, RunStore(), **more)


def is_done(tour: str, step: str, context: Context) -> bool:
    found = next(known for known in TOURS[tour].steps if known.name == step)
    return bool(found.done(context))


def add_lines(run_id: str, name: str, *lines: dict[str, Any]) -> None:
    with (RunStore().directory(run_id) / name).open("a", encoding="utf-8") as file:
        head = {"v": 1, "attempt": 1, "t": 0.0, "step": 0}
        file.writelines(json.dumps({**head, **line}) + "\n" for line in lines)


def change_json(run_id: str, name: str, **changes: Any) -> None:
    path = RunStore().directory(run_id) / name
    write_json_atomic(path, read_json(path) | changes)


def losses(run_id: str, split: str, values: list[float], every: int = 1) -> None:
    add_lines(run_id, "metrics.jsonl", *(
        {"split": split, "step": every * (place + 1), "loss": value}
        for place, value in enumerate(values)
    ))  # fmt: skip


# ---- 1: tokens


def compare(**state: Any) -> dict[str, Any]:
    refs = ["gpt2", "bytes"]
    return {"tokenizer_view": "compare", "compare_encodings": refs, "lab_text": SENTENCE, **state}


def click_token(index: int) -> None:
    """What the drawn tokens leave in the session after a click in GPT-2's column."""
    from ui.tokenizer.encodings import encoded

    ids = encoded("gpt2", SENTENCE).ids
    st.session_state["compare_tokens"] = {
        "token": {"column": 0, "index": index, "id": int(ids[index])}
    }


def test_type_a_sentence() -> None:
    for text in ("", DEFAULT_TEXT, "short"):
        assert not is_done("tokens", "type", seen("tokenizer", {"tokenizer_text": text}))
    assert is_done("tokens", "type", seen("tokenizer", {"tokenizer_text": SENTENCE}))
    assert not is_done("tokens", "type", seen("attention", {"tokenizer_text": SENTENCE}))


def test_compare_needs_bytes_beside_another() -> None:
    for refs in (["gpt2", "base"], ["bytes"], []):
        context = seen("tokenizer", compare(compare_encodings=refs))
        assert not is_done("tokens", "compare", context)
    assert is_done("tokens", "compare", seen("tokenizer", compare()))


def test_a_whole_word_and_a_piece_are_told_apart() -> None:
    context = seen("tokenizer", compare())
    assert not is_done("tokens", "word", context) and not is_done("tokens", "piece", context)
    click_token(2)  # "idis" of the long word
    assert is_done("tokens", "piece", context) and not is_done("tokens", "word", context)
    click_token(5)  # " friend"
    assert is_done("tokens", "word", context) and not is_done("tokens", "piece", context)
    click_token(8)  # "."
    assert not is_done("tokens", "word", context) and not is_done("tokens", "piece", context)


def test_ids_merges_and_play() -> None:
    assert not is_done("tokens", "ids", seen("tokenizer", compare(compare_show=["whitespace"])))
    assert is_done("tokens", "ids", seen("tokenizer", compare(compare_show=["ids"])))
    assert not is_done("tokens", "merges", seen("tokenizer", compare()))
    merges = {"tokenizer_view": "merges"}
    assert is_done("tokens", "merges", seen("tokenizer", merges))
    assert not is_done("tokens", "play", seen("tokenizer", merges))
    assert is_done("tokens", "play", seen("tokenizer", merges | {MERGES_PLAYED: " friend"}))


# ---- 2: attention


def walk(**place: Any) -> Context:
    whole = {"step": "tokens", "row": -1, "column": 0, "head": 0, **place}
    return seen("model", {"model_view": "walk", "lab_model_place": whole})


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("qkv", walk(step="heads"), walk(step="qkv")),
        ("score", walk(step="scores"), walk(step="scores", column=2, row=4)),
        ("mask", walk(step="mask", row=4, column=2), walk(step="mask", row=2, column=4)),
        ("softmax", walk(step="weights"), walk(step="weights", head=1)),
        ("mix", walk(step="weights"), walk(step="head_outputs")),
    ],
)
def test_steps_inside_the_model(step: str, before: Context, after: Context) -> None:
    assert not is_done("attention", step, before)
    assert is_done("attention", step, after)
    assert not is_done("attention", step, replace(after, page="tokenizer"))


def test_another_head_and_another_token() -> None:
    look = {"attention_view": "look", "lab_attention_head": "L1H2", "lab_attention_token": "3"}
    assert not is_done("attention", "head", seen("attention", look, before="L1H2"))
    assert is_done("attention", "head", seen("attention", look, before="L0H0"))
    assert not is_done("attention", "token", seen("attention", look, before="3"))
    assert is_done("attention", "token", seen("attention", look, before=None))


# ---- 3: a falling loss


def test_only_a_run_of_the_tour_counts() -> None:
    write_run("another kind", kind="classify")
    assert not is_done("loss", "start", seen("pretrain"))
    created = RunStore().info(write_run()).created
    assert not is_done("loss", "start", seen("pretrain", since=created + 1))
    assert is_done("loss", "start", seen("pretrain", since=created - 1))


def test_the_loss_must_fall_by_one() -> None:
    run_id = write_run()
    losses(run_id, "train", [9.0, 8.5])
    assert not is_done("loss", "fall", seen("pretrain"))
    assert "**9.00**" in TOURS["loss"].steps[1].words(seen("pretrain"))
    losses(run_id, "train", [9.0, 8.5, 7.9])
    assert is_done("loss", "fall", seen("pretrain"))


def test_pause_rate_continue_ask_end() -> None:
    run_id = write_run(state="running", step=10)
    assert not is_done("loss", "pause", seen("pretrain"))
    assert not is_done("loss", "end", seen("pretrain"))
    change_json(run_id, "status.json", state="paused")
    assert is_done("loss", "pause", seen("pretrain"))
    assert not is_done("loss", "continue", seen("pretrain"))
    assert not is_done("loss", "rate", seen("pretrain"))
    write_control(RunStore().directory(run_id), learning_rate=1e-4)
    assert is_done("loss", "rate", seen("pretrain"))
    change_json(run_id, "status.json", state="running")
    assert is_done("loss", "continue", seen("pretrain"))
    assert not is_done("loss", "ask", seen("pretrain", {"lab_answers": {"another": [{}]}}))
    assert is_done("loss", "ask", seen("pretrain", {"lab_answers": {run_id: [{"step": 3}]}}))
    change_json(run_id, "status.json", state="stopped")
    assert is_done("loss", "end", seen("pretrain"))
    assert "ended" in TOURS["loss"].steps[2].words(seen("pretrain"))


# ---- 4: overfit


def test_a_short_text_and_many_steps() -> None:
    pasted = {"pretrain_text_kind": "Paste", "pretrain_pasted": "word " * 1000}
    assert not is_done("overfit", "text", seen("pretrain", pasted | {"pretrain_pasted": "few"}))
    built_in = pasted | {"pretrain_text_kind": "Built in"}
    assert not is_done("overfit", "text", seen("pretrain", built_in))
    assert is_done("overfit", "text", seen("pretrain", pasted))
    size = {"pretrain_preset": "tiny", "pretrain_steps_tiny": 400}
    assert not is_done("overfit", "steps", seen("pretrain", pasted | size))
    more = size | {"pretrain_steps_tiny": 1000}
    assert is_done("overfit", "steps", seen("pretrain", pasted | more))


def own_text_run() -> str:
    run_id = write_run(state="running", step=300)
    folder = RunStore().directory(run_id) / "data"
    folder.mkdir()
    (folder / "pasted.txt").write_text("some text")
    (RunStore().directory(run_id) / "metrics.jsonl").unlink()
    return run_id


def test_overfitting_is_seen_in_the_curves() -> None:
    write_run()  # on a built-in text: it does not count
    assert not is_done("overfit", "start", seen("pretrain"))
    run_id = own_text_run()
    assert is_done("overfit", "start", seen("pretrain"))
    falling = [6.0 - 0.01 * place for place in range(300)]
    losses(run_id, "train", falling)
    losses(run_id, "val", [6.0, 5.5, 5.0], every=50)
    for step in ("rises", "doctor"):
        assert not is_done("overfit", step, seen("pretrain"))
    st.session_state.clear()  # the doctor looks again only every few seconds
    losses(run_id, "val", [6.0, 5.5, 5.0, 5.3, 5.6, 6.0, 6.4], every=50)
    assert is_done("overfit", "rises", seen("pretrain"))
    assert is_done("overfit", "doctor", seen("pretrain"))
    assert not is_done("overfit", "ask", seen("pretrain"))
    assert is_done("overfit", "ask", seen("pretrain", {"lab_answers": {run_id: [{"step": 3}]}}))
    assert not is_done("overfit", "end", seen("pretrain"))
    change_json(run_id, "status.json", state="done")
    assert is_done("overfit", "end", seen("pretrain"))


# ---- 5: induction


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / RunStore.mint_id("induction")
    launch.run_foreground(directory, induction.plan_induction(train_changes=SMALL))
    return directory


@pytest.fixture
def induction_run(experiment: Path, home: Path) -> str:
    models.clear_cache()
    shutil.copytree(experiment, home / "runs" / experiment.name)
    return experiment.name


def test_the_experiment_and_its_moment(induction_run: str) -> None:
    assert is_done("induction", "start", seen("attention"))
    assert not is_done("induction", "appears", seen("attention"))
    assert "another **Seed**" in TOURS["induction"].steps[1].words(seen("attention"))
    add_lines(induction_run, "metrics.jsonl", {"split": "val", "step": 9, "head_induction": 0.7})
    st.session_state.clear()
    assert is_done("induction", "appears", seen("attention"))


def test_no_experiment_no_step() -> None:
    write_run()
    for step in TOURS["induction"].steps:
        assert not step.done(seen("attention", {"attention_view": "off"})), step.name


def test_the_head_is_found_and_switched_off(induction_run: str) -> None:
    best = best_head(induction_run)
    other = "L0H0" if best != "L0H0" else "L0H1"
    shown = {"lab_model": induction_run, "lab_text": COPIED}

    def at(view: str, **state: Any) -> Context:
        return seen("attention", {**shown, "attention_view": view, **state})

    assert not is_done("induction", "time", at("over_time", attention_over_time_run="starter"))
    assert is_done("induction", "time", at("over_time", attention_over_time_run=induction_run))
    assert not is_done("induction", "types", at("types", lab_attention_head=other))
    assert is_done("induction", "types", at("types", lab_attention_head=best))
    elsewhere = at("types", lab_attention_head=best, lab_model="starter")
    assert not is_done("induction", "types", elsewhere)
    off = {"lab_attention_off": [best]}
    assert not is_done("induction", "off", at("off"))
    assert not is_done("induction", "off", at("off", lab_text="nothing twice", **off))
    assert is_done("induction", "off", at("off", **off))
    assert not is_done("induction", "other", at("off", **off))
    assert not is_done("induction", "other", at("off", lab_attention_off=[]))
    assert is_done("induction", "other", at("off", lab_attention_off=[other]))


# ---- 6: finetune


def classifier_run(**accuracy: float) -> str:
    run_id = write_run("spam", kind="classify")
    change_json(run_id, "config.json", parent="base")
    scores = {"n": 900, "macro_f1": 0.9, "confusion": [[1, 0], [0, 1]], "classes": ["ham", "spam"]}
    baselines = {"naive Bayes": {**scores, "accuracy": accuracy["bayes"]}}
    test = {**scores, "accuracy": accuracy["own"]}
    add_lines(run_id, "events.jsonl", {"type": "result", "test": test, "baselines": baselines})
    sure = {"probability": 0.9, "probabilities": {"ham": 0.1, "spam": 0.9}}
    rows = [
        {"text": "see you  soon", "label": "ham", "predicted": "spam", **sure},
        {"text": "right one", "label": "ham", "predicted": "ham", **sure},
    ]
    add_lines(run_id, "predictions.jsonl", *rows)
    return run_id


def test_a_classifier_is_trained_and_tested() -> None:
    assert not is_done("finetune", "start", seen("classifier"))
    write_run("spam", kind="classify")
    assert is_done("finetune", "start", seen("classifier"))
    assert not is_done("finetune", "test", seen("classifier"))
    classifier_run(own=0.97, bayes=0.98)
    assert is_done("finetune", "test", seen("classifier"))


def test_a_mistake_then_a_message_of_ones_own() -> None:
    from ui.classifier.examples import BUILT_IN

    classifier_run(own=0.97, bayes=0.98)

    def at(text: str, view: str = "try_it", before: str = "") -> Context:
        state = {"classifier_view": view, "lab_text": text}
        return seen("classifier", state, before=before)

    assert not is_done("finetune", "mistake", at("right one"))
    assert not is_done("finetune", "mistake", at("see you soon", view="train"))
    assert is_done("finetune", "mistake", at("see you soon"))
    assert not is_done("finetune", "own", at("see you soon again", before="see you soon again"))
    assert not is_done("finetune", "own", at(BUILT_IN["sms-spam"][0].text))
    assert is_done("finetune", "own", at("a message of my own"))


def test_compared_with_its_parent_and_the_last_page() -> None:
    run_id = classifier_run(own=0.97, bayes=0.98)

    def at(model: str, other: str) -> Context:
        state = {"attention_view": "compare", "lab_model": model, "lab_attention_with": other}
        return seen("attention", state)

    assert not is_done("finetune", "compare", at("starter", "base"))
    assert is_done("finetune", "compare", at(run_id, "base"))
    # What the view proposes by itself is not yet the choice that is asked for.
    assert not is_done("finetune", "compare", at("base", run_id))
    assert not is_done("finetune", "earlier", seen("overview"))
    assert is_done("finetune", "earlier", seen("earlier-nlp"))


# ---- the questions


def test_the_number_of_tokens_is_that_of_the_text() -> None:
    asked = TOURS["tokens"].question(seen("tokenizer", {"lab_text": SENTENCE}))
    right = len(models.tokenizer_for(models.default_model()).encode(SENTENCE))
    assert asked.is_right(right) and not asked.is_right(right + 1)


def test_why_the_mask_is_measured_on_the_text() -> None:
    context = seen("attention", {"lab_text": "one two three", "lab_model": "starter"})
    asked = TOURS["attention"].question(context)
    assert [option for option in asked.options if asked.is_right(option)] == [asked.answer]
    assert "give them 0 of their attention" in asked.right
    assert all(asked.help_for(option) for option in asked.options if option != asked.answer)


def test_the_first_loss_is_ln_of_the_vocabulary() -> None:
    losses(write_run(), "train", [5.75, 5.0])
    asked = TOURS["loss"].question(seen("pretrain"))
    assert asked.is_right(5.70) and not asked.is_right(5.75) and "5.75" in asked.right


def test_the_best_step_is_that_of_the_run() -> None:
    losses(own_text_run(), "val", [6.0, 5.0, 5.5], every=50)
    asked = TOURS["overfit"].question(seen("pretrain"))
    assert asked.is_right(100) and not asked.is_right(150)


def test_the_head_is_asked_of_the_model(induction_run: str) -> None:
    asked = TOURS["induction"].question(seen("attention"))
    assert asked.answer == best_head(induction_run) and len(asked.options) == 4
    assert [option for option in asked.options if asked.is_right(option)] == [asked.answer]


def test_points_above_naive_bayes() -> None:
    classifier_run(own=0.978, bayes=0.986)
    asked = TOURS["finetune"].question(seen("classifier"))
    assert asked.is_right(-0.8) and not asked.is_right(0.8)
    assert "behind" in asked.right


@pytest.mark.parametrize("name", ["loss", "overfit", "induction", "finetune"])
def test_a_question_about_a_run_that_is_gone_is_one_sentence(name: str) -> None:
    from llmcore.errors import LabError

    with pytest.raises(LabError):
        TOURS[name].question(seen("overview"))
