"""How much data does it take? One click, and a chart that grows while one watches."""

from functools import partial

import streamlit as st

from llmcore.config import RunConfig
from llmcore.experiments.learning_curve.plan import plan_learning_curve
from llmcore.experiments.learning_curve.settings import CurveConfig
from ui.classifier.data import LabelledChoice, choose_data
from ui.classifier.options import choose_model
from ui.classifier.report import report_of
from ui.fields import number
from ui.page import guarded, plain, show_error
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.live import run_panel
from ui.run_panel.start import Begin, start_box

KIND = "learning-curve"


def show() -> None:
    st.markdown(
        "The same finetune on 10, 30, 100, 300 and all labelled texts, by four that learn: the "
        "**pretrained** model, the same one from **random weights**, and two earlier methods. "
        "The gap between the first two is what pretraining is worth at that number of labels."
    )
    infos = runs_of(KIND)
    _start_box()
    info = run_picker(infos, KIND, "Curve to show")
    if info is None:
        st.info("No learning curve was drawn here yet: press the button above. The earlier "
                "methods come first, the random weights last.")  # fmt: skip
        return
    run_panel(info.id)


def _start_box() -> None:
    with start_box(KIND, "learning curve") as box:
        choice, model, seeds, problem = None, None, 5, None
        with guarded():
            choice = choose_data()
        top = st.container()
        with st.expander("Options", icon=":material/tune:", key=f"curve_options_{box.run_id}"):
            try:
                model, seeds = _options()
            except Exception as error:
                problem = error
        with top:
            if problem is not None:
                show_error(problem)
            if choice is not None:
                try:
                    report_of(choice, None)  # refuses what cannot be learned from
                except Exception as error:
                    choice = None
                    show_error(error)
            left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
            if choice is not None:
                left.caption(f"**{plain(choice.name)}**, each size learned again from {seeds:d} "
                             f"draws; all are scored on the same test split.")  # fmt: skip
            begins = None
            if choice is not None and model is not None:
                begins = partial(_begin, choice, model, seeds)
            box.button("Draw the learning curve", right, begins)


def _begin(choice: LabelledChoice, model: str, seeds: int, begin: Begin) -> None:
    begin(_planned(choice, model, seeds), choice.table)


def _options() -> tuple[str, int]:
    """Pretrained model and number of seeds. Raises LabError if there is no model."""
    left, right = st.columns([3, 1])
    with left:
        model = choose_model()
    seeds = number(
        CurveConfig, "n_seeds", "Seeds", place=right, key="curve_seeds", persist_state="session",
        note="The band spans all of them.",
    )  # fmt: skip
    return model, int(seeds)


def _planned(choice: LabelledChoice, model: str, seeds: int) -> RunConfig:
    return plan_learning_curve(
        data=choice.data(),
        model_ref=model,
        table=choice.table,
        n_seeds=seeds,
        name=f"{choice.name} · how much data",
    )
