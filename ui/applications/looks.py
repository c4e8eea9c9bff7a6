"""How a job and its figure are shown: icon, badge, bars, and why a verdict is what it is."""

from typing import Any

import streamlit as st

from llmcore.applications import Figure, Job, figure_of
from llmcore.applications.figures import weights_hash
from llmcore.applications.jobs import (
    ACCURACY,
    BITS,
    CHRF,
    EXACT,
    FLOORS,
    HUMAN,
    REAL_WORDS,
)
from llmcore.models import checkpoint_key
from ui.components import payload, registered
from ui.marked import Markdown
from ui.page import plain

ICONS = {
    "content-creation": ":material/edit_square:",
    "assistant": ":material/support_agent:",
    "translation": ":material/translate:",
    "novel-text": ":material/auto_stories:",
    "sentiment": ":material/mood:",
    "question-answering": ":material/quiz:",
    "summaries": ":material/summarize:",
    "e-mail": ":material/mail:",
}
METRICS = {
    EXACT: "exact match",
    CHRF: "chrF, 0 to 100",
    ACCURACY: "right class",
    BITS: "bits per byte, lower is better",
}
SHORT = {EXACT: "exact match", CHRF: "chrF", ACCURACY: "accuracy", BITS: "bits per byte",
         REAL_WORDS: "real words in the samples",
         "distinct_trigrams": "different runs of three words"}  # fmt: skip


def figure_for(job: Job, ref: str) -> Figure | None:
    """What was measured of a model, if it still has the same weights."""
    return figure_of(job, _hash(ref, checkpoint_key(ref)))


@st.cache_data(max_entries=64, show_spinner=False)
def _hash(ref: str, key: str) -> str:
    """key: of the checkpoint, so that the best one of a live run is not mixed up with another."""
    return weights_hash(ref)


def badge(ref: str | None, figure: Figure | None) -> None:
    """The verdict in words, with an icon; its colour only repeats it."""
    if ref is None:
        st.badge("no model yet", icon=":material/hourglass_empty:", color="gray")
    elif figure is None:
        st.badge("not measured yet", icon=":material/straighten:", color="gray")
    elif figure.works and figure.in_own_wording:
        st.badge("works in its own wording", icon=":material/check_circle:", color="green")
    elif figure.works:
        st.badge("works", icon=":material/check_circle:", color="green")
    else:
        st.badge("not at this size", icon=":material/do_not_disturb_on:", color="orange")


def bars(figure: Figure, key: str, everyone: bool = False) -> None:
    """The model's score beside the best trivial method's, or all of them."""
    registered("score_bars")(key=key, data=payload({"rows": _rows(figure, everyone)}))


def _rows(figure: Figure, everyone: bool) -> list[dict[str, Any]]:
    others = {figure.baseline: figure.baselines[figure.baseline]}
    if everyone:
        others = figure.baselines
    top = _top(figure.metric, [figure.high, *others.values()])
    own = {
        "name": figure.name or figure.model,
        "value": written(figure.metric, figure.score),
        "share": min(1.0, figure.score / top),
        "own": True,
        "low": max(0.0, figure.low / top),
        "high": min(1.0, figure.high / top),
    }
    beside = [
        {"name": name, "value": written(figure.metric, score), "share": min(1.0, score / top),
         "own": False, "low": None, "high": None}
        for name, score in others.items()
    ]  # fmt: skip
    return [own, *beside]


def _top(metric: str, scores: list[float]) -> float:
    """Where the rail ends."""
    return {EXACT: 1.0, ACCURACY: 1.0, CHRF: 100.0}.get(metric) or 1.1 * max(scores)


def written(metric: str, score: float) -> Markdown:
    """A score as people write it: 91.2%, 64.5, 2.082."""
    if metric in (EXACT, ACCURACY, REAL_WORDS, "distinct_trigrams"):
        return f"{100 * score:.1f}%"
    return f"{score:.1f}" if metric == CHRF else f"{score:.3f}"


def measured_on(figure: Figure) -> Markdown:
    """The metric and the rows, in one line of Markdown."""
    part = f"{figure.n:,}" if figure.n == figure.n_all else f"{figure.n:,} of {figure.n_all:,}"
    return f"{METRICS[figure.metric]} · {part} {plain(figure.unit)}"


def failure(figure: Figure) -> Markdown:
    """The first wrong answer to a question in a person's own words, as a line of Markdown."""
    wrong = (own_word for own_word in figure.own_words if own_word["answer"] != own_word["right"])
    if (one := next(wrong, None)) is None:
        return ""
    asked = " ".join(part for part in (one["question"], one["input"]) if part)
    return f"In other words: “{plain(asked)}” It answers: “{plain(one['answer'] or '(nothing)')}”"


def why(figure: Figure) -> Markdown:
    """The evidence for the verdict, as Markdown."""
    metric, rival = figure.metric, plain(figure.baseline)
    gain, low, high = (_signed(metric, v) for v in (figure.gain, figure.gain_low, figure.gain_high))
    points = " points" if metric in (EXACT, ACCURACY) else ""
    evidence = f"difference {gain}{points}, 95% interval {low} to {high}, n = {figure.n:,}"
    if not figure.beats:
        return f"It does not beat the trivial method **{rival}** beyond chance: {evidence}."
    if metric == BITS and not figure.useful:
        words = figure.others.get(REAL_WORDS, {})
        own, human = (
            written(REAL_WORDS, words[kind]) if kind in words else "none written"
            for kind in ("model", HUMAN)
        )
        return (
            f"It foresees such text better than the trivial method **{rival}** ({evidence}), but "
            f"of the words that it writes itself only {own} are real ones, of a person's {human}."
        )
    if not figure.useful:
        line = written(metric, FLOORS[metric])
        return (
            f"It beats the trivial method **{rival}** ({evidence}), but "
            f"{written(metric, figure.score)} is below {line}: of little use."
        )
    beaten = f"It beats the trivial method **{rival}**: {evidence}."
    if metric == BITS:
        beaten += " It foresees such text better; whether what it writes makes sense, read it."
    return beaten


def _signed(metric: str, value: float) -> Markdown:
    """A difference, positive if the model is better."""
    if metric in (EXACT, ACCURACY):
        return f"{100 * value:+.1f}"
    return f"{value:+.1f}" if metric == CHRF else f"{value:+.3f}"
