"""A learning curve while it grows, and what it says."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.experiments.learning_curve.points import (
    CurveRow,
    curve_rows,
    few_test_texts,
    points_of,
)
from llmcore.plots.classification import learning_curve_chart
from ui.charts import live_chart
from ui.marked import plain

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

MEASURES = {"macro_f1": "Macro F1", "accuracy": "Accuracy"}
PRETRAINED, RANDOM = "pretrained", "random weights"


def learning_curve(run: "Run", info: "RunInfo") -> None:
    """The chart with a band for each learner, one sentence, and the numbers in a table."""
    rows = curve_rows(points_of(run))
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="macro_f1", required=True,
        format_func=MEASURES.__getitem__, key="curve_measure", persist_state="session",
        help="Macro F1 weighs every class alike; accuracy is high for whoever always names the "
        "largest one.",
    )  # fmt: skip
    if not rows:
        st.caption("The first points appear within seconds.")
        return
    live_chart(learning_curve_chart(rows, measure, f"{info.id} {measure}"), key=f"curve_{info.id}")
    st.caption("Lines: the mean over all draws. Bands: the lowest to the highest of them. "
               "The axis of texts is logarithmic.")  # fmt: skip
    if few := few_test_texts(rows):
        st.caption(plain(few))
    curve = run.config.experiment
    if sentence := what_it_says(rows, measure, curve.learners if curve else ()):
        st.markdown(plain(sentence))
    with st.expander("The numbers", icon=":material/table:", key=f"curve_numbers_{info.id}"):
        st.dataframe(
            {
                "Learner": [row.learner for row in rows],
                "Texts": [row.size for row in rows],
                "Draws": [row.n_seeds for row in rows],
                "Accuracy": [round(row.accuracy, 4) for row in rows],
                "Macro F1": [round(row.macro_f1, 4) for row in rows],
                "Lowest": [round(getattr(row, f"{measure}_low"), 4) for row in rows],
                "Highest": [round(getattr(row, f"{measure}_high"), 4) for row in rows],
                "Seconds each": [round(row.seconds, 2) for row in rows],
            },
            hide_index=True,
            key=f"curve_table_{info.id}",
        )


def what_it_says(rows: list[CurveRow], measure: str, learners: Sequence[str]) -> str:
    """How much data the random weights need to reach what the pretrained model does with its
    fewest, and which of the `learners` is best with all of it; "" before all are that far."""
    by_learner: dict[str, list[CurveRow]] = {}
    for row in rows:
        by_learner.setdefault(row.learner, []).append(row)
    parts = []
    pretrained, random = by_learner.get(PRETRAINED, []), by_learner.get(RANDOM, [])
    if pretrained and random and random[-1].size == pretrained[-1].size:
        first = pretrained[0]
        score = getattr(first, measure)
        reached = next((point.size for point in random if getattr(point, measure) >= score), None)
        what = f"with **{first.size:,} texts** the pretrained model reaches {score:.3f}; "
        if reached is None:
            what += "the random weights never do, not with all of them."
        elif reached == first.size:
            what += "so do the random weights: pretraining gave nothing here."
        else:
            what += f"the random weights need **{reached:,}**."
        parts.append(what[0].upper() + what[1:])
    largest = max(row.size for row in rows)
    full = [row for row in rows if row.size == largest]
    if len(full) > 1 and len(full) == len(learners):
        best = max(full, key=lambda row: getattr(row, measure))
        parts.append(
            f"With all {largest:,}, **{best.learner}** is ahead at {getattr(best, measure):.3f}."
        )
    return " ".join(parts)
