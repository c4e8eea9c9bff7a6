"""Texts to begin with under *Try it*: their class is known, so the page can say who is right."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.plots.classification import percent
from llmcore.runs.run import PREDICTIONS
from ui.marked import Markdown
from ui.page import plain
from ui.run_panel.feed import feed
from ui.scores import shown_share
from ui.state import DEFAULT_TEXT, current_text, set_shared_text

if TYPE_CHECKING:
    from llmcore.models import Loaded
    from llmcore.runs import Run

MOST = 3
LONGEST = 240  # characters of a held-out text that is offered
SHOWN = 26  # characters of a text on its button


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its class. held_out: from the run's own test split, else invented by the lab."""

    text: str
    label: str
    held_out: bool = False


BUILT_IN = {
    "sms-spam": (
        Example("Congratulations! You have won a free prize, call 0906 1701 now to claim", "spam"),
        Example("Are we still meeting at the station tonight?", "ham"),
    ),
    "tweet-sentiment": (
        Example("the crew was so kind and we even landed early, thank you!", "positive"),
        Example("two hours on hold and then you hang up on me, unbelievable", "negative"),
    ),
    "email-spam": (
        Example(
            "You are approved: refinance today at 3.9% and save thousands, click below", "spam"
        ),
        Example("Re: patch for the mail filter. Applied, thanks. Tests pass on my machine.", "ham"),
    ),
}


def examples_of(run: "Run") -> tuple[Example, ...]:
    """The built-in ones of a set of the lab; of a person's own file, held-out texts of different
    classes, those that the model got right first."""
    if known := BUILT_IN.get(run.config.data.source):
        return known
    kept = run.directory / PREDICTIONS
    return _kept(f"{kept} {kept.stat().st_mtime_ns}", run) if kept.is_file() else ()


@st.cache_data(max_entries=16, show_spinner=False)
def _kept(key: str, _run: "Run") -> tuple[Example, ...]:
    """key: of the file that keeps the run's answers to its test split."""
    return held_out(_run.predictions())


def held_out(rows: list[dict[str, Any]]) -> tuple[Example, ...]:
    """Short texts of a test split, of each class the first that is right, else its first; at most
    three, those that are right first."""
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        if len(row["text"]) > LONGEST or len(row["text"].splitlines()) != 1:
            continue
        kept = best.get(row["label"])
        if kept is None or (not _right(kept) and _right(row)):
            best[row["label"]] = row
    chosen = sorted(best.values(), key=lambda row: not _right(row))[:MOST]
    return tuple(Example(row["text"].strip(), row["label"], True) for row in chosen)


def _right(row: dict[str, Any]) -> bool:
    return row["label"] == row["predicted"]


def begin(loaded: "Loaded", examples: tuple[Example, ...]) -> None:
    """If nobody has written anything yet, the box begins with an example that this model
    gets right; with the first if it gets none. Comes before the box is drawn."""
    from llmcore.models import classify_texts

    if not examples or current_text() != DEFAULT_TEXT:
        return
    answers = classify_texts(loaded, [example.text for example in examples])
    right = (
        example
        for example, answer in zip(examples, answers, strict=True)
        if answer["label"] == example.label
    )
    set_shared_text(next(right, examples[0]).text)


def example_buttons(run_id: str, examples: tuple[Example, ...]) -> None:
    """One for each, and one for all of them."""
    if not examples:
        return
    with st.container(horizontal=True):
        for place, example in enumerate(examples):
            cut = example.text if len(example.text) <= SHOWN else f"{example.text[:SHOWN]}…"
            st.button(
                f"“{plain(cut)}”",
                key=f"example_{run_id}_{place}",
                type="tertiary",
                icon=":material/format_quote:",
                on_click=set_shared_text,
                args=(example.text,),
                help="Puts this text into the box",
            )
        st.button(
            "All of them", key=f"example_{run_id}_all", type="tertiary", icon=":material/list:",
            on_click=set_shared_text, args=("\n".join(example.text for example in examples),),
        )  # fmt: skip


def verdict(run: "Run", examples: tuple[Example, ...], text: str, answer: dict[str, Any]) -> None:
    """Whether the answer to an example is right; if it is not, what that means."""
    known = next((example for example in examples if example.text == text), None)
    if known is None:
        return
    what = "a held-out text of the data" if known.held_out else "an example of the lab"
    if answer["label"] == known.label:
        st.caption(f":material/check: Right: {what}, whose class is **{plain(known.label)}**.")
        return
    st.warning(
        f"Wrong: {what}, whose class is **{plain(known.label)}**. The model gives that class "
        f"{percent(float(answer['probabilities'].get(known.label, 0.0)))}.{_how_often(run)}",
        icon=":material/close:",
    )


def _how_often(run: "Run") -> Markdown:
    """How often the model is right at all, since one text is no measure."""
    result = feed(run).result
    if result is None:
        return " It was not tested, so how often it is right is not known."
    share = shown_share(result["test"], "accuracy")
    return (
        f" It is right on {share} of its {int(result['test']['n']):,} test texts; the tokens that "
        f"moved it to the wrong class are coloured below."
    )
