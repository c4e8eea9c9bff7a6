"""A button for each part of a model, with a number in each if there is one."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ui.components import payload, registered

if TYPE_CHECKING:
    from llmcore.config import ModelConfig

HEADS, MLP, LAYER = "heads", "mlp", "layer"


def part_grid(
    key: str,
    config: "ModelConfig",
    *,
    on_pick: Callable[[], None],
    mode: Literal["choose", "toggle"] = "choose",
    columns: Sequence[str] = (HEADS,),
    chosen: str | None = None,
    off: Sequence[str] = (),
    values: np.ndarray | None = None,
    largest: float | None = None,
    unit: str = "",
    hint: str = "",
) -> None:
    """Rows are layers, columns heads and, as `columns` says, the MLP and the whole layer.

    mode: `choose` tells one part as "part", `toggle` tells the list of all that are off as "off".
    values (L, N): a number for each of the first N columns; its colour is full at `largest`.
    """
    drawn: list[dict[str, Any]] = [
        {"name": f"H{head}", "part": f"H{head}"} for head in range(config.n_heads)
    ]
    if MLP in columns:
        drawn.append({"name": "MLP", "part": "MLP", "gap": True})
    if LAYER in columns:
        drawn.append({"name": "layer", "part": "", "gap": True})
    if largest is None and values is not None:
        largest = float(np.abs(values).max())
    data = {
        "columns": drawn,
        "layers": config.n_layers,
        "mode": mode,
        "off": list(off),
        "chosen": chosen,
        "values": None if values is None else values.astype(float).round(5).tolist(),
        "largest": max(largest or 0.0, 1e-9),
        "unit": unit,
        "hint": hint,
    }
    draw = partial(registered("part_grid"), key=key, data=payload(data))
    if mode == "choose":
        draw(on_part_change=on_pick)
    else:
        draw(on_off_change=on_pick)
