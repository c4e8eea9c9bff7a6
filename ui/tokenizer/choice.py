"""Widgets that several views of the Tokenizer page share."""

import streamlit as st

from llmcore.models import default_model
from ui.marked import Markdown
from ui.tokenizer import encodings


def tokenizer_choice(view: str, label: Markdown = "Tokenizer") -> str:
    """A select box over all tokenizers, the default model's at first; one choice a view. It is
    in the address as `?tokenizer=`."""
    options = encodings.choices()
    key, kept_key = f"{view}_tokenizer", f"lab_{view}_tokenizer"
    address = st.query_params.get("tokenizer")
    default = address if address in options else default_model()
    kept = st.session_state.get(kept_key, default)
    st.session_state[key] = kept if kept in options else "gpt2"

    def keep() -> None:
        st.session_state[kept_key] = st.session_state[key]

    ref = st.selectbox(
        label,
        list(options),
        format_func=lambda ref: options.get(ref, ref),
        key=key,
        on_change=keep,
    )
    st.query_params["tokenizer"] = ref
    return ref
