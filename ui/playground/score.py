"""How well models know a text: surprise token by token, and in bits per byte across models."""

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.errors import LabError, NotFoundError
from llmcore.plots.generation import word_bars
from llmcore.runs.reference import with_checkpoint
from ui.page import plain
from ui.picker import load_model
from ui.playground.models import model_name
from ui.playground.tokens import Labels, classes, coloured_tokens, legend, share
from ui.scores import OVERLAP
from ui.session import MODEL
from ui.state import shared_text, store

if TYPE_CHECKING:
    from llmcore.generation import TextScore
    from llmcore.models import Loaded

MAX_MODELS = 3
MAX_BYTES = 20_000
SHOWN_TOKENS = 1500
SHOWN_WORDS = 10
_MODELS = "lab_playground_scored"
HOW = (
    "Loss and perplexity count per token, and models cut a text into tokens of different sizes: "
    "between models with different tokenizers only **bits per byte** is fair: the losses of all "
    f"tokens in bits, divided by the bytes of the text. {OVERLAP}"
)


def show() -> None:
    text = shared_text("Text to score", key="playground_score_text", height=104)
    refs = _models()
    if not text.strip():
        st.info("There is no text to score: type or paste some above.", icon=":material/edit:")
        return
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise LabError(
            f"The text has more than {MAX_BYTES:,} bytes: score a part of it here, or a file with "
            f"`python -m llmcore evaluate`."
        )
    if not refs:
        st.info("Choose at least one model to read the text.", icon=":material/help:")
        return
    scored = []
    for ref in refs:
        loaded = load_model(ref)
        scored.append((loaded, _scored(loaded.key, text, loaded)))
    _table(scored)
    _verdict(scored)
    shown = _one_of(scored)
    tokens, words = st.columns([3, 2], gap="large")
    with tokens:
        _text(*scored[shown])
    with words:
        _words(text, scored, shown)


def _models() -> list[str]:
    """Up to three of all language models and of all their checkpoints."""
    from llmcore.models import list_models

    entries = {entry.ref: entry.label for entry in list_models("language")}
    for ref in list(entries):
        entries |= _checkpoints(ref, entries[ref])
    key = "playground_scored"
    if not set(st.session_state.get(key, ["?"])) <= set(entries):
        kept = [ref for ref in st.session_state.get(_MODELS, []) if ref in entries]
        st.session_state[key] = kept or _usual(list(entries))
    refs = st.multiselect(
        "Models that read it",
        list(entries),
        format_func=lambda ref: entries.get(ref, ref),
        max_selections=MAX_MODELS,
        key=key,
        help="Up to three, any checkpoint of any run. Type to search.",
    )
    refs = [ref for ref in refs if ref in entries]
    st.session_state[_MODELS] = refs
    return refs


def _checkpoints(ref: str, label: str) -> dict[str, str]:
    try:
        steps = [checkpoint.step for checkpoint in store().open(ref).checkpoints()]
    except NotFoundError:
        return {}
    name = label.partition(" · ")[0]
    if len(steps) < 2:
        return {}
    return {with_checkpoint(ref, step): f"{name}, step {step:,}" for step in steps}


def _usual(refs: list[str]) -> list[str]:
    """The model of the picker and the bundled ones: texts differ most between those."""
    chosen = st.session_state.get(MODEL) or st.query_params.get("model")
    wanted = dict.fromkeys((chosen, "base", "starter", *refs[:1]))
    return [ref for ref in wanted if ref in refs][:MAX_MODELS]


@st.cache_data(max_entries=24, show_spinner="The model reads the text")
def _scored(key: str, text: str, _loaded: "Loaded") -> "TextScore":
    from llmcore.generation import score_text

    return score_text(_loaded.trunk, _loaded.tokenizer, text)


