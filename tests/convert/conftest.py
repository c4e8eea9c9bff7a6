"""Small random models of transformers, saved as it saves them: the independent side of a test."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch


@pytest.fixture(scope="session")
def transformers() -> Any:
    """The package, without its progress bars and warnings about tiny vocabularies."""
    package = pytest.importorskip("transformers")
    package.utils.logging.disable_progress_bar()
    package.utils.logging.set_verbosity_error()
    logging.getLogger("transformers").setLevel(logging.CRITICAL)
    return package


MakeHF = Callable[..., Any]
SMALL = {"vocab_size": 300, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3}


@pytest.fixture
def make_hf(transformers: Any) -> MakeHF:
    """`make_hf(directory, n_head=3)` saves a random GPT-2 there and returns it in eval mode.

    kind: the class of transformers. save: arguments of `save_pretrained`.
    """

    def make(
        directory: Path, kind: str = "GPT2LMHeadModel", save: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Any:  # fmt: skip
        torch.manual_seed(0)
        config = transformers.GPT2Config(**{**SMALL, **settings})
        config.pad_token_id = config.eos_token_id = config.bos_token_id = config.vocab_size - 1
        model = getattr(transformers, kind)(config).eval()
        with torch.no_grad():  # fresh models have zero biases and unit norms, which hide mistakes
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(0.1 * torch.randn(parameter.shape))
        model.save_pretrained(directory, **(save or {}))
        return model

    return make
