"""From a few choices to the configuration of a comparison with earlier NLP."""

from typing import Any

from llmcore import models
from llmcore.config import DataConfig, RunConfig, TrainConfig
from llmcore.convert import locate
from llmcore.errors import LabError
from llmcore.experiments.earlier_nlp.cells import COLUMNS, GPT2, work_of
from llmcore.experiments.earlier_nlp.settings import CompareConfig
from llmcore.runs.reference import name_of

QUICK = CompareConfig(
    n_train=600, n_test=600, epochs=2, lm_steps=60, held_out_bytes=30_000, sample_tokens=50
)


def imported_gpt2() -> str | None:
    """The smallest GPT-2 language model in the hub's cache; None if none was imported."""
    found = [cached for cached in locate.cached_models() if not cached.is_classifier]
    return min((item.ref for item in found), key=lambda ref: (len(ref), ref), default=None)


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
    first look. changes: fields of CompareConfig to replace. Raises LabError if the model does
    not exist or is no language model.
    """
    parent = model_ref or models.default_model()
    for ref in filter(None, (parent, gpt2)):
        _check_language(ref)
    base = QUICK if quick else CompareConfig()
    compare = base.with_(gpt2=gpt2, **(changes or {}))
    columns = [column for column in COLUMNS if column != GPT2 or gpt2]
    return RunConfig(
        kind="compare-nlp",
        name=name or f"{parent} against earlier NLP" + (", quick" if quick else ""),
        model=models.model_config(parent),
        train=TrainConfig(precision="auto", steps=len(work_of(columns))).with_(
            **(train_changes or {})
        ),
        data=DataConfig(source="sms-spam+tweet-sentiment+shakespeare"),
        parent=parent,
        experiment=compare,
    )


def _check_language(ref: str) -> None:
    if ref not in {model.ref for model in models.list_models("language")} and name_of(ref) == ref:
        models.model_config(ref)  # raises if there is none at all
        if ref in {model.ref for model in models.list_models("classifier")}:
            raise LabError(f"{ref} is a classifier and cannot write: choose a language model.")