def _table(scored: "list[tuple[Loaded, TextScore]]") -> None:
    st.dataframe(
        {
            "Model": [model_name(loaded) for loaded, _ in scored],
            "Bits per byte": [score.bits_per_byte for _, score in scored],
            "Loss per token": [score.loss for _, score in scored],
            "Perplexity": [score.perplexity for _, score in scored],
            "Tokens": [len(score.tokens) for _, score in scored],
            "Bytes per token": [score.n_bytes / len(score.tokens) for _, score in scored],
        },
        hide_index=True,
        column_config={
            "Bits per byte": st.column_config.NumberColumn(
                format="%.3f", help="Lower is better; fair between any two models."
            ),
            "Loss per token": st.column_config.NumberColumn(
                format="%.3f", help="Mean of −ln(probability), in nats."
            ),
            "Perplexity": st.column_config.NumberColumn(
                format="%.1f", help="e to the loss: among so many equal tokens it had to guess."
            ),
            "Bytes per token": st.column_config.NumberColumn(format="%.2f"),
        },
        key="playground_score_table",
    )


def _verdict(scored: "list[tuple[Loaded, TextScore]]") -> None:
    ordered = sorted(scored, key=lambda pair: pair[1].bits_per_byte)
    best, score = ordered[0]
    said = f"**{plain(model_name(best))}** spends {score.bits_per_byte:.2f} bits on a byte"
    if len(ordered) > 1:
        second, other = ordered[1]
        gain = other.bits_per_byte - score.bits_per_byte
        said = (
            f"{said}, {gain:.2f} fewer than {plain(model_name(second))}: of these models it knows "
            f"this text best."
        )
    else:
        said += "; a byte written out takes 8."
    different = len({loaded.tokenizer.fingerprint for loaded, _ in scored}) > 1
    st.markdown(f"{said} {HOW}" if different else said)


def _one_of(scored: "list[tuple[Loaded, TextScore]]") -> int:
    if len(scored) == 1:
        return 0
    key = "playground_score_shown"
    if st.session_state.get(key) not in range(len(scored)):
        st.session_state[key] = 0
    chosen = st.segmented_control(
        "As read by",
        range(len(scored)),
        format_func=lambda ref: plain(model_name(scored[ref][0])),
        required=True,
        key=key,
    )
    return chosen or 0


def _text(loaded: "Loaded", score: "TextScore") -> None:
    labels = Labels(loaded.tokenizer)
    shown = score.tokens[:SHOWN_TOKENS]
    bits = [token.loss / math.log(2) for token in shown]
    data: dict[str, Any] = {
        "prompt": [],
        "tokens": [
            [at, labels.parts(token.id), colour, False, False]
            for at, (token, colour) in enumerate(
                zip(shown, classes("surprise", bits), strict=True)
            )
        ],
        "cards": [
            [
                labels.label(token.id),
                f"{in_bits:.1f} bits of surprise, probability {share(token.probability)} · "
                f"rank {token.rank:,} of {loaded.tokenizer.vocab_size:,} · "
                f"entropy before it {token.entropy:.1f} bits",
                [
                    [top.id, labels.label(top.id), round(top.logit, 2), None, True,
                     round(top.probability, 5), top.id == token.id]
                    for top in token.top
                ],
            ]
            for token, in_bits in zip(shown, bits, strict=True)
        ],
        "names": ["expected instead", "logit", "probability"],
        "legend": legend("surprise"), "selected": None, "live": False, "branch": False,
        "empty": "", "hint": "",
    }  # fmt: skip
    coloured_tokens("playground_scored_tokens", data)
    if len(score.tokens) > SHOWN_TOKENS:
        st.caption(f"The first {SHOWN_TOKENS:,} of {len(score.tokens):,} tokens are drawn.")


def _words(text: str, scored: "list[tuple[Loaded, TextScore]]", shown: int) -> None:
    """The words that cost most; with several models, what each of them paid."""
    from llmcore.generation import score_words

    read = [score_words(score, text) for _, score in scored]
    order = sorted(range(len(read[0])), key=lambda i: -read[shown][i].bits)[:SHOWN_WORDS]
    st.markdown("**The most surprising words**")
    figure = word_bars(
        [read[0][i].text for i in order],
        [
            (model_name(loaded), [words[i].bits for i in order])
            for (loaded, _), words in zip(scored, read, strict=True)
        ],
    )
    st.plotly_chart(
        figure,
        key="playground_words",
        config={"displayModeBar": False},
        alt="Bits that each of the most surprising words costs, by model",
    )
