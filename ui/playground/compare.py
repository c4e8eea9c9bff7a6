"""Two models, the same prompt, side by side: each with its own branches."""

import streamlit as st

from ui.page import guarded, plain
from ui.picker import load_model
from ui.playground import sampling, stage
from ui.playground.bench import Bench, bench, shown_bench
from ui.playground.choice import choice_of
from ui.playground.models import first_model, model_name, second_model
from ui.playground.write import FIRST_TOKEN_SECONDS, draw_again, prompt_form, taken_request

SLOTS = ("first", "second")


def show() -> None:
    first, second, settings = st.columns(3, gap="medium")
    with first:
        refs = [first_model()]
    with second:
        refs.append(second_model(refs[0]))
    with settings:
        sampling.options()
    slots = list(zip(SLOTS, refs, strict=True))
    prompt = prompt_form(slots, height=92)
    loaded = [load_model(ref) for ref in refs]
    pressed = taken_request()
    shown: dict[str, Bench | None] = {}
    for (slot, ref), model in zip(slots, loaded, strict=True):
        found = shown[slot] = shown_bench(slot, ref, prompt)
        with guarded():
            if pressed in ("generate", "another"):
                shown[slot] = made = bench(slot, ref, model, prompt)
                made.write(sampling.config())
            elif pressed == "continue" and found is not None:
                found.write(sampling.config(), found.here)
            elif pressed == "stop" and found is not None:
                found.stop()
    benches = list(shown.values())
    for opened in benches:
        if opened is not None and pressed:
            opened.await_token(FIRST_TOKEN_SECONDS)
    was_live = any(opened is not None and opened.live for opened in benches)
    stage.live_stage(benches, lambda: _draw(shown, dict(slots), prompt), was_live)


def _draw(shown: dict[str, Bench | None], refs: dict[str, str], prompt: str) -> None:
    sampling.sliders("playground_sliders")
    with guarded():
        draw_again(list(shown.values()))
    scale = stage.colour_by()
    for (slot, opened), column in zip(shown.items(), st.columns(2, gap="large"), strict=False):
        with column, guarded():
            name = model_name(opened.loaded) if opened is not None else refs[slot]
            st.markdown(f"**{plain(name)}**")
            stage.text_of(slot, opened, prompt, scale)
            stage.facts_of(opened)
            stage.branches_of(slot, opened)
            if opened is not None and opened.path():
                with st.expander("How this token was chosen", icon=":material/query_stats:"):
                    choice_of(slot, opened)
