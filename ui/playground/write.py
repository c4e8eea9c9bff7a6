"""One model writes: every token can be looked at, and another one taken in its place."""

from collections.abc import Sequence

import streamlit as st

from ui import progress
from ui.page import guarded, plain
from ui.picker import load_model
from ui.playground import sampling, stage
from ui.playground.bench import Bench, bench, shown_bench
from ui.playground.choice import choice_of
from ui.playground.models import first_model, kind_of_text, model_name
from ui.state import shared_text

FIRST_TOKEN_SECONDS = 0.25
MOST_UNKNOWN = 20
_REQUEST = "lab_playground_request"


def show() -> None:
    left, right = st.columns([3, 2], gap="large")
    with right:
        ref = first_model()
        sampling.options()
    with left:
        prompt = prompt_form([("first", ref)])
    shown = shown_bench("first", ref, prompt)
    with guarded():
        loaded = load_model(ref)
        pressed = taken_request()
        if pressed == "continue" and shown is not None:
            shown.write(sampling.config(), shown.here)
        elif pressed == "stop" and shown is not None:
            shown.stop()
        elif pressed in ("generate", "another"):
            shown = bench("first", ref, loaded, prompt)
            shown.write(sampling.config())
        if shown is not None and pressed:
            shown.await_token(FIRST_TOKEN_SECONDS)
            progress.mark_done("next_token")
        about = loaded if shown is None else shown.loaded
        st.caption(f"**{plain(model_name(about))}**. {kind_of_text(about)}")
        if unknown := about.tokenizer.new_characters(prompt):
            shown_ones = plain(" ".join(unknown[:MOST_UNKNOWN]))
            st.caption(f"New to this model, whose text never had them: {shown_ones}")
    was_live = shown is not None and shown.live
    stage.live_stage([shown], lambda: _draw(shown, prompt), was_live)


def prompt_form(slots: list[tuple[str, str]], height: int = 152) -> str:
    """The prompt with its buttons (see `taken_request`).

    A form, so that Ctrl+Enter generates also if the text is the same as before.
    """
    with st.form("playground_form", border=False, enter_to_submit=True):
        prompt = shared_text("Prompt", key="playground_prompt", height=height)
        shown = [shown_bench(slot, ref, prompt) for slot, ref in slots]
        live = any(opened is not None and opened.live for opened in shown)
        written = any(opened is not None and len(opened.tree.nodes) > 1 for opened in shown)
        with st.container(horizontal=True, gap="small"):
            buttons = (
                ("generate", "Generate", ":material/play_arrow:", True),
                ("another", "Another seed", ":material/casino:", True),
                ("continue", "Continue", ":material/east:", written and not live),
                ("stop", "Stop", ":material/stop:", live),
            )
            for name, label, icon, enabled in buttons:
                st.form_submit_button(
                    label,
                    icon=icon,
                    type="primary" if name == "generate" else "secondary",
                    disabled=not enabled,
                    on_click=_note_request,
                    args=(name,),
                    key=f"playground_press_{name}",
                )
    return prompt


def taken_request() -> str | None:
    """The button that was pressed, once. The run that a press starts may give way to another one
    before it acts, so the press is noted by a callback and taken when all is there to act."""
    return st.session_state.pop(_REQUEST, None)


def draw_again(benches: Sequence[Bench | None]) -> None:
    """A button below the sliders, if a text that is shown was drawn with other settings."""
    drawn = (node for bench in benches if bench is not None for node in bench.drawn_under())
    if not (other := next((found for node in drawn if (found := sampling.differing(node))), "")):
        return
    pressed = st.button(
        "Draw again with these settings", icon=":material/replay:", key="playground_draw_again",
        help="Writes a new branch from the prompt on; the text that is here stays.",
    )  # fmt: skip
    st.caption(f"The text was drawn with {plain(other)}.")
    if pressed:  # inside the fragment: the whole page acts on it
        _note_request("generate")
        st.rerun()


def _note_request(name: str) -> None:
    if name == "another":
        sampling.next_seed()
    st.session_state[_REQUEST] = name


def _draw(shown: Bench | None, prompt: str) -> None:
    left, right = st.columns([3, 2], gap="large")
    with right:
        sampling.sliders("playground_sliders")
        with guarded():
            draw_again([shown])
    begun = shown is not None and len(shown.tree.nodes) > 1
    with left, guarded():
        stage.text_of("first", shown, prompt, stage.colour_by())
        stage.facts_of(shown)
        if begun:
            st.markdown("**Branches**")
            stage.branches_of("first", shown)
    with right, guarded():
        if begun:
            st.markdown("**How this token was chosen**")
            choice_of("first", shown)
