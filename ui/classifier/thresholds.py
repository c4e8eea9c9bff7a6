"""Precision and recall of one class, and a threshold that one moves between them."""

from typing import Any

import numpy as np
import streamlit as st

from llmcore.evaluation import Verdicts, precision_recall, verdicts
from llmcore.plots.classification import percent, precision_recall_chart
from ui.charts import live_chart
from ui.page import guarded, plain


def thresholds(run_id: str, rows: list[dict[str, Any]]) -> None:
    """A chart and a slider; moving it reruns this part of the page alone."""
    classes = sorted({row["label"] for row in rows})
    complete = [label for label in classes if all(label in row["probabilities"] for row in rows)]
    if not complete:
        return
    st.header("Where to draw the line", anchor=False)
    st.fragment(_chosen)(run_id, rows, complete)


def _chosen(run_id: str, rows: list[dict[str, Any]], classes: list[str]) -> None:
    with guarded():
        counts = {label: sum(row["label"] == label for row in rows) for label in classes}
        rarest = min(classes, key=counts.__getitem__)
        left, right = st.columns([3, 2], gap="large")
        with right:
            label = st.selectbox(
                "Class to find", classes, index=classes.index(rarest), key=f"pr_class_{run_id}"
            )
            threshold = st.slider(
                "Threshold", 0.0, 1.0, 0.5, 0.01, key=f"pr_threshold_{run_id}",
                help="A text is called by this name where its probability is at least that.",
            )  # fmt: skip
        truth = np.array([row["label"] == label for row in rows])
        scores = np.array([float(row["probabilities"][label]) for row in rows])
        now = verdicts(truth, scores, threshold)
        with right:
            _numbers(label, now)
        with left:
            at = (now.recall, now.precision) if now.precision is not None else None
            figure = precision_recall_chart(
                precision_recall(truth, scores), at, float(truth.mean()), f"{run_id} {label}"
            )
            live_chart(figure, key=f"pr_{run_id}")


def _numbers(label: str, now: Verdicts) -> None:
    precision, recall = st.columns(2)
    shown = "–" if now.precision is None else percent(now.precision)
    precision.metric("Precision", shown, help="Of the texts that are called so, how many are.")
    recall.metric("Recall", percent(now.recall), help="Of the texts that are so, how many are "
                  "called so.")  # fmt: skip
    name = plain(label)
    alarms = "false alarm" if now.false_alarms == 1 else "false alarms"
    st.caption(
        f"{now.found:,} of {now.found + now.missed:,} texts of **{name}** found, {now.missed:,} "
        f"missed, {now.false_alarms:,} {alarms}. A higher threshold gives fewer false alarms "
        f"and misses more: which is worse, only you can say. The dotted line is the precision of "
        f"calling every text {name}."
    )
