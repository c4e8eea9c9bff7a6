"""What a finished classifier run shows: test scores, confusion, mistakes, and trying it."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from llmcore.models import checkpoint_key
from llmcore.plots.classification import confusion_chart, percent, probability_bars
from ui.charts import CONFIG
from ui.feed import feed
from ui.page import plain
from ui.run_choice import run_label
from ui.state import set_shared_text, shared_text, store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

SHOWN_MISTAKES = 200
MAX_LINES = 500
EXAMPLES = {
    "sms-spam": (
        "Congratulations! You have won a free prize, call 0906 1701 now to claim",
        "Are we still meeting at the station tonight?",
    ),
    "tweet-sentiment": (
        "the crew was so kind and we even landed early, thank you!",
        "two hours on hold and then you hang up on me, unbelievable",
    ),
}


def results(info: "RunInfo") -> None:
    """Nothing where the run ended before its test."""
    run = store().open(info.id)
    verdict = feed(run).result
    if verdict is None:
        return
    test, baselines = verdict["test"], verdict.get("baselines") or {}
    st.subheader("On texts that it never saw", anchor=False)
    _scores(test, baselines)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.caption("Which class is taken for which")
        n_classes = len(test["classes"])
        figure = confusion_chart(test["confusion"], test["classes"], 170 + 60 * min(n_classes, 6))
        st.plotly_chart(figure, key=f"confusion_{info.id}", config=CONFIG)
    with right:
        _mistakes(_test_rows(checkpoint_key(info.id), run), int(test["n"]))


@st.cache_data(max_entries=8, show_spinner="Reading the test split")
def _test_rows(key: str, _run: "Run") -> list[dict[str, Any]]:
    """Each test text with its verdict; `key` names the checkpoint that gave it."""
    from llmcore.runs.predictions import test_predictions

    return test_predictions(_run)


def _scores(test: dict[str, Any], baselines: dict[str, dict[str, Any]]) -> None:
    """Test accuracy beside the baselines on the very same texts."""
    cells = [("This model", test), *baselines.items()]
    for column, (name, scores) in zip(st.columns(max(3, len(cells))), cells, strict=False):
        with column:
            title = plain(name[:1].upper() + name[1:])
            st.metric(title, percent(float(scores["accuracy"])), border=True)
            st.caption(f"macro F1 {float(scores['macro_f1']):.3f}")
    st.caption(
        f"Accuracy on {int(test['n']):,} held-out texts. Macro F1 weighs every class alike, so "
        f"always naming the largest class does badly there."
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


def try_it(infos: dict[str, "RunInfo"], shown: "RunInfo | None") -> None:
    """A text box that any finished classifier answers; several lines become a table."""
    usable = {one: info for one, info in infos.items() if store().open(one).checkpoints()}
    st.subheader("Try it", anchor=False)
    if not usable:
        st.caption("Once a classifier has its first checkpoint, it can be tried here.")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        ref = _classifier_choice(usable, shown)
        _example_buttons(store().open(ref).config.data.source)
        text = shared_text("Your message (several lines make a table)", key="classify_text")
        st.button("Classify", type="primary", icon=":material/category:", key="classify_now")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    with right:
        if not lines:
            st.info("Type a message on the left, and its class appears here.")
            return
        _classify(ref, lines)


def _classifier_choice(usable: dict[str, "RunInfo"], shown: "RunInfo | None") -> str:
    """The run that is shown where it can answer, else the newest finished one."""
    finished = [one for one, info in usable.items() if not info.is_live]
    default = shown.id if shown is not None and shown.id in finished else None
    default = default or next(iter(finished), None) or next(iter(usable))
    # A new key once the shown run has ended: from then on it is the one that answers.
    key = f"try_model_{default}"
    if st.session_state.get(key) not in usable:
        st.session_state[key] = default
    return st.selectbox(
        "Classifier",
        list(usable),
        format_func=lambda one: run_label(usable[one]) if one in usable else one,
        key=key,
    )


def _example_buttons(source: str) -> None:
    examples = EXAMPLES.get(source)
    if not examples:
        return
    with st.container(horizontal=True):
        for place, example in enumerate(examples):
            st.button(
                f"“{example[:34]}…”",
                key=f"example_{source}_{place}",
                type="tertiary",
                icon=":material/format_quote:",
                on_click=set_shared_text,
                args=(example,),
                help="Puts this message into the box",
            )


def _classify(ref: str, lines: list[str]) -> None:
    from llmcore.models import classify_texts, load

    with st.spinner("Loading the classifier", show_time=True):
        loaded = load(ref)
    answers = classify_texts(loaded, lines[:MAX_LINES])
    if len(lines) > MAX_LINES:
        st.caption(f"The first {MAX_LINES} of {len(lines):,} lines are shown.")
    if len(answers) == 1:
        answer = answers[0]
        st.markdown(f"### {plain(answer['label'])}")
        if answer.get("cut"):
            limit = loaded.trunk.config.context_length
            st.caption(f"The text is longer than {limit} tokens: its beginning was read.")
        figure = probability_bars(answer["probabilities"])
        st.plotly_chart(figure, key="try_probabilities", config={"displayModeBar": False})
        return
    frame = pd.DataFrame(
        {
            "Text": lines[: len(answers)],
            "Class": [one["label"] for one in answers],
            "Probability": [one["probability"] for one in answers],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1
            )
        },
    )
