"""From a few choices to the RunConfig of a run that fills a table."""

from collections.abc import Sequence
from typing import Any

from llmcore import models
from llmcore.config import (
    CompareConfig,
    DataConfig,
    DiverseConfig,
    RunConfig,
    TrainConfig,
    VariantsConfig,
)
from llmcore.convert import locate
from llmcore.data import CORPORA
from llmcore.errors import LabError
from llmcore.presets import DEFAULT_PRESET, preset_named
from llmcore.runs.compare_cells import COLUMNS, GPT2, work_of
from llmcore.runs.diverse_cells import n_cells
from llmcore.runs.variant_cells import shape_of, trainings

QUICK = CompareConfig(
    n_train=600, n_test=600, epochs=2, lm_steps=60, held_out_bytes=30_000, sample_tokens=50
)
DIVERSE_VOCABULARY = 1024
VARIANTS_VOCABULARY = 1024
QUICK_VARIANTS = {"part_steps": 60, "held_out_bytes": 20_000}
QUICK_DIVERSE = {"part_steps": 60, "held_out_bytes": 20_000}


def imported_gpt2() -> str | None:
    """The smallest GPT-2 language model in the hub's cache; None where none was imported."""
    found = [one for one in locate.cached_models() if not one.is_classifier]
    return min((one.ref for one in found), key=lambda ref: (len(ref), ref), default=None)


def plan_comparison(
    model_ref: str | None = None,
    gpt2: str | None = None,
    quick: bool = False,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """A comparison of a pretrained GPT with earlier NLP.

    gpt2: the reference of an imported GPT-2 to compare as well. quick: a part of the data, for a
    first look. changes: fields of CompareConfig to replace. Raises LabError where the model does
    not exist or is no language model.
    """
    parent = model_ref or models.default_model()
    for ref in filter(None, (parent, gpt2)):
        _check_language(ref)
    base = QUICK if quick else CompareConfig()
    compare = base.with_(gpt2=gpt2, **(changes or {}))
    columns = [one for one in COLUMNS if one != GPT2 or gpt2]
    return RunConfig(
        kind="compare-nlp",
        name=name or f"{parent} against earlier NLP" + (", quick" if quick else ""),
        model=models.model_config(parent),
        train=TrainConfig(precision="auto", steps=len(work_of(columns))).with_(
            **(train_changes or {})
        ),
        data=DataConfig(source="sms-spam+tweet-sentiment+shakespeare"),
        parent=parent,
        compare=compare,
    )


def _check_language(ref: str) -> None:
    if ref not in {one.ref for one in models.list_models("language")} and "@" not in ref:
        models.model_config(ref)  # raises where there is none at all
        if ref in {one.ref for one in models.list_models("classifier")}:
            raise LabError(f"{ref} is a classifier and cannot write: choose a language model.")


def plan_diverse(
    corpora: Sequence[str] = DiverseConfig().corpora,
    quick: bool = False,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """One small model a corpus and one on the mix. Raises LabError for an unknown corpus."""
    _check_corpora(corpora)
    diverse = DiverseConfig(tuple(corpora)).with_(
        **{**(QUICK_DIVERSE if quick else {}), **(changes or {})}
    )
    preset = preset_named("tiny")
    return RunConfig(
        kind="diverse-data",
        name=name or "Diverse data" + (", quick" if quick else ""),
        model=preset.model.with_(vocab_size=DIVERSE_VOCABULARY),
        train=preset.train.with_(precision="auto", steps=n_cells(diverse.corpora)).with_(
            **(train_changes or {})
        ),
        data=DataConfig(source="+".join(diverse.corpora)),
        diverse=diverse,
    )


def _check_corpora(corpora: Sequence[str]) -> None:
    for one in corpora:
        if one not in CORPORA:
            raise LabError(f"There is no corpus {one!r}: choose of {', '.join(CORPORA)}.")


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
    _check_corpora(source.split("+"))
    variants = VariantsConfig(**(QUICK_VARIANTS if quick else {})).with_(**(changes or {}))
    chosen = preset_named(preset)
    base = chosen.model.with_(vocab_size=VARIANTS_VOCABULARY)
    for one in variants.variants:
        shape_of(base, one)  # refuses what cannot be built
    return RunConfig(
        kind="variants",
        name=name or f"Which learns faster? {source} {chosen.name}" + (", quick" if quick else ""),
        model=base,
        train=chosen.train.with_(precision="auto", steps=len(trainings(variants))).with_(
            **(train_changes or {})
        ),
        data=DataConfig(source=source),
        preset=chosen.name,
        variants=variants,
    )
