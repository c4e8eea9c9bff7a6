"""Finetune a classifier: a language model learns to put texts into classes."""

from dataclasses import dataclass

import streamlit as st

from llmcore.errors import LabError
from ui.classifier_data import Choice, choose_data
from ui.classifier_results import results, try_it
from ui.live import run_panel
from ui.page import code_behind, guarded, header, show_error
from ui.run_choice import (
    next_run_id,
    note_trouble,
    run_picker,
    runs_of,
    start_button,
    start_or_queue,
    start_wanted,
)
from ui.warm import warm_up

KIND = "classify"
TRAINABLE = {
    "all": "Everything",
    "last-block": "Last block and head",
    "head": "Head only",
}
TRAINABLE_HELP = (
    "**Everything** learns best. **Last block and head** and **Head only** keep the rest of the "
    "language model as it is: faster, and a measure of what it had already learned."
)
BALANCE = {"none": "As they are", "equal": "Equally many of each"}
PYTHON = """
from llmcore import models
from llmcore.runs import RunStore, launch

store = RunStore()
config = launch.plan_classify("sms-spam")            # the bundled model is the default
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)
# once it has finished:
print(store.open(run_id).result()["test"])
print(models.classify_texts(models.load(run_id), ["You won a prize, call now!"]))
"""
CLI = """
python -m llmcore finetune --task classify --data sms-spam
python -m llmcore classify --model RUN_ID "You won a prize, call now!"
"""


@dataclass(slots=True)
class Settings:
    """What the options say beside the data."""

    model: str | None = None
    trainable: str = "all"
    balance: str = "none"
    epochs: int | None = None


def main() -> None:
    header(
        "Finetune a classifier",
        "A small head on the **last token's state** turns the language model into a classifier. "
        "Watch validation accuracy climb within seconds, then compare the untouched test split "
        "with two earlier methods, and try messages of your own.",
    )
    infos = runs_of(KIND)
    _start_box()
    with st.container():
        info = run_picker(infos, KIND, "Run to show")
    if info is None:
        st.info("No classifier was trained here yet: press the button above, and the first point "
                "appears within seconds.")  # fmt: skip
    else:
        run_panel(info.id)
        if not info.is_live and info.state != "damaged":
            with guarded():
                results(info)
    with guarded():
        try_it(infos, info)
    code_behind(PYTHON, CLI)
    warm_up(delay=1.0)


def _start_box() -> None:
    with st.container(border=True):
        run_id = next_run_id(KIND, "classifier")
        choice = None
        with guarded():
            choice = choose_data()
        top = st.container()
        with st.expander("Options", icon=":material/tune:", key=f"classify_options_{run_id}"):
            settings, problem = None, None
            try:
                settings = _options()
            except Exception as error:
                problem = error
        with top:
            # The options may be folded away, so what is wrong there is said here.
            if problem is not None:
                show_error(problem)
            _summary_and_button(choice, settings, run_id)
        wish = start_wanted(KIND)
        if wish and choice is not None and settings is not None:
            _start(wish, run_id, choice, settings)
            st.rerun()


def _summary_and_button(choice: Choice | None, settings: Settings | None, run_id: str) -> None:
    ready = choice is not None and settings is not None
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        if choice is not None:
            st.caption(choice.summary)
    label = choice.button if choice is not None else "Train the classifier"
    start_button(label, run_id, KIND, right, ready)


def _options() -> Settings:
    """Base model, what learns, epochs, balance. Raises LabError where there is no model."""
    from llmcore.models import default_model, list_models

    entries = {entry.ref: entry for entry in list_models("language")}
    if not entries:
        raise LabError("There is no language model to start from yet: pretrain one first.")
    model, trainable, epochs, balance = st.columns(4)
    default = default_model()
    if st.session_state.get("classify_model") not in entries:
        st.session_state["classify_model"] = default if default in entries else next(iter(entries))
    ref = model.selectbox(
        "Language model to start from",
        list(entries),
        format_func=lambda one: entries[one].label if one in entries else one,
        key="classify_model",
        persist_state="session",
    )
    what = trainable.selectbox(
        "What learns",
        list(TRAINABLE),
        format_func=TRAINABLE.__getitem__,
        key="classify_trainable",
        persist_state="session",
        help=TRAINABLE_HELP,
    )
    n_epochs = epochs.number_input(
        "Epochs",
        1,
        100,
        8 if what == "head" else 4,
        key=f"classify_epochs_{what}",
        persist_state="session",
        help="How often the model sees each training text.",
    )
    even = balance.selectbox(
        "Classes in training",
        list(BALANCE),
        format_func=BALANCE.__getitem__,
        key="classify_balance",
        persist_state="session",
        help="Equally many drops texts of the larger classes, in the training split only.",
    )
    return Settings(ref, what, even, int(n_epochs))


def _start(wish: str, run_id: str, choice: Choice, settings: Settings) -> None:
    from llmcore.runs import launch

    try:
        config = launch.plan_classify(
            choice.source,
            model_ref=settings.model,
            trainable=settings.trainable,
            balance=settings.balance,
            table=choice.table,
            text_column=choice.text_column,
            label_column=choice.label_column,
            epochs=settings.epochs,
            name=f"{choice.name} · {TRAINABLE[settings.trainable].lower()}",
        )
        start_or_queue(wish, run_id, KIND, config, choice.table)
    except Exception as error:
        note_trouble(KIND, error)


main()
