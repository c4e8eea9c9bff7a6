"""Layer by layer: what the model would say after each layer, and who wrote the last word."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.models import Loaded, Reference, resolve
from llmcore.plots.attention import next_token_bars
from llmcore.plots.interpret import lens_rows
from ui.attention.choice import (
    MAX_TOKENS,
    choose_token,
    chosen_token,
    notice_text,
    two_numbers,
)
from ui.attention.figures import figure, format_choice
from ui.attention.shares import attribution
from ui.components import message, packed, registered
from ui.marked import plain
from ui.page import guarded
from ui.picker import load_model
from ui.token_text import plain_label

if TYPE_CHECKING:
    from llmcore.interpret.lens import Lens

_ROW = "lab_attention_row"
SHADES = {
    "top": "Probability of the top token",
    "truth": "Rank of the true next token",
    "divergence": "Distance from the last layer",
}
SHADE_HELP = (
    "The top token: fuller where the layer is surer. The true next token: fuller where it stands "
    "higher, and fullest where it is first. Distance: fuller where the layer already says what "
    "the last one says."
)
HONEST = (
    "What this does not prove: the logit lens reads every layer with the last layer's eyes. That "
    "a word cannot be read yet does not mean that the layer does not hold it, and early layers of "
    "many models are not written for this reading at all. A share of a logit counts what a part "
    "wrote itself; what it wrote for later parts to use is counted as theirs."
)


def show(ref: str, text: str) -> None:
    """The logit lens, and the logit of one token taken apart."""
    model = resolve(ref)
    loaded = load_model(model)
    st.markdown(
        "**The logit lens.** Each layer adds to what the model knows of a token. Here the last "
        "norm and the output head read it after every layer, as if the model ended there. "
        "Underlined: the true next token is first. Click a cell for its whole list."
    )
    ids, cut = _ids(text, loaded)
    notice_text(cut)
    if loaded.kind == "classifier":
        st.caption(
            "This model was finetuned to classify, so its words are what is left of the model "
            "that it came from."
        )
    _read(model, text, len(ids))
    st.caption(HONEST)


def _ids(text: str, loaded: Loaded) -> tuple[list[int], str | None]:
    from llmcore.interpret.attention import text_ids

    end = loaded.labels is None
    return text_ids(loaded.trunk, loaded.tokenizer, text, MAX_TOKENS, end)


@st.cache_resource(max_entries=6, show_spinner=False)
def _lens(key: str, text: str, _loaded: Loaded) -> "Lens":
    from llmcore.interpret.lens import logit_lens

    return logit_lens(_loaded.trunk, _ids(text, _loaded)[0])


@st.fragment
def _read(model: Reference, text: str, n_tokens: int) -> None:
    loaded, key = load_model(model), model.key
    lens = _lens(key, text, loaded)
    ids, _ = _ids(text, loaded)
    n_layers = loaded.trunk.config.n_layers
    position = chosen_token(n_tokens)
    row = _chosen_row(n_layers)
    shade = st.segmented_control(
        "Colour by", list(SHADES), default="top", required=True, format_func=SHADES.__getitem__,
        key="attention_shade", persist_state="session", help=SHADE_HELP,
    )  # fmt: skip
    _table(lens, ids, loaded, shade, row, position)
    left, right = st.columns([5, 6], gap="large")
    with left:
        _cell(lens, loaded, row, position)
        format_choice()
    with right, guarded():
        attribution(key, text, ids, position, lens, loaded)


def _chosen_row(n_layers: int) -> int:
    """The row of the table that is chosen, the last one at first; `?row=` in the address."""
    try:
        row = int(str(st.session_state.setdefault(_ROW, st.query_params.get("row"))))
    except ValueError:
        row = n_layers
    row = row if 0 <= row <= n_layers else n_layers
    if row == n_layers:
        st.query_params.pop("row", None)
    else:
        st.query_params["row"] = str(row)
    return row


def _picked() -> None:
    if (cell := two_numbers(message("attention_lens", "cell"))) is not None:
        st.session_state[_ROW] = str(cell[0])
        choose_token(cell[1])


def _table(
    lens: "Lens", ids: list[int], loaded: Loaded, shade: str, row: int, position: int
) -> None:
    tops = lens.ids[:, :, 0]
    known, at = np.unique(np.concatenate([tops.ravel(), ids]), return_inverse=True)
    labels = [plain_label(loaded.tokenizer.token_bytes(int(token))) for token in known]
    own = at[tops.size :]
    header = {
        "rows": lens_rows(len(tops) - 1),
        "tokens": [labels[token] for token in own],
        "labels": labels,
        "chosen": [row, position],
    }
    registered("lens_table")(
        key="attention_lens",
        data=packed(
            header,
            at[: tops.size].astype("<u4").tobytes(),
            np.append(own[1:], 0).astype("<u4").tobytes(),
            _bytes(lens.probabilities[:, :, 0]),
            _bytes(_shades(lens, shade)),
            lens.truth_rank.astype("<u4").tobytes(),
        ),
        on_cell_change=_picked,
    )


def _shades(lens: "Lens", shade: str) -> np.ndarray:
    """0 to 1 for each cell, fuller for what SHADE_HELP says."""
    if shade == "truth":  # rank 1 is full; a rank of ten thousand is nothing
        return np.where(lens.truth_rank > 0, 1 - np.log10(np.maximum(lens.truth_rank, 1)) / 4, 0)
    if shade == "divergence":
        return np.exp(-lens.divergence / 2)
    return lens.probabilities[:, :, 0]


def _bytes(shares: np.ndarray) -> bytes:
    return np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8).tobytes()


def _cell(lens: "Lens", loaded: Loaded, row: int, position: int) -> None:
    name = lens_rows(loaded.trunk.config.n_layers)[row]
    st.markdown(f"**What it says after {plain(name)}, at token {position}**")
    labels = [loaded.tokenizer.token_label(int(token_id)) for token_id in lens.ids[row, position]]
    figure(
        next_token_bars(labels, lens.probabilities[row, position].tolist()),
        "attention_lens_cell",
        f"logit-lens-{name.replace(' ', '-')}-token-{position}",
        "The likeliest next tokens at the chosen layer and token",
    )
    rank = int(lens.truth_rank[row, position])
    truth = "This is the last token, so no true next token is known."
    if rank:
        truth = (
            f"The true next token has rank {rank:,} here, with "
            f"{lens.truth_probability[row, position]:.2%}."
        )
    bits = lens.entropy[row, position] / np.log(2)
    st.caption(
        f"{truth} Entropy {bits:.1f} bits; {lens.divergence[row, position]:.2f} nats (KL) from "
        f"what the last layer says."
    )
