"""One step of the walk: what it means, its formula, shapes, numbers and code."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.plots.labels import short_label, visible_label
from ui.marked import Markdown, code
from ui.model.detail import draw_detail
from ui.model.place import Where, go
from ui.model.tensors import Sheet, sheets_of, tensor_view
from ui.page import plain

if TYPE_CHECKING:
    from llmcore.interpret.walk import BlockTape, Walk
    from llmcore.interpret.walk_parts import WalkStep
    from llmcore.interpret.walk_source import Source
    from llmcore.models import Loaded

HEAD_BUTTONS = 16  # more heads are chosen from a list
COLUMN_NAMES = {
    "channel": "channel", "hidden channel": "hidden channel", "key token": "key",
    "vocabulary": "next token", "class": "class",
}  # fmt: skip


def draw_step(
    loaded: "Loaded", passed: "Walk", tape: "BlockTape", step: "WalkStep", place: Where
) -> None:
    """The chosen step; `place` exists in this model and text."""
    n_heads = loaded.trunk.config.n_heads
    st.header(step.title, anchor=False)
    st.markdown(step.meaning)
    st.markdown(f":material/function: {step.in_words}")
    st.latex(step.formula)
    _shapes(step)
    names = token_names(passed)
    if step.name == "tokens":
        _token_table(passed)
    else:
        _choosers(step, place, names, n_heads)
        found = sheets_of(loaded, passed, step, place)
        tensor_view(found, names if step.panels[0].axes[0] != "text" else ["the text"], place)
        _arithmetic(loaded, passed, tape, step, found, place, names)
        draw_detail(loaded, passed, tape, step, place, names)
    _code(step.source)


def token_names(passed: "Walk") -> list[str]:
    """Each token with its number: tokens that read the same stay apart."""
    return [
        f"{short_label(visible_label(label), 10)} {index}"
        for index, label in enumerate(passed.labels)
    ]


def _shapes(step: "WalkStep") -> None:
    def written(symbol: str, shape: tuple[int, ...]) -> Markdown:
        return code(f"{symbol} ({' × '.join(f'{size:,}' for size in shape)})")

    gives = ", ".join(written(panel.symbol, panel.shape) for panel in step.panels)
    reads = ", ".join(written(symbol, shape) for symbol, shape in step.reads)
    axes = plain(" × ".join(step.panels[0].axes))
    st.markdown(f"{reads or 'the text'} → {gives} :small[:gray[{axes}]]")


def _choosers(step: "WalkStep", place: Where, names: list[str], n_heads: int) -> None:
    """Head and token, if the step has them. The map and a click in the picture set them too."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if step.has_heads:
            st.session_state["model_head"] = place.head
            if n_heads <= HEAD_BUTTONS:
                st.segmented_control(
                    "Head", range(n_heads), key="model_head", required=True, on_change=_head
                )
            else:
                st.selectbox("Head", range(n_heads), key="model_head", on_change=_head, width=120)
        if step.panels[0].axes[0] != "text":
            st.session_state["model_token"] = place.row
            label = "Token that looks (query)" if "key token" in step.panels[0].axes else "Token"
            st.selectbox(
                label, range(len(names)), key="model_token", on_change=_token, width=172,
                format_func=lambda index: names[index],
            )  # fmt: skip
        if "key token" in step.panels[0].axes:
            st.session_state["model_key"] = min(place.column, len(names) - 1)
            st.selectbox(
                "Token looked at (key)", range(len(names)), key="model_key", on_change=_key,
                width=172, format_func=lambda index: names[index],
            )  # fmt: skip


def _head() -> None:
    go(head=st.session_state["model_head"])


def _token() -> None:
    go(row=st.session_state["model_token"])


def _key() -> None:
    go(column=st.session_state["model_key"])


def _token_table(passed: "Walk") -> None:
    st.dataframe(
        {
            "Position": list(range(passed.n_tokens)),
            "Token": [visible_label(label) for label in passed.labels],
            "Id": passed.ids,
        },
        hide_index=True, key="model_tokens", height=min(420, 38 + 35 * passed.n_tokens),
    )  # fmt: skip


def _arithmetic(
    loaded: "Loaded", passed: "Walk", tape: "BlockTape", step: "WalkStep", sheets: list[Sheet],
    place: Where, names: list[str],
) -> None:  # fmt: skip
    """How the chosen number arises from those that the step read."""
    from llmcore.interpret.walk_cells import Cell, cell_arithmetic

    panel = min(place.panel, len(sheets) - 1)
    sheet = sheets[panel]
    row = min(place.row, sheet.values.shape[0] - 1)
    column = min(place.column, sheet.values.shape[1] - 1)
    real = sheet.columns[column] if sheet.columns is not None else column
    found = cell_arithmetic(
        loaded.model, passed, tape, place.layer, step.name, Cell(row, real, place.head, panel)
    )
    if found is None:
        return
    what = COLUMN_NAMES.get(step.panels[panel].axes[-1], "column")
    which = sheet.names[column] if sheet.names is not None else f"{column}"
    who = names[row] if sheet.values.shape[0] == len(names) else "the text"
    st.markdown(
        f"**How one number arises**: {plain(step.panels[panel].symbol)} of {plain(who)}, {what} "
        f"{plain(which)}"
    )
    st.latex(found.latex)


def _code(source: "Source") -> None:
    """The lines that compute the step, and all of the function that they are in."""
    st.markdown(
        f"**The lines that compute it**: {code(source.where)} :small[in {code(source.name)}]"
    )
    st.code(source.excerpt, language="python", wrap_lines=True)
    if source.excerpt != source.text:
        with st.expander(f"All of {plain(source.name)}", icon=":material/code:"):
            st.code(source.text, language="python", wrap_lines=True)
