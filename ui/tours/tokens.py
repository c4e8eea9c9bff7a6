"""Tour 1: first tokens, and the merges that made them."""

from typing import TYPE_CHECKING

from llmcore.errors import LabError
from ui.page import plain
from ui.session import MERGES_PLAYED, TOKENIZER_VIEW
from ui.tokenizer.samples import SAMPLES
from ui.tours.seen import text_of, view_is
from ui.tours.tour import Asked, Context, Step, Tour

if TYPE_CHECKING:
    from ui.tokenizer.encodings import Encoded

PAGE = "tokenizer"
COMPARE, MERGES = {TOKENIZER_VIEW: "compare"}, {TOKENIZER_VIEW: "merges"}
FEWEST_CHARACTERS = 12  # of a sentence, spaces not counted


def _typed(context: Context) -> bool:
    text = str(context.state.get("tokenizer_text") or "")
    long_enough = len("".join(text.split())) >= FEWEST_CHARACTERS
    return context.page == PAGE and long_enough and text.strip() not in _samples()


def _samples() -> set[str]:
    return {sample.strip() for sample in SAMPLES.values()}


def _with_bytes(context: Context) -> bool:
    chosen = context.state.get("compare_encodings") or []
    return (
        view_is(context, PAGE, TOKENIZER_VIEW, "compare") and "bytes" in chosen and len(chosen) > 1
    )


def _as_ids(context: Context) -> bool:
    shown = context.state.get("compare_show") or []
    return view_is(context, PAGE, TOKENIZER_VIEW, "compare") and "ids" in shown


def clicked(context: Context) -> tuple[bytes, bytes] | None:
    """The token that was clicked in Compare and the word that it is in, spaces left out."""
    from llmcore.tokenizers.explain import word_at
    from ui.tokenizer.encodings import encoded_in
    from ui.tokenizer.picture import COUNTED_CHARACTERS, spot_of

    refs = context.state.get("compare_encodings") or []
    if not view_is(context, PAGE, TOKENIZER_VIEW, "compare") or not refs:
        return None
    found = encoded_in(refs, text_of(context)[:COUNTED_CHARACTERS]).values()
    results: list[Encoded] = [item for item in found if not isinstance(item, LabError)]
    spot = spot_of("compare_tokens", results)
    if spot is None:
        return None
    result = results[spot.column]
    word = word_at(result.tokenizer, result.data, result.span(spot.index)[0])
    return result.token(spot.index).strip(), word.strip().encode()


def is_word(text: bytes) -> bool:
    """Whether bytes are letters alone, more than one."""
    return len(text) > 1 and text.decode("utf-8", "replace").isalpha()


def _whole_word(context: Context) -> bool:
    found = clicked(context)
    return found is not None and is_word(found[1]) and found[0] == found[1]


def _piece(context: Context) -> bool:
    found = clicked(context)
    return found is not None and is_word(found[1]) and found[0] != found[1]


def _merges_played(context: Context) -> bool:
    """The picture tells the word whose merges were all seen."""
    return view_is(context, PAGE, TOKENIZER_VIEW, "merges") and MERGES_PLAYED in context.state


def question(context: Context) -> Asked:
    """How many tokens the person's own text has."""
    from llmcore.models import default_model
    from ui.tokenizer import encodings

    ref, text = default_model(), text_of(context)
    result = encodings.encoded(ref, text)
    name = plain(encodings.short_label(encodings.choices().get(ref, ref)))
    return Asked(
        text=f"How many tokens is your text with the tokenizer of **{name}**?",
        answer=result.n_tokens,
        whole=True,
        hint=f"Open **Compare**, add **{name}** to the tokenizers and read the number at the head "
        "of its column.",
        right=f"Right: {result.n_characters:,} characters became {result.n_tokens:,} tokens, and "
        "for the model your text is that many numbers.",
    )


TOUR = Tour(
    name="tokens",
    title="First tokens and merges",
    stage="tokens",
    about="Cut a sentence of yours into tokens, and watch how a word was put together.",
    minutes=5,
    steps=(
        Step(
            "type", "Type a sentence",
            "Write a sentence of your own in **Your text**. Each colour is one token.",
            PAGE, _typed,
        ),
        Step(
            "compare", "Compare two encodings",
            "Add **Bytes** to the tokenizers above the colours: one token for each byte, so the "
            "same text becomes many more tokens.",
            PAGE, _with_bytes, state=COMPARE,
        ),
        Step(
            "word", "A token that is a whole word",
            "Click a token that is a whole word, its space included. Common words have a token of "
            "their own.",
            PAGE, _whole_word, state=COMPARE,
        ),
        Step(
            "piece", "A token that is a piece",
            "Now click a token that is only a piece of a word. If there is none, type a rare word "
            "such as *antidisestablishment* into **Your text**.",
            PAGE, _piece, state=COMPARE,
        ),
        Step(
            "ids", "What the model gets",
            "Switch on **Ids**: below each token stands its number. The model gets these numbers "
            "and never sees a letter.",
            PAGE, _as_ids, state=COMPARE,
        ),
        Step(
            "merges", "Open the merges",
            "Choose the view **Merges**: it shows how one word became its tokens.",
            PAGE, lambda context: view_is(context, PAGE, TOKENIZER_VIEW, "merges"),
        ),
        Step(
            "play", "Step through a word",
            "Press **Play**, or go step by step from the start to the last merge. The pair with "
            "the lowest rank is joined first. A longer **Word** has more merges.",
            PAGE, _merges_played, query={"view": "merges"}, state=MERGES,
        ),
    ),
    question=question,
)  # fmt: skip
