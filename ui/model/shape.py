"""The shape that the view Billions looks at: a known one to start from, sliders to change it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from llmcore.advice.budget import SHAPES
from llmcore.config import ModelConfig
from ui.fields import IN_SESSION, choice, help_of, number, slider
from ui.marked import Markdown
from ui.session import MODEL_SHAPE

Known = Mapping[str, tuple[str, ModelConfig]]  # name -> title and shape
OWN = "own-model"
_FIELDS = (
    "n_layers", "n_heads", "d_head", "context_length", "vocab_size", "position", "norm",
    "feed_forward", "n_kv_heads", "tied_head",
)  # fmt: skip
_DRAWN = "model_shape_drawn"
CONTEXTS = tuple(2**exponent for exponent in range(4, 17))  # 16 to 65,536
DEFAULT = "gpt2"
MOST_HEADS = 128  # GPT-3 has 96; with many more, the slider would be too coarse
LEAST_HEAD_SIZE, MOST_HEAD_SIZE = 2, 256
EXCHANGED = {"position": "Positions", "norm": "Norm", "feed_forward": "Feed-forward"}


def known_shapes(own: tuple[str, ModelConfig] | None) -> Known:
    """Name -> title and shape; the person's own model first, if there is one."""
    found = {name: (shape.title, shape.config) for name, shape in SHAPES.items()}
    return {OWN: own, **found} if own is not None else found


def shape_choice(known: Known) -> ModelConfig:
    """The known shapes to start from, and sliders. Raises LabError if the parts do not fit."""
    wanted = st.query_params.get("shape", DEFAULT)
    if st.session_state.get(MODEL_SHAPE) not in known:
        st.session_state[MODEL_SHAPE] = wanted if wanted in known else DEFAULT
    start = st.selectbox(
        "Start from", list(known), key=MODEL_SHAPE, format_func=lambda name: known[name][0],
        persist_state="session",
    )  # fmt: skip
    if start == DEFAULT:
        st.query_params.pop("shape", None)
    elif st.query_params.get("shape") != start:
        st.query_params["shape"] = start
    _fill(start, known[start][1])
    return _sliders(known[start][1])


def _fill(start: str, config: ModelConfig) -> None:
    """Sets the sliders to a shape when it is chosen, and whenever it has become another one."""
    if st.session_state.get(_DRAWN) == (start, config) and _key("n_layers") in st.session_state:
        return
    st.session_state[_DRAWN] = (start, config)
    for name in _FIELDS:
        st.session_state[_key(name)] = getattr(config, name)
    st.session_state[_key("n_kv_heads")] = config.kv_heads


def _key(name: str) -> str:
    return f"model_shape_{name}"


def _sliders(start: ModelConfig) -> ModelConfig:
    """The chosen shape; what no slider sets stays as the start has it."""
    keep: dict[str, Any] = {"persist_state": "session", "value": IN_SESSION}
    first, second, third = st.columns(3, gap="medium")
    n_layers = slider(ModelConfig, "n_layers", "Layers", place=first, key=_key("n_layers"), **keep)
    n_heads = slider(
        ModelConfig, "n_heads", "Heads", place=second, high=MOST_HEADS, key=_key("n_heads"), **keep
    )
    most = max(MOST_HEAD_SIZE, st.session_state[_key("d_head")])
    d_head = third.slider(
        "Head size", LEAST_HEAD_SIZE, most, key=_key("d_head"), help="Channels of one "
        "head; heads × head size is the width of the residual stream.", persist_state="session",
    )  # fmt: skip
    first, second, third = st.columns(3, gap="medium")
    contexts = sorted({*CONTEXTS, st.session_state[_key("context_length")]})
    context = first.select_slider(
        "Context length", contexts, key=_key("context_length"),
        format_func=lambda length: f"{length:,}", help=help_of(ModelConfig, "context_length"),
        persist_state="session",
    )  # fmt: skip
    vocab = number(
        ModelConfig, "vocab_size", "Vocabulary", place=second, key=_key("vocab_size"), **keep
    )
    width = _width(start, n_heads, d_head)
    third.markdown(f":small[Width of the residual stream]  \n**{width:,}** channels")
    parts = _newer_parts(n_heads)
    config = replace(
        start, vocab_size=int(vocab), context_length=context, n_layers=n_layers, n_heads=n_heads,
        d_model=width, head_size=d_head, d_inner=_inner(start, width, parts["feed_forward"]),
        **parts,
    )  # fmt: skip
    if kept := _kept(config):
        st.caption(f"As in the model it starts from: {kept}.")
    return config


def _width(start: ModelConfig, n_heads: int, d_head: int) -> int:
    """Heads × head size, in the proportion of the start (its heads may be wider: Qwen3)."""
    return max(1, round(n_heads * d_head * start.d_model / start.d_heads))


def _inner(start: ModelConfig, width: int, feed_forward: str) -> int:
    """Inner width that grows with the model, as the start has it; 0: the usual one."""
    if not start.d_inner or feed_forward != start.feed_forward:
        return 0
    return max(1, round(start.d_inner * width / start.d_model))


def _kept(config: ModelConfig) -> Markdown:
    """What counts here and has no slider, in words; "" for GPT-2's way."""
    said = {
        f"feed-forward layers {config.d_feed_forward:,} wide inside": config.d_inner > 0,
        "no biases in attention": config.attention_bias == "none",
        "biases for queries, keys and values alone": config.attention_bias == "qkv",
        "norms of queries and keys": config.qk_norm,
    }
    return ", ".join(words for words, holds in said.items() if holds)


def _newer_parts(n_heads: int) -> dict[str, Any]:
    with st.expander("Newer parts: RoPE, RMSNorm, SwiGLU, grouped queries"):
        columns = st.columns(5, gap="small")
        chosen: dict[str, Any] = {
            name: choice(
                ModelConfig, name, EXCHANGED[name], place=column, key=_key(name),
                persist_state="session",
            )
            for column, name in zip(columns, EXCHANGED, strict=False)
        }  # fmt: skip
        divisors = [n for n in range(1, n_heads + 1) if n_heads % n == 0]
        if st.session_state[_key("n_kv_heads")] not in divisors:
            st.session_state[_key("n_kv_heads")] = n_heads
        chosen["n_kv_heads"] = columns[3].selectbox(
            "Heads of K and V", divisors, key=_key("n_kv_heads"), persist_state="session",
            help=help_of(ModelConfig, "n_kv_heads"),
        )  # fmt: skip
        chosen["tied_head"] = columns[4].checkbox(
            "Tied head",
            key=_key("tied_head"),
            help=help_of(ModelConfig, "tied_head"),
            persist_state="session",
        )
    return chosen
