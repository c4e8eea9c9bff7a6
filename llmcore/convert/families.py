"""Which models of other tools the lab's transformer computes, by the `model_type` of their
config.json. Free of torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmcore.config import ModelConfig
from llmcore.convert import gpt2_config
from llmcore.convert.llama_config import LANGUAGE_MODELS, read_llama_config
from llmcore.errors import LabError

FAMILIES = (gpt2_config.MODEL_TYPE, *LANGUAGE_MODELS)


def read_config(config: Mapping[str, Any], where: Path) -> ModelConfig:
    """The shape that a config.json describes. Raises LabError that names the model or the setting
    which the lab's model cannot express."""
    kind = config.get("model_type")
    if kind in LANGUAGE_MODELS:
        return read_llama_config(config, where)
    if kind == gpt2_config.MODEL_TYPE:
        return gpt2_config.read_config(config, where)
    what = f"a {kind[:40]} model" if isinstance(kind, str) and kind else "no model of this lab"
    raise LabError(
        f"{where} holds {what}: the lab computes {', '.join(FAMILIES)}, and the directory of a run."
    )
