"""From a few choices to the configuration of a run that compares architectures."""

from typing import Any

from llmcore.config import DataConfig, RunConfig
from llmcore.experiments.small_models import check_corpora
from llmcore.experiments.variants.cells import shape_of, trainings
from llmcore.experiments.variants.settings import VariantsConfig
from llmcore.presets import DEFAULT_PRESET, preset_named

VARIANTS_VOCABULARY = 1024


QUICK_VARIANTS = {"part_steps": 60, "held_out_bytes": 20_000}


def plan_variants(
    source: str = "shakespeare",
    preset: str = DEFAULT_PRESET,
    quick: bool = False,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """GPT-2 of a preset's shape and its variants, trained alike on a built-in corpus or a mix.

    quick: short trainings, for a first look. changes: fields of VariantsConfig to replace.
    Raises LabError for an unknown corpus, preset or variant.
    """
    check_corpora(source.split("+"))
    variants = VariantsConfig().with_(**(QUICK_VARIANTS if quick else {})).with_(**(changes or {}))
    chosen = preset_named(preset)
    base = chosen.model.with_(vocab_size=VARIANTS_VOCABULARY)
    for variant in variants.variants:
        shape_of(base, variant)  # refuses what cannot be built
    return RunConfig(
        kind="variants",
        name=name or f"Which learns faster? {source} {chosen.name}" + (", quick" if quick else ""),
        model=base,
        train=chosen.train.with_(precision="auto", steps=len(trainings(variants))).with_(
            **(train_changes or {})
        ),
        data=DataConfig(source=source),
        preset=chosen.name,
        experiment=variants,
    )
