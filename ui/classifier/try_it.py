"""Try it: texts of one's own through a finished classifier, and what moved its decisions."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from llmcore.plots.classification import percent, probability_bars
from ui.classifier.code import use_it
from ui.classifier.examples import begin, example_buttons, examples_of, verdict
from ui.classifier.label_file import label_file
from ui.classifier.why import before_and_after, moved_tokens
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.run_panel.choice import run_picker, runs_of
from ui.scroll_box import scroll_box
from ui.state import shared_text, store

if TYPE_CHECKING:
    from llmcore.models import Loaded

KIND = "classify"
MAX_LINES = 500


def show() -> None:
    infos = {ref: info for ref, info in runs_of(KIND).items() if store().open(ref).checkpoints()}
    if not infos:
        st.info("Once a classifier has its first checkpoint, it can be tried here: train one in "
                "the view **Train**.")  # fmt: skip
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        info = run_picker(infos, KIND, "Classifier")
        assert info is not None
        run = store().open(info.id)
        examples = examples_of(run)
        with st.spinner("Loading the classifier", show_time=True):
            loaded = _load(info.id)
        begin(loaded, examples)
        example_buttons(info.id, examples)
        text = shared_text("Your texts, one a line", key="classify_text")
        st.button("Classify", type="primary", icon=":material/category:", key="classify_now")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen, rest = None, st.container()
    with right:
        if not lines:
            st.info("Type a message on the left, and its class appears here.")
        elif len(lines) == 1:
            chosen = lines[0]
            with guarded():
                verdict(run, examples, chosen, _one(loaded, chosen))
    with rest:
        if len(lines) > 1:
            with guarded():
                chosen = _many(loaded, lines)
        if chosen is not None:
            with guarded():
                moved_tokens(loaded, chosen)
            before_and_after(info.id, loaded, chosen)
    with guarded():
        label_file(loaded, info.id)
    with guarded():
        use_it(info)


def _load(run_id: str) -> "Loaded":
    from llmcore.models import load

    return load(run_id)


def _one(loaded: "Loaded", text: str) -> dict[str, Any]:
    """Draws the answer to one text, and returns it."""
    from llmcore.models import classify_texts

    (answer,) = classify_texts(loaded, [text])
    st.markdown(f"## {plain(answer['label'])}")
    if answer.get("cut"):
        limit = loaded.trunk.config.context_length
        st.caption(f"The text is longer than {limit} tokens: its beginning was read.")
    if loaded.vote is not None:
        st.caption(_who_said_what(loaded, text, answer["label"]))
    figure = probability_bars(answer["probabilities"])
    tall = figure.layout.height > 320
    with scroll_box("Probabilities", "try", 320, tall=tall):
        st.plotly_chart(figure, key="try_probabilities", config={"displayModeBar": False})
    return answer


def _who_said_what(loaded: "Loaded", text: str, label: str) -> Markdown:
    """What the model and the words that vote beside it each say of `label`."""
    from llmcore.models import classify_alone

    model, words = classify_alone(loaded, text)
    return (
        f"Probability of **{plain(label)}**: the model alone {percent(model[label])}, the words "
        f"alone {percent(words[label])}. Together they say:"
    )


def _many(loaded: "Loaded", lines: list[str]) -> str:
    """A table of all lines; returns the one to look into."""
    from llmcore.models import classify_texts

    shown = lines[:MAX_LINES]
    answers: list[dict[str, Any]] = classify_texts(loaded, shown)
    if len(lines) > MAX_LINES:
        st.caption(f"The first {MAX_LINES} of {len(lines):,} lines are shown; **Label a whole "
                   f"file** below takes more.")  # fmt: skip
    frame = pd.DataFrame(
        {
            "Text": shown,
            "Class": [answer["label"] for answer in answers],
            "Probability": [answer["probability"] for answer in answers],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        key="classify_table",
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1
            )
        },
    )

    def named(place: int) -> str:
        line, answer = shown[place], answers[place]
        return f"{line[:70]}{'…' if len(line) > 70 else ''} · {answer['label']} " + percent(
            answer["probability"]
        )

    place = st.selectbox(
        "Look into this line", range(len(shown)), format_func=named, key="classify_line"
    )
    return shown[place]
