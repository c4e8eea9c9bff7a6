"""The card before Start: what a run will take on this machine, and what to change if too much."""

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.plots.theme import series_colour
from llmcore.texts import bytes_in_words
from ui.components import payload, registered
from ui.page import guarded, plain
from ui.pretrain.estimate import Estimate, estimate
from ui.pretrain.prepare import PAINT_SECONDS
from ui.run_panel.feed import duration
from ui.state import store

if TYPE_CHECKING:
    from llmcore.advice.preflight import Preflight, Problem
    from llmcore.config import RunConfig
    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)
POLL_SECONDS = 1.0
KEPT = 64  # measured shapes
# A try-out of a few steps must not hold a laptop for minutes: beyond that the estimate stays.
MOST_FLOPS = 3e11
_lock = threading.Lock()
_measured: OrderedDict[str, float | None] = OrderedDict()  # tokens per second; None: it failed
_wanted: tuple[str, "RunConfig"] | None = None
_worker: threading.Thread | None = None


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
    from llmcore.advice.preflight import preflight

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


def _facts(found: "Preflight", guess: Estimate, measured: float | None, waits: bool) -> None:
    from llmcore.advice.preflight import CHINCHILLA

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


def _memory(found: "Preflight") -> None:

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


def _problem(problem: "Problem", on_change: Callable[[dict[str, Any]], None]) -> None:
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
    """Tokens per second of this shape where it was measured in this process, else None."""
    with _lock:
        return _measured.get(_key(config))


def _key(config: "RunConfig") -> str:
    train = config.train
    return (
        f"{config.model} {train.batch_size} {train.accumulation} {train.device} {train.precision}"
    )


def _wants_measuring(config: "RunConfig") -> bool:
    """Not while another run trains, whose speed both would spoil, nor what does not fit."""
    from llmcore.advice.preflight import preflight

    with _lock:
        if _key(config) in _measured:
            return False
    shape = config.model
    return (
        os.environ.get("LLMLAB_WARM") != "0"
        and shape.flops_per_token() * shape.context_length <= MOST_FLOPS
        and not any(info.is_live and not info.waiting for info in store().list())
        and preflight(config, measure=False).fits
    )


def _ask_for(config: "RunConfig") -> None:
    """Leaves the wish to the one thread that measures; a newer wish takes an older one's place."""
    global _wanted, _worker
    with _lock:
        _wanted = (_key(config), config)
        if _worker is None or not _worker.is_alive():
            _worker = threading.Thread(target=_measure, name="preflight", daemon=True)
            _worker.start()


def _measure() -> None:
    from llmcore.device import lower_priority_of_this_thread

    global _wanted, _worker
    lower_priority_of_this_thread()
    while True:
        time.sleep(PAINT_SECONDS)  # the page is painted first; who turns a number turns it on
        with _lock:
            if _wanted is None:
                _worker = None
                return
            (key, config), _wanted = _wanted, None
            if key in _measured:
                continue
        speed = _speed(config)
        with _lock:
            _measured[key] = speed
            while len(_measured) > KEPT:
                _measured.popitem(last=False)


def _speed(config: "RunConfig") -> float | None:
    try:
        from llmcore.advice.preflight import measured_speed

        return measured_speed(config)
    except Exception:
        logger.info("the speed of a configuration was not measured", exc_info=True)
        return None
