"""What a finished classifier run shows: test scores beside earlier methods, confusion, precision
and recall, mistakes."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from llmcore.classical import WordsSay, silent_words
from llmcore.data.builtin import about_airlines
from llmcore.evaluation import classification_scores
from llmcore.execution.predictions import predictions_of
from llmcore.models import checkpoint_key
from llmcore.plots.classification import FEW_CLASSES, confusion_chart, percent
from llmcore.runs.used import used_words
from ui.charts import CONFIG
from ui.classifier.thresholds import thresholds
from ui.page import plain
from ui.run_panel.tested import tested
from ui.scores import chance_words, interval_words, shown_share

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

SHOWN_MISTAKES = 200


def results(info: "RunInfo") -> None:
    """Nothing if the run ended before its test."""
    found = tested(info, "On texts that it never saw")
    if found is None:
        return
    run, verdict = found
    test, baselines = verdict["test"], verdict.get("baselines") or {}
    _scores(test, baselines, verdict.get("model_alone"))
    if words := verdict.get("words"):
        _words(words)
    if used := used_words(run):
        st.caption(f"The scored weights are those of {plain(used)}.")
    n_classes = len(test["classes"])
    many = n_classes > FEW_CLASSES
    # A matrix of many classes needs the whole width.
    left, right = (st.container(), st.container()) if many else st.columns([2, 3], gap="large")
    with left:
        st.caption("Which class is taken for which")
        height = 150 + (24 if many else 60) * min(n_classes, 40)
        figure = confusion_chart(test["confusion"], test["classes"], height)
        st.plotly_chart(figure, key=f"confusion_{info.id}", config=CONFIG)
    rows = _test_rows(checkpoint_key(info.id), run)
    with right:
        _mistakes(rows, int(test["n"]))
    thresholds(info.id, rows)
    if run.config.data.source == "tweet-sentiment":
        _airlines(rows, test["classes"])


@st.cache_data(max_entries=8, show_spinner="Reading the test split")
def _test_rows(key: str, _run: "Run") -> list[dict[str, Any]]:
    """Each test text with its verdict; `key` names the checkpoint that gave it."""
    return predictions_of(_run)


def _scores(
    test: dict[str, Any],
    baselines: dict[str, dict[str, Any]],
    model_alone: dict[str, Any] | None,
) -> None:
    """Test accuracy beside the baselines on exactly the same texts; who does better is said first.

    model_alone: without the words that vote beside it, if they do."""
    if luck := chance_words(test):
        st.warning(luck, icon=":material/casino:")
    best = max(baselines, key=lambda name: baselines[name]["macro_f1"], default=None)
    if best is not None and baselines[best]["macro_f1"] > test["macro_f1"]:
        st.info(
            f"An earlier method does better here: **{plain(best)}** has macro F1 "
            f"{float(baselines[best]['macro_f1']):.3f}, this model {float(test['macro_f1']):.3f}.",
            icon=":material/balance:",
        )
    cells = [("This model", test), *baselines.items()]
    if model_alone is not None:
        cells = [("Model and words", test), ("Model alone", model_alone), *baselines.items()]
    for column, (name, scores) in zip(st.columns(max(3, len(cells))), cells, strict=False):
        with column:
            title = plain(name[:1].upper() + name[1:])
            st.metric(title, shown_share(scores, "accuracy"), border=True)
            interval = interval_words(scores, "accuracy")
            beside = f" · 95%: {interval}" if interval else ""
            st.caption(f"macro F1 {float(scores['macro_f1']):.3f}{beside}")
    few = ""
    if interval_words(test, "accuracy"):
        few = "With so few, the share among many more may lie anywhere in the 95% interval. "
    st.caption(
        f"Accuracy on {int(test['n']):,} held-out texts. {few}"
        f"Macro F1 weighs every class alike, so always naming the largest class does badly there."
    )


def _words(kept: dict[str, Any]) -> None:
    """Whether the words of a text vote, and what was measured to decide it."""
    say = WordsSay(**{name: value for name, value in kept.items() if name != "vote"})
    if not say.helps:
        st.caption(plain(silent_words(say)))
        return
    st.caption(
        f"Combined with a bag-of-words model, which helped on the {say.n:,} validation texts: "
        f"{say.right_together:,} are right with it (loss {say.loss_together:.3f}), "
        f"{say.right_alone:,} without (loss {say.loss_alone:.3f})."
    )


def _mistakes(rows: list[dict[str, Any]], n_test: int) -> None:
    wrong = [row for row in rows if row["label"] != row["predicted"]]
    wrong.sort(key=lambda row: row["probability"], reverse=True)
    st.caption(f"The mistakes: {len(wrong):,} of {n_test:,}, the surest first")
    if not wrong:
        st.success("Not one text of the test split is wrong.")
        return
    frame = pd.DataFrame(wrong[:SHOWN_MISTAKES])[["text", "label", "predicted", "probability"]]
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=290,
        column_config={
            "text": st.column_config.TextColumn("Text", width=270),
            "label": st.column_config.TextColumn("True", width="small"),
            "predicted": st.column_config.TextColumn("Said", width="small"),
            "probability": st.column_config.NumberColumn("Sure", format="percent", width="small"),
        },
    )


def _airlines(rows: list[dict[str, Any]], classes: list[str]) -> None:
    """Tweets to airlines and all others apart: one set of two kinds of text."""
    parts: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for row in rows:
        parts[about_airlines(row["text"])].append(row)
    lines = []
    for about, name in ((True, "Tweets to an airline"), (False, "All other tweets")):
        part = parts[about]
        if part:
            scores = classification_scores(
                [row["label"] for row in part], [row["predicted"] for row in part], classes
            )
            lines.append(
                f"**{name}** ({len(part):,}): accuracy {percent(scores['accuracy'])}, macro F1 "
                f"{scores['macro_f1']:.3f}"
            )
    st.markdown("  \n".join(lines))
