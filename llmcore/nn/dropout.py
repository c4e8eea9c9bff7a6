"""Dropout whose mask depends on (seed, step, sample, place) and not on what ran before.

`F.dropout` draws from torch's one global stream, which every thread shares; a resumed run would
see other masks. Here the mask of each row of a batch is keyed by the number of its sample in the
whole batch, so a resumed run is bit for bit the one that was never interrupted, and a batch that
is cut into micro-batches, or shared out among processes, is dropped alike (Srivastava et al. 2014
for dropout itself).
"""

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_SPREAD = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: neighbouring samples get distant seeds
_SEED_MASK = (1 << 63) - 1


class KeyedDropout(nn.Module):
    """Zeroes a share of the channels while training and scales the rest up to the same mean."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self._generator: torch.Generator | None = None
        self._key = 0
        self._samples: Sequence[int] | None = None

    def set_key(self, key: int, samples: Sequence[int] | None = None) -> None:
        """samples: the number of each row in the whole batch; None counts the rows from zero."""
        self._key, self._samples = key, samples

    def forward(self, x: Tensor) -> Tensor:
        """(B, …) -> (B, …). A row's mask is drawn in the order of its elements, so padding at a
        row's end changes nothing before it."""
        if not self.training or self.share == 0.0:
            return x
        if self._generator is None or self._generator.device != x.device:
            self._generator = torch.Generator(device=x.device)
        keep = 1.0 - self.share
        mask = torch.empty_like(x)
        samples = range(len(x)) if self._samples is None else self._samples
        for row, sample in zip(mask, samples, strict=True):
            self._generator.manual_seed((self._key + sample * _SPREAD) & _SEED_MASK)
            row.bernoulli_(keep, generator=self._generator)
        return x * mask.div_(keep)


def set_dropout_key(
    model: nn.Module, seed: int, step: int, samples: Sequence[int] | None = None
) -> None:
    """Fixes the masks of the next forward pass, whose rows are the given samples of the batch."""
    for place, module in enumerate(
        module for module in model.modules() if isinstance(module, KeyedDropout)
    ):
        if module.share > 0.0:
            digest = hashlib.blake2b(f"{seed}/{step}/{place}".encode(), digest_size=8)
            module.set_key(int.from_bytes(digest.digest(), "little"), samples)
