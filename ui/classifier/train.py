"""Train: choose texts and what learns, watch it, and see how it does on texts it never saw."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import RunConfig
from llmcore.recipes.classification import DEFAULT_EPOCHS, plan_classify
from ui.classifier.code import use_it
from ui.classifier.data import LabelledChoice, choose_data
from ui.classifier.options import TRAINABLE, Settings, learned_share, options
from ui.classifier.report import about_n_train, report_of, show_reading_of, show_report
from ui.classifier.results import results
from ui.page import guarded, show_error
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.live import run_panel
from ui.run_panel.start import Begin, StartBox, start_box, start_card

if TYPE_CHECKING:
    from llmcore.data.report import DataReport
    from llmcore.runs import RunInfo

KIND = "classify"
_TRAINED_ON = "lab_classify_trained_on"  # versions of data: their report need not be open


def show() -> None:
    infos = runs_of(KIND)
    _start_box(infos.values())
    with st.container():
        info = run_picker(infos, KIND, "Run to show")
    if info is None:
        st.info("No classifier was trained here yet: press the button above, and the first point "
                "appears within seconds.")  # fmt: skip
        return
    run_panel(info.id)
    if not info.is_live and info.state != "damaged":
        with guarded():
            results(info)
        with guarded():
            use_it(info)


def _start_box(infos: Iterable["RunInfo"]) -> None:
    with start_box(KIND, "classifier", start_card(infos)) as box:
        choice, settings, report, problem = None, None, None, None
        with guarded():
            choice = choose_data()
        report_place, top = st.container(), st.container()
        with st.expander("Options", icon=":material/tune:", key=f"classify_options_{box.run_id}"):
            try:
                settings = options()
            except Exception as error:
                problem = error
        with report_place:
            # The options may be folded away, so what is wrong there is said here.
            if problem is not None:
                show_error(problem)
            if choice is not None:
                try:
                    report = report_of(choice, settings.model if settings else None)
                    trained = st.session_state.get(_TRAINED_ON, set())
                    show_report(choice, report, box.run_id, choice.version not in trained)
                except Exception as error:
                    show_error(error)
                    show_reading_of(choice)
                    choice = None
        with top:
            _summary_and_button(choice, settings, report, box)


def _summary_and_button(
    choice: LabelledChoice | None,
    settings: Settings | None,
    report: "DataReport | None",
    box: StartBox,
) -> None:
    left, right = st.columns([5, 2], gap="medium", vertical_alignment="center")
    if choice is not None and settings is not None and report is not None:
        with left, guarded():
            config = _planned(choice, settings, about_n_train(report))
            n_epochs = settings.epochs or DEFAULT_EPOCHS[config.trainable]
            st.caption(
                f"**{TRAINABLE[config.trainable]}** · {learned_share(config, report.n_classes)}"
                f"{'' if config.reads_layers else f' · {n_epochs} epochs'}"
                f"{'' if config.model.causal else ' · each token sees the whole text'}"
                f"{' · combined with a bag-of-words model' if config.words else ''}"
            )
    label = choice.button if choice is not None else "Train the classifier"
    begins = None
    if choice is not None and settings is not None:
        begins = partial(_begin, choice, settings)
    box.button(label, right, begins)


def _planned(choice: LabelledChoice, settings: Settings, n_train: int | None = None) -> RunConfig:
    """The configuration; with a number of training texts the data is not read for it."""
    config = plan_classify(
        model_ref=settings.model,
        trainable=settings.trainable,
        data=choice.data(settings.balance),
        table=choice.table,
        epochs=settings.epochs,
        n_train=n_train,
        lora=settings.lora,
        words=settings.words,
        model_changes={"causal": settings.causal},
    )
    return replace(config, name=f"{choice.name} · {TRAINABLE[config.trainable].lower()}")


def _begin(choice: LabelledChoice, settings: Settings, begin: Begin) -> None:
    begin(_planned(choice, settings), choice.table)
    st.session_state.setdefault(_TRAINED_ON, set()).add(choice.version)
