"""The comparison: the answer first, the table, the samples side by side, and the button."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.experiments.earlier_nlp.cells import (
    COLUMNS,
    EARLIER,
    METRIC,
    NOT_ABLE,
    ROWS,
    WRITING,
    Cell,
    Comparison,
    is_able,
)
from llmcore.experiments.earlier_nlp.plan import imported_gpt2, plan_comparison
from llmcore.experiments.earlier_nlp.words import answer_sentences, seconds
from llmcore.models import list_models
from llmcore.texts import bytes_in_words
from ui.components import payload, registered
from ui.earlier_nlp.shipped import shipped_table
from ui.page import guarded, plain
from ui.picker import model_select, usual
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.start import start_box
from ui.run_panel.table import table_panel
from ui.scores import BITS_PER_BYTE, OVERLAP

if TYPE_CHECKING:
    from llmcore.experiments.measured_tables import TableRecord
    from llmcore.runs import Run

KIND = "compare-nlp"
_MODEL = "compare_model"
BUTTON = "Compare them all"


def show() -> None:
    infos = runs_of(KIND)
    with guarded():
        _start_box(first=not infos)
    info = run_picker(infos, KIND, "Comparison to show")
    if info is not None:
        table_panel(info.id, draw)
        return
    with guarded():
        shipped_table(KIND, BUTTON, _draw_record)


def draw(run: "Run") -> None:
    _draw_record(run, run.id)


def _draw_record(record: "TableRecord", name: str) -> None:
    """The table of a run, or of a record of one. Each part keeps its place while it grows."""
    found = Comparison(record)
    with st.container():
        for place, sentence in enumerate(answer_sentences(found)):
            st.markdown(f"- {plain(sentence)}" if place else f"**{plain(sentence)}**")
    registered("compare_table")(key=f"table_{name}", data=payload(table_data(found)))
    if found.cells:
        _splits(found)
        _samples(found)
    else:
        st.caption("The first cells are filled within seconds.")


def table_data(found: Comparison) -> dict[str, object]:
    """Rows and columns as the drawn table reads them; every cell with its sentence to tell."""
    rows = []
    for task, title in ROWS.items():
        best = found.best(task, found.models) if task in METRIC else None
        cells = []
        for model in found.models:
            cell = found.cell(task, model)
            if cell is not None:
                cells.append(_cell_data(cell, best))
            elif is_able(task, model):
                cells.append({"kind": "open", "head": "…", "tell": "Not measured yet."})
            else:
                cells.append({"kind": "not", "head": "not able", "tell": NOT_ABLE[task]})
        rows.append({"title": title, "metric": _metric(task), "cells": cells})
    columns = [{"title": COLUMNS[model], "earlier": model in EARLIER} for model in found.models]
    return {"columns": columns, "rows": rows}


def _metric(task: str) -> str:
    return {
        "macro F1": "macro F1: higher is better",
        "bits per byte": "bits per byte: lower is better",
    }.get(METRIC.get(task, ""), "samples below: read them")


def _cell_data(cell: Cell, best: Cell | None) -> dict[str, object]:
    if cell.score is not None:
        head = f"{cell.score:.3f}"
        trained = f"trained {seconds(cell.seconds)}" if cell.seconds else "not trained here"
        below = [trained, bytes_in_words(cell.n_bytes)]
    else:
        head = "writes"
        below = []
        if cell.real_words is not None:
            below.append(f"{cell.real_words:.0%} known words")
        if cell.copied is not None:
            below.append(f"copies {cell.copied} in a row")
    tell = [cell.note]
    if cell.accuracy is not None:
        tell.append(f"Accuracy {cell.accuracy:.1%}.")
    if cell.parameters is not None:
        tell.append(f"{cell.parameters:,} parameters.")
    is_best = best is not None and cell.model == best.model
    return {
        "kind": "best" if is_best else "score" if cell.score is not None else "writes",
        "head": head, "below": below, "tell": " ".join(tell),
    }  # fmt: skip


def _splits(found: Comparison) -> None:
    parts = [
        f"{ROWS[task.task]}: {task.n_train:,} texts to learn from, {task.n_test:,} to test on"
        for task in found.labelled.values()
    ]
    if few := found.few_texts():
        st.caption(plain(few))
    st.caption(
        plain(". ".join([*parts, "Every model of a row has the same texts"]) + ". ")
        + f"The next word: held-out plays of Shakespeare. {BITS_PER_BYTE} {OVERLAP} "
        "*Known words*: the share of the words that stand in the lab's corpora; *copies*: "
        "the longest run of words taken from "
        "Shakespeare as it stands."
    )


def _samples(found: Comparison) -> None:
    """What every model that can write wrote after the same beginning, side by side."""
    for task in WRITING:
        if not any(found.cell(task, model) for model in found.models):
            continue
        st.header(ROWS[task], anchor=False)
        st.caption("The beginning is given to every model; what follows is unedited.")
        st.code(found.prompts.get(task, ""), language=None, wrap_lines=True)
        able = [model for model in found.models if is_able(task, model)]
        for column, model in zip(st.columns(len(able)), able, strict=True):
            cell = found.cell(task, model)
            with column:
                st.markdown(f"**{plain(COLUMNS[model])}**")
                for sample in cell.samples if cell else ():
                    st.code(sample.strip() or " ", language=None, wrap_lines=True)
                if cell is None:
                    st.caption("Not written yet.")
        mute = [COLUMNS[model] for model in found.models if not is_able(task, model)]
        st.caption(plain(f"Not able: {' and '.join(mute)}. {NOT_ABLE[task]}"))


def _start_box(first: bool) -> None:
    entries = {entry.ref: entry for entry in list_models("language")}
    # The answer comes first: if there is one, the settings are folded away.
    frame = None if first else st.expander("Measure again", key="compare_again")
    with start_box(KIND, "compare nlp", frame) as box:
        if first:
            st.markdown("**Measure it on this machine**")
        left, middle, right = st.columns([3, 3, 2], gap="medium", vertical_alignment="bottom")
        ref = None
        if entries:
            if st.session_state.get(_MODEL) not in entries:
                st.session_state[_MODEL] = usual(entries)
            with left:
                ref = model_select("Pretrained GPT", entries, _MODEL, persist=True)
        quick = middle.toggle(
            "Quick", key="compare_quick", persist_state="session",
            help="A part of the data, for a first look within a minute or two.",
        )  # fmt: skip
        gpt2 = imported_gpt2()
        with_gpt2 = gpt2 is not None and middle.toggle(
            f"With {plain(gpt2)}", value=True, key="compare_gpt2", persist_state="session",
            help="It is imported here. It is large: this adds ten minutes and more.",
        )  # fmt: skip
        other = gpt2 if with_gpt2 else None
        box.button(
            BUTTON,
            right,
            (lambda begin: begin(plan_comparison(ref, other, quick))) if ref else None,
        )
        st.caption(
            "About a minute on two quiet cores." if quick
            else "About four to six minutes on two quiet cores, in the background: the earlier "
            "models are there within seconds."
        )  # fmt: skip
