"""Passages of held-out text on which parts are switched off, and what parts add there."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError

if TYPE_CHECKING:
    from torch import Tensor

    from llmcore.interpret.ablation import Means
    from llmcore.models import Loaded

N_WINDOWS, LENGTH = 6, 64


@st.cache_resource(max_entries=8, show_spinner=False)
def test_ids(key: str, _loaded: "Loaded") -> "Tensor | None":
    """int64 (N_WINDOWS, LENGTH), or shorter as the context is; None if there is no such text
    on this machine."""
    import torch

    from llmcore.tasks.head_types import text_ids

    config = _loaded.trunk.config
    ids = text_ids(_loaded.tokenizer, min(LENGTH, config.context_length), N_WINDOWS, seed=0)
    if ids is None or int(ids.max()) >= config.vocab_size:
        return None
    return torch.from_numpy(ids.astype("int64")).to(next(_loaded.trunk.parameters()).device)


@st.cache_resource(max_entries=8, show_spinner=False)
def _means(key: str, _loaded: "Loaded") -> "Means":
    from llmcore.interpret.ablation import mean_outputs

    ids = test_ids(key, _loaded)
    if ids is None:
        raise LabError(
            "The mean needs the built-in Shakespeare, which is not on this machine: choose zero."
        )
    return mean_outputs(_loaded.trunk, ids)


def means_of(key: str, how: str, loaded: "Loaded") -> "Means | None":
    """What replaces parts that are off: None for zero. Raises LabError without a text."""
    return _means(key, loaded) if how == "mean" else None
