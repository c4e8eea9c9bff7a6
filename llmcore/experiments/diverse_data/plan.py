"""From a few choices to the configuration of a run on diverse data."""

from collections.abc import Sequence
from typing import Any

from llmcore.config import DataConfig, RunConfig
from llmcore.experiments.diverse_data.cells import n_cells
from llmcore.experiments.diverse_data.settings import DiverseConfig
from llmcore.experiments.small_models import check_corpora
from llmcore.presets import preset_named

DIVERSE_VOCABULARY = 1024


QUICK_DIVERSE = {"part_steps": 60, "held_out_bytes": 20_000}


def plan_diverse(
    corpora: Sequence[str] = DiverseConfig().corpora,
    quick: bool = False,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """One small model a corpus and one on the mix. Raises LabError for an unknown corpus."""
    check_corpora(corpora)
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
        experiment=diverse,
    )
