"""Which tokens moved a decision, measured on the real model; and the same text before and after
the finetune."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from llmcore.plots.classification import percent, probability_bars
from ui.components import payload, registered
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.state import store
from ui.token_text import parts_of

if TYPE_CHECKING:
    from llmcore.interpret.attribution import Attribution
    from llmcore.models import Loaded

OCCLUSION, GRADIENTS = "occlusion", "integrated gradients"
NAMES = {OCCLUSION: "Occlusion", GRADIENTS: "Integrated gradients"}
NOTES = {
    OCCLUSION: "**Occlusion**: each token is taken out in turn, the rest closes up, and the model "
    "is asked again. The colour is what the log-odds lose. It does not show what tokens do "
    "together: where two say the same, taking out either one changes little. A text with a hole "
    "is also one that nobody wrote.",
    GRADIENTS: "**Integrated gradients**: gradients summed along a straight way from a text of "
    "end-of-text tokens to this one; they add up to the difference between the two. Another "
    "starting point gives other colours, and the texts on the way exist only as numbers.",
}
SMALLEST_SCALE = 0.5  # of log-odds: below it, colours stay faint, since nothing moved much


def moved_tokens(loaded: "Loaded", text: str) -> None:
    """The text, each token coloured by how it moved the decision for a class of choice."""
    st.header("Which tokens moved the decision", anchor=False)
    left, right = st.columns([3, 2])
    with left:
        method = st.segmented_control(
            "Measured by", [OCCLUSION, GRADIENTS], default=OCCLUSION, required=True,
            format_func=NAMES.__getitem__, key="classify_why", persist_state="session",
        )  # fmt: skip
    decided = _attribution(loaded.key, text, method, None, loaded)
    labels = loaded.labels or []
    with right:
        label = st.selectbox(
            "For or against", labels, index=labels.index(decided.label),
            key=f"classify_why_label_{loaded.key}_{decided.label}",
        )  # fmt: skip
    shown = decided
    if label != decided.label:
        shown = _attribution(loaded.key, text, method, label, loaded)
    if shown.contradicts:
        st.info(contradiction(shown), icon=":material/contrast:")
    _draw(shown, loaded)
    words = f"p({plain(label)}) = {percent(shown.probability)}, log-odds {shown.log_odds:+.2f}. "
    if method == GRADIENTS:
        words += (
            f"The values add up to {float(shown.values.sum()):+.2f}, and should to "
            f"{shown.log_odds - shown.reference:+.2f} ({shown.n_steps} points). "
        )
        if loaded.vote is not None:
            words += "This is the model alone: the bag-of-words model has no gradient. "
    st.caption(words + NOTES[method] + " Neither proves why: it says what this model reacts to, "
               "not that the token means it.")  # fmt: skip


def contradiction(shown: "Attribution") -> Markdown:
    """What to know if most colours speak against the verdict above them."""
    total, label = float(shown.values.sum()), plain(shown.label)
    away, called = ("against", "called") if shown.log_odds > 0 else ("for", "not called")
    begin = (
        f"The colours do not add up to the verdict: together they speak **{away} {label}** "
        f"({total:+.2f}), and yet the text is {called} so (log-odds {shown.log_odds:+.2f}). "
    )
    if shown.method == GRADIENTS:
        return begin + (
            f"The text without content that they are counted from has {shown.reference:+.2f} "
            f"already: the verdict comes from there, and the tokens only take from it."
        )
    return begin + (
        "Each token was taken out alone, and what was left still said the same, or said it more "
        "clearly. **Integrated gradients** shares out the whole difference to a text without "
        "content."
    )


@st.cache_data(max_entries=64, show_spinner="Measuring each token")
def _attribution(
    key: str, text: str, method: str, label: str | None, _loaded: "Loaded"
) -> "Attribution":
    from llmcore.interpret.attribution import attribute

    return attribute(_loaded, text, method, label)


def _draw(shown: "Attribution", loaded: "Loaded") -> None:
    tokenizer = loaded.tokenizer
    values = [float(value) for value in shown.values]
    largest = max(SMALLEST_SCALE, *(abs(value) for value in values))
    data = {
        "tokens": [
            [parts_of(tokenizer.token_bytes(id)), value]
            for id, value in zip(shown.ids, values, strict=True)
        ],
        "largest": largest,
        "label": shown.label,
        "hint": "Point at a token, or move to it with Tab, to read its number.",
    }
    registered("moved_tokens")(key="moved_tokens", data=payload(data))


def before_and_after(run_id: str, loaded: "Loaded", text: str) -> None:
    """The same text through the model as it was before the first step, and through the tuned.

    Nothing of a probe: its head begins at zero, so every class is as likely, whatever the text."""
    from llmcore.models import classify_texts

    if store().open(run_id).config.reads_layers:
        return
    st.header("Before and after the finetune", anchor=False)
    with guarded():
        run = store().open(run_id)
        try:
            before = _before_finetune(loaded.key, run_id)
        except LabError as error:
            st.caption(plain(str(error)))
            return
        left, right = st.columns(2, gap="large")
        for place, model, name in (
            (left, before, "Before: the language model under a head of random numbers"),
            (right, loaded, "After: the finetuned model"),
        ):
            with place:
                st.caption(name)
                (answer,) = classify_texts(model, [text])
                st.plotly_chart(
                    probability_bars(_likeliest(answer["probabilities"])),
                    key=f"classify_{'after' if model is loaded else 'before'}",
                    config={"displayModeBar": False},
                )
        st.caption(
            f"A language model has no classes, so before the finetune there is no real answer: the "
            f"head was drawn at random (seed {run.config.train.seed}), and another draw would say "
            f"something else. It is where this very training began, no measure of what "
            f"{plain(run.config.parent or 'the model')} knew."
        )


def _likeliest(probabilities: dict[str, float], n: int = 6) -> dict[str, float]:
    order = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    return {label: probabilities[label] for label in order[:n]}


@st.cache_resource(max_entries=2, show_spinner="Loading the model as it began")
def _before_finetune(key: str, run_id: str) -> "Loaded":
    from llmcore.interpret.before_training import before_finetune

    return before_finetune(store().open(run_id))
