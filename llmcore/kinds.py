"""The kinds of run, one record for each: the worker, the command line and the app read these.

A new experiment is a folder of `llmcore.experiments` and a record here. Whatever takes time to
import is named as `module:name` and imported when it is first needed.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Experiment:
    """How a run is done that trains many small models and keeps none of them.

    key: of its settings in config.json. The others are addresses `module:name`: settings, a
    dataclass; plan, which makes a RunConfig of choices (needed only without its own command);
    run, `(Run, RunConfig, Control, Sink) -> Outcome`; answer, `(Run) -> (JSON keys, lines)`;
    line, `(event) -> str | None` for the progress of a command. command: its own function for
    the command line; without one the flags are made from the settings. name of the command: if
    it is not the kind's.
    """

    key: str
    settings: str
    run: str
    answer: str
    line: str
    plan: str = ""
    command: str = ""
    command_name: str = ""

    def load(self, what: str) -> Any:
        """What an address stands for: `experiment.load("run")`."""
        return loaded(getattr(self, what))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of run. name: in config.json. title: in lists. page: of the app, which shows its
    runs. model: what its runs are used as, `language` or `classifier`, empty if no model is
    kept. finetunes: whether it needs a model to begin with."""

    name: str
    title: str
    page: str
    model: str = ""
    finetunes: bool = False
    experiment: Experiment | None = None


def loaded(address: str) -> Any:
    """The object at `module:name`."""
    module, _, name = address.partition(":")
    return getattr(import_module(module), name)


def _experiment(key: str, package: str, settings: str, run: str, **others: str) -> Experiment:
    at = f"llmcore.experiments.{package}"
    return Experiment(
        key, f"{at}.settings:{settings}", f"{at}.run:{run}", f"{at}.answer:answer",
        f"{at}.answer:line", **others,
    )  # fmt: skip


_ALL = (
    Kind("pretrain", "Pretraining", "pretrain", "language"),
    Kind("classify", "Classifier", "classifier", "classifier", finetunes=True),
    Kind("instruct", "Instructions", "instructions", "language", finetunes=True),
    Kind(
        "learning-curve", "Learning curve", "classifier", finetunes=True,
        experiment=_experiment("curve", "learning_curve", "CurveConfig", "run_curve",
                               command="llmcore.cli.curve:learning_curve"),
    ),
    Kind(
        "compare-nlp", "Comparison", "earlier-nlp", finetunes=True,
        experiment=_experiment("compare", "earlier_nlp", "CompareConfig", "run_comparison",
                               command="llmcore.cli.compare:compare_nlp"),
    ),
    Kind(
        "diverse-data", "Diverse data", "earlier-nlp",
        experiment=_experiment("diverse", "diverse_data", "DiverseConfig", "run_diverse",
                               command="llmcore.cli.compare:diverse_data"),
    ),
    Kind(
        "variants", "Which learns faster?", "pretrain",
        experiment=_experiment("variants", "variants", "VariantsConfig", "run_variants",
                               command="llmcore.cli.compare:compare_variants",
                               command_name="compare-variants"),
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in _ALL}


def experiment_of(kind: str) -> Experiment | None:
    """The record of an experiment; None for another kind of run, or a name that is none."""
    return KINDS[kind].experiment if kind in KINDS else None


def experiments() -> list[Experiment]:
    """The records of all experiments."""
    return [kind.experiment for kind in KINDS.values() if kind.experiment is not None]
