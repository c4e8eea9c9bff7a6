"""The panel of one run: live while it trains, a record afterwards. Reads files, holds no model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.plots import theme
from llmcore.plots.training import accuracy_chart, loss_chart, small_chart
from ui.charts import live_chart
from ui.feed import RunFeed, duration, feed
from ui.instructions.answers import answers_view
from ui.page import guarded, plain
from ui.run_controls import run_controls, stop_requested, take_trouble_of
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

REFRESH_SECONDS = 1.0
STATES = {
    "queued": ("Waiting to start", ":material/hourglass_empty:", "gray"),
    "running": ("Training", ":material/play_circle:", "green"),
    "paused": ("Paused", ":material/pause_circle:", "orange"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "done": ("Finished", ":material/check_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/bolt:", "orange"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
PHASES = {
    "preparing": "preparing the data",
    "tokenizing": "turning the text into tokens",
    "evaluating": "measuring the validation loss",
    "testing": "scoring the test split",
}
TOKENS_RIGHT = "Share of the answers' tokens, in validation, that are the likeliest one there."
# Small charts of every kind of run: split, key, title, number format, colour.
OPTIMISATION = (
    ("train", "lr", "learning rate", ".1e", theme.TRAIN),
    ("train", "grad_norm", "gradient norm", ".2~f", theme.TRAIN),
    ("train", "tokens_per_s", "tokens per second", ".2~s", theme.TRAIN),
)


def run_panel(run_id: str, overlays: Sequence[str] = ()) -> None:
    """Everything that one sees of a run. It refreshes itself while the run is live, and reruns
    the page once when that changes, so that the page can show what comes after the training.

    overlays: ids of runs whose loss is drawn behind this one's.
    """
    with guarded():
        live = store().info(run_id).is_live
        st.fragment(_panel, run_every=REFRESH_SECONDS if live else None)(
            run_id, tuple(overlays), live
        )


def _panel(run_id: str, overlays: tuple[str, ...], was_live: bool) -> None:
    with guarded():
        run = store().open(run_id)
        info, data = run.info(), feed(run)
        if info.is_live != was_live:
            st.rerun()
        _head(run, info, data)
        if info.state == "damaged":
            return
        _numbers(info, data)
        if info.kind == "classify":
            _classify_charts(info, data)
        elif info.kind == "instruct":
            _instruct_charts(info, data)
        else:
            _pretrain_charts(info, data, overlays)


def state_badge(info: "RunInfo") -> None:
    label, icon, color = STATES.get(info.state, (info.state, ":material/help:", "gray"))
    st.badge(label, icon=icon, color=color)


def _head(run: "Run", info: "RunInfo", data: RunFeed) -> None:
    """Name, state, progress and the one button that makes sense now."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(info.name)}**", width="content")
        state_badge(info)
        if info.example:
            st.badge("Example that comes with the lab", icon=":material/science:", color="orange")
        st.space("stretch")
        run_controls(info)
    # One place for what may be said, so that the charts below never change theirs.
    with st.container():
        _notes(info)
    if info.state != "damaged":
        step = max(info.step, data.step)
        share = min(1.0, step / info.steps) if info.steps else 0.0
        st.progress(share, text=_progress_text(info, data, step))


def _notes(info: "RunInfo") -> None:
    trouble = take_trouble_of(info.id)
    if trouble:
        st.error(plain(trouble), icon=":material/error:")
    if info.state in {"failed", "damaged"}:
        st.error(plain(info.error or info.reason or "The run failed."), icon=":material/error:")
    if info.state == "interrupted":
        st.info(
            f"This run was cut off while it trained: {plain(info.reason or '')}. Nothing up to its "
            f"last checkpoint is lost: **Resume** goes on from there."
        )
    if info.state == "done" and info.reason and info.step < info.steps:
        st.info(f"Finished early: {plain(info.reason)}.", icon=":material/flag:")


