"""The llmcore calls and the command line that do what a view does, with its settings."""

import shlex
from dataclasses import fields

import streamlit as st

from llmcore.errors import LabError
from ui.playground import sampling
from ui.state import current_text

SHOWN_CHARACTERS = 80


def code_of(view: str) -> tuple[str, str]:
    """Python and command line of a view of the Playground."""
    text = current_text()
    text = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
    ref = st.query_params.get("model", "base")
    model = f"--model {shlex.quote(ref)}"
    head = f"from llmcore.models import load\n\nloaded = load({ref!r})\n"
    if view == "score":
        python = (
            f"from llmcore.generation import score_text, score_words\n{head}"
            f"score = score_text(loaded.model, loaded.tokenizer, {text!r})\n"
            f"score.loss, score.perplexity, score.bits_per_byte\n"
            f"score_words(score, {text!r})   # the bits that each word costs"
        )
        return python, f"python -m llmcore score {model} -- {shlex.quote(text)}"
    prompt = shlex.quote("--prompt=" + text)
    if view == "cache":
        python = (
            f"from llmcore.generation import measure_cache\n{head}"
            f"found = measure_cache(loaded.model, loaded.tokenizer, {text!r}, n_tokens=64)\n"
            f"found.speedup, found.with_cache.tokens_per_s, found.bytes_per_token"
        )
        cli = f"python -m llmcore generate {model} {prompt}"
        return python, f"{cli} --temperature 0\n{cli} --temperature 0 --no-cache"
    given = _given()
    settings = ", ".join(f"{name}={value!r}" for name, value in given.items())
    python = (
        f"from llmcore.generation import SamplingConfig, Tree, start_generation, token_view\n{head}"
        f"tree = Tree(loaded.tokenizer, {text!r})\n"
        f"sampling = SamplingConfig({settings})\n"
        f"job = start_generation(loaded.model, tree, 0, sampling)   # a thread\n"
        f"job.wait()\n"
        f"tree.text(job.node_id)\n"
        f"token_view(tree, job.node_id, sampling).alternatives   # logit, scaled, probability"
    )
    return python, f"python -m llmcore generate {model} {prompt}{_flags(given)}"


def _given() -> dict[str, object]:
    """The settings that are not SamplingConfig's own."""
    from llmcore.generation import SamplingConfig

    try:
        chosen = sampling.config()
    except LabError:  # which the page has said already
        chosen = sampling.reading_config()
    usual = SamplingConfig()
    return {
        field.name: getattr(chosen, field.name)
        for field in fields(usual)
        if getattr(chosen, field.name) != getattr(usual, field.name)
    }


def _flags(given: dict[str, object]) -> str:
    flags = ""
    for name, value in given.items():
        for part in value if isinstance(value, tuple) else (value,):
            flags += f" --{name.replace('_', '-')}={shlex.quote(str(part))}"
    return flags
