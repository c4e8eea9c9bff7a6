"""Where one goes on to from a run: links that open the next page with the run's own model."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.models import MODEL_KINDS
from llmcore.runs.used import used_step
from ui.navigation import page_link
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

_LOOK = (("model", "Look inside"), ("attention", "See its attention"))
_WRITES = (("chat", "Chat with it"), ("playground", "Play with it"))
_TEACH = (
    ("classifier", "Finetune it as a classifier"),
    ("instructions", "Finetune it on instructions"),
)
LINKS = {
    "pretrain": (_WRITES[1], *_LOOK, *_TEACH),
    "instruct": (*_WRITES, *_LOOK, _TEACH[1]),
    "classify": _LOOK,
}


def onward(info: "RunInfo") -> None:
    """Draws the links; nothing for a run without weights that can be loaded."""
    if info.kind not in MODEL_KINDS or info.state == "damaged" or info.lost:
        return
    if used_step(store().open(info.id)) is None:
        return
    with st.container(horizontal=True):
        for page, label in LINKS[info.kind]:
            reads = "start" if (page, label) in _TEACH else "model"
            page_link(page, label, **{reads: info.id})
