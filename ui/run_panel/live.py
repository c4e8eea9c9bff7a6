"""The panel of one run: live while it trains, a record afterwards. Reads files, holds no model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from llmcore.kinds import KINDS
from llmcore.runs.used import step_words, used_step
from ui.marked import Markdown
from ui.page import guarded, plain, steady
from ui.run_panel.charts import classify_charts, instruct_charts, pretrain_charts
from ui.run_panel.controls import run_controls, show_failure, show_trouble, stop_requested
from ui.run_panel.curve import learning_curve
from ui.run_panel.doctor import doctor_panel
from ui.run_panel.feed import RunFeed, duration, feed
from ui.run_panel.onward import onward
from ui.run_panel.origin import origin_card
from ui.run_panel.replay import replay
from ui.scores import BITS_PER_BYTE, chance_words
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

# Runs that follow one schedule of the learning rate, which can be changed while they train.
LEARNING_KINDS = {name for name, kind in KINDS.items() if kind.experiment is None}
# Between two pictures of a live run: a fiftieth of the time that it has trained, so that the curve
# grows by a fiftieth, within these bounds. Drawing takes the training's cores.
PICTURES = 50
REFRESH_SECONDS, SLOWEST_REFRESH_SECONDS = 1, 10
BadgeColor = Literal["gray", "green", "orange", "red"]
STATES: dict[str, tuple[Markdown, str, BadgeColor]] = {
    "queued": ("Waiting to start", ":material/hourglass_empty:", "gray"),
    "running": ("Training", ":material/play_circle:", "green"),
    "paused": ("Paused", ":material/pause_circle:", "orange"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "done": ("Finished", ":material/check_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/bolt:", "orange"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
MAX_NOTICES = 6
BACKENDS = {"process": "A process of its own", "torchrun": "torchrun"}
PHASES = {
    "preparing": "preparing the data",
    "tokenizing": "turning the text into tokens",
    "evaluating": "measuring the validation loss",
    "testing": "scoring the test split",
}
TOKENS_RIGHT = "Share of the answers' tokens, in validation, that are the likeliest one there."


def run_panel(run_id: str, overlays: Sequence[str] = ()) -> None:
    """Everything that one sees of a run. It refreshes itself while the run is live, ever more
    slowly, and reruns the page when that rhythm changes or ends: the page can then show what comes
    after the training.

    overlays: ids of runs whose loss is drawn behind this one's, and whose settings are compared.
    """
    with guarded():
        run = store().open(run_id)
        rhythm = refresh_seconds(run.info(), feed(run))
        with steady("run"):
            st.fragment(_panel, run_every=rhythm)(run_id, tuple(overlays), rhythm)
        onward(run.info())


def refresh_seconds(info: "RunInfo", data: RunFeed) -> int | None:
    """Whole seconds from one picture of the run to the next; None if it is not live."""
    if not info.is_live:
        return None
    usual = round(data.seconds_trained() / PICTURES)
    return min(max(usual, REFRESH_SECONDS), SLOWEST_REFRESH_SECONDS)


def _panel(run_id: str, overlays: tuple[str, ...], rhythm: int | None) -> None:
    with guarded():
        run = store().open(run_id)
        info, data = run.info(), feed(run)
        if refresh_seconds(info, data) != rhythm:  # only a run of the page sets a new one
            st.rerun()
        _head(run, info, data)
        if info.state == "damaged":
            return
        if info.kind == "learning-curve":
            learning_curve(run, info)
            return
        if ended_empty(info, data):
            return
        _numbers(info, data)
        doctor_panel(info, data)
        if info.kind == "classify":
            classify_charts(info, data)
        elif info.kind == "instruct":
            instruct_charts(info, data)
        else:
            pretrain_charts(info, data, overlays)
            replay(info, data)


def ended_empty(info: "RunInfo", data: RunFeed) -> bool:
    """Whether a run has ended before its first step: there is nothing to draw, nor to ask."""
    return not info.is_live and info.step == 0 and data.step == 0


def state_badge(info: "RunInfo") -> None:
    label, icon, color = STATES.get(info.state, ("Unknown state", ":material/help:", "gray"))
    st.badge(label, icon=icon, color=color)


def _head(run: "Run", info: "RunInfo", data: RunFeed) -> None:
    """Name, state, progress and the one button that makes sense now."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(info.name)}**", width="content")
        state_badge(info)
        if info.example:
            st.badge("Example that comes with the lab", icon=":material/science:", color="orange")
        if (backend := run.backend()) in BACKENDS:
            st.badge(BACKENDS[backend], icon=":material/terminal:", color="gray")
        st.space("stretch")
        if info.state != "damaged":
            steered = info.kind in LEARNING_KINDS and not run.config.reads_layers
            run_controls(info, data.peak if steered else None)
    # One place for what may be said, so that the charts below never change theirs.
    with st.container():
        _notes(info, data)
    if info.source is not None:
        origin_card(info)
    elif info.state != "damaged":
        step = max(info.step, data.step)
        share = min(1.0, step / info.steps) if info.steps else 0.0
        if info.state == "done":  # early, by its own choice: nothing is left to do
            share = 1.0
        st.progress(share, text=_progress_text(info, data, step))


