"""Direct logit attribution: how much of a token's logit each part of the model wrote."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from ui.attention.figures import figure
from ui.marked import Markdown
from ui.page import plain
from ui.state import well_formed
from ui.token_text import plain_label

if TYPE_CHECKING:
    from llmcore.interpret.lens import Lens, LogitShares, Share
    from llmcore.models import Loaded

N_BARS = 12
NOBODY, OTHER = "nothing", "another"
_NAMES = {
    "embedding": "token embedding", "position": "position embedding",
    "bias": "last norm's bias",
}  # fmt: skip


def attribution(
    key: str, text: str, ids: list[int], position: int, lens: "Lens", loaded: "Loaded"
) -> None:
    """The choice of a token, and its logit as a sum of parts."""
    st.markdown(f"**Who wrote the logit, at token {position}**")
    one, two = st.columns(2)
    known = [int(token) for token in lens.ids[-1, position]]
    if position + 1 < len(ids) and ids[position + 1] not in known:
        known.append(ids[position + 1])
    with one:
        token = _token_choice("This token", known, "attention_share_token", loaded)
    with two:
        against = _token_choice("against", known, "attention_share_against", loaded, nobody=True)
    if token is None:
        return
    found = _shares(key, text, position, token, against, tuple(ids), loaded)
    _bars(found)
    _map(found, loaded)
    name = plain(_label(loaded, token))
    what = f"the logit of **{name}**"
    if against is not None:
        what += f" minus that of **{plain(_label(loaded, against))}**"
    st.caption(
        f"All shares add up to {found.total:.4f}; {what} is {found.logit:.4f}. The last norm is "
        f"held at the scale that it had here. A logit alone means little, since only differences "
        f"count: choose a second token to see who prefers one to the other."
    )


def _token_choice(
    label: Markdown, known: list[int], key: str, loaded: "Loaded", nobody: bool = False
) -> int | None:
    """One of the likeliest tokens, or one that is typed."""
    options: list[int | str] = [*([NOBODY] if nobody else []), *known, OTHER]
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    chosen = st.selectbox(
        label, options, key=key, persist_state="session",
        format_func=lambda token: (
            _label(loaded, token) if isinstance(token, int) else
            "no other token" if token == NOBODY else "type one …"
        ),
    )  # fmt: skip
    if chosen == NOBODY:
        return None
    if chosen != OTHER:
        return int(chosen)
    typed = well_formed(
        st.text_input(
            "Token", key=f"{key}_typed", max_chars=60, persist_state="session",
            help="With its blank, if it has one: ' the' and 'the' are two tokens.",
        )
        or ""
    )  # fmt: skip
    if not typed:
        return None
    found = loaded.tokenizer.encode(typed)
    if len(found) != 1:
        pieces = " | ".join(_label(loaded, item) for item in found)
        raise LabError(f"That is {len(found)} tokens ({pieces}), not one: type one of them.")
    return found[0]


@st.cache_data(max_entries=64, show_spinner=False)
def _shares(
    key: str, text: str, position: int, token: int, against: int | None,
    _ids: tuple[int, ...], _loaded: "Loaded",
) -> "LogitShares":  # fmt: skip
    from llmcore.interpret.lens import logit_shares

    return logit_shares(_loaded.trunk, _ids, position, token, against)


def _bars(found: "LogitShares") -> None:
    from llmcore.plots.interpret import share_bars

    ranked = sorted(found.shares, key=lambda share: -abs(share.value))
    names = [_name(share) for share in ranked[:N_BARS]]
    values = [share.value for share in ranked[:N_BARS]]
    if rest := ranked[N_BARS:]:
        names.append(f"the other {len(rest)}")
        values.append(sum(share.value for share in rest))
    figure(
        share_bars(names, values), "attention_shares", "logit-attribution",
        "Shares of the logit by part",
    )  # fmt: skip


def _map(found: "LogitShares", loaded: "Loaded") -> None:
    from llmcore.plots.interpret import part_map

    config = loaded.trunk.config
    values = np.zeros((config.n_layers, config.n_heads + 1))
    for share in found.shares:
        if share.kind in ("head", "mlp"):
            values[share.layer, share.head if share.kind == "head" else -1] = share.value
    columns = [*(f"H{head}" for head in range(config.n_heads)), "MLP"]
    figure(
        part_map(values, columns, "of the logit"), "attention_share_map",
        "logit-attribution-by-layer", "Shares of the logit by layer, head and MLP",
    )  # fmt: skip


def _name(share: "Share") -> str:
    if share.kind == "head":
        return f"L{share.layer}H{share.head}"
    if share.kind == "mlp":
        return f"L{share.layer} MLP"
    if share.kind == "bias" and share.layer >= 0:
        return f"L{share.layer} attention bias"
    return _NAMES[share.kind]


def _label(loaded: "Loaded", token: int) -> str:
    return plain_label(loaded.tokenizer.token_bytes(token))
