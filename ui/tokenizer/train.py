"""Train a tokenizer of one's own in the page, watch its merges, then use it."""

import secrets

import streamlit as st

from llmcore.choices import TokenizerChoices
from llmcore.data import load_corpus
from llmcore.tokenizers import DEFAULT_RULE, MAX_VOCAB_SIZE, MIN_VOCAB_SIZE, RULES, Recipe, jobs
from llmcore.tokenizers.patterns import pieces
from ui.components import message, payload, registered
from ui.fields import number
from ui.page import guarded, plain, show_error, steady
from ui.run_panel.start import noting, request_start, start_wanted, take_trouble
from ui.state import DEFAULT_TEXT
from ui.text_source import ChosenText, text_source
from ui.token_text import parts_of
from ui.tokenizer.trained import choose_saved, saved_panel, training_figures

PLACE = "tokenizer"
REFRESH_SECONDS = 0.7
PREVIEW_CHARACTERS = 240
ONE_MERGE = MIN_VOCAB_SIZE + 1  # without a merge there is nothing to watch
USUAL_SIZE = 1024
LIVE_ROWS = 500  # sent again at each refresh
# Shown until the person types something: it tells the rules apart, the shared default does not.
TELLING = "She said: \"It's 10,250 miles.\"\n\tif (n > 12): THEY'LL   stop!"
_JOB, _NEXT, _RULE = "lab_tokenizer_job", "lab_tokenizer_next", "lab_tokenizer_rule"
KIND_TITLES = {"bpe": "Byte-pair encoding", "characters": "Characters"}
PHASES = {
    "reading": "Reading the text",
    "cutting": "Cutting the text into pieces",
    "merging": "Merging",
    "saving": "Saving",
}


def show(text: str) -> None:
    """The form, the training that goes on, and the tokenizers that were trained here."""
    st.markdown(
        "A **byte-pair encoding** begins with single bytes and joins, again and again, the pair "
        "that is most frequent in its training text. Nobody tells it what a word is: look how "
        "early *the* and *and* appear, and how slowly the curve rises later on."
    )
    with st.container(border=True):
        with guarded():
            _form(text)
        trouble = take_trouble(PLACE)
        if trouble is not None:
            show_error(trouble)
    job_id = _watched()
    watched = jobs.job(job_id)
    live = watched is not None and watched.is_live
    if job_id is not None:
        with steady("job"):
            st.fragment(_progress, run_every=REFRESH_SECONDS if live else None)(job_id, live)
    if not live:
        with guarded():
            saved_panel()


def _form(text: str) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = text_source("tokenizer", "Text to learn the tokens from", "train-tokenizer")
    with right:
        kind = st.segmented_control(
            "Kind", list(KIND_TITLES), default="bpe", required=True,
            format_func=KIND_TITLES.__getitem__,
            key="tokenizer_kind", persist_state="session",
        )  # fmt: skip
        size, name = st.columns(2)
        vocab_size = number(
            TokenizerChoices, "vocab_size", "Vocabulary size", place=size, low=ONE_MERGE,
            value=USUAL_SIZE, key="tokenizer_vocab_size", persist_state="session",
            disabled=kind == "characters",
            note="256 bytes, the merges, and the token that ends a text. GPT-2 has 50,257.",
        )  # fmt: skip
        source = chosen.source if chosen else "text"
        proposed = f"{source[:24]} {kind if kind == 'characters' else int(vocab_size)}"
        typed = name.text_input(
            "Name", placeholder=proposed, max_chars=40, key="tokenizer_name",
            persist_state="session",
        )  # fmt: skip
        st.button(
            "Train the tokenizer", icon=":material/play_arrow:", type="primary", width="stretch",
            key=f"start_tokenizer_{_next_id()}", disabled=chosen is None,
            on_click=request_start, args=(PLACE,),
        )  # fmt: skip
        if chosen is None:
            st.caption("Give a text first: paste it, or upload a file.")
    if kind == "characters":
        st.caption(
            "Every character of the text becomes a token. What the text never had is still "
            "written, as its bytes. Sequences grow long: compare the bytes per token."
        )
        rule = DEFAULT_RULE
    else:
        rule = _rule(text)
    if start_wanted(PLACE) and chosen is not None:
        n_tokens = MAX_VOCAB_SIZE if kind == "characters" else int(vocab_size)
        _start(Recipe(n_tokens, kind, rule), typed or proposed, chosen)


def _rule(text: str) -> str:
    """The pre-tokenization rule, each with the pieces that it makes of the person's text."""
    st.markdown("**What is cut before merging.** No token ever crosses the end of a piece.")
    key = "tokenizer_rule"
    _remember_rule()
    sample = TELLING if text in {"", DEFAULT_TEXT} else text[:PREVIEW_CHARACTERS]
    chosen = st.session_state.get(_RULE, DEFAULT_RULE)
    rules = []
    for rule in RULES.values():
        made = list(pieces(sample, rule.pattern))
        count = f"{len(made):,} {'piece' if len(made) == 1 else 'pieces'}"
        if sample is TELLING:
            count += " of this sample: type a text of your own above"
        elif len(text) > PREVIEW_CHARACTERS:
            count += f" of the first {PREVIEW_CHARACTERS} characters"
        rules.append(
            {"name": rule.name, "title": rule.title, "note": rule.summary, "count": count,
             "pieces": [parts_of(text.encode()) for text in made]}
        )  # fmt: skip
    data = {"label": "What is cut before merging", "chosen": chosen, "rules": rules}
    registered("rule_choice")(key=key, data=payload(data), on_rule_change=_remember_rule)
    return chosen


def _remember_rule() -> None:
    """The component's own state goes with the view; the choice stays."""
    rule = message("tokenizer_rule", "rule")
    if rule in RULES:
        st.session_state[_RULE] = rule


def _next_id() -> str:
    """Minted before the click, so that a second click on the same button starts nothing."""
    return st.session_state.setdefault(_NEXT, secrets.token_hex(6))


def _start(recipe: Recipe, name: str, text: ChosenText) -> None:
    def read() -> list[str]:
        return (text.corpus or load_corpus(text.source)).documents

    with noting(PLACE):
        jobs.start(_next_id(), recipe, name, text.source, read)
        st.session_state[_JOB] = st.session_state.pop(_NEXT)
    st.rerun()


def _watched() -> str | None:
    """The training to show: this session's, else one that another tab started and that goes on.

    A finished one has been saved: it is chosen among the saved, once.
    """
    own = jobs.job(st.session_state.get(_JOB))
    if own is not None and own.state != "done":
        return st.session_state[_JOB]
    if own is not None and own.result:
        choose_saved(own.result)
        del st.session_state[_JOB]
    return next(iter(jobs.live_jobs()), None)


def _progress(job_id: str, was_live: bool) -> None:
    job = jobs.job(job_id)
    if job is None or (was_live and not job.is_live):
        st.rerun()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(job.name)}** on {plain(job.corpus)}", width="content")
            st.space("stretch")
            if job.is_live:
                st.button(
                    "Stop here and keep it", icon=":material/stop:", key=f"stop_{job_id}",
                    on_click=job.stop, disabled=job.stopping,
                    help="The merges learned so far make a smaller vocabulary.",
                )  # fmt: skip
        if job.error:
            st.error(plain(job.error), icon=":material/error:")
            return
        merges = job.training.merges[:]
        done = f" · {len(merges):,} merges" if merges else ""
        st.progress(job.share, text=f"{PHASES.get(job.state, 'Done')}{done} · {job.seconds:.0f} s")
        if merges:
            training_figures(merges, job.training.n_bytes, f"job_{job_id}", LIVE_ROWS)
