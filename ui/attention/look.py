"""All heads at a glance, one of them large, and the text as it sees it: one linked picture."""

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from llmcore.models import resolve
from ui import progress
from ui.attention.choice import (
    channel,
    chosen_head,
    chosen_token,
    notice,
    pick_head,
    pick_token,
    record_of,
)
from ui.attention.figures import figure, format_choice
from ui.components import packed, registered
from ui.picker import load_model
from ui.token_text import parts_of

if TYPE_CHECKING:
    from llmcore.generation import Candidate
    from llmcore.interpret.attention import AttentionRecord
    from llmcore.interpret.bertviz_html import View
    from llmcore.models import Loaded, Reference

HONEST = (
    "What this does not prove: a strong line says where a head reads, not what it reads, nor that "
    "the prediction depends on it. The information has already been mixed by the layers below, "
    "and most predictions hardly change when a single head is switched off. **Switch off** "
    "measures that."
)
Picture = Literal["heatmap", "head", "model"]
PICTURES: dict[Picture, str] = {"heatmap": "Heatmap", "head": "Head view", "model": "Model view"}
HOW: dict[Picture, str] = {
    "head": "Lines go from the token that looks (left) to the one it looks at (right). Point at a "
    "token to follow it alone. Each square is a head: click it to add or remove that head, "
    "double-click to see only that one, and it is chosen everywhere on the page.",
    "model": "One small picture for each head, a row for each layer. Click a head to enlarge it: "
    "it is then the chosen one everywhere on the page.",
    "heatmap": "A row for the token that looks, a column for the one it looks at; the fuller the "
    "colour, the more attention. The frame is the chosen token.",
}
FUTURE = "What comes after a token is hidden from it: in a heatmap, all above the diagonal."
BOTH_SIDES = "This classifier predicts no next token, so its tokens see what comes after them, too."
HABITS = ("first token", "token before", "itself")
N_NEXT = 10


def show(ref: str, text: str) -> None:
    """The linked picture, and what comes next."""
    model = resolve(ref)
    loaded, key = load_model(model), model.key
    record = record_of(key, text, loaded)
    notice(record)
    _linked(model, text)
    progress.mark_done("attention")
    progress.mark_done("next_token")
    st.caption(HONEST)


@st.fragment
def _linked(model: "Reference", text: str) -> None:
    """What changes when a head or a token is chosen; the rest of the page stays."""
    loaded, key = load_model(model), model.key
    record = record_of(key, text, loaded)
    config = loaded.trunk.config
    layer, head = chosen_head(config, record)
    token = chosen_token(len(record.ids))
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.markdown("**All heads**")
        _maps(key, text, record, loaded, (layer, head), token)
        _next_token(key, text, loaded)
    with right:
        picture = _picture_choice()
        if picture == "heatmap":
            _heatmap(record, layer, head, token)
        else:
            _bertviz(key, text, picture, record, loaded)
        st.caption(f"{HOW[picture]} {FUTURE if config.causal else BOTH_SIDES}")
        _downloads(record, loaded, layer, head)


def _picture_choice() -> Picture:
    if "attention_picture" not in st.session_state:
        wanted = st.query_params.get("picture")
        st.session_state["attention_picture"] = wanted if wanted in PICTURES else "heatmap"
    name = st.segmented_control(
        "Picture of the chosen head",
        list(PICTURES),
        required=True,
        format_func=PICTURES.__getitem__,
        key="attention_picture",
        persist_state="session",
        label_visibility="collapsed",
    )
    if name is None:  # a browser that comes back to a new session may bring none
        name = "heatmap"
    if name == "heatmap":
        st.query_params.pop("picture", None)
    else:
        st.query_params["picture"] = name
    return name


