"""The tokenizers that were trained here: figures, files to take away, and what to do with them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.convert.hf_tokenizer import tokenizer_file
from llmcore.plots.tokenizers import growth_curve
from llmcore.tokenizers import MIN_VOCAB_SIZE, RULES
from llmcore.tokenizers.store import (
    SavedTokenizer,
    delete_saved,
    find_saved,
    rename_saved,
    saved_tokenizers,
)
from ui.charts import live_chart
from ui.marked import code
from ui.navigation import CARDS
from ui.page import guarded, plain, show_error
from ui.run_panel.feed import when
from ui.run_panel.start import noting, take_trouble
from ui.session import PRETRAIN_REQUEST
from ui.token_text import plain_label
from ui.tokenizer.encodings import forget_tokenizers

if TYPE_CHECKING:
    from llmcore.tokenizers.learning import Merge

PLACE = "saved tokenizers"
TABLE_ROWS = 20_000
_CHOSEN = "lab_saved_tokenizer"


def choose_saved(slug: str) -> None:
    """Shows this one from now on. Call it before the panel is drawn, or rerun after it."""
    st.session_state[_CHOSEN] = slug


def training_figures(
    merges: Sequence["Merge"], n_bytes: int, key: str, n_rows: int = TABLE_ROWS
) -> None:
    """Four numbers, the curve, and the table of merges as they came, newest first."""
    last = merges[-1]
    cells = (
        ("Tokens", f"{MIN_VOCAB_SIZE + len(merges):,}", "256 bytes, the merges, and the end."),
        ("Bytes per token", f"{n_bytes / last.n_tokens:.2f}", "On the training text."),
        ("Text in tokens", f"{last.n_tokens:,}", f"The training text has {n_bytes:,} bytes."),
        ("Last merge seen", f"{last.count:,} times", "How often its pair stood in the text."),
    )
    for column, (label, value, note) in zip(st.columns(4), cells, strict=True):
        column.metric(label, value, help=note)
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("How far the text shrinks while the vocabulary grows")
        sizes = np.arange(MIN_VOCAB_SIZE + 1, MIN_VOCAB_SIZE + 1 + len(merges))
        ratios = n_bytes / np.array([merge.n_tokens for merge in merges])
        live_chart(growth_curve(sizes, ratios, uirevision=key), key=f"growth_{key}")
    with right:
        st.caption("The merges as they came, newest first: click a head to sort")
        st.dataframe(_table(merges, n_rows), hide_index=True, height=330, key=f"merges_{key}")
    if len(merges) > n_rows:
        st.caption(f"The table holds the newest {n_rows:,} of {len(merges):,} merges.")


def _table(merges: Sequence["Merge"], n_rows: int) -> dict[str, list]:
    first = max(0, len(merges) - n_rows)
    ranks = range(len(merges), first, -1)
    kept = [merges[rank - 1] for rank in ranks]
    return {
        "Rank": list(ranks),
        "Left": [plain_label(merge.left) for merge in kept],
        "Right": [plain_label(merge.right) for merge in kept],
        "New token": [plain_label(merge.token) for merge in kept],
        "Id": [255 + rank for rank in ranks],
        "Times seen": [merge.count for merge in kept],
    }


def saved_panel() -> None:
    """One of the saved tokenizers; nothing if there is none yet."""
    found = {saved_tokenizer.slug: saved_tokenizer for saved_tokenizer in saved_tokenizers()}
    trouble = take_trouble(PLACE)
    if trouble is not None:
        show_error(trouble)
    if not found:
        st.caption("What you train is kept here, and can be chosen wherever a tokenizer can.")
        return
    if st.session_state.get(_CHOSEN) not in found:
        st.session_state[_CHOSEN] = next(iter(found))
    st.session_state["saved_tokenizer"] = st.session_state[_CHOSEN]
    slug = st.selectbox(
        "Your tokenizers",
        list(found),
        format_func=lambda tokenizer: _line(found[tokenizer]) if tokenizer in found else tokenizer,
        key="saved_tokenizer",
        on_change=lambda: choose_saved(st.session_state["saved_tokenizer"]),
    )
    with st.container(border=True):
        _head(found[slug])
        with guarded():
            merges = _merges(slug, found[slug].card.created)
            if merges:
                training_figures(merges, found[slug].card.n_bytes, f"saved_{slug}")
            else:
                st.caption("No merges: every character of its text is a single byte.")


def _line(saved: SavedTokenizer) -> str:
    return f"{saved.card.name} · {saved.card.vocab_size:,} tokens · {when(saved.card.created)}"


@st.cache_resource(max_entries=4, show_spinner=False)
def _merges(slug: str, created: float) -> list["Merge"]:
    return find_saved(slug).merges()


def _head(saved: SavedTokenizer) -> None:
    card = saved.card
    rule = "characters" if card.kind == "characters" else f"rule: {RULES[card.rule].title}"
    st.markdown(f"**{plain(card.name)}** on {plain(card.corpus)}")
    st.caption(
        f"{plain(rule)} · trained in {card.seconds:.1f} s · on the command line: "
        f"{code(f'--tokenizer {saved.slug}')}"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Pretrain with it", icon=":material/trending_down:", type="primary",
                     key=f"pretrain_{saved.slug}"):  # fmt: skip
            st.session_state[PRETRAIN_REQUEST] = {"tokenizer": saved.slug, "source": card.corpus}
            st.switch_page(CARDS["pretrain"].path)
        _downloads(saved)
        rename = st.button("Rename", icon=":material/edit:", key=f"rename_{saved.slug}")
        delete = st.button("Delete", icon=":material/delete:", key=f"delete_{saved.slug}")
    if rename:
        _rename_dialog(saved)
    if delete:
        _delete_dialog(saved)


def _downloads(saved: SavedTokenizer) -> None:
    for label, form, ending, note in (
        (".tiktoken", "tiktoken", ".tiktoken",
         "As tiktoken reads it: a line for each token, base64 and rank. tiktoken.Encoding takes "
         "the pattern and the special token beside it."),
        ("tokenizer.json", "hf", "-tokenizer.json",
         "As Hugging Face's tokenizers and transformers read it; the same ids."),
    ):  # fmt: skip
        st.download_button(
            label,
            data=partial(_file, saved, form),
            file_name=f"{saved.slug}{ending}",
            mime="application/octet-stream",
            icon=":material/download:",
            key=f"download_{form}_{saved.slug}",
            on_click="ignore",
            help=note,
        )


def _file(saved: SavedTokenizer, form: str) -> bytes:
    return tokenizer_file(saved.load(), form)


@st.dialog("Rename this tokenizer")
def _rename_dialog(saved: SavedTokenizer) -> None:
    st.caption("Runs that were trained with it keep their own copy.")
    with st.form("rename_tokenizer_form", border=False):
        st.text_input("Name", value=saved.card.name, max_chars=40, key="rename_tokenizer_to")
        if st.form_submit_button("Rename", type="primary", on_click=_rename, args=(saved.slug,)):
            st.rerun()


@st.dialog("Delete this tokenizer?")
def _delete_dialog(saved: SavedTokenizer) -> None:
    st.markdown(
        f"**{plain(saved.card.name)}** with its {saved.card.vocab_size:,} tokens is removed from "
        f"the disk. Runs that were trained with it keep their own copy. This cannot be undone."
    )
    keep, remove = st.columns(2)
    kept = keep.button("Keep it", width="stretch", key="keep_tokenizer")
    deleted = remove.button(
        "Delete", type="primary", icon=":material/delete:", width="stretch",
        key="delete_tokenizer_now", on_click=_delete, args=(saved.slug,),
    )  # fmt: skip
    if kept or deleted:
        st.rerun()


def _rename(slug: str) -> None:
    """A callback, so that it runs before the page is drawn again."""
    with noting(PLACE):
        choose_saved(rename_saved(slug, st.session_state["rename_tokenizer_to"]).slug)
        forget_tokenizers()


def _delete(slug: str) -> None:
    delete_saved(slug)
    forget_tokenizers()
