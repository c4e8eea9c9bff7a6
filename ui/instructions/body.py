"""The data, the options and the Start button; below them the runs and their results."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from llmcore.recipes.instructions import INSTRUCT
from ui.instructions.data import InstructionChoice, choose_data
from ui.instructions.mask import what_the_loss_sees
from ui.instructions.options import TRAINABLE, Plan, Settings, learned, options, planned
from ui.instructions.results import example_prompt, results, side_by_side
from ui.instructions.use_it import use_it
from ui.page import guarded, plain, show_error
from ui.run_panel.choice import run_picker, runs_of
from ui.run_panel.live import run_panel
from ui.run_panel.start import Begin, StartBox, start_box, start_card
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

KIND = "instruct"


def show() -> None:
    infos = runs_of(KIND)
    chosen = _start_box(infos.values())
    if chosen is not None:
        what_the_loss_sees(*chosen, INSTRUCT.batch_size, INSTRUCT.seed)
    st.header("Runs", anchor=False)
    info = run_picker(infos, KIND, "Run to show")
    if info is None:
        st.info("Nothing was finetuned on instructions yet: press **Start training** above, and "
                "the first point appears within seconds.")  # fmt: skip
    else:
        run_panel(info.id)
        if info.state != "damaged":
            with guarded():
                if not info.is_live:
                    results(info)
                side_by_side(info)
                if store().open(info.id).checkpoints():
                    use_it(info.id, example_prompt(store().open(info.id)))


def _start_box(infos: Iterable["RunInfo"]) -> tuple[InstructionChoice, Settings] | None:
    """The data, the options and the button; what was chosen if it can be trained."""
    choice = settings = problem = plan = None
    with start_box(KIND, "instructions", start_card(infos)) as box:
        with guarded():
            choice = choose_data()
            if choice is not None and not choice.splits().train:
                choice = None
        top = st.container()
        with st.expander("Options", icon=":material/tune:", key=f"instruct_options_{box.run_id}"):
            try:
                settings = options(choice)
            except Exception as error:
                problem = error
        with top:
            # The options may be folded away, so what is wrong there is said here.
            if problem is not None:
                show_error(problem)
            if choice is not None and settings is not None:
                try:
                    plan = planned(choice, settings)
                except LabError as error:  # another model or file may do
                    st.warning(plain(str(error)), icon=":material/straighten:")
            _summary_and_button(choice, settings, plan, box)
    return (choice, settings) if choice is not None and settings is not None else None


def _summary_and_button(
    choice: InstructionChoice | None, settings: Settings | None, plan: Plan | None, box: StartBox
) -> None:
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left, guarded():
        if choice is not None and settings is not None and plan is not None:
            _summary(choice, settings, plan)
    begins = None
    if choice is not None and plan is not None:
        begins = partial(_begin, choice, plan)
    box.button("Start training", right, begins)


def _summary(choice: InstructionChoice, settings: Settings, plan: Plan) -> None:
    n, total = learned(plan.config.model, settings)
    share = f"All {n:,} parameters learn"
    if n < total:
        share = f"{n:,} of {total:,} parameters learn ({n / total:.1%})"
    epochs = "1 epoch" if settings.epochs == 1 else f"{settings.epochs:,} epochs"
    st.markdown(
        f"**{plain(TRAINABLE[settings.trainable])}** of **{plain(settings.model)}** on "
        f"**{plain(choice.name)}**, {epochs}, {plan.config.train.steps:,} steps"
    )
    rows = plan.report.rows
    lines = [
        f"{share} · {rows['train']:,} examples to train, {rows['validation']:,} to validate, "
        f"{rows['test']:,} to test"
    ]
    reading = choice.splits().report  # its notices are shown with the file
    shown = reading.notices.texts() if reading else []
    sentences = plan.report.sentences()[1:]
    lines += [plain(sentence) for sentence in sentences if sentence not in shown]
    st.caption("  \n".join(lines))


def _begin(choice: InstructionChoice, plan: Plan, begin: Begin) -> None:
    begin(plan.config, choice.table)
