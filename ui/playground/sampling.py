"""The sampling controls: sliders that answer while they are dragged, and what is set less often."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.choices import SamplingConfig
from ui.components import message, payload, registered
from ui.fields import IN_SESSION, LARGEST, number
from ui.usual_sampling import TEMPERATURE, TOP_P

if TYPE_CHECKING:
    from llmcore.generation import SamplingConfig

AT = "lab_playground_sliders"
DEFAULTS = {"playground_length": 60, "playground_seed": 0, "playground_stop": []}
MAX_LENGTH = 500  # the page draws each token, and a browser with more of them grows slow
USUAL_STOPS = ("\\n", "\\n\\n", ".", "?")


@dataclass(frozen=True, slots=True)
class Slider:
    """A setting with the values that one can slide through; None is off."""

    name: str
    label: str
    stops: tuple[float | int | None, ...]
    default: float | int | None
    help: str
    off: str = "off"
    form: str = "{:g}"

    def text(self, value: float | int | None) -> str:
        return self.off if value is None else self.form.format(value)


def _steps(first: int, last: int, unit: float) -> tuple[float, ...]:
    return tuple(round(number * unit, 4) for number in range(first, last + 1))


SLIDERS = (
    Slider(
        "temperature", "Temperature", _steps(0, 40, 0.05), TEMPERATURE,
        "Scores are divided by it: below 1 the likely tokens gain, above 1 the unlikely ones. "
        "At 0 the likeliest token is always taken.", form="{:.2f}",
    ),
    Slider(
        "top_k", "Top-k",
        (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, None),
        None, "Only the k likeliest tokens may be drawn.", form="{}",
    ),
    Slider(
        "top_p", "Top-p", (*_steps(1, 19, 0.05), 0.97, 0.98, 0.99, None), TOP_P,
        "Only the likeliest tokens that together reach this share may be drawn.", form="{:.2f}",
    ),
    Slider(
        "min_p", "Min-p", (None, *_steps(1, 5, 0.01), 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5), None,
        "Only tokens with at least this share of the likeliest one's probability may be drawn.",
        form="{:.2f}",
    ),
    Slider(
        "repetition_penalty", "Repetition penalty", (None, *_steps(21, 40, 0.05)), None,
        "Scores of tokens that stand in the text already are moved down by this factor.",
        form="{:.2f}",
    ),
)  # fmt: skip


def sliders(key: str) -> dict[str, float | int | None]:
    """Draws the sliders; returns their values by the names of SamplingConfig, None if off."""
    seen = _take_moves(key)
    at = _at()
    data = {
        "sliders": [
            {
                "name": slider.name,
                "label": slider.label,
                "help": slider.help,
                "stops": [slider.text(value) for value in slider.stops],
                "calm": slider.stops.index(None) if None in slider.stops else -1,
            }
            for slider in SLIDERS
        ],
        "at": at,
        "seen": seen,
    }
    registered("sampling_sliders")(key=key, data=payload(data), on_moved_change=lambda: None)
    return values()


def values() -> dict[str, float | int | None]:
    """The values of the sliders, on whichever page one is."""
    return {slider.name: slider.stops[_at()[slider.name]] for slider in SLIDERS}


def _at() -> dict[str, int]:
    """The place of each slider; it stays when the person goes to another page."""
    defaults = {slider.name: slider.stops.index(slider.default) for slider in SLIDERS}
    return {**defaults, **st.session_state.get(AT, {})}


def _take_moves(key: str) -> int:
    """Keeps where the browser has moved the sliders to; returns the number of that message."""
    moved = message(key, "moved")
    if not hasattr(moved, "get"):
        return 0
    at = moved.get("at") or {}
    known = {
        slider.name: at[slider.name]
        for slider in SLIDERS
        if isinstance(at.get(slider.name), int) and 0 <= at[slider.name] < len(slider.stops)
    }
    st.session_state[AT] = {**_at(), **known}
    sent = moved.get("sent")
    return sent if isinstance(sent, int) else 0


def options() -> None:
    """Length, seed and stop strings; they keep their values while one is on another page."""
    length, seed = st.columns(2)
    for key, value in DEFAULTS.items():
        st.session_state.setdefault(key, value)
    number(
        SamplingConfig, "max_new_tokens", "Tokens to write", place=length, high=MAX_LENGTH,
        value=IN_SESSION, key="playground_length", persist_state="session",
    )  # fmt: skip
    number(
        SamplingConfig, "seed", "Seed", place=seed, value=IN_SESSION, key="playground_seed",
        persist_state="session", note="The same seed gives the same text.",
    )  # fmt: skip
    given = st.session_state["playground_stop"]
    st.multiselect(
        "Stop strings",
        list(dict.fromkeys((*USUAL_STOPS, *given))),
        key="playground_stop",
        persist_state="session",
        accept_new_options=True,
        placeholder="None: choose or type one",
        help="Writing ends before the first of these. \\\\n is a line break, \\\\t a tab.",
    )


def config() -> "SamplingConfig":
    """All settings as they are now. Raises LabError if a stop string cannot be used."""
    kept = {key: st.session_state.get(key, value) for key, value in DEFAULTS.items()}
    return reading_config().with_(
        seed=int(kept["playground_seed"]),
        max_new_tokens=int(kept["playground_length"]),
        stop=tuple(unescaped(text) for text in kept["playground_stop"]),
    )


def reading_config() -> "SamplingConfig":
    """What decides on probabilities: the sliders alone."""
    from llmcore.generation import SamplingConfig

    return SamplingConfig().with_(**values())  # None leaves the default: off


def differing(drawn: "SamplingConfig") -> str:
    """The settings of `drawn` that are not those of now, with their values; empty if none is."""
    now, found = config(), []
    for slider in SLIDERS:
        value = getattr(drawn, slider.name)
        if value != getattr(now, slider.name):
            off = slider.name == "repetition_penalty" and value == 1.0
            found.append(f"{slider.label.lower()} {slider.text(None if off else value)}")
    if drawn.seed != now.seed:
        found.append(f"seed {drawn.seed:,}")
    if drawn.max_new_tokens != now.max_new_tokens:
        found.append(f"{drawn.max_new_tokens:,} tokens to write")
    if drawn.stop != now.stop:
        found.append("other stop strings" if drawn.stop else "no stop string")
    return ", ".join(found)


def next_seed() -> None:
    """Moves to the next seed. A callback: the field is not drawn yet."""
    seed = st.session_state.get("playground_seed", 0)
    st.session_state["playground_seed"] = (int(seed) + 1) % LARGEST


def unescaped(text: str) -> str:
    r"""What a person types for signs that a field cannot hold.

    >>> unescaped(r"a\n")
    'a\n'
    """
    return text.replace("\\n", "\n").replace("\\t", "\t")
