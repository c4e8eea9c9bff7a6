"""Which of the first five steps count as done."""

import pytest
from written_runs import write_run

from llmcore.runs import RunStore
from ui import progress


def test_noted_steps_survive_and_odd_files_do_not_hurt() -> None:
    assert progress.done_steps() == set()
    progress.mark_done("tokens")
    progress.mark_done("attention")
    assert progress.done_steps() == {"tokens", "attention"}
    progress.progress_path().write_text('{"done": [1, "pretrain", "tokens"]}')
    assert progress.done_steps() == {"tokens"}
    progress.progress_path().write_text("{")
    assert progress.done_steps() == set()


def test_training_steps_come_from_the_runs() -> None:
    write_run("not begun", step=0, state="failed")
    assert progress.done_steps(RunStore().list()) == set()
    write_run("one", kind="pretrain")
    write_run("two", kind="classify")
    assert progress.done_steps(RunStore().list()) == {"pretrain", "finetune"}


def test_next_step_is_the_first_undone() -> None:
    assert progress.next_step({"tokens", "next_token"}).name == "attention"
    assert progress.next_step({step.name for step in progress.STEPS}) is None


def test_a_step_that_leaves_a_run_cannot_be_marked() -> None:
    with pytest.raises(KeyError):
        progress.mark_done("pretrain")
