"""The curves of a run, and of others laid over them."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.experiments.induction.emergence import APPEARS
from llmcore.plots import theme
from llmcore.plots.emergence import HEAD_TYPES, head_type_chart
from llmcore.plots.training import SOON, Axis, Curve, accuracy_chart, loss_chart, small_chart
from llmcore.runs.differences import differing_settings
from ui.charts import live_chart
from ui.instructions.answers import answers_view
from ui.marked import Markdown
from ui.page import plain
from ui.run_panel.feed import RunFeed, feed
from ui.scroll_box import scroll_box
from ui.state import store

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from llmcore.runs import RunInfo

MAX_OVERLAYS = 5  # beside the run itself
# Small charts: split, key, title, number format, colour.
Cell = tuple[str, str, str, str, str]
OPTIMISATION: tuple[Cell, ...] = (
    ("train", "lr", "learning rate", ".1e", theme.TRAIN),
    ("train", "grad_norm", "gradient norm", ".2~f", theme.TRAIN),
    ("train", "tokens_per_s", "tokens per second", ".2~s", theme.TRAIN),
)
PRETRAINING: tuple[Cell, ...] = (
    ("val", "perplexity", "perplexity", ".4~s", theme.VALIDATION),
    *OPTIMISATION,
)
FINETUNING: tuple[Cell, ...] = (
    ("val", "macro_f1", "macro F1, validation", ".2~f", theme.VALIDATION),
    *OPTIMISATION,
)
ANSWERING: tuple[Cell, ...] = (
    ("val", "token_accuracy", "tokens right, validation", ".2~f", theme.VALIDATION),
    *OPTIMISATION,
)
AXES = {"step": "Steps", "tokens": "Tokens", "time": "Minutes"}
TITLES = {"step": "step", "tokens": "tokens read", "time": "minutes of training"}
FORMATS = {"step": ",d", "tokens": ".3~s", "time": ".3~f"}
NO_SMOOTHING, USUAL_SMOOTHING, MOST_SMOOTHING = 0, 5, 10


@dataclass(slots=True, frozen=True)
class View:
    """How the loss is drawn. smoothing: 0 none to 10 strong."""

    axis: str = "step"
    log_x: bool = False
    log_y: bool = False
    smoothing: int = USUAL_SMOOTHING

    def window(self, n: int) -> int:
        """Width of the mean in logged steps of `n`: at most a tenth of all."""
        return max(1, n * self.smoothing // 200)

    def as_axis(self) -> Axis:
        return Axis(TITLES[self.axis], FORMATS[self.axis], self.log_x)


def pretrain_charts(info: "RunInfo", data: RunFeed, overlays: Sequence[str]) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        view = _view()
        others = _named_feeds(overlays[:MAX_OVERLAYS], info.name)
        figure = loss_figure(info.name, data, others, view, info.id, no_point_words(info, data))
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        _samples(data)
    if others:
        _differences({info.name: data, **others})
    if scores := head_curves(data):
        st.caption("Head types: the best head's score on random tokens that come twice")
        figure = head_type_chart(scores, data.marks(), threshold=APPEARS, uirevision=info.id)
        live_chart(figure, key=f"heads_{info.id}")
    _draw_small(info, PRETRAINING, small_figures(data, info.id))


def loss_figure(
    name: str,
    data: RunFeed,
    others: dict[str, RunFeed],
    view: View,
    uirevision: str,
    empty: str = SOON,
) -> "Figure":
    """A run's loss with that of others behind it."""
    return loss_chart(
        data.curves(name, view.axis),
        [other.curves(run_id, view.axis) for run_id, other in others.items()],
        view.log_y,
        view.window(data.metrics.count("train")),
        uirevision=f"{uirevision}-{view.axis}-{view.log_x}-{view.log_y}",
        marks=data.marks(view.axis),
        axis=view.as_axis(),
        empty=empty,
    )


def no_point_words(info: "RunInfo", data: RunFeed) -> str:
    """What an empty chart says: whether a point will come, and why there is none."""
    if data.metrics.count("train") or data.metrics.count("val"):
        return "What was measured is not a number"
    return SOON if info.is_live else "This run ended before its first point"


def _named_feeds(run_ids: Sequence[str], taken: str) -> dict[str, RunFeed]:
    """By name; runs of one name are numbered."""
    found: dict[str, RunFeed] = {}
    for run_id in run_ids:
        run = store().open(run_id)
        name, n = run.name(), 1
        while (shown := name if n == 1 else f"{name} {n}") == taken or shown in found:
            n += 1
        found[shown] = feed(run)
    return found


