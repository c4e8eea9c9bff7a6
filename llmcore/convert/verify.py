"""Do two models say the same? Fixed ids, the largest difference of logits, and what is allowed."""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT

PROBE_LENGTH = 128  # tokens of each of the two probe texts, if the context allows
TOLERANCE = 1e-4  # for logits up to 1; larger ones carry as much more rounding


def probe_ids(model: GPT | SequenceClassifier) -> Tensor:
    """Ids (2, T) that are the same for every model of one shape."""
    config = model.trunk.config if isinstance(model, SequenceClassifier) else model.config
    shape = (2, min(PROBE_LENGTH, config.context_length))
    generator = torch.Generator().manual_seed(0)
    return torch.randint(config.vocab_size, shape, generator=generator)


def probe_logits(model: GPT | SequenceClassifier) -> Tensor:
    """Logits of the probe: (2, T, V), or a classifier's (2, K)."""
    ids = probe_ids(model)
    with torch.no_grad():
        if isinstance(model, SequenceClassifier):
            return model(ids, torch.full((len(ids),), ids.size(1)))
        return model(ids)


def largest_difference(one: Tensor, other: Tensor) -> float:
    """max |one - other|; infinite if the shapes differ or a number is no number."""
    if one.shape != other.shape:
        return float("inf")
    difference = (one.float() - other.float()).abs().max().item()
    return difference if difference == difference else float("inf")


def allowed_difference(logits: Tensor) -> float:
    return TOLERANCE * max(1.0, logits.abs().max().item())


def reference_logits(directory: Path, ids: Tensor, classifier: bool) -> Tensor | None:
    """The logits that transformers computes from a Hugging Face directory, in fp32; None if
    that package is not installed. A classifier reads the last id, whatever it is."""
    if find_spec("transformers") is None:
        return None
    from transformers import AutoModelForCausalLM, GPT2ForSequenceClassification
    from transformers.utils import logging as its_logging

    its_logging.set_verbosity_error()
    its_logging.disable_progress_bar()
    kind = GPT2ForSequenceClassification if classifier else AutoModelForCausalLM
    model = kind.from_pretrained(directory, dtype=torch.float32, local_files_only=True).eval()
    with torch.no_grad():
        if classifier:
            hidden = model.transformer(ids).last_hidden_state[:, -1]  # (2, C)
            return model.score(hidden)
        return model(ids).logits
