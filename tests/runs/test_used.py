"""The step that is named is the step whose weights are used, wherever a model is chosen."""

import json

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner
from written_runs import write_run

from llmcore import models
from llmcore.cli.app import app
from llmcore.runs import RunStore
from llmcore.runs.used import step_words, used_step, used_words


@pytest.mark.parametrize(("used", "last", "words"), [
    (60, 150, "step 60, the best of 150"), (150, 150, "step 150"), (1_000, 2_000,
    "step 1,000, the best of 2,000"),
])  # fmt: skip
def test_the_words(used, last, words):
    assert step_words(used, last) == words


def test_the_step_is_that_of_the_checkpoint_that_loads():
    run = RunStore().open(write_run("tuned", step=40, best_step=11))
    assert used_step(run) == run.checkpoint("best").step == 11
    assert used_words(run) == "step 11, the best of 40"
    assert used_words(RunStore().open(write_run("other", step=40))) == "step 40"


def test_menus_name_it():
    run_id = write_run("tuned", step=40, best_step=11)
    live = write_run("live", state="running", step=40, best_step=11)
    entries = {info.ref: info for info in models.list_models()}
    assert entries[run_id].label == "tuned · step 11, the best of 40"
    assert (entries[run_id].step, entries[run_id].name) == (11, "tuned")
    assert entries[live].label == "live · training now"  # the browser knows it by its label

    def page() -> None:
        from ui.picker import model_picker

        model_picker()

    shown = AppTest.from_function(page, default_timeout=30)
    shown.query_params["model"] = f"{run_id}@40"
    assert "tuned · step 40" in shown.run().selectbox[0].options


def test_the_command_line_names_it():
    run_id = write_run("tuned", step=40, best_step=11)
    shown = CliRunner().invoke(app, ["runs", "show", run_id])
    assert "kept  step 11, the best of 40" in shown.output
    answered = json.loads(CliRunner().invoke(app, ["runs", "show", run_id, "--json"]).stdout)
    assert answered["kept_step"] == 11 and answered["step"] == 40


def test_the_panel_of_a_run_names_it():
    def page(run_id: str) -> None:
        from ui.run_panel.live import run_panel

        run_panel(run_id)

    run_id = write_run("tuned", step=40, best_step=11)
    shown = AppTest.from_function(page, kwargs={"run_id": run_id}, default_timeout=30).run()
    assert not shown.exception
    assert "used: step 11, the best of 40" in shown.get("progress")[0].proto.text


@pytest.mark.parametrize("loss", [float("nan"), float("-inf"), "low", True, 10**400, None])
def test_a_loss_that_cannot_be_compared_makes_no_best_checkpoint(loss):
    run = RunStore().open(write_run("odd", step=40, best_step=11))
    path = run.checkpoint("11").directory / "state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "val_loss": loss}))
    assert used_step(run) == 40


def test_what_a_pretraining_read_is_counted_to_the_step_that_is_used():
    from llmcore.experiments.earlier_nlp.run import _pretraining

    run_id = write_run("base", step=40, best_step=11)
    config = RunStore().open(run_id).config
    a_step = config.train.batch_size * config.model.context_length
    assert _pretraining(run_id) == f"Its pretraining read {11 * a_step:,} tokens."
    assert _pretraining(f"{run_id}@40") == f"Its pretraining read {40 * a_step:,} tokens."
    tuned = write_run("tuned", kind="instruct", step=40)
    path = RunStore().directory(tuned) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "parent": f"{run_id}@40"}))
    assert _pretraining(tuned) == f"Its pretraining read {40 * a_step:,} tokens."
    assert "OpenAI" in _pretraining("gpt2") and "not known" in _pretraining("someone/model")