def classify_charts(info: "RunInfo", data: RunFeed) -> None:
    left, right = st.columns(2, gap="medium")
    smoothing = max(1, data.metrics.count("train") // 25)
    with left:
        st.caption("Loss: how wrong, and how sure of it")
        figure = loss_chart(
            data.curves(info.name), smoothing=smoothing, uirevision=info.id, height=300,
            marks=data.marks(), empty=no_point_words(info, data),
        )  # fmt: skip
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        st.caption("Accuracy: how often the likeliest class is the right one")
        figure = accuracy_chart(
            data.curve("train", "accuracy"), data.curve("val", "accuracy"), info.id, height=300,
            empty=no_point_words(info, data),
        )  # fmt: skip
        live_chart(figure, key=f"accuracy_{info.id}")
    with st.expander("More curves", icon=":material/monitoring:"):
        _draw_small(info, FINETUNING, small_figures(data, info.id, FINETUNING))


def instruct_charts(info: "RunInfo", data: RunFeed) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Loss over the answers' tokens: lower is better")
        smoothing = max(1, data.metrics.count("train") // 40)
        figure = loss_chart(
            data.curves(info.name), smoothing=smoothing, uirevision=info.id, height=356,
            marks=data.marks(), empty=no_point_words(info, data),
        )  # fmt: skip
        live_chart(figure, key=f"loss_{info.id}")
    with right:
        answers_view(data.answers, data.run.id)
    with st.expander("More curves", icon=":material/monitoring:"):
        _draw_small(info, ANSWERING, small_figures(data, info.id, ANSWERING))


def head_curves(data: RunFeed) -> dict[str, Curve]:
    """The head scores of a run that measures them, by type; empty if it does not. A run of an
    older version lacks the types that came later."""
    curves = {kind: data.curve("val", f"head_{kind}") for kind in HEAD_TYPES}
    return {kind: curve for kind, curve in curves.items() if len(curve.steps)}


def _view() -> View:
    """The choices above the loss chart; they stay from run to run and from page to page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Loss: lower is better")
        st.space("stretch")
        with st.popover("Axes and smoothing", icon=":material/tune:"):
            axis = st.segmented_control(
                "Along the bottom", list(AXES), format_func=AXES.__getitem__, default="step",
                required=True, key="chart_axis", persist_state="session",
                help="Tokens compare runs of different batches, minutes those of different speeds.",
            )  # fmt: skip
            log_x = st.toggle("Log scale along the bottom", key="chart_log_x",
                              persist_state="session")  # fmt: skip
            log_y = st.toggle("Log scale of the loss", key="chart_log", persist_state="session")
            smoothing = st.slider(
                "Smoothing", NO_SMOOTHING, MOST_SMOOTHING, USUAL_SMOOTHING, key="chart_smoothing",
                persist_state="session", help="0 draws each logged step as it is.",
            )  # fmt: skip
    return View(axis or "step", log_x, log_y, smoothing)


def _differences(feeds: dict[str, RunFeed]) -> None:
    """Only the settings in which the drawn runs differ, a column each."""
    rows = differing_settings([feed.run.config for feed in feeds.values()])
    if not rows:
        st.caption("These runs have the same settings.")
        return
    with st.expander("Where these runs differ", icon=":material/difference:", expanded=True):
        lines = ["| | " + " | ".join(f":small[{plain(name)}]" for name in feeds) + " |"]
        lines.append("|---" * (len(feeds) + 1) + "|")
        for setting, values in rows.items():
            cells = (f":small[{plain(str(value))}]" for value in values)
            lines.append(f"| :small[{plain(setting)}] | " + " | ".join(cells) + " |")
        for title, key in (("validation loss", "loss"), ("bits per byte", "bits_per_byte")):
            lowest = (_lowest(feed, key) for feed in feeds.values())
            lines.append(f"| :small[lowest {title}] | " + " | ".join(lowest) + " |")
        st.markdown("\n".join(lines))
        if unlike := what_does_not_compare(rows):
            st.caption(unlike)


def what_does_not_compare(differing: Container[str]) -> Markdown:
    """A sentence on the figures of runs that differ in these settings; empty if all compare."""
    if any(key in differing for key in ("source", "validation", "validation_source")):
        return (
            "They were validated on different texts, so neither their losses nor their bits per "
            "byte tell which is better: score them on one text (`evaluate`, or the Playground)."
        )
    if any(key in differing for key in ("tokenizer", "vocab_size")):
        return (
            "Their tokens are of different sizes, and a loss counts per token: bits per byte "
            "compare them."
        )
    return ""


def _lowest(data: RunFeed, key: str) -> Markdown:
    _, values = data.metrics.arrays("val", key)
    return f"{values.min():.3f}" if len(values) else "–"


def _samples(data: RunFeed) -> None:
    """What the model writes after the same prompt at each evaluation, newest on top."""
    st.caption("What it writes, newest first")
    with scroll_box("What the model writes", data.run.id, 356, border=True):
        if not data.samples:
            st.caption("The first sample appears after the first evaluation.")
        for sample in reversed(data.samples):
            st.caption(f"step {int(sample.get('step', 0)):,}")
            text = str(sample.get("prompt", "")) + str(sample.get("text", ""))
            st.code(text or " ", language=None, wrap_lines=True)


def small_figures(
    data: RunFeed, uirevision: str, cells: Sequence[Cell] = PRETRAINING
) -> "list[Figure]":
    return [
        small_chart(data.curve(split, key), title, colour, form, split == "val", False, uirevision)
        for split, key, title, form, colour in cells
    ]


def _draw_small(info: "RunInfo", cells: Sequence[Cell], figures: "Sequence[Figure]") -> None:
    for column, (_, key, *_), figure in zip(st.columns(len(cells)), cells, figures, strict=True):
        with column:
            live_chart(figure, key=f"{key}_{info.id}")
