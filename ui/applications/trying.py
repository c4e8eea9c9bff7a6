"""Trying a job: a real held-out example to begin with, and the model's answer as it comes."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.applications import JOBS, Job, held_out
from llmcore.applications.jobs import SENTIMENT_SET
from llmcore.data.everyday import everyday_rows, odd_words
from llmcore.errors import LabError
from llmcore.models import Loaded, classify_texts
from llmcore.tasks.templates import DEFAULT_TEMPLATE
from ui.applications.begun_text import begun_text
from ui.chat.talk import AS_IT_IS, AS_TAUGHT, Exchange, Settings, asked
from ui.marked import Markdown
from ui.page import guarded, plain, show_error
from ui.state import well_formed
from ui.usual_sampling import TEMPERATURE, TOP_P

if TYPE_CHECKING:
    from llmcore.data.instructions import Instruction

MAX_TEXT = 4_000
TICK_SECONDS = 0.2
STRIDE = 37  # between one example and the next: neighbours are of one kind
ANSWER_TOKENS, WRITING_TOKENS = 128, 80
_AT, _TRIED = "lab_application_example", "lab_application_tries"


def try_it(job: Job, loaded: Loaded) -> None:
    """The input, what the model made of it, and what was expected."""
    key = f"{job.name} {loaded.key}"
    if loaded.labels is not None:
        _classify(job, loaded, key)
    elif job.answers:
        _answer(job, loaded, key)
    else:
        _write_on(job, loaded, key)


def _shown(job: Job) -> "list[Instruction]":
    """The held-out rows that are offered: without the invented names of the generator."""
    return _everyday(job.name)


@st.cache_resource(max_entries=16, show_spinner=False)
def _everyday(name: str) -> "list[Instruction]":
    return everyday_rows(held_out(JOBS[name]), JOBS[name].data)


def _example(job: Job) -> int:
    return st.session_state.setdefault(_AT, {}).get(job.name, 0)


def _next_example(job: Job) -> None:
    st.session_state.setdefault(_AT, {})[job.name] = _example(job) + 1


def _tried() -> dict[str, Exchange]:
    return st.session_state.setdefault(_TRIED, {})


def _buttons(job: Job, run: Markdown, more: Markdown) -> bool:
    """The two buttons of a form; whether the first was pressed."""
    with st.container(horizontal=True):
        sent = st.form_submit_button(run, icon=":material/send:", type="primary")
        st.form_submit_button(more, icon=":material/casino:", on_click=_next_example, args=(job,))
    return sent


def _longest(loaded: Loaded, usual: int) -> int:
    """Tokens of an answer: half of a short context is left to what is asked."""
    return min(usual, loaded.trunk.config.context_length // 2)


def _start(key: str, loaded: Loaded, settings: Settings, text: str, seed: int, about: str) -> None:
    """Starts an answer; the one before it ends where it is."""
    tried = _tried()
    if key in tried:
        tried[key].stop()
    try:
        tried[key] = asked(loaded, settings, [], text, seed, about)
    except LabError as error:
        tried.pop(key, None)
        show_error(error)


# ---- answers to instructions


def _answer(job: Job, loaded: Loaded, key: str) -> None:
    rows, at = _shown(job), _example(job)
    row = rows[at * STRIDE % len(rows)]
    if odd := [word for word in odd_words(row, job.data) if word[0].isupper()]:
        st.caption(
            f"{plain(odd[0])} is an invented name: the set has thousands, so that a model has to "
            f"copy them."
        )
    with st.form(f"app_form_{job.name}", border=False):
        asked_for, about = _fields(job, row, at)
        sent = _buttons(job, "Answer", "Another example")
    if sent:
        if not asked_for:
            show_error(LabError("The text is empty: write what you want to ask."))
        else:
            template = AS_TAUGHT if loaded.answers else DEFAULT_TEMPLATE
            settings = Settings(template=template, longest=_longest(loaded, ANSWER_TOKENS))
            _start(key, loaded, settings, asked_for, 0, about)
    made = _tried().get(key)
    if made is None:
        return
    known = {(talk.last.instruction, talk.last.input): talk.last.output for talk in held_out(job)}
    _follow(made, known.get((made.question, made.about)))


def _fields(job: Job, row: "Instruction", at: int) -> tuple[str, str]:
    """What is asked, and the text that it is about if the job has one."""
    turn = row.last
    if not turn.input:
        asked_for = st.text_area(
            "Your question", value=turn.instruction, key=f"app_ask_{job.name}_{at}",
            max_chars=MAX_TEXT, height=100,
        )  # fmt: skip
        return well_formed(asked_for or "").strip(), ""
    asked_for = st.text_input(
        "What to do", value=turn.instruction, key=f"app_ask_{job.name}_{at}", max_chars=400
    )
    about = st.text_area(
        "With this text", value=turn.input, key=f"app_about_{job.name}_{at}",
        max_chars=MAX_TEXT, height=100,
    )  # fmt: skip
    return well_formed(asked_for or "").strip(), well_formed(about or "").strip()


def _follow(made: Exchange, expected: str | None) -> None:
    """The answer beside what was expected, refreshed while it grows."""
    was_live = made.live

    def draw() -> None:
        made.refresh()
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            st.caption(f"**The model's answer** · {plain(made.model)}")
            _text(made)
            if not made.live and expected is not None and made.error is None:
                _compare(made.answer, expected)
        with right, st.container(border=True, height="stretch"):
            st.caption("**Expected**, from the held-out row")
            if expected is None:
                st.markdown(":gray[These are words of yours, so nobody wrote down what is right.]")
            else:
                st.text(expected)
        if was_live and not made.live:
            st.rerun()

    st.fragment(draw, run_every=TICK_SECONDS if was_live else None)()


def _compare(answer: str, expected: str) -> None:
    if answer.strip() == expected.strip():
        st.badge("exact match", icon=":material/check:", color="green")
    else:
        st.badge("not the expected answer", icon=":material/close:", color="orange")


def _text(made: Exchange) -> None:
    if made.error:
        st.error(plain(made.error), icon=":material/error:")
    elif made.answer:
        st.text(made.answer)
    else:
        st.markdown(":gray[Reading …]" if made.live else ":gray[It ended before its first word.]")


# ---- texts that are gone on with


def _write_on(job: Job, loaded: Loaded, key: str) -> None:
    at = _example(job)
    prompt = job.prompts[at % len(job.prompts)]
    with st.form(f"app_form_{job.name}", border=False):
        typed = st.text_area(
            "How the text begins", value=prompt, key=f"app_ask_{job.name}_{at}",
            max_chars=MAX_TEXT, height=100,
        )  # fmt: skip
        sent = _buttons(job, "Write on", "Another beginning")
    tried = _tried()
    if sent:
        begun = well_formed(typed or "")
        again = tried[key].seed + 1 if key in tried and tried[key].question == begun else 0
        if not begun.strip():
            show_error(LabError("The text is empty: write how it begins."))
        else:
            settings = Settings(
                template=AS_IT_IS, temperature=TEMPERATURE, longest=_longest(loaded, WRITING_TOKENS)
            )
            _start(key, loaded, settings, begun, again, "")
    if key in tried:
        _follow_text(tried[key])


def _follow_text(made: Exchange) -> None:
    was_live = made.live

    def draw() -> None:
        made.refresh()
        with st.container(border=True):
            st.caption(
                f"**{plain(made.model)}** · temperature {TEMPERATURE:g}, top-p {TOP_P:g}, "
                f"unedited. Press the button again for another one."
            )
            if made.error:
                st.error(plain(made.error), icon=":material/error:")
            begun_text(made.question, made.answer or " …", f"app_written_{made.model}")
        if was_live and not made.live:
            st.rerun()

    st.fragment(draw, run_every=TICK_SECONDS if was_live else None)()


# ---- a classifier


def _classify(job: Job, loaded: Loaded, key: str) -> None:
    at = _example(job)
    with st.form(f"app_form_{job.name}", border=False):
        example = _shown(job)[at * STRIDE % len(_shown(job))].last.input
        typed = st.text_area(
            "A short text", value=example, key=f"app_tweet_{job.name}_{at}", max_chars=MAX_TEXT,
            height=100,
        )  # fmt: skip
        sent = _buttons(job, "Classify", "Another example")
    if not sent:
        return
    with guarded():
        text = well_formed(typed or "").strip()
        if not text:
            raise LabError("The text is empty: write a sentence.")
        found = classify_texts(loaded, [text])[0]
        with st.container(border=True):
            st.markdown(f"**{plain(str(found['label']))}**, {found['probability']:.0%}")
            rest = " · ".join(
                f"{plain(label)} {share:.0%}" for label, share in found["probabilities"].items()
            )
            st.caption(f"{rest} · learned from {SENTIMENT_SET}")
