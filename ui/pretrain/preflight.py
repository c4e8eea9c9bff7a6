"""The card before Start: what a run will take on this machine, and what to change if too much."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.advice.preflight import CHINCHILLA, Preflight, Problem, measured_speed, preflight
from llmcore.background import Job, Jobs, Stopped
from llmcore.plots.theme import series_colour
from llmcore.texts import bytes_in_words
from ui.components import payload, registered
from ui.page import guarded, plain
from ui.pretrain.estimate import Estimate, estimate
from ui.pretrain.prepare import PAINT_SECONDS
from ui.run_panel.feed import duration
from ui.state import store

if TYPE_CHECKING:
    from llmcore.config import RunConfig
    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)
POLL_SECONDS = 1.0
KEPT = 64  # measured shapes
# A try-out of a few steps must not hold a laptop for minutes: beyond that the estimate stays.
MOST_FLOPS = 3e11


def preflight_card(
    config: "RunConfig", infos: list["RunInfo"], on_change: Callable[[dict[str, Any]], None]
) -> None:
    """Estimates at once, the measured speed as soon as it is there.

    on_change: a callback of the button that applies a problem's suggested change.
    """
    waits = _wants_measuring(config)
    if waits:
        _ask_for(config)
    st.fragment(_card, run_every=POLL_SECONDS if waits else None)(config, infos, on_change, waits)


def _card(
    config: "RunConfig",
    infos: list["RunInfo"],
    on_change: Callable[[dict[str, Any]], None],
    waited: bool,
) -> None:
    with guarded():
        if waited and not _wants_measuring(config):
            st.rerun()
        found = preflight(config, measure=False)
        speed = measured_speed_of(config)
        guess = estimate(config, infos)
        _facts(replace(found, tokens_per_s=speed or guess.tokens_per_s), guess, speed, waited)
        _memory(found)
        for problem in found.problems:
            _problem(problem, on_change)


def _facts(found: Preflight, guess: Estimate, measured: float | None, waits: bool) -> None:
    seconds = found.seconds if measured else guess.seconds
    free = f"{bytes_in_words(found.free_disk_bytes)} free"
    if measured:
        source = "measured just now"
    elif guess.measured:
        source = "as in an earlier run"
    else:
        source = "a guess, measuring …" if waits else "a rough guess"
    cells = (
        (_short(found.parameters), "parameters", ""),
        (f"{found.tokens_per_s:,.0f}", "tokens per second", source),
        (duration(seconds or 0), "to the end", "all included"),
        (bytes_in_words(found.disk_bytes), "on disk", free),
        (
            f"{found.tokens_per_parameter:.3g}",
            "tokens / parameter",
            f"Chinchilla: {CHINCHILLA:.0f}",
        ),
    )  # fmt: skip
    for column, (value, label, note) in zip(st.columns(len(cells)), cells, strict=True):
        column.markdown(f"**{plain(value)}**  \n:small[{label}]  \n:small[:gray[{note}]]")


def _memory(found: Preflight) -> None:
    parts = found.memory_parts()
    st.markdown(f":small[**{bytes_in_words(found.memory.peak)}** of memory at the peak of a step]")
    registered("memory_bar")(
        key="preflight_memory",
        data=payload({
            "parts": [
                [name, n_bytes, bytes_in_words(n_bytes), series_colour(place)]
                for place, (name, n_bytes) in enumerate(parts.items())
            ],
            "available": found.available_bytes,
            "available_written": bytes_in_words(found.available_bytes),
        }),
    )  # fmt: skip


def _problem(problem: Problem, on_change: Callable[[dict[str, Any]], None]) -> None:
    st.error(f"**This will not fit.** {plain(problem.text)}", icon=":material/memory:")
    if problem.change:
        words = ", ".join(
            f"{_NAMES.get(key, key)} {value}" for key, value in problem.change.items()
        )
        st.button(
            f"Set {plain(words)}", icon=":material/build:", key=f"apply_{words}",
            on_click=on_change, args=(problem.change,),
        )  # fmt: skip


_NAMES = {"accumulation": "gradient accumulation to"}


def _short(n: int) -> str:
    return f"{n / 1e9:.2f} B" if n >= 1e9 else f"{n / 1e6:.2f} M" if n >= 1e5 else f"{n:,}"


# Measuring -------------------------------------------------------------------------------------


def measured_speed_of(config: "RunConfig") -> float | None:
    """Tokens per second of this shape if it was measured in this process, else None."""
    job = _measured.get(_key(config))
    return job.result if job is not None else None


def _key(config: "RunConfig") -> str:
    train = config.train
    return (
        f"{config.model} {train.batch_size} {train.accumulation} {train.device} {train.precision}"
    )


def _wants_measuring(config: "RunConfig") -> bool:
    """Not while another run trains, whose speed both would spoil, nor what does not fit."""
    job = _measured.get(_key(config))
    if job is not None and job.has_ended and job.state != "stopped":
        return False
    shape = config.model
    return (
        os.environ.get("LLMLAB_WARM") != "0"
        and shape.flops_per_token() * shape.context_length <= MOST_FLOPS
        and not store().anything_trains()
        and preflight(config, measure=False).fits
    )


class _Measuring(Job[float | None]):
    """Tries a few steps of one shape; a newer shape takes its place before it has begun."""

    def __init__(self, config: "RunConfig") -> None:
        super().__init__("llmlab-preflight")
        self.config = config

    def work(self) -> float | None:
        if self._stop.wait(PAINT_SECONDS):  # the page is painted first, and numbers often change
            raise Stopped
        with _one_at_a_time:
            if self.stopping:
                raise Stopped
            return _speed(self.config)


def _speed(config: "RunConfig") -> float | None:
    """Tokens per second; None if it could not be measured, which is not tried again."""
    try:
        return measured_speed(config)
    except Exception:
        logger.info("the speed of a configuration was not measured", exc_info=True)
        return None


_one_at_a_time = threading.Lock()
_measured: Jobs[str, _Measuring] = Jobs(limit=KEPT)


def _ask_for(config: "RunConfig") -> None:
    """Measures a shape unless it is about to be, or was; others that wait give it up."""
    key = _key(config)
    with _measured.lock:
        others = {other: job for other, job in _measured.live().items() if other != key}
        for job in others.values():
            job.stop()
        known = _measured.get(key)
        if known is None or known.stopping:
            _measured.add(key, _Measuring(config)).start()
