"""Is this curve normal? The rules of `doctor_rules` read a run's own numbers, and say in plain
words what they see. A healthy run has no finding."""

from dataclasses import fields, replace

from llmcore.advice.doctor_rules import (
    LIMITS,
    RULES,
    Curves,
    Finding,
    Thresholds,
    not_finite,
)
from llmcore.advice.stumbles import find_stumbles
from llmcore.config import ModelConfig, RunConfig
from llmcore.errors import LabError
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs.metrics import MetricsReader
from llmcore.runs.run import Run
from llmcore.runs.used import steps_without_loss

MOST_POINTS = 1000  # that the rules read of a series


def examine_run(run: Run) -> list[Finding]:
    """Findings about a run as it is on disk, the most serious first."""
    return examine(curves_of(run))


def curves_of(run: Run) -> Curves:
    """What the rules read of a run, from its files."""
    changes = [event for event in run.events("setting") if event.get("name") == "learning_rate"]
    facts = run.events("data")  # distinct tokens of the training data, as the run counted them
    return curves_from(
        run.config,
        run.metrics(),
        float(changes[-1]["value"]) if changes else run.config.train.learning_rate,
        facts[-1].get("train_tokens") if facts else None,
    )


def curves_from(
    config: RunConfig, metrics: MetricsReader, peak: float, train_tokens: int | None
) -> Curves:
    """The same from what a page has already read. Of a long run, evenly chosen steps."""

    def series(split: str, key: str) -> tuple[list[int], list[float]]:
        steps, values = metrics.arrays(split, key)
        stride = -(-len(steps) // MOST_POINTS) or 1
        from_end = slice((len(steps) - 1) % stride if len(steps) else 0, None, stride)
        return steps[from_end].tolist(), values[from_end].tolist()

    return Curves(
        config=config,
        train=series("train", "loss"),
        val=series("val", "loss"),
        grad_norm=series("train", "grad_norm"),
        peak=peak,
        train_tokens=train_tokens,
        stumbles=find_stumbles(
            metrics.arrays("train", "loss"), metrics.arrays("train", "grad_norm")
        ),
        without_loss=steps_without_loss(metrics),
    )


def examine(curves: Curves, limits: Thresholds = LIMITS) -> list[Finding]:
    """All rules in the order of how serious their findings are; at most one finding of each cause.

    Of a probe only losses that are no numbers: it is solved, and has no settings that a finding
    could change."""
    steps = curves.train[0]
    if curves.without_loss:
        return [not_finite(curves, limits)]
    if curves.config.reads_layers or not steps or len(steps) < 5 or steps[-1] < limits.fewest_steps:
        return []
    found: list[Finding] = []
    for rule in RULES:
        finding = rule(curves, limits)
        if finding is not None and not _explained(finding.kind, found):
            found.append(finding)
    return found


def changed_config(config: RunConfig, finding: Finding) -> RunConfig:
    """The configuration of a new run with the one change that a finding suggests.

    Raises LabError if the finding suggests no setting.
    """
    change = dict(finding.change)
    if not change:
        raise LabError("This finding suggests no setting that a new run could be started with.")
    name = f"{config.name}, {finding.change_label}"
    if (preset := change.pop("preset", None)) is not None:
        smaller = plan_pretrain(
            config.data.source,
            preset=preset,
            tokenizer=config.tokenizer,
            validation_source=config.data.validation_source,
            model_changes={"vocab_size": None if config.tokenizer else config.model.vocab_size},
            train_changes={"steps": config.train.steps, "seed": config.train.seed},
        )
        config = replace(smaller, data=config.data, sample_prompt=config.sample_prompt)
    of_model = {key for key in change if key in {field.name for field in fields(ModelConfig)}}
    return replace(
        config,
        name=name,
        model=config.model.with_(**{key: change[key] for key in of_model}),
        train=config.train.with_(**{key: change[key] for key in change.keys() - of_model}),
    )


# What one finding already says: a diverged curve also has spikes, an overfitted one is flat.
_COVERS = {
    "diverged": {"rate too high", "stumbled", "overfitting", "plateau", "rate too low"},
    "guessing": {"plateau", "rate too low", "rate too high"},
    "overfitting": {"plateau"},
    "rate too high": {"plateau", "stumbled"},
}


def _explained(kind: str, found: list[Finding]) -> bool:
    return any(kind in _COVERS.get(finding.kind, set()) for finding in found)
