"""Attention: which earlier tokens each token looks at, and what the model expects next."""

import shlex
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.models import checkpoint_key
from ui import progress
from ui.page import code_behind, guarded, header
from ui.picker import load_model, model_picker
from ui.state import shared_text
from ui.views import View

if TYPE_CHECKING:
    from llmcore.generation import Candidate
    from llmcore.interpret.attention import AttentionRecord
    from llmcore.models import Loaded

INTRO = (
    "To predict the next token, every token gathers information from those before it; each head "
    "chooses for itself which ones. **Look for heads with a habit:** one that always takes the "
    "token just before, one that goes back to an earlier copy of the same word, and the many that "
    "rest on the very first token when they have nothing to do."
)
HONEST = (
    "What this does not prove: a strong line says where a head reads, not what it reads, nor that "
    "the prediction depends on it. The information has already been mixed by the layers below, "
    "and most predictions hardly change when a single head is switched off."
)
VIEWS = {"head": "Head view", "model": "Model view", "heatmap": "Heatmap"}
WIDE_VIEWS = {
    view.name: view
    for view in (
        View("ui.attention_lab", "over_time", "Over time", ":material/timeline:"),
        View("ui.attention_lab", "induction", "Induction", ":material/science:", needs_text=False),
    )
}
HOW = {
    "head": "Each colour is a head. Point at a token to follow it alone; click a colour to switch "
    "that head off, double-click to keep only that one.",
    "model": "One small picture for each head, lines from the token that looks (left) to the one "
    "it looks at (right). Click a head to enlarge it, click again to close it.",
    "heatmap": "A row for the token that looks, a column for the one it looks at; the fuller the "
    "colour, the more attention. Above the diagonal is the future, which is hidden from the model.",
}
MAX_TOKENS = 64
N_NEXT = 10


def main() -> None:
    header("Attention", INTRO)
    text, ref, kind = "", "starter", "language"
    with guarded():
        left, right = st.columns([2, 1], gap="large")
        with left:
            text = shared_text(key="attention_text", height=80)
        with right:
            ref = model_picker(key="attention_model")
        view = _choose_view()
        if view in WIDE_VIEWS and (text or not WIDE_VIEWS[view].needs_text):
            WIDE_VIEWS[view].show(ref, text)
        elif text:
            kind = _show(ref, text, view)
        else:
            st.info(
                "Type a sentence above to see which of its tokens look at which.",
                icon=":material/edit:",
            )
    code_behind(*_code(ref, text or "Hello", kind))


def _choose_view() -> str:
    names = VIEWS | {name: view.label for name, view in WIDE_VIEWS.items()}
    if "attention_view" not in st.session_state:
        wanted = st.query_params.get("view")
        st.session_state["attention_view"] = wanted if wanted in names else "head"
    return st.segmented_control(
        "View",
        list(names),
        required=True,
        format_func=names.get,
        key="attention_view",
        persist_state="session",
        label_visibility="collapsed",
    )


def _show(ref: str, text: str, view: str) -> str:
    """Draws the picture and what comes next; returns the kind of model."""
    loaded = load_model(ref)
    key = checkpoint_key(ref)
    picture, beside = st.columns([2, 1], gap="large")
    with picture:
        record = _attend(key, text, _n_tokens(view, loaded), loaded)
        _notice(record)
        if view == "heatmap":
            _heatmap(record)
        else:
            dark = st.context.theme.type == "dark"
            page = _view_html(key, text, view, dark, record)
            # A frame grows with its content but never shrinks: a key of its own gives each
            # number of tokens a frame of its own.
            with st.container(key=f"attention_{view}_{len(record.ids)}"):
                st.iframe(page, height="content", alt=f"Attention of all heads, {VIEWS[view]}")
        st.caption(HOW[view])
    with beside:
        _next_token(key, text, loaded)
    progress.mark_done("attention")
    progress.mark_done("next_token")
    st.caption(HONEST)
    return loaded.kind


def _n_tokens(view: str, loaded: "Loaded") -> int:
    """How many tokens of the text a view carries for this model."""
    from llmcore.interpret.bertviz_html import longest_view

    if view == "heatmap":
        return MAX_TOKENS
    config = loaded.trunk.config
    return min(MAX_TOKENS, longest_view(view, config.n_layers, config.n_heads))


