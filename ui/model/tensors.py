"""The numbers of a step as heatmaps, drawn by our own component: wide tensors stay quick."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmcore.plots.labels import short_label, visible_label
from ui.components import message, packed, registered
from ui.model.place import Where, go

if TYPE_CHECKING:
    from llmcore.interpret.walk import Walk
    from llmcore.interpret.walk_parts import Panel, WalkStep
    from llmcore.models import Loaded

TENSORS = "model_tensors"
N_NEXT = 16  # of a vocabulary, the chosen token's likeliest are drawn
NAMED = 24  # signs of a column's name where one points at it; above it stands what has room
FULL_COLOUR = 0.995  # share of the numbers below the one that has full colour: few are far out


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn of a panel: values (rows, columns).

    names: texts of the columns, None for numbers. columns: which of the tensor's columns they
    are, None for all. cuts: columns with a line before them.
    """

    symbol: str
    shape: str
    number: str
    values: np.ndarray
    shares: bool
    names: list[str] | None = None
    columns: list[int] | None = None
    cuts: tuple[int, ...] = ()


def sheets_of(loaded: "Loaded", passed: "Walk", step: "WalkStep", place: Where) -> list[Sheet]:
    """The panels of a step: of one head, and of a vocabulary the chosen token's likeliest."""
    return [_sheet(loaded, passed, step, panel, place) for panel in step.panels]


def _sheet(
    loaded: "Loaded", passed: "Walk", step: "WalkStep", panel: "Panel", place: Where
) -> Sheet:
    config = loaded.trunk.config
    values = panel.of_head(place.head, config.n_heads)
    shape = " × ".join(f"{size:,}" for size in panel.shape)
    symbol, number = panel.symbol, panel.axes[-1]
    names: list[str] | None = None
    columns: list[int] | None = None
    cuts: tuple[int, ...] = ()
    if panel.axes[0] == "head":
        own = place.head * len(panel.values) // config.n_heads
        shape = f"head {own} of {len(panel.values)}: {values.shape[0]} × {values.shape[1]}"
    if number == "key token":
        names = [short_label(visible_label(label), NAMED) for label in passed.labels]
    elif number == "class":
        names = list(passed.classes or [])
    elif number == "vocabulary":
        columns = likeliest(passed, place.row, loaded.tokenizer.vocab_size)
        names = [_name(loaded, column) for column in columns]
        values = values[:, columns]
        shape += f", the {len(columns)} likeliest for the chosen token"
    if step.name == "qkv":
        wide = config.d_heads
        cuts = (wide, wide + (values.shape[1] - wide) // 2)
    elif step.name == "joined":
        cuts = tuple(range(config.d_head, config.d_heads, config.d_head))
    return Sheet(symbol, shape, number, values, panel.shares, names, columns, cuts)


def likeliest(passed: "Walk", row: int, vocab_size: int) -> list[int]:
    """Ids of the tokens that token `row` expects next, best first."""
    logits = passed.logits[row, :vocab_size]
    top = np.argpartition(-logits, min(N_NEXT, len(logits) - 1))[:N_NEXT]
    return [int(token) for token in top[np.argsort(-logits[top], kind="stable")]]


def _name(loaded: "Loaded", id: int) -> str:
    return short_label(visible_label(loaded.tokenizer.token_label(id)), NAMED)


def tensor_view(sheets: list[Sheet], labels: list[str], place: Where) -> None:
    """The heatmaps; a click chooses the token of the row, and the cell."""
    panel = min(place.panel, len(sheets) - 1)
    registered("tensor_view")(
        key=TENSORS,
        data=packed(
            {
                "panels": [_header(sheet) for sheet in sheets],
                "labels": labels,
                "row": min(place.row, len(labels) - 1),
                "chosen": {
                    "panel": panel,
                    "row": min(place.row, len(labels) - 1),
                    "column": min(place.column, sheets[panel].values.shape[1] - 1),
                },
            },
            *(np.ascontiguousarray(sheet.values, dtype="<f4").tobytes() for sheet in sheets),
        ),
        on_cell_change=_chosen if len(labels) > 1 else _chosen_column,
    )


def _header(sheet: Sheet) -> dict[str, object]:
    finite = sheet.values[np.isfinite(sheet.values)]
    top = float(np.quantile(np.abs(finite), FULL_COLOUR)) if finite.size else 0.0
    limit = 1.0 if sheet.shares else max(top, 1e-6)
    return {
        "symbol": sheet.symbol, "shape": f"({sheet.shape})", "number": sheet.number,
        "rows": sheet.values.shape[0], "columns": sheet.values.shape[1],
        "limit": limit, "shares": sheet.shares, "names": sheet.names, "cuts": sheet.cuts,
        "note": "" if sheet.shares else in_words(finite),
    }  # fmt: skip


def in_words(values: np.ndarray) -> str:
    """
    >>> in_words(np.array([-1.0, 3.0]))
    'mean 1.00, standard deviation 2.00, from −1.00 to 3.00'
    """
    if not values.size:
        return ""
    exact = values.astype(np.float64)
    numbers = (exact.mean(), exact.std(), exact.min(), exact.max())
    mean, spread, low, high = (
        f"{round(number, 2) + 0.0:.2f}".replace("-", "−") for number in numbers
    )
    return f"mean {mean}, standard deviation {spread}, from {low} to {high}"


def _chosen() -> None:
    _go_to("row", "column", "panel")


def _chosen_column() -> None:
    """The only row is the whole text (or its only token): the chosen token stays."""
    _go_to("column", "panel")


def _go_to(*names: str) -> None:
    cell = message(TENSORS, "cell")
    if not hasattr(cell, "get"):
        return
    wanted = {name: cell.get(name) for name in names}
    if all(type(value) is int and value >= 0 for value in wanted.values()):
        go(**wanted)