def _notes(info: "RunInfo", data: RunFeed) -> None:
    show_trouble(info)
    show_failure(info)
    if info.state == "interrupted":
        st.info(
            f"This run was cut off while it trained: {plain(info.reason or '')}. Nothing up to its "
            f"last checkpoint is lost: **Resume** goes on from there."
        )
    if info.state == "done":
        _end(info, data)
    if said := list(dict.fromkeys(data.notices)):
        shown = [plain(notice) for notice in said[:MAX_NOTICES]]
        if len(said) > MAX_NOTICES:
            shown.append(f"And {len(said) - MAX_NOTICES} more, in its events.jsonl.")
        st.caption("  \n".join(shown))


def _end(info: "RunInfo", data: RunFeed) -> None:
    """Why a run ended before its last step; a classifier that may be guessing is no success."""
    verdict = data.result if info.kind == "classify" else None
    if verdict is not None and chance_words(verdict["test"]):
        text = "Finished, but on its test texts it is no better than chance: see its scores below."
        st.warning(text, icon=":material/casino:")
    elif info.reason and info.step < info.steps and info.source is None:
        st.info(f"Finished early: {plain(info.reason)}.", icon=":material/flag:")


def _progress_text(info: "RunInfo", data: RunFeed, step: int) -> Markdown:
    unit = "Training" if info.kind == "learning-curve" else "Step"
    steps = f"{unit} {step:,} of {info.steps:,}"
    if not info.is_live:
        trained = data.seconds_trained()
        said = [steps, _used(info), f"trained for {duration(trained)}" if trained else ""]
        return " · ".join(notice for notice in said if notice)
    if stop_requested(info):
        return f"{steps} · stopping: the model is being saved"
    if info.waiting:
        return "Waits in the queue for its turn"
    if info.state == "paused":
        return f"{steps} · paused, everything is saved"
    if step == 0:
        return (PHASES.get(info.phase or "") or plain(info.phase or "starting")).capitalize() + " …"
    if info.phase in {"evaluating", "testing"}:
        return f"{steps} · {PHASES[info.phase]}"
    if info.phase and info.phase.startswith("reading"):  # a probe, beside its first steps
        return f"{steps} · {plain(info.phase)}"
    left = data.seconds_left(info.steps)
    return f"{steps} · about {duration(left)} left" if left is not None else steps


def _used(info: "RunInfo") -> Markdown:
    """Which weights its model has, if they are not those of the last step."""
    if info.kind not in LEARNING_KINDS:
        return ""
    used = used_step(store().open(info.id))
    if used is None or used == info.step:
        return ""
    return f"used: {plain(step_words(used, info.step))}"


def _numbers(info: "RunInfo", data: RunFeed) -> None:
    """Four figures of one line. All four are always there, so nothing jumps."""
    best = f" (best {info.val_loss:.3f})" if info.val_loss is not None else ""
    if info.kind in ("classify", "instruct"):
        title, key, about = (
            ("Validation accuracy", "accuracy", None)
            if info.kind == "classify"
            else ("Tokens right", "token_accuracy", TOKENS_RIGHT)
        )
        cells = (
            ("Train loss", _number(data.last("train", "loss"), ".3f"), None),
            ("Validation loss", _number(data.last("val", "loss"), ".3f"), f"Lowest so far{best}."),
            (title, _number(data.last("val", key), ".1%"), about),
            ("Tokens per second", _number(data.last("train", "tokens_per_s"), ",.0f"), None),
        )
    else:
        cells = (
            ("Train loss", _number(data.last("train", "loss"), ".3f"), None),
            ("Validation loss", _number(data.last("val", "loss"), ".3f"), f"Held-out text{best}."),
            (
                "Bits per byte",
                _number(data.last("val", "bits_per_byte"), ".3f"),
                f"{BITS_PER_BYTE} Measured on windows of the held-out text, each read without "
                f"what stands before it, so a little higher than `evaluate` of the same text.",
            ),
            ("Tokens per second", _number(data.last("train", "tokens_per_s"), ",.0f"), None),
        )
    for column, (label, value, help_text) in zip(st.columns(4), cells, strict=True):
        column.metric(label, value, help=help_text)


def _number(value: float | None, form: str) -> Markdown:
    return "–" if value is None else format(value, form)
