"""The commands of experiments: one of its own, or one whose flags are made from the settings."""

from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, Signature
from typing import Annotated, Any, get_origin, get_type_hints

import typer

from llmcore.cli.flags import Device, Name, Precision, RunDir, Seed, Threads
from llmcore.cli.options import within
from llmcore.cli.output import AsJson
from llmcore.cli.run_answer import answer_run
from llmcore.cli.running import run_here
from llmcore.kinds import KINDS, Experiment, Kind, loaded

_TRAIN = {"device": Device, "precision": Precision, "threads": Threads, "seed": Seed}


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
    flags = _setting_flags(experiment)
    hints = get_type_hints(experiment.load("settings"))
    lists = {name for name in flags if get_origin(hints[name]) is tuple}
    shared = {**_TRAIN, "name": Name, "run_dir": RunDir, "as_json": AsJson}

    def command(**given: Any) -> None:
        changes = {name: given[name] for name in flags if given[name] is not None}
        for name in changes.keys() & lists:
            changes[name] = tuple(part.strip() for part in given[name].split(",") if part.strip())
        train = {name: given[name] for name in _TRAIN}
        config = experiment.load("plan")(changes, given["name"], train)
        answer_run(run_here(config, given["run_dir"], None), given["as_json"])

    command.__doc__ = experiment.load("plan").__doc__
    command.__annotations__ = {**flags, **shared, "return": None}
    command.__signature__ = Signature([  # type: ignore[attr-defined]
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=flag,
                  default=False if name == "as_json" else None)
        for name, flag in (flags | shared).items()
    ])  # fmt: skip
    return command


def _setting_flags(experiment: Experiment) -> dict[str, Any]:
    """Field of the settings → the flag's type. Lists of texts are given with commas between."""
    settings = experiment.load("settings")
    kinds = get_type_hints(settings)
    flags: dict[str, Any] = {}
    for field in fields(settings):
        plain = kinds[field.name] if kinds[field.name] in (int, float, bool) else str
        option = within(settings, field.name, f"--{field.name.replace('_', '-')}")
        flags[field.name] = Annotated[plain | None, option]
    return flags
