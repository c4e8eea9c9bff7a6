"""The commands of experiments: one of its own, or one whose flags are made from the settings."""

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated

import typer

from llmcore.choices import MACHINE
from llmcore.cli.flags import Name, RunDir
from llmcore.cli.options import Changes, Fields, expanded
from llmcore.cli.output import AsJson
from llmcore.cli.run_answer import answer_run
from llmcore.cli.running import run_here
from llmcore.config import TrainConfig
from llmcore.kinds import KINDS, Kind, loaded


def add_experiments(app: typer.Typer) -> None:
    """A command for each kind of run that is an experiment, under its name."""
    for kind in KINDS.values():
        if (experiment := kind.experiment) is not None:
            made = loaded(experiment.command) if experiment.command else command_of(kind)
            app.command(experiment.command_name or kind.name)(made)


def command_of(kind: Kind) -> Callable[..., None]:
    """A command with a flag for each setting, and those that all trainings share. What it does
    stands in the docstring of the experiment's `plan`."""
    experiment = kind.experiment
    assert experiment is not None
    settings = experiment.load("settings")
    own = Fields(settings, tuple(field.name for field in fields(settings)))

    def command(
        *,
        changes: Changes,
        train: Annotated[Changes, Fields(TrainConfig, MACHINE)],
        name: Name = None,
        run_dir: RunDir = None,
        as_json: AsJson = False,
    ) -> None:
        config = experiment.load("plan")(changes, name, train)
        answer_run(run_here(config, run_dir, None), as_json)

    command.__doc__ = experiment.load("plan").__doc__
    command.__annotations__["changes"] = Annotated[Changes, own]
    return expanded(command)
