"""Runs whose numbers are null: said in words by doctor, charts, results and commands."""

import json

import pytest
from null_runs import break_weights, null_out
from small_store import parent, store
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models
from llmcore.advice.doctor import examine_run
from llmcore.config import AUTO
from llmcore.errors import DamagedError
from llmcore.execution import launch
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.classification import plan_classify
from llmcore.recipes.instructions import plan_instruct

__all__ = ["parent", "store"]  # fixtures

KEPT_KINDS = ["pretrain", "head", "probe", "instruct"]
PAGES = {"pretrain": "pretrain", "instruct": "instructions"}


def instructions() -> bytes:
    rows = [{"instruction": f"Say {i}.", "output": f"{i} it is"} for i in range(40)]
    return json.dumps(rows).encode()


def made(store, parent, kind):
    """A run that ended well, and then lost all its numbers."""
    if kind == "pretrain":
        config, data = pretrain_config(steps=40), TEXT.encode()
    elif kind == "instruct":
        data = instructions()
        config = plan_instruct("rows.json", parent.id, "all", table=data, epochs=1)
    else:
        data = spam_table()
        trainable = AUTO if kind == "probe" else kind
        config = plan_classify("t.csv", parent.id, trainable, table=data, epochs=None)
    directory = store.directory(store.mint_id(kind))
    launch.run_foreground(directory, config, data)
    run = store.open(directory.name)
    null_out(run)
    return store.open(directory.name)


@pytest.mark.parametrize("kind", KEPT_KINDS)
def test_the_doctor_says_that_the_loss_is_no_number(store, parent, kind):
    finding = examine_run(made(store, parent, kind))[0]
    assert finding.kind == "not finite" and "step 1" in finding.text


@pytest.mark.parametrize("kind", KEPT_KINDS)
def test_pages_and_commands_know_null(lab, store, parent, kind):
    run = made(store, parent, kind)
    page = AppTest.from_file(
        str(PROJECT_ROOT / "pages" / f"{PAGES.get(kind, 'classifier')}.py"), default_timeout=60
    )
    page.query_params["run"] = run.id
    page.run()
    assert not page.exception
    said = " ".join(element.value for element in [*page.error, *page.markdown, *page.caption])
    assert "Something went wrong" not in said and "nothing unusual" not in said
    assert "not a number" in said
    for arguments in (("runs", "list"), ("runs", "show", run.id)):
        for more in ((), ("--json",)):
            assert lab(*arguments, *more).status == 0
    shown = lab("runs", "show", run.id, "--json").json
    assert shown["val_loss"] is None and shown["findings"][0]["kind"] == "not finite"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["pretrain", "head", "probe", "instruct"])
def test_weights_that_are_not_finite_are_one_sentence(lab, store, parent, kind, value, tmp_path):
    run = made(store, parent, kind)
    break_weights(run, value)
    models.clear_cache()
    with pytest.raises(DamagedError, match="not finite"):
        models.load(run.id)
    text = tmp_path / "t.txt"
    text.write_text("one text\n")
    asked = {
        "pretrain": [("evaluate", "--data", text), ("generate", "--prompt", "a"), ("score", "a")],
        "instruct": [("generate", "--instruction", "Say 1."), ("evaluate", "--data", text)],
    }.get(kind, [("classify", "a text"), ("classify", "a text", "--jsonl")])
    for arguments in asked:
        for more in ((), ("--json",)) if "--jsonl" not in arguments else ((),):
            done = lab(arguments[0], *arguments[1:], "--model", run.id, *more)
            assert "not finite" in done.error
