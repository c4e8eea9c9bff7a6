"""The llmcore call and the command line that do the same as each view."""

import shlex

import streamlit as st

from ui.model.place import here
from ui.model.shape import DEFAULT, OWN
from ui.session import MODEL_SHAPE
from ui.state import current_text

_MOST_CHARACTERS = 80


def code_of(view: str) -> tuple[str, str]:
    """Python and command line of a view, with the chosen model, text and shape in place."""
    from llmcore.models import default_model

    ref = st.query_params.get("model") or default_model()
    return _budget(ref) if view == "billions" else _walk(ref)


def _walk(ref: str) -> tuple[str, str]:
    text = current_text() or "Hello"
    shown = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."
    layer = max(0, here().layer)
    python = f"""
from llmcore.interpret.walk import open_block, walk
from llmcore.interpret.walk_steps import steps
from llmcore.models import load

loaded = load({ref!r})
passed = walk(loaded.model, loaded.tokenizer, {shown!r}, loaded.labels)
tape = open_block(loaded.trunk, passed.streams[{layer}], layer={layer})
for step in steps(loaded.model, passed, tape, layer={layer}):
    print(step.title, [(panel.symbol, panel.shape) for panel in step.panels])
"""
    # `--` keeps a text that begins with a hyphen from being read as an option.
    cli = (
        f"python -m llmcore walk --model {shlex.quote(ref)} --layer {layer} -- {shlex.quote(shown)}"
    )
    return python, cli


def _budget(ref: str) -> tuple[str, str]:
    chosen = st.session_state.get(MODEL_SHAPE, DEFAULT)
    shape = ref if chosen == OWN else chosen
    known = "model_config" if chosen == OWN else "SHAPES"
    where = "llmcore.models" if chosen == OWN else "llmcore.advice.budget"
    config = f"model_config({ref!r})" if chosen == OWN else f"SHAPES[{chosen!r}].config"
    python = f"""
from llmcore.advice import budget
from {where} import {known}

config = {config}
config.parameters_by_part()
budget.inference_bytes(config, n_tokens=config.context_length, precision="bf16")
budget.training_bytes(config, rows=1, precision="bf16")
budget.text_flops(config, config.context_length)
"""
    return python, f"python -m llmcore budget {shlex.quote(shape)}"