@st.cache_data(max_entries=16, show_spinner=False)
def _attend(key: str, text: str, max_tokens: int, _loaded: "Loaded") -> "AttentionRecord":
    """One forward pass; `key` names the checkpoint, so a better one of a live run is seen."""
    from llmcore.interpret.attention import attend

    return attend(_loaded.trunk, _loaded.tokenizer, text, max_tokens)


@st.cache_data(max_entries=16, show_spinner=False)
def _next_tokens(key: str, text: str, _loaded: "Loaded") -> "list[Candidate]":
    from llmcore.generation import next_tokens

    return next_tokens(_loaded.trunk, _loaded.tokenizer, text, N_NEXT)


@st.cache_data(max_entries=8, show_spinner=False)
def _view_html(key: str, text: str, view: str, dark: bool, _record: "AttentionRecord") -> str:
    """The same text gives the very same HTML, so that a rerun leaves the frame as it is."""
    from llmcore.interpret.bertviz_html import view_html

    return view_html(view, _record.weights, _record.labels, dark=dark)


def _notice(record: "AttentionRecord") -> None:
    if record.notice:
        st.info(record.notice, icon=":material/content_cut:")


def _heatmap(record: "AttentionRecord") -> None:
    from llmcore.plots.attention import attention_heatmap, head_grid

    n_layers, n_heads = record.weights.shape[:2]
    with st.container(horizontal=True, gap="medium"):
        layer = _choice("Layer", list(range(n_layers)), "attention_layer")
        head = _choice("Head", ["all", *range(n_heads)], "attention_head")
    if head == "all":
        figure = head_grid(record.weights[layer], record.labels)
    else:
        figure = attention_heatmap(record.weights[layer, head], record.labels)
    st.plotly_chart(
        figure,
        key=f"attention_heatmap_{'all' if head == 'all' else 'one'}",
        config={"displayModeBar": False},
        alt=f"Attention weights of layer {layer}, head {head}",
    )


def _choice(label: str, options: list, key: str) -> int | str:
    """A choice that survives a change of page, and a change to a model with fewer of them."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return st.segmented_control(
        label, options, format_func=str, required=True, key=key, persist_state="session"
    )


def _next_token(key: str, text: str, loaded: "Loaded") -> None:
    from llmcore.plots.attention import next_token_bars

    candidates = _next_tokens(key, text, loaded)
    st.markdown("**What comes next**")
    st.plotly_chart(
        next_token_bars([one.label for one in candidates], [one.probability for one in candidates]),
        key="attention_next",
        config={"displayModeBar": False},
        alt="The likeliest next tokens and their probabilities",
    )
    rest = max(0.0, 1 - sum(one.probability for one in candidates))
    st.caption(
        f"The likeliest token after the text and its rivals; all other tokens share {rest:.0%}. "
        "A dot stands for a blank."
    )
    if loaded.kind == "classifier":
        st.caption(
            "This model was finetuned to classify: nobody asks it for a next token any more, so "
            "its guesses are what is left of the model that it came from."
        )


def _code(ref: str, text: str, kind: str) -> tuple[str, str]:
    shown = text if len(text) <= 80 else text[:77] + "..."
    python = f"""
from llmcore.generation import next_tokens
from llmcore.interpret.attention import attend
from llmcore.interpret.bertviz_html import view_html
from llmcore.models import load

loaded = load({ref!r})
record = attend(loaded.trunk, loaded.tokenizer, {shown!r})
record.weights.shape   # (layers, heads, tokens, tokens), each row sums to 1
open("heads.html", "w").write(view_html("head", record.weights, record.labels))
next_tokens(loaded.trunk, loaded.tokenizer, {shown!r}, k={N_NEXT})
"""
    if kind == "classifier":  # `generate` refuses it: it is asked for its label instead
        return (
            python,
            f"python -m llmcore classify --model {shlex.quote(ref)} -- {shlex.quote(shown)}",
        )
    # `=` keeps a text that begins with a hyphen from being read as an option.
    cli = (
        f"python -m llmcore generate --model {shlex.quote(ref)} {shlex.quote('--prompt=' + shown)}"
        " --max-new-tokens 1 --temperature 0"
    )
    return python, cli


main()
