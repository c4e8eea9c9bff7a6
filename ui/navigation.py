"""The pages of the app and links to them. A page is listed only if its file exists."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.pages_manager import PagesManager

from llmcore.paths import PROJECT_ROOT
from ui.marked import Markdown


@dataclass(frozen=True, slots=True)
class PageCard:
    """One page: `pages/<name>.py`, served at `/<name>` (the first at `/`).

    File and address are alike: before app.py has run once, Streamlit knows a page by its file."""

    name: str
    group: str
    title: str
    icon: str

    @property
    def path(self) -> str:
        return f"pages/{self.name}.py"

    @property
    def exists(self) -> bool:
        return (PROJECT_ROOT / self.path).is_file()


FIRST = "overview"
CARDS = {
    card.name: card
    for card in (
        PageCard("overview", "Start", "Overview", ":material/map:"),
        PageCard("tokenizer", "Look", "Tokenizer", ":material/segment:"),
        PageCard("model", "Look", "Inside the model", ":material/account_tree:"),
        PageCard("attention", "Look", "Attention", ":material/visibility:"),
        PageCard("pretrain", "Build", "Pretrain", ":material/trending_down:"),
        PageCard("classifier", "Build", "Finetune a classifier", ":material/category:"),
        PageCard("instructions", "Build", "Finetune on instructions", ":material/school:"),
        PageCard("chat", "Use", "Chat", ":material/forum:"),
        PageCard("playground", "Use", "Playground", ":material/play_circle:"),
        PageCard("earlier-nlp", "Use", "LLM vs earlier NLP", ":material/balance:"),
        PageCard("applications", "Use", "Applications", ":material/apps:"),
        PageCard("runs", "Use", "Runs", ":material/database:"),
    )
}


def grouped_pages() -> dict[str, list[Any]]:
    """`st.Page` objects by group, in the order of CARDS, for `st.navigation`.

    The first page is at `/`. Its own name is an address as well, which the browser asks for
    before it has heard of the pages, and which leads to `/`.
    """
    groups: dict[str, list[Any]] = {}
    for card in CARDS.values():
        if card.exists:
            page = st.Page(
                card.path,
                title=card.title,
                icon=card.icon,
                url_path="" if card.name == FIRST else card.name,
                default=card.name == FIRST,
            )
            groups.setdefault(card.group, []).append(page)
    if CARDS[FIRST].exists:
        alias = st.Page(_to_the_first, title=FIRST, url_path=FIRST, visibility="hidden")
        groups[CARDS[FIRST].group].append(alias)
    return groups


def _to_the_first() -> None:
    st.switch_page(CARDS[FIRST].path)


def ensure_routed() -> None:
    """Hands a page that was opened before app.py ever ran back to app.py.

    A server that has just started takes the folder `pages/` for Streamlit's old kind of app until
    some session has called `st.navigation`: the first request for `/tokenizer` (a bookmark, a tab
    that outlived a restart) would show the bare page without the lab around it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def page_link(
    name: str, label: Markdown | None = None, icon: str | None = None, **query: str
) -> None:
    """A link to a page; nothing if the page does not exist in this app.

    query: what its address says behind the `?`, such as `model="base"` or `run=RUN_ID`: without
    it the page opens with what was chosen there last."""
    card = CARDS[name]
    if not card.exists:
        return
    try:
        st.page_link(
            card.path, label=label or card.title, icon=icon or card.icon, query_params=query or None
        )
    except (StreamlitAPIException, KeyError):
        # A page file that runs on its own, without app.py, knows no other pages.
        st.caption(label or card.title)
