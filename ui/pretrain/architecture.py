"""The parts of GPT-2 that can be exchanged for newer ones, each with what it does and its paper."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from llmcore.presets import PRESETS


@dataclass(slots=True, frozen=True)
class Switch:
    """A field of ModelConfig with two values: GPT-2's first, then the newer one."""

    field: str
    title: str
    labels: dict[str, str]
    about: str

    @property
    def key(self) -> str:
        return f"pretrain_{self.field}"


SWITCHES = (
    Switch(
        "position", "Positions", {"learned": "Learned", "rope": "RoPE"},
        "**RoPE** has no embedding of positions: it turns queries and keys, so that a score "
        "depends on the distance of two tokens (Su et al. 2021).",
    ),
    Switch(
        "norm", "Norms", {"layer": "LayerNorm", "rms": "RMSNorm"},
        "**RMSNorm** only divides by the size: no mean, no bias (Zhang & Sennrich 2019).",
    ),
    Switch(
        "feed_forward", "Feed-forward", {"gelu": "GELU", "swiglu": "SwiGLU"},
        "**SwiGLU** lets a gate open and shut each inner channel; a narrower layer keeps the "
        "number of parameters (Shazeer 2020).",
    ),
)  # fmt: skip
GROUPED = (
    "**GQA**, grouped-query attention: several query heads share a head of keys and values, so the "
    "cache is smaller (Ainslie et al. 2023)."
)


def kv_key(preset: str) -> str:
    return f"pretrain_kv_heads_{preset}"


def architecture_fields(preset: str) -> dict[str, Any]:
    """Draws the switches; what they say, as fields of ModelConfig."""
    n_heads = PRESETS[preset].model.n_heads
    divisors = [n for n in range(n_heads, 0, -1) if n_heads % n == 0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("A GPT-2 by default. Later models exchanged these parts.", width="content")
        for label, newer in (("GPT-2's parts", False), ("All four, as in Llama", True)):
            st.button(label, type="tertiary", on_click=_choose, args=(preset, divisors, newer))
    for switch in SWITCHES:
        st.session_state.setdefault(switch.key, next(iter(switch.labels)))
    st.session_state.setdefault(kv_key(preset), n_heads)
    changes: dict[str, Any] = {}
    first, second = st.columns(2, gap="medium"), st.columns(2, gap="medium")
    places = [*first, *second]
    for switch, place in zip(SWITCHES, places[:3], strict=True):
        with place:
            changes[switch.field] = st.segmented_control(
                switch.title, list(switch.labels),
                format_func=switch.labels.__getitem__, required=True, key=switch.key,
                persist_state="session",
            )  # fmt: skip
            st.caption(switch.about)
    with places[3]:
        kv = st.segmented_control(
            "Heads of keys and values", divisors, required=True,
            format_func=lambda value: f"{value:d}, GPT-2's" if value == n_heads else f"{value:d}",
            key=kv_key(preset), persist_state="session",
        )  # fmt: skip
        st.caption(GROUPED)
    return {**changes, "n_kv_heads": 0 if kv == n_heads else int(kv or 0)}


def _choose(preset: str, divisors: list[int], newer: bool) -> None:
    """A callback: all switches at once."""
    for switch in SWITCHES:
        st.session_state[switch.key] = list(switch.labels)[newer]
    st.session_state[kv_key(preset)] = divisors[min(1, len(divisors) - 1) if newer else 0]
