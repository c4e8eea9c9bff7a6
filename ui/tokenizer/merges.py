"""How a word became these tokens: its byte-pair merges, played step by step."""

import streamlit as st

from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.explain import Explanation, explain, has_merges, merges_told, word_at
from llmcore.tokenizers.facts import KINDS
from ui.components import message, payload, registered
from ui.page import plain
from ui.session import MERGES_PLAYED, TOKENIZER_VIEW
from ui.state import current_text, well_formed
from ui.tokenizer import encodings
from ui.tokenizer.encodings import encoded, short_label, tokenizer_of
from ui.tokenizer.picture import COUNTED_CHARACTERS, Show, spot_of, token_picture
from ui.tours import session as tour

MAX_CHARACTERS = 100
MAX_URL_BYTES = 200
_ENCODING = "merges_encoding"
_WORD = "merges_word"
_TOKENS = "merges_tokens"
_LONGEST_DEFAULT = 24  # characters: a tree that fits a window
_TREE = "merge_tree"


def open_merges(ref: str, word: str) -> None:
    """Switches to this view with a word. Call it from a callback."""
    for key in (_ENCODING, _WORD):
        st.session_state.pop(key, None)
    st.session_state[f"lab_{_ENCODING}"] = ref
    st.session_state[f"lab_{_WORD}"] = word[:MAX_CHARACTERS]
    st.session_state[TOKENIZER_VIEW] = "merges"


def choose_encoding(options: dict[str, str]) -> str:
    if st.session_state.get(_ENCODING) not in options:
        known = st.session_state.get(f"lab_{_ENCODING}", st.query_params.get("encoding"))
        st.session_state[_ENCODING] = known if known in options else "gpt2"
    ref = st.selectbox("Tokenizer", list(options), format_func=options.__getitem__, key=_ENCODING)
    st.session_state[f"lab_{_ENCODING}"] = ref
    st.query_params["encoding"] = ref
    return ref


def choose_word(text: str, tokenizer: Tokenizer) -> str:
    """The word, as typed or taken from the text; it is in the address while it is short."""
    if _WORD not in st.session_state:
        known = st.session_state.get(f"lab_{_WORD}", st.query_params.get("word"))
        default = longest_word(text, tokenizer)
        st.session_state[_WORD] = well_formed(known or default)[:MAX_CHARACTERS]
    word = well_formed(
        st.text_input(
            "Word",
            key=_WORD,
            max_chars=MAX_CHARACTERS,
            help="A space before the word counts: most tokens begin with one.",
        )
    )
    st.session_state[f"lab_{_WORD}"] = word
    if word and len(word.encode()) <= MAX_URL_BYTES:
        st.query_params["word"] = word
    else:
        st.query_params.pop("word", None)
    return word


def longest_word(text: str, tokenizer: Tokenizer) -> str:
    """The longest piece of the text's beginning that still makes a tree one can take in."""
    pieces = tokenizer.cut(text[:2_000])
    short = [piece for piece in pieces if len(piece) <= _LONGEST_DEFAULT and piece.strip()]
    return max(short, key=len, default=" unbelievably")


def take_word() -> None:
    """A token of the text was clicked: its piece becomes the word."""
    result = encoded(st.session_state[_ENCODING], current_text()[:COUNTED_CHARACTERS])
    spot = spot_of(_TOKENS, [result])
    if spot is not None:
        start, _ = result.span(spot.index)
        word = word_at(result.tokenizer, result.data, start)
        st.session_state[_WORD] = word[:MAX_CHARACTERS]


def note_played() -> None:
    """The picture tells that every step was seen."""
    if message(_TREE, "played") is True:
        st.session_state[MERGES_PLAYED] = st.session_state.get(_WORD)


def steps_of(explained: Explanation) -> dict[str, object]:
    """One piece for the component: bytes as hexadecimal, parts by their position among the rest."""
    return {
        "bytes": explained.piece.hex(),
        "steps": [
            {
                "at": step.chosen.index,
                "rank": step.chosen.rank,
                "candidates": [[candidate.index, candidate.rank] for candidate in step.candidates],
            }
            for step in explained.steps
        ],
        "ids": explained.ids,
        "whole": explained.taken_whole,
    }


def show(text: str) -> None:
    """A word of the text, or any other, with the merges that made its tokens."""
    options = encodings.choices()
    which, what = st.columns([1, 1], gap="medium")
    with which:
        ref = choose_encoding(options)
    tokenizer = tokenizer_of(ref)
    with what:
        word = choose_word(text, tokenizer)
    label = short_label(options[ref])
    token_picture(
        _TOKENS,
        [(label, encoded(ref, text[:COUNTED_CHARACTERS]))],
        Show(short=True),
        "Click a token of your text to take its word.",
        on_pick=take_word,
    )
    if not merges_told(tokenizer):
        kind = tokenizer.facts.kind
        st.info(
            f"{plain(label)} is a {plain(kind)}: {plain(KINDS[kind])} Its steps are not "
            "drawn; choose a byte-level BPE, such as GPT-2's, to see merges."
        )
        return
    if not has_merges(tokenizer):
        st.info(
            f"{plain(label)} has no merges: every byte, or every character, is a token by itself, "
            "so nothing is joined. Choose another tokenizer to see merges."
        )
        return
    if not word:
        st.info("There is no word: type one above, or click a token of your text.")
        return
    explained = explain(tokenizer, word)
    waits = tour.is_on() and MERGES_PLAYED not in st.session_state
    data = {"word": word, "pieces": [steps_of(word) for word in explained], "tell": waits}
    registered("merge_tree")(key=_TREE, data=payload(data), on_played_change=note_played)
    st.caption(
        "A rank is the place of a merge in the order in which the tokenizer learned them, and "
        "also the id of the token that it makes: the most frequent pairs were learned first."
    )
