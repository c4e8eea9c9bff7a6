"""`runs list|show|resume|pause|continue|set|stop|…`: a RUN is an id or a directory."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.options import within
from llmcore.cli.output import AsJson, answer, number, say
from llmcore.cli.run_answer import answer_run
from llmcore.cli.running import AcceptChanged, reference, resume_here
from llmcore.config import TrainConfig
from llmcore.errors import StateError
from llmcore.runs import Run, RunInfo, RunStore, open_run
from llmcore.runs.store import delete_run
from llmcore.runs.used import used_step, used_words
from llmcore.texts import bytes_in_words, text_table

if TYPE_CHECKING:
    from llmcore.execution.queue import RunQueue

ANSWER_SECONDS = 120.0
RunName = Annotated[str, typer.Argument(metavar="RUN", help="a run's id, or its directory")]

app = typer.Typer(
    help="List runs and look after them.", rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.command("list")
def list_runs(as_json: AsJson = False) -> None:
    """List all runs, the newest first and the bundled examples last."""
    infos = RunStore().list()
    rows = [
        [
            reference(info.directory), info.kind, info.state, f"{info.step}/{info.steps}",
            number(info.val_loss), _named(info),
        ]
        for info in infos
    ]  # fmt: skip
    header = ["run", "kind", "state", "step", "val_loss", "name"]
    answer({"runs": [_brief(info) for info in infos]}, as_json, text_table(header, rows))


def _named(info: RunInfo) -> str:
    """The name, and whether the run can still be used."""
    return f"{info.name} (needs {info.lost}, which is gone)" if info.lost else info.name


def _brief(info: RunInfo) -> dict[str, Any]:
    return {
        "run": reference(info.directory),
        "name": info.name,
        "kind": info.kind,
        "state": info.state,
        "step": info.step,
        "val_loss": info.val_loss,
        "steps": info.steps,
        "best_step": info.best_step,
        "created": info.created,
        "bytes": info.n_bytes,
        "parent": info.parent,
        "example": info.example,
        "error": info.error,
        "lost_parent": info.lost,
    }


@app.command()
def show(run: RunName, as_json: AsJson = False) -> None:
    """Show one run: its state, settings, checkpoints, result and what the curve doctor finds."""
    from llmcore.advice.doctor import examine_run

    opened = open_run(run)
    info = opened.info()
    damaged = info.state == "damaged"
    values = {
        **_brief(info),
        "directory": str(info.directory),
        "reason": info.reason,
        "kept_step": used_step(opened),
        "config": None if damaged else opened.raw_config,
        "checkpoints": [
            {"step": checkpoint.step, "full": checkpoint.full, "val_loss": checkpoint.val_loss}
            for checkpoint in opened.checkpoints()
        ],
        "result": opened.result(),
        "findings": [] if damaged else [asdict(finding) for finding in examine_run(opened)],
    }
    lines = [f"{key:>10}  {value}" for key, value in _brief(info).items()]
    lines.append(f"{'directory':>10}  {info.directory}")
    steps = ", ".join(str(checkpoint["step"]) for checkpoint in values["checkpoints"]) or "none"
    lines.append(f"{'saved':>10}  {steps}")
    if used := used_words(opened):
        lines.append(f"{'kept':>10}  {used}")
    for problem in values["findings"]:
        advice = f" Try {problem['change_label']}." if problem["change_label"] else ""
        kind = "note" if problem["note"] else "finding"
        lines.append(f"{kind:>10}  {problem['title']}: {problem['text']}{advice}")
    answer(values, as_json, "\n".join(lines))


@app.command()
def resume(
    run: RunName, accept_changed_data: AcceptChanged = False, as_json: AsJson = False
) -> None:
    """Go on with a stopped, failed or interrupted run, here, until it ends or Ctrl-C."""
    answer_run(resume_here(run, accept_changed=accept_changed_data), as_json)


@app.command()
def stop(run: RunName, as_json: AsJson = False) -> None:
    """Ask a run that trains to save a checkpoint and stop; take one that waits out of the queue."""
    opened = open_run(run)
    store = RunStore(opened.directory.parent)
    if opened.info().waiting:
        _queue(store).remove(opened.id)
    else:
        store.request_stop(opened.id)
        _await(opened, lambda info: not info.is_live)
    _answer_state(opened, as_json)


def _queue(store: RunStore | None = None) -> "RunQueue":
    from llmcore.execution.queue import RunQueue

    return RunQueue(store)


@app.command()
def queue(as_json: AsJson = False) -> None:
    """List the runs that wait for their turn, the next one first."""
    waiting = [RunStore().info(run_id) for run_id in _queue().waiting()]
    rows = [[str(place), info.id, info.name] for place, info in enumerate(waiting)]
    values = {"queue": [_brief(info) for info in waiting]}
    answer(
        values, as_json, text_table(["place", "run", "name"], rows) if rows else "Nothing waits."
    )


@app.command()
def move(
    run: RunName,
    place: Annotated[int, typer.Argument(help="0 is the next one to start", min=0)],
    as_json: AsJson = False,
) -> None:
    """Give a waiting run another place in the queue."""
    _queue().move(run, place)
    queue(as_json)


@app.command()
def work(as_json: AsJson = False) -> None:
    """Train what waits in the queue, one run after another, until nothing waits. Ctrl-C stops."""
    from llmcore.execution.queue import work_off

    started = work_off(_queue())
    infos = [RunStore().info(run_id) for run_id in started]
    lines = [f"{info.id}: {info.state} at step {info.step}" for info in infos]
    answer(
        {"runs": [_brief(info) for info in infos]}, as_json, "\n".join(lines) or "Nothing waits."
    )


@app.command()
def pause(run: RunName, as_json: AsJson = False) -> None:
    """Ask a run that trains to save and wait in place, its model in memory."""
    opened = open_run(run)
    RunStore(opened.directory.parent).request_pause(opened.id)
    _await(opened, lambda info: info.state != "running")
    _answer_state(opened, as_json)


@app.command("continue")
def continue_run(run: RunName, as_json: AsJson = False) -> None:
    """Let a paused run go on."""
    opened = open_run(run)
    RunStore(opened.directory.parent).request_continue(opened.id)
    _await(opened, lambda info: info.state != "paused")
    _answer_state(opened, as_json)


@app.command("set")
def set_run(
    run: RunName,
    learning_rate: Annotated[float, within(TrainConfig, "learning_rate")],
    as_json: AsJson = False,
) -> None:
    """Give a run that trains another peak learning rate, from its next step on."""
    opened = open_run(run)
    RunStore(opened.directory.parent).set_learning_rate(opened.id, learning_rate)
    name = reference(opened.directory)
    answer(
        {"run": name, "learning_rate": learning_rate}, as_json,
        f"{name}: learning rate {learning_rate:g} from its next step on",
    )  # fmt: skip


@app.command()
def rename(
    run: RunName,
    name: Annotated[str, typer.Argument(help="the new name; the id stays")],
    as_json: AsJson = False,
) -> None:
    """Give a run another name."""
    opened = open_run(run)
    RunStore(opened.directory.parent).rename(opened.id, name)
    shown = opened.name()
    answer({"run": reference(opened.directory), "name": shown}, as_json, shown)


@app.command()
def delete(
    run: RunName,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask first")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a run with all its files; one that trains, or is bundled, is refused."""
    from llmcore.models import adapters_of

    opened = open_run(run)
    name = reference(opened.directory)
    if opened.info().is_live:
        raise StateError(f"Run {name} is live: stop it first (runs stop {name}).")
    if needing := adapters_of(opened.id):
        names = ", ".join(info.id for info in needing)
        verb = "keeps" if len(needing) == 1 else "keep"
        about = f"{names} {verb} only a LoRA adapter and cannot be used without {name}"
        if not yes and not sys.stdin.isatty():
            raise StateError(f"{about}: delete it all the same with --yes.")
        say(f"{about}.")
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete {name} and all its files?", abort=True, err=True)
    delete_run(opened)
    answer({"run": name, "deleted": True}, as_json, f"deleted {name}")


