"""The command `induction`: a small model in which induction heads appear, and a control."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.flags import Name, RunDir
from llmcore.cli.options import Changes, Fields, expanded
from llmcore.cli.output import AsJson, answer, number
from llmcore.cli.running import reference, run_here, summary
from llmcore.config import TrainConfig
from llmcore.runs import Run

if TYPE_CHECKING:
    from llmcore.experiments.induction.emergence import Emergence

Control = Annotated[
    bool, typer.Option("--control", help="then train a model of one layer, which cannot do it")
]


@expanded
def induction(
    *,
    changes: Annotated[Changes, Fields(TrainConfig, ("steps", "device", "threads", "seed"))],
    control: Control = False,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Train two layers on random letters that come again, and measure at each evaluation what
    their heads do: see the step at which induction heads appear. Ctrl-C stops."""
    from llmcore.experiments.induction.plan import plan_induction

    if control and run_dir is not None:
        raise typer.BadParameter("--control makes a second run: leave --run-dir out.")
    config = plan_induction(name=name, train_changes=changes)
    run = run_here(config, run_dir, None)
    other = None
    if control and run.info().state == "done":
        other = run_here(plan_induction(1, train_changes=changes), None, None)
    values = _values(run) | {"control": None if other is None else _values(other)}
    lines = [_line(measured) for measured in (run, other) if measured is not None]
    answer(values, as_json, "\n".join(lines))


def _values(run: Run) -> dict[str, Any]:
    from llmcore.experiments.induction.emergence import emergence

    info, metrics = run.info(), run.metrics()
    _, seconds = metrics.clock("train")
    return {
        "run": reference(run.directory),
        "state": info.state,
        "step": info.step,
        "val_loss": info.val_loss,
        "layers": run.config.model.n_layers,
        "parameters": run.config.model.n_parameters(),
        "trained_seconds": float(seconds[-1]) if len(seconds) else None,
        **emergence(metrics).to_dict(),
    }


def _line(run: Run) -> str:
    from llmcore.experiments.induction.emergence import emergence

    found = emergence(run.metrics())
    return f"{summary(run.info())}: {_moment(found)}"


def _moment(found: "Emergence") -> str:
    if found.appears_step is None:
        return f"no induction head; the best score is {number(found.highest, 2)}"
    return (
        f"induction heads appear at step {found.appears_step}, after {number(found.seconds, 0)} s; "
        f"the loss on copies falls fastest before step {found.fall_step}; the best head's score "
        f"is {number(found.induction, 2)} at the end"
    )
