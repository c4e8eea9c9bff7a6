"""The KV cache on and off: the same text, token by token in turns, measured on this machine."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.texts import bytes_in_words
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.picker import load_model
from ui.playground.models import first_model, model_name
from ui.state import shared_text

if TYPE_CHECKING:
    from llmcore.generation import CacheMeasurement
    from llmcore.models import Loaded

LENGTHS = (32, 64, 128, 192)
_MEASURED = "lab_playground_cache"
WHAT = (
    "To write a token, attention asks the keys and values of all tokens before it. Without a "
    "cache the model works them out again for the whole text, at every token. With it, they are "
    "kept, and only the newest token goes through the model. The text is the same; the price is "
    "memory."
)


def show() -> None:
    left, right = st.columns([3, 2], gap="large")
    with right:
        ref = first_model()
        st.session_state.setdefault("playground_cache_length", 64)
        n_tokens = st.segmented_control(
            "Tokens to write",
            LENGTHS,
            required=True,
            key="playground_cache_length",
            persist_state="session",
        )
    with left:
        prompt = shared_text("Prompt", key="playground_cache_prompt", height=92)
        pressed = st.button(
            "Measure now", icon=":material/timer:", type="primary", key="playground_measure"
        )
    st.markdown(WHAT)
    loaded = load_model(ref)
    place = f"{loaded.key}\0{prompt}\0{n_tokens}"
    with guarded():
        if pressed:
            found = _measure(loaded, prompt, n_tokens or LENGTHS[1])
            st.session_state[_MEASURED] = (place, model_name(loaded), found)
    known = st.session_state.get(_MEASURED)
    if known is None:
        st.info("Nothing is measured yet: press **Measure now**.", icon=":material/timer:")
        return
    if known[0] != place:
        st.caption("Measured with other settings than those above: measure again to compare.")
    _result(known[1], known[2], loaded if known[0] == place else None)


def _measure(loaded: "Loaded", prompt: str, n_tokens: int) -> "CacheMeasurement":
    from llmcore.generation import measure_cache

    bar = st.progress(0.0, text="Writing with and without the cache, in turns")
    try:
        return measure_cache(
            loaded.trunk, loaded.tokenizer, prompt, n_tokens, on_progress=bar.progress
        )
    finally:
        bar.empty()


def _result(name: str, found: "CacheMeasurement", loaded: "Loaded | None") -> None:
    from llmcore.plots.generation import cache_lines

    numbers = (
        ("With the cache", f"{found.with_cache.tokens_per_s:,.0f} tokens/s"),
        ("Without", f"{found.without_cache.tokens_per_s:,.0f} tokens/s"),
        ("Speed-up", f"{found.speedup:.1f} ×"),
        ("Memory of the cache", bytes_in_words(found.with_cache.cache_bytes)),
    )
    for column, (label, value) in zip(st.columns(4), numbers, strict=True):
        column.metric(label, value)
    picture, words = st.columns([3, 2], gap="large")
    with picture:
        st.plotly_chart(
            cache_lines(
                [1000 * rate for rate in found.with_cache.token_s],
                [1000 * rate for rate in found.without_cache.token_s],
                found.prompt_tokens + 1,
            ),
            key="playground_cache_chart",
            config={"displayModeBar": False},
            alt="Milliseconds for each token, with and without the cache",
        )
    with words:
        st.markdown(_explained(name, found, loaded))


def _explained(name: str, found: "CacheMeasurement", loaded: "Loaded | None") -> Markdown:
    length = found.prompt_tokens + found.n_tokens
    sentences = [
        f"**{plain(name)}** wrote {found.n_tokens} tokens behind {found.prompt_tokens} of the "
        f"prompt, each time the likeliest one.",
        "Both ways chose the same tokens."
        if found.same_tokens
        else "Rounding made the two ways differ in at least one token.",
    ]
    if loaded is not None:
        config = loaded.trunk.config
        sentences.append(
            f"Each token takes 2 (key and value) × {config.n_layers} layers × {config.kv_heads} "
            f"heads × {config.d_head} numbers × "
            f"{found.bytes_per_token // config.cache_bytes_per_token(1)} bytes = "
            f"{bytes_in_words(found.bytes_per_token)}; a full context of {config.context_length:,} "
            f"tokens takes {bytes_in_words(found.full_cache_bytes)}."
        )
    first, last = found.without_cache.token_s[0], found.without_cache.token_s[-1]
    sentences.append(
        f"Without the cache the last of {length} tokens took {1000 * last:,.1f} ms, the first new "
        f"one {1000 * first:,.1f} ms: the work grows with the text. Spikes are other work on this "
        f"machine."
    )
    return "\n\n".join(sentences)