@app.command("export")
def export_zip(
    run: RunName,
    out: Annotated[Path, typer.Option(help="the new file, NAME.zip")],
    optimizer: Annotated[
        bool, typer.Option("--optimizer", help="also what resuming needs (twice the weights)")
    ] = False,
    data: Annotated[
        bool, typer.Option("--data", help="also your own data and the test predictions")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a run as one zip of JSON and safetensors, to hand to somebody else."""
    from llmcore.exchange import export_run

    opened = open_run(run)
    path = export_run(opened, out, optimizer, data)
    n_bytes = path.stat().st_size
    answer(
        {"run": reference(opened.directory), "path": str(path), "bytes": n_bytes},
        as_json,
        f"{path}: {bytes_in_words(n_bytes)}",
    )


@app.command("import")
def import_zip(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="what `runs export` wrote")],
    as_json: AsJson = False,
) -> None:
    """Add a run from a zip under a new id; a zip that holds anything else is refused."""
    from llmcore.exchange import import_run

    made = import_run(file.expanduser())
    info = made.info()
    values = {**_brief(info), "directory": str(made.directory)}
    answer(values, as_json, f"{info.id}: {info.name}, {info.state} at step {info.step}")


def _await(run: Run, done: Callable[[RunInfo], bool]) -> None:
    """Returns when the run has done what it was asked, or says that it has not yet."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not done(run.info()):
        if time.monotonic() > deadline:
            say(
                f"The run has not answered in {ANSWER_SECONDS:.0f} s; it will before its next step."
            )
            return
        time.sleep(0.2)


def _answer_state(run: Run, as_json: bool) -> None:
    info = run.info()
    values = {"run": reference(run.directory), "state": info.state, "step": info.step}
    answer(values, as_json, f"{values['run']}: {info.state} at step {info.step}")
