"""Tour 4: overfit on purpose."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.data import load_corpus
from llmcore.errors import NotFoundError
from ui.marked import Markdown
from ui.session import PRETRAIN_PRESET, PRETRAIN_VIEW
from ui.text_source import PASTE
from ui.tours.seen import ENDED, answers, feed_of, needed, own_runs
from ui.tours.tour import Aid, Asked, Context, Step, Tour

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

PAGE = "pretrain"
TRAIN = {PRETRAIN_VIEW: "train"}
SHORTEST, LONGEST = 2_000, 60_000  # characters of a text that a tiny model learns by heart
GIVEN = 8_000  # of the text that the tour offers
FEWEST_STEPS = 400
RISEN = 0.03  # nats of validation loss above the best, as the curve doctor asks for


def paste_short_text() -> None:
    """Puts the beginning of a play into the page's own field."""
    play = load_corpus("shakespeare").documents[0]
    st.session_state["pretrain_text_kind"] = PASTE
    st.session_state["pretrain_pasted"] = play[: play.rfind("\n", 0, GIVEN)]


def _pasted(context: Context) -> bool:
    state = context.state
    length = len(state.get("pretrain_pasted") or "")
    return (
        context.page == PAGE
        and state.get("pretrain_text_kind") == PASTE
        and SHORTEST <= length <= LONGEST
    )


def _enough_steps(context: Context) -> bool:
    """The steps have their own field for each size."""
    size = context.state.get(PRETRAIN_PRESET)
    steps = context.state.get(f"pretrain_steps_{size}") or 0
    return context.page == PAGE and _pasted(context) and steps > FEWEST_STEPS


def run_of(context: Context) -> "RunInfo | None":
    """The newest run on a text of one's own that was started during the tour."""
    for info in own_runs(context, "pretrain"):
        if context.store.open(info.id).stored_data() is not None:
            return info
    return None


def validation(context: Context, info: "RunInfo | None") -> tuple[int, float, float] | None:
    """The step of the lowest validation loss, that loss, and the newest one."""
    if info is None:
        return None
    steps, values = feed_of(context, info).metrics.arrays("val", "loss")
    if not len(values):
        return None
    best = int(values.argmin())
    return int(steps[best]), float(values[best]), float(values[-1])


def _rises(context: Context) -> bool:
    found = validation(context, run_of(context))
    return found is not None and found[2] > found[1] + RISEN


def _rises_words(context: Context) -> Markdown:
    found = validation(context, run_of(context))
    words = "Watch both curves: **train** goes on falling, **validation** turns and rises."
    if found is None:
        return words
    step, best, now = found
    return f"{words} Validation was best at step {step:,} with {best:.2f}; now it is {now:.2f}."


def _doctor_says(context: Context) -> bool:
    info = run_of(context)
    return info is not None and any(
        finding.kind == "overfitting" for finding in feed_of(context, info).findings()
    )


def _ended(context: Context) -> bool:
    info = run_of(context)
    return info is not None and info.state in ENDED


def question(context: Context) -> Asked:
    """At which step the person's own run was best."""
    info = needed(run_of(context), "There is no run of this tour any more.")
    found = validation(context, info)
    if found is None:
        raise NotFoundError("Your run has no validation loss yet: wait for its first evaluation.")
    step, lowest, last = found
    return Asked(
        text="A run keeps its best checkpoint. From which step would you take the weights of "
        "your run?",
        answer=step,
        whole=True,
        hint="Point at the lowest place of the **validation** curve: the step stands there.",
        right=f"Right: at step {step:,} the validation loss was {lowest:.2f}; at the end it was "
        f"{last:.2f}. The pages open a run at its best checkpoint.",
    )


TOUR = Tour(
    name="overfit",
    title="Overfit on purpose",
    stage="base",
    about="Let a model learn a short text by heart, and see how its curves tell.",
    minutes=6,
    steps=(
        Step(
            "text", "A short text",
            f"Open **Options**, choose **Paste** and put a short text of {SHORTEST:,} to "
            f"{LONGEST:,} characters into **The text**.",
            PAGE, _pasted, state=TRAIN,
            aid=Aid("Paste a short one for me", ":material/content_paste:", paste_short_text),
        ),
        Step(
            "steps", "Many steps",
            f"In **Options**, set **Steps** to more than {FEWEST_STEPS}, such as 1,000: the model "
            "will read the same text again and again.",
            PAGE, _enough_steps, state=TRAIN,
        ),
        Step(
            "start", "Start",
            "Press **Start training**. A tenth of the text is held back as validation.",
            PAGE, lambda context: run_of(context) is not None, state=TRAIN,
        ),
        Step("rises", "Validation rises", _rises_words, PAGE, _rises, state=TRAIN),
        Step(
            "doctor", "What the doctor says",
            "Go on until the **Curve doctor** below the figures says *The model learns its text by "
            "heart*, and read what it advises.",
            PAGE, _doctor_says, state=TRAIN,
        ),
        Step(
            "ask", "Let it recite",
            "Under **Ask the newest checkpoint**, give the first words of your text as "
            "**Prompt**, set **Temperature** to 0 and press **Ask**.",
            PAGE, lambda context: bool(answers(context, run_of(context))), state=TRAIN,
        ),
        Step(
            "end", "Stop it",
            "Press **Stop and save**, or wait: a run that reads its text many times stops by "
            "itself once validation has long been worse.",
            PAGE, _ended, state=TRAIN,
        ),
    ),
    question=question,
)  # fmt: skip
