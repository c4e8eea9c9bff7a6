"""What several runs have not in common."""

from collections.abc import Sequence
from typing import Any

from llmcore.config import RunConfig

LEFT_OUT = {"name", "labels"}  # of every run its own
RHYTHM = {"log_every", "eval_every", "checkpoint_every", "eval_batches"}  # changes no curve


def differing_settings(configs: Sequence[RunConfig]) -> dict[str, list[Any]]:
    """The settings that are not the same in all, with their values in the order of `configs`.

    Names are those of the fields, without the part that they belong to: `d_model`, `batch_size`.
    """
    flat = [_flat(config) for config in configs]
    names = dict.fromkeys(name for values in flat for name in values)
    rows = {name: [values.get(name) for values in flat] for name in names}
    return {name: values for name, values in rows.items() if any(v != values[0] for v in values)}


def _flat(config: RunConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in config.to_dict().items():
        values.update(value if isinstance(value, dict) else {name: value})
    values["parameters"] = config.model.n_parameters()
    return {name: value for name, value in values.items() if name not in LEFT_OUT | RHYTHM}
