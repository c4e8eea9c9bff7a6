"""What all views of the Attention page share: the chosen head and token, in the address as well.

`?head=L2H1&token=5`; until one is chosen, the strongest head on the text. They stay what they were
while views and pages change; a model with fewer heads, or a shorter text, shows its first head or
last token until the choice fits again.
"""

import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from ui.components import message
from ui.marked import plain
from ui.session import ATTENTION_HEAD, ATTENTION_TOKEN

if TYPE_CHECKING:
    from llmcore.config import ModelConfig
    from llmcore.interpret.attention import AttentionRecord
    from llmcore.models import Loaded

_CHANNEL = "lab_attention_channel"
MAX_TOKENS = 512


def chosen_head(config: "ModelConfig", record: "AttentionRecord | None" = None) -> tuple[int, int]:
    """(layer, head) that every view shows; also writes it into the address.

    record: of the text on the page; until a head is chosen, the strongest one there is shown."""
    from llmcore.interpret.ablation import HEAD, Part

    name = st.session_state.get(ATTENTION_HEAD, st.query_params.get("head"))
    if name is None:
        return strongest_head(record) if record is not None else (0, 0)
    st.session_state[ATTENTION_HEAD] = name
    try:
        part = Part.parse(str(name), config)
    except LabError:
        part = Part(0, HEAD, 0)
    if part.what != HEAD:
        part = Part(part.layer, HEAD, 0)
    if st.query_params.get("head") != part.name:
        st.query_params["head"] = part.name
    return part.layer, part.head


def strongest_head(record: "AttentionRecord") -> tuple[int, int]:
    """(layer, head) whose tokens look most at one single token, a mean over the text. The first
    token does not count: a head rests there where it has nothing to do."""
    if len(record.ids) < 3:
        return 0, 0
    # Layer by layer: the float32 copy of a long text's weights is large.
    looks = (layer[:, 2:, 1:].astype(np.float32) for layer in record.weights)  # (H, T - 2, T - 1)
    most = np.stack([look.max(-1).mean(-1) for look in looks])  # (L, H)
    layer, head = np.unravel_index(int(most.argmax()), most.shape)
    return int(layer), int(head)


def choose_head(layer: int, head: int) -> None:
    """For callbacks. What a component says is checked when it is read."""
    st.session_state[ATTENTION_HEAD] = st.query_params["head"] = f"L{layer}H{head}"


def chosen_token(n_tokens: int) -> int:
    """The position that every view looks from: the last one until another is chosen."""
    wanted = st.session_state.setdefault(ATTENTION_TOKEN, st.query_params.get("token"))
    try:
        at = int(str(wanted))
    except ValueError:
        at = n_tokens - 1
    if not 0 <= at < n_tokens:
        at = n_tokens - 1
    if at == n_tokens - 1:
        st.query_params.pop("token", None)
    elif st.query_params.get("token") != str(at):
        st.query_params["token"] = str(at)
    return at


def choose_token(token: int) -> None:
    st.session_state[ATTENTION_TOKEN] = str(token)


def two_numbers(given: Any) -> tuple[int, int] | None:
    """A pair of whole numbers at or above 0, as components tell heads and cells; else None."""
    if not isinstance(given, list) or len(given) != 2:
        return None
    if not all(isinstance(place, int) and 0 <= place < 10_000 for place in given):
        return None
    return given[0], given[1]


def pick_head(key: str) -> None:
    """The callback of a component that tells a head as [layer, head]."""
    if (head := two_numbers(message(key, "head"))) is not None:
        choose_head(*head)


def pick_token(key: str) -> None:
    """The callback of a component that tells a token."""
    if isinstance(token := message(key, "token"), int) and token >= 0:
        choose_token(token)


def pick_part(key: str) -> None:
    """The callback of a `part_grid` in which one head is chosen."""
    if isinstance(name := message(key, "part"), str):
        st.session_state[ATTENTION_HEAD] = name[:12]


def channel() -> str:
    """Name of the channel on which this session's pictures of the heads hear of each other."""
    return st.session_state.setdefault(_CHANNEL, f"lab-heads-{secrets.token_hex(8)}")


# A record of a long text takes tens of megabytes, which are shared and never copied.
@st.cache_resource(max_entries=3, show_spinner=False)
def record_of(key: str, text: str, _loaded: "Loaded") -> "AttentionRecord":
    """One forward pass; `key` names the checkpoint, so a better one of a live run is seen. A
    classifier reads the beginning of a long text, a language model its end."""
    from llmcore.interpret.attention import attend

    return attend(
        _loaded.trunk, _loaded.tokenizer, text, MAX_TOKENS, end=_loaded.kind != "classifier"
    )


def notice(found: "AttentionRecord") -> None:
    """Says if the text was cut."""
    notice_text(found.notice)


def notice_text(cut: str | None) -> None:
    if cut:
        st.info(plain(cut), icon=":material/content_cut:")
