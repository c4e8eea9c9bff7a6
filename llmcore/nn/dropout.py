"""Dropout whose mask depends on (seed, step, micro-batch, place) and not on what ran before.

`F.dropout` draws from torch's one global stream, which every thread shares; a resumed run would
see other masks. Here each place has its own generator, set anew for each step, so a resumed run
is bit for bit the one that was never interrupted (Srivastava et al. 2014 for dropout itself).
"""

import hashlib

import torch
from torch import Tensor, nn


class KeyedDropout(nn.Module):
    """Zeroes a share of the channels while training and scales the rest up to the same mean."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self._generator: torch.Generator | None = None
        self._key = 0

    def set_key(self, key: int) -> None:
        self._key = key
        if self._generator is not None:
            self._generator.manual_seed(key)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0.0:
            return x
        if self._generator is None or self._generator.device != x.device:
            self._generator = torch.Generator(device=x.device)
            self._generator.manual_seed(self._key)
        keep = 1.0 - self.share
        mask = torch.empty_like(x).bernoulli_(keep, generator=self._generator)
        return x * mask.div_(keep)


def set_dropout_key(model: nn.Module, seed: int, step: int, micro: int = 0) -> None:
    """Fixes the masks of the next forward pass."""
    for place, module in enumerate(one for one in model.modules() if isinstance(one, KeyedDropout)):
        if module.share > 0.0:
            digest = hashlib.blake2b(f"{seed}/{step}/{micro}/{place}".encode(), digest_size=8)
            module.set_key(int.from_bytes(digest.digest(), "little") >> 1)
