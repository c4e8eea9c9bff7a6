"""A model that is sure of something, so that no tie decides, and one that says what it is told."""

import torch

from llmcore.config import ModelConfig
from llmcore.nn.model import GPT
from llmcore.tokenizers import builtin_tokenizer

TOKENIZER = builtin_tokenizer("bytes")
CONFIG = ModelConfig(vocab_size=300, context_length=16, n_layers=2, n_heads=2, d_model=32,
                     tied_head=False)  # fmt: skip


def sharp_model(**changes) -> GPT:
    model = GPT(CONFIG.with_(**changes), torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        model.head.weight.mul_(20)
    return model.requires_grad_(False)


class Parrot(GPT):
    """Says the UTF-8 bytes of `said` after a prompt of `behind` bytes, one a token, then ends.

    What it says depends on the position alone."""

    def __init__(self, said: str | bytes, behind: int = 1) -> None:
        super().__init__(CONFIG.with_(context_length=512))
        self.said = said.encode() if isinstance(said, str) else said
        self.behind = behind
        self.eval()

    def hidden(self, ids, cache=None):
        seen = cache.length if cache is not None else 0
        if cache is not None:
            cache.advance(ids.size(1))
        return seen + torch.arange(1.0, ids.size(1) + 1)[None, :, None]  # (1, T, 1): the position

    def unembed(self, hidden):
        logits = torch.zeros(*hidden.shape[:-1], 300)
        for row, length in zip(logits.view(-1, 300), hidden.reshape(-1), strict=True):
            turn = int(length) - self.behind
            spoken = self.said[turn : turn + 1]
            row[spoken[0] if spoken else TOKENIZER.eot_id] = 99.0
        return logits
