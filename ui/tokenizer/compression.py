"""What the same vocabulary costs in other languages and in code, against GPT-2's."""

import streamlit as st

from llmcore.data.samples import SENTENCES as SAME
from llmcore.data.samples import sample_texts
from llmcore.models import default_model
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.compression import Compression, compression
from llmcore.tokenizers.store import saved_tokenizers
from ui.tokenizer import encodings

MAX_TOKENIZERS = 4
GPT2 = "gpt2"
TEXTS, SENTENCES = "Texts: languages and code", "The same two sentences"
MEASURES = {
    "bytes": "Bytes per token",
    "characters": "Characters per token",
    "gpt2": "Tokens, GPT-2's = 1",
    "english": "Tokens, English = 1",
}


def show(text: str) -> None:
    """A chart: a row for each text, a dot for each tokenizer."""
    st.markdown(
        "A vocabulary is made for the text that it was trained on. Every other text falls into "
        "smaller pieces: it costs more tokens, so more time and money, and fills the context "
        "sooner. **Look at who pays:** the same sentence in another language, or a program."
    )
    refs = _tokenizers()
    if not refs:
        st.info("Choose at least one tokenizer.")
        return
    which = st.segmented_control(
        "Measured on", [TEXTS, SENTENCES], default=TEXTS, required=True, key="compression_texts",
        persist_state="session",
    )  # fmt: skip
    same = which == SENTENCES
    measure = st.segmented_control(
        "Measure",
        [measure for measure in MEASURES if same or measure != "english"],
        default="english" if same else "bytes",
        format_func=MEASURES.__getitem__,
        required=True,
        key=f"compression_measure_{'same' if same else 'texts'}",
        persist_state="session",
    )
    names, texts = _texts(which)
    table = {ref: _measured(encodings.tokenizer_of(ref), which, texts) for ref in refs}
    reference = table.get(GPT2) or _measured(encodings.tokenizer_of(GPT2), which, texts)
    _chart(names, table, reference, measure)
    _words(measure)
    _figures(names, table)


def _tokenizers() -> list[str]:
    options = encodings.choices()
    newest = [saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()[:1]]
    default = list(dict.fromkeys([GPT2, "cl100k_base", default_model(), *newest]))
    address = [name for name in st.query_params.get("tokenizers", "").split(",") if name in options]
    kept = st.session_state.get("lab_compression_tokenizers", address[:MAX_TOKENIZERS] or default)
    st.session_state["compression_tokenizers"] = [ref for ref in kept if ref in options]

    def keep() -> None:
        st.session_state["lab_compression_tokenizers"] = st.session_state["compression_tokenizers"]

    refs = st.multiselect(
        "Tokenizers", list(options), format_func=lambda ref: options.get(ref, ref),
        key="compression_tokenizers", max_selections=MAX_TOKENIZERS, on_change=keep,
    )  # fmt: skip
    st.query_params["tokenizers"] = ",".join(refs)
    return refs


def _texts(which: str) -> tuple[list[str], tuple[str, ...]]:
    if which == SENTENCES:
        return list(SAME), tuple(SAME.values())
    samples = sample_texts()
    return [sample.name for sample in samples], tuple(sample.text for sample in samples)


def _measured(tokenizer: Tokenizer, which: str, texts: tuple[str, ...]) -> list[Compression]:
    return _compressions(tokenizer.fingerprint, which, tokenizer, texts)


@st.cache_resource(max_entries=32, show_spinner="Encoding the texts")
def _compressions(
    fingerprint: str, which: str, _tokenizer: Tokenizer, _texts: tuple[str, ...]
) -> list[Compression]:
    return [compression(_tokenizer, text) for text in _texts]


def _chart(
    names: list[str],
    table: dict[str, list[Compression]],
    reference: list[Compression],
    measure: str,
) -> None:
    from llmcore.plots.tokenizers import compression_dots

    labels = encodings.choices()

    def value(row: list[Compression], i: int) -> float:
        one = row[i]
        if measure == "bytes":
            return one.bytes_per_token
        if measure == "characters":
            return one.characters_per_token
        base = reference[i] if measure == "gpt2" else row[names.index("English")]
        return one.n_tokens / max(1, base.n_tokens)

    values = {
        labels.get(ref, ref): [value(row, i) for i in range(len(names))]
        for ref, row in table.items()
    }
    st.plotly_chart(
        compression_dots(
            names, values, MEASURES[measure], 1.0 if measure in {"gpt2", "english"} else None
        ),
        key="compression_chart",
        config={"displayModeBar": False},
        alt=f"{MEASURES[measure]} of each text in each tokenizer",
    )


def _words(measure: str) -> None:
    notes = {
        "bytes": "More is better. A byte for a token is the worst there is: no merge fits. Scripts "
        "that take two or three bytes a character look good here all too easily.",
        "characters": "More is better. Chinese or Korean write a syllable or a word with one "
        "character, so even a good vocabulary takes about one token for each.",
        "gpt2": "Left of the line is better than GPT-2's vocabulary, right of it is worse.",
        "english": "How many times as many tokens the same two sentences cost as in English, each "
        "vocabulary against itself. The fairest of these measures: what is said is the same.",
    }
    st.caption(notes[measure])


def _figures(names: list[str], table: dict[str, list[Compression]]) -> None:
    labels = encodings.choices()
    with st.expander("The figures, and where the texts come from", icon=":material/table:"):
        first = next(iter(table.values()))
        columns: dict[str, list] = {
            "Text": names,
            "Bytes": [sample.n_bytes for sample in first],
            "Characters": [sample.n_characters for sample in first],
        }
        for ref, row in table.items():
            columns[f"Tokens: {labels.get(ref, ref)}"] = [sample.n_tokens for sample in row]
        st.dataframe(columns, hide_index=True, key="compression_table")
        st.caption(
            "Languages: the conversations of chatterbot-corpus (BSD), as they lie on this "
            "machine; code: files of Python, jQuery and PyTorch; at most 40,000 characters of "
            "each. The two sentences were written for this lab."
        )
