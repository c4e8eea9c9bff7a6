"""What the chosen texts look like before anything learns from them."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import DataConfig
from llmcore.data.chosen import read_labelled
from llmcore.data.report import DataReport, report_on
from llmcore.data.splits import split_labelled
from llmcore.models import model_config, tokenizer_for
from ui.classifier.data import PREVIEW_ROWS, LabelledChoice, preview, recognised
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.reading_report import show_reading
from ui.scroll_box import scroll_box

if TYPE_CHECKING:
    from llmcore.tokenizers import Tokenizer

UNEVEN = 1.5  # times: from here on the headline says it
CHART_HEIGHT = 250


def report_of(choice: LabelledChoice, model_ref: str | None) -> DataReport:
    """Rows, classes, doubles, contradictions, and how many texts the model cannot read whole.

    Raises LabError for what cannot be learned from.
    """
    if model_ref is None:
        return _report(choice.version, "", 0, choice, None)

    tokenizer = tokenizer_for(model_ref)
    length = model_config(model_ref).context_length
    return _report(choice.version, tokenizer.fingerprint, length, choice, tokenizer)


@st.cache_data(max_entries=8, show_spinner="Looking through the texts")
def _report(
    version: str,
    fingerprint: str,
    length: int,
    _choice: LabelledChoice,
    _tokenizer: "Tokenizer | None",
) -> DataReport:
    data = _choice.data()
    labelled = read_labelled(data, _choice.table)
    if _choice.table is not None:
        split_labelled(labelled, data.validation, data.test, 0)  # refuses what is too small
    return report_on(labelled, _tokenizer, length or None)


def show_reading_of(choice: LabelledChoice) -> None:
    """How an upload that cannot be learned from was read: what is wrong is often seen there."""
    if choice.table is None:
        return
    with guarded():
        encoding = choice.options.encoding if choice.options else None
        report = recognised(choice.upload, choice.source, choice.table, encoding)
        show_reading(report, "classify_failed")


def about_n_train(report: DataReport) -> int:
    """Roughly how many texts will be learned from, before the data is split."""
    shares = DataConfig(report.name)
    return round((1 - shares.validation - shares.test) * (report.rows - report.doubles))


def show_report(choice: LabelledChoice, report: DataReport, run_id: str, unseen: bool) -> None:
    """Open for one's own texts as long as they are `unseen`, that is not trained on yet.

    run_id: of the run that would start next; a new one folds the report away again.
    """
    from llmcore.plots.classification import class_bars

    own = choice.table is not None
    with st.expander(_headline(report), icon=":material/fact_check:", expanded=own and unseen,
                     key=f"classify_report_{choice.version}_{run_id}"):  # fmt: skip
        if report.reading is not None:
            show_reading(report.reading, "classify")
        left, right = st.columns([2, 3], gap="medium")
        with left:
            figure = class_bars(report.counts)
            tall = figure.layout.height > CHART_HEIGHT
            with scroll_box("Texts of each class", "report", CHART_HEIGHT, tall=tall):
                st.plotly_chart(
                    figure, key="classify_report_bars", config={"displayModeBar": False},
                    alt="Texts of each class",
                )  # fmt: skip
        with right:
            lines = report.findings()
            if not lines:
                lines = ["No doubles, no contradictions, no text too long: nothing to fix."]
            st.markdown("\n".join(f"- {plain(line)}" for line in lines))
        if choice.table is not None:
            st.dataframe(
                preview(
                    choice.version,
                    choice.source,
                    choice.table,
                    choice.options.encoding if choice.options else None,
                ).head(PREVIEW_ROWS),
                hide_index=True,
                width="stretch",
                key="classify_preview",
            )


def _headline(report: DataReport) -> Markdown:
    words = f"The data: {report.rows:,} texts of {report.n_classes} classes"
    if report.imbalance >= UNEVEN:
        words += f", the largest {report.imbalance:.1f} times the smallest"
    found = (
        (report.doubles, "doubles"),
        (report.contradictions, "with two labels"),
        (report.cut, "too long"),
    )
    parts = [f"{n:,} {what}" for n, what in found if n]
    return words + (" · " + ", ".join(parts) if parts else "")