def _maps(
    key: str,
    text: str,
    record: "AttentionRecord",
    loaded: "Loaded",
    chosen: tuple[int, int],
    token: int,
) -> None:
    from llmcore.interpret.attention import as_bytes

    n_layers, n_heads = record.weights.shape[:2]
    maps, habits = _small(key, text, record)
    header = {
        "layers": n_layers,
        "heads": n_heads,
        "side": maps.shape[-1],
        "tokens": [parts_of(loaded.tokenizer.token_bytes(token_id)) for token_id in record.ids],
        "picture": f"{key} {hash(text)}",
        "chosen": list(chosen),
        "token": token,
        "channel": channel(),
        "habits": habits,
        "names": HABITS,
    }
    matrix = as_bytes(record.head(*chosen))
    name = "attention_heads"
    registered("head_maps")(
        key=name,
        data=packed(header, maps.tobytes(), matrix.tobytes()),
        on_head_change=lambda: pick_head(name),
        on_token_change=lambda: pick_token(name),
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _small(key: str, text: str, _record: "AttentionRecord") -> tuple[np.ndarray, list[list[float]]]:
    """The small maps of all heads, and what share of its attention each gives by HABITS."""
    from llmcore.interpret.attention import thumbnails

    weights = _record.weights
    before = np.diagonal(weights, -1, axis1=-2, axis2=-1).astype(np.float32)
    own = np.diagonal(weights, axis1=-2, axis2=-1).astype(np.float32)
    # The first token can look only at itself: it says nothing of a habit.
    later = slice(1, None) if weights.shape[-1] > 1 else slice(None)
    first = weights[..., later, 0].astype(np.float32)
    shares = [first, before if before.shape[-1] else np.zeros_like(own), own[..., later]]
    habits = np.stack([share.mean(-1) for share in shares], -1)  # (L, H, 3)
    return thumbnails(weights), habits.reshape(-1, len(HABITS)).round(3).tolist()


def _heatmap(record: "AttentionRecord", layer: int, head: int, token: int) -> None:
    from llmcore.plots.attention import attention_heatmap

    figure(
        attention_heatmap(record.head(layer, head), record.labels, token),
        "attention_heatmap",
        f"attention-L{layer}H{head}",
        f"Attention weights of layer {layer}, head {head}",
    )


def _last(
    record: "AttentionRecord", view: "View", loaded: "Loaded"
) -> "tuple[np.ndarray, list[str]]":
    """What of a record a view of bertviz carries: its last tokens."""
    from llmcore.interpret.bertviz_html import longest_view

    config = loaded.trunk.config
    at = -min(len(record.ids), longest_view(view, config.n_layers, config.n_heads))
    weights = record.weights[..., at:, at:]
    return weights, record.labels[at:]


def _bertviz(
    key: str, text: str, view: "View", record: "AttentionRecord", loaded: "Loaded"
) -> None:
    weights, labels = _last(record, view, loaded)
    if len(labels) < len(record.ids):
        st.info(
            f"The {PICTURES[view].lower()} draws a line for each pair of tokens, so of this "
            f"model it shows the last {len(labels)} of {len(record.ids)} tokens. The heatmap "
            f"shows all of them.",
            icon=":material/content_cut:",
        )
    dark = st.context.theme.type == "dark"
    page = _view_html(key, text, view, dark, channel(), weights, labels)
    # A frame grows with its content but never shrinks: a key of its own gives each number of
    # tokens a frame of its own.
    with st.container(key=f"attention_{view}_{len(labels)}"):
        st.iframe(page, height="content", alt=f"Attention of all heads, {PICTURES[view]}")


@st.cache_data(max_entries=8, show_spinner=False)
def _view_html(
    key: str,
    text: str,
    view: "View",
    dark: bool,
    name: str,
    _weights: np.ndarray,
    _labels: list[str],
) -> str:
    """The same text gives exactly the same HTML, so that a rerun leaves the frame unchanged."""
    from llmcore.interpret.bertviz_html import view_html

    return view_html(view, _weights, _labels, dark=dark, channel=name)


def _downloads(record: "AttentionRecord", loaded: "Loaded", layer: int, head: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        format_choice()
        views: tuple[View, ...] = ("head", "model")
        for view in views:
            st.download_button(
                f"{PICTURES[view]} as HTML",
                data=partial(_file, record, loaded, view, layer, head),
                file_name=f"attention-{view}-view.html",
                mime="text/html",
                icon=":material/download:",
                key=f"attention_download_{view}",
                on_click="ignore",
                help="One file that opens in any browser, without the internet.",
            )


def _file(
    record: "AttentionRecord", loaded: "Loaded", view: "View", layer: int, head: int
) -> bytes:
    from llmcore.interpret.bertviz_html import view_html

    weights, labels = _last(record, view, loaded)
    return view_html(view, weights, labels, chosen=(layer, head)).encode()


@st.cache_data(max_entries=16, show_spinner=False)
def _next_tokens(key: str, text: str, _loaded: "Loaded") -> "list[Candidate]":
    from llmcore.generation import next_tokens

    return next_tokens(_loaded.trunk, _loaded.tokenizer, text, N_NEXT)


def _next_token(key: str, text: str, loaded: "Loaded") -> None:
    from llmcore.plots.attention import next_token_bars

    candidates = _next_tokens(key, text, loaded)
    st.markdown("**What comes next**")
    figure(
        next_token_bars(
            [candidate.label for candidate in candidates],
            [candidate.probability for candidate in candidates],
        ),
        "attention_next",
        "next-token",
        "The likeliest next tokens and their probabilities",
    )
    rest = max(0.0, 1 - sum(candidate.probability for candidate in candidates))
    st.caption(
        f"The likeliest token after the text and its rivals; all other tokens share {rest:.0%}. "
        "A dot stands for a blank."
    )
    if loaded.kind == "classifier":
        st.caption(
            "This model was finetuned to classify: nobody asks it for a next token any more, so "
            "its guesses are what is left of the model that it came from."
        )