def _progress_text(info: "RunInfo", data: RunFeed, step: int) -> str:
    steps = f"Step {step:,} of {info.steps:,}"
    if not info.is_live:
        trained = data.seconds_trained()
        return f"{steps} · trained for {duration(trained)}" if trained else steps
    if stop_requested(info):
        return f"{steps} · stopping: the model is being saved"
    if info.waiting:
        return "Waits in the queue for its turn"
    if info.state == "paused":
        return f"{steps} · paused, everything is saved"
    if step == 0:
        return PHASES.get(info.phase or "", info.phase or "starting").capitalize() + " …"
    if info.phase in {"evaluating", "testing"}:
        return f"{steps} · {PHASES[info.phase]}"
    left = data.seconds_left(info.steps)
    return f"{steps} · about {duration(left)} left" if left is not None else steps


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
                "Validation loss per byte of text: comparable between tokenizers. 8 knows nothing.",
            ),
            ("Tokens per second", _number(data.last("train", "tokens_per_s"), ",.0f"), None),
        )
    for column, (label, value, help_text) in zip(st.columns(4), cells, strict=True):
        column.metric(label, value, help=help_text)


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _pretrain_charts(info: "RunInfo", data: RunFeed, overlays: tuple[str, ...]) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        log_y, smoothing = _chart_options(info.id, data)
        others = [feed(store().open(one)).curves(_name(one)) for one in overlays]
        figure = loss_chart(
            data.curves(info.name), others, log_y, smoothing, uirevision=f"{info.id}-{log_y}",
            marks=data.marks,
        )  # fmt: skip
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        _samples(info, data)
    perplexity = ("val", "perplexity", "perplexity", ".4~s", theme.VALIDATION)
    _small_charts(info, (perplexity, *OPTIMISATION), data)


def _classify_charts(info: "RunInfo", data: RunFeed) -> None:
    left, right = st.columns(2, gap="medium")
    smoothing = max(1, len(data.metrics.records("train")) // 25)
    with left:
        st.caption("Loss: how wrong, and how sure of it")
        figure = loss_chart(
            data.curves(info.name), smoothing=smoothing, uirevision=info.id, height=300,
            marks=data.marks,
        )  # fmt: skip
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        st.caption("Accuracy: how often the likeliest class is the right one")
        figure = accuracy_chart(
            data.curve("train", "accuracy"), data.curve("val", "accuracy"), info.id, height=300
        )
        live_chart(figure, key=f"accuracy_{info.id}")
    with st.expander("More curves", icon=":material/monitoring:"):
        macro_f1 = ("val", "macro_f1", "macro F1, validation", ".2~f", theme.VALIDATION)
        _small_charts(info, (macro_f1, *OPTIMISATION), data)


def _instruct_charts(info: "RunInfo", data: RunFeed) -> None:
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.caption("Loss over the answers' tokens: lower is better")
        smoothing = max(1, len(data.metrics.records("train")) // 40)
        figure = loss_chart(
            data.curves(info.name), smoothing=smoothing, uirevision=info.id, height=356,
            marks=data.marks,
        )  # fmt: skip
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        answers_view(data.answers)
    with st.expander("More curves", icon=":material/monitoring:"):
        right_tokens = ("val", "token_accuracy", "tokens right", ".2~f", theme.VALIDATION)
        _small_charts(info, (right_tokens, *OPTIMISATION), data)


def _chart_options(run_id: str, data: RunFeed) -> tuple[bool, int]:
    """Log scale and smoothing: (log_y, window in logged steps)."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Loss: lower is better")
        st.space("stretch")
        smooth = st.toggle("Smooth", value=True, key="chart_smooth", persist_state="session")
        log_y = st.toggle("Log scale", key="chart_log", persist_state="session")
    return log_y, max(1, len(data.metrics.records("train")) // 40) if smooth else 1


def _samples(info: "RunInfo", data: RunFeed) -> None:
    """What the model writes after the same prompt at each evaluation, newest on top."""
    st.caption("What it writes, newest first")
    with st.container(height=356, border=True):
        if not data.samples:
            st.caption("The first sample appears after the first evaluation.")
        for sample in reversed(data.samples):
            st.caption(f"step {int(sample.get('step', 0)):,}")
            text = str(sample.get("prompt", "")) + str(sample.get("text", ""))
            st.code(text or " ", language=None, wrap_lines=True)


def _small_charts(
    info: "RunInfo", cells: Sequence[tuple[str, str, str, str, str]], data: RunFeed
) -> None:
    for column, (split, key, title, form, colour) in zip(
        st.columns(len(cells)), cells, strict=True
    ):
        with column:
            figure = small_chart(
                data.curve(split, key), title, colour, form, split == "val", uirevision=info.id
            )
            live_chart(figure, key=f"{key}_{info.id}")


def _name(run_id: str) -> str:
    return store().open(run_id).name()
