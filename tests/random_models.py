"""Small random models of the lab, as `models.load` would give them."""

import torch
from tiny import TEXT

from llmcore.config import ModelConfig
from llmcore.models import Loaded
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.tokenizers import train_bpe

TOKENIZER = train_bpe([TEXT], 300)
SHAPE = ModelConfig(
    vocab_size=300, context_length=32, n_layers=2, n_heads=3, d_model=24, dropout=0.1
)


def loaded(labels=None, reads_layers=False, **changes) -> Loaded:
    """A random model with its numbers far from their fresh values."""
    generator = torch.Generator().manual_seed(3)
    model = GPT(SHAPE.with_(**changes), generator)
    if labels:
        model = SequenceClassifier(model, len(labels), generator, reads_layers)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    model.eval().requires_grad_(False)
    return Loaded("key", "my-run", model, TOKENIZER, labels, 7, {"name": "My run"})
