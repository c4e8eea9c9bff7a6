"""The walk: a map of the model on the left, the chosen step with its real numbers on the right."""

from typing import TYPE_CHECKING

import streamlit as st

from ui.components import message, payload, registered
from ui.live_text import follow_typing
from ui.marked import plain
from ui.model.place import go, here, within
from ui.model.step import draw_step
from ui.page import guarded
from ui.picker import load_model, model_picker
from ui.state import shared_text

if TYPE_CHECKING:
    from llmcore.interpret.walk import BlockTape, Walk
    from llmcore.interpret.walk_parts import WalkStep
    from llmcore.models import Loaded

MAP = "model_map"
TEXT = "model_text"


def show() -> None:
    """The chosen model's forward pass over the text that follows the person."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        text = shared_text("Your text", key=TEXT, height=80)
        follow_typing(TEXT)
    with right:
        ref = model_picker(key="model_walk_model")
    if not text:
        st.info(
            "There is no text: type some above to follow it through the model.",
            icon=":material/edit:",
        )
        return
    load_model(ref)  # with its spinner; the fragment below finds it in the cache
    st.fragment(_walk_through)(ref, text)


def _walk_through(ref: str, text: str) -> None:
    with guarded():
        from llmcore.interpret.walk_steps import steps
        from llmcore.models import load

        loaded = load(ref)
        passed = _passed(loaded.key, text, loaded)
        config = loaded.trunk.config
        layer = max(0, min(here().layer, config.n_layers - 1))
        tape = _opened(loaded.key, text, layer, loaded, passed)
        found = steps(loaded.model, passed, tape, layer)
        names = [step.name for step in found]
        place = within(here(), names, config.n_layers, config.n_heads, passed.n_tokens)
        if passed.notice:
            st.info(plain(passed.notice), icon=":material/info:")
        left, right = st.columns([3, 8], gap="medium")
        with left:
            _map(found, place.step, layer, config.n_layers)
        with right:
            at = names.index(place.step)
            _controls(names, at, found[at], layer, config.n_layers)
            draw_step(loaded, passed, tape, found[at], place)


@st.cache_resource(max_entries=4, show_spinner=False)
def _passed(key: str, text: str, _loaded: "Loaded") -> "Walk":
    """Arrays that nobody can write to, shared by all sessions: no copy for each click."""
    from llmcore.interpret.walk import walk

    return walk(_loaded.model, _loaded.tokenizer, text, _loaded.labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(key: str, text: str, layer: int, _loaded: "Loaded", _passed: "Walk") -> "BlockTape":
    from llmcore.interpret.walk import open_block

    return open_block(_loaded.trunk, _passed.streams[layer], layer)


def _map(found: "list[WalkStep]", step: str, layer: int, n_layers: int) -> None:
    registered("model_map")(
        key=MAP,
        data=payload({
            "steps": [[step.name, step.group, step.label, _shape(step)] for step in found],
            "step": step, "layer": layer, "layers": n_layers,
        }),
        on_go_change=_go,
    )  # fmt: skip
    st.caption("Click a step or a layer; the left and right arrow keys go on, too.")


def _shape(step: "WalkStep") -> str:
    return " × ".join(f"{size:,}" for size in step.panels[0].shape)


def _go() -> None:
    request = message(MAP, "go")
    if hasattr(request, "get") and isinstance(request.get("step"), str):
        layer = request.get("layer")
        go(step=request["step"], **({"layer": layer} if type(layer) is int else {}))


def _controls(names: list[str], at: int, step: "WalkStep", layer: int, n_layers: int) -> None:
    inside = step.group in ("attention", "feed_forward")
    where = f"Step {at + 1} of {len(names)}"
    if inside:
        where += f", in layer {layer} (of 0 to {n_layers - 1})"
    words, back, forward = st.columns([6, 2, 2], vertical_alignment="center")
    words.caption(where)
    back.button(
        "Back", icon=":material/arrow_back:", key="model_back", disabled=at == 0, width="stretch",
        on_click=go, kwargs={"step": names[max(0, at - 1)]},
    )  # fmt: skip
    forward.button(
        "Next", icon=":material/arrow_forward:", key="model_next", width="stretch",
        disabled=at == len(names) - 1, on_click=go,
        kwargs={"step": names[min(len(names) - 1, at + 1)]},
    )  # fmt: skip
