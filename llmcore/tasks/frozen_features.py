"""The frozen trunk runs once: what it makes of each text is kept from epoch to epoch.

If only the head or the last block learns, all that is below gives a text the same numbers in
every epoch. An epoch of L blocks forward then costs one block (or none) forward and backward.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from llmcore.nn.classifier import SequenceClassifier
from llmcore.tasks.texts import Texts, pad

MAX_BYTES = 1 << 30
GROUP_TEXTS = 32  # texts that go through the frozen part together
PASS_BYTES = 256 << 20  # of what the layers give for texts that go through them together
MAX_PADDING = 1 / 8  # of the longest text of a group, at most


class FrozenFeatures(Texts):
    """Texts whose frozen part is computed when first read and kept up to a number of bytes.

    `logits` are those of `Texts` up to rounding, as long as the frozen weights do not change,
    and dropout masks are exactly the same: a batch is padded to the same shape, and the places that
    drop are numbered over the whole model.

    Which texts are kept, and which ones are computed together, is settled beforehand and not by
    what is read first, so a resumed run rounds as the one that was never interrupted.
    """

    def __init__(
        self,
        model: SequenceClassifier,
        ids: Sequence[np.ndarray],
        fill: int,
        device: str,
        max_bytes: int = MAX_BYTES,
        pass_bytes: int = PASS_BYTES,
    ) -> None:
        """max_bytes: of features that are kept. pass_bytes: of what the frozen layers give for
        texts that go through them together; a single text may take more."""
        super().__init__(model, ids, fill, device)
        self._group_of: dict[int, np.ndarray] = {}  # for each text that is kept
        self._rows: dict[int, Tensor] = {}  # text -> (C,) or (T, C), once it was computed
        self.n_bytes = 0  # that the kept ones take in the end
        self._n_tokens = pass_bytes // token_bytes(model)
        # Those that go through the model together.
        self.groups = similar_lengths(self.lengths, self._n_tokens)
        for group in self.groups:
            n_bytes = self._group_bytes(group)
            if self.n_bytes + n_bytes <= max_bytes:
                self.n_bytes += n_bytes
                self._group_of.update(dict.fromkeys(group.tolist(), group))

    @property
    def keeps_all(self) -> bool:
        """Whether all texts fit in the bytes that were allowed."""
        return len(self._group_of) == len(self.ids)

    def _group_bytes(self, group: np.ndarray) -> int:
        shape = self.model.feature_shape(int(self.lengths[group].max()))
        size = self.model.classifier_head.weight.element_size()
        return len(group) * math.prod(shape) * size

    def logits(self, indices: np.ndarray) -> Tensor:
        lengths = torch.from_numpy(self.lengths[indices]).to(self.device)  # (B,)
        return self.model.learning_part(self.features(indices).to(self.device), lengths)

    def features(self, indices: np.ndarray) -> Tensor:
        """What the learning part reads: (B, C), or (B, T, C) padded on the right with zeros."""
        for i in indices.tolist():
            if i in self._group_of and i not in self._rows:
                self._rows.update(self._computed(self._group_of[i]))
        beyond = [i for i in indices.tolist() if i not in self._group_of]
        fresh: dict[int, Tensor] = {}
        for group in similar_lengths(self.lengths[beyond], self._n_tokens) if beyond else []:
            fresh.update(self._computed(np.array(beyond)[group]))
        rows = [fresh[i] if i in fresh else self._rows[i] for i in indices.tolist()]
        return pad_sequence(rows, batch_first=True)

    def take(self, indices: np.ndarray) -> Tensor:
        """`features` of texts that are needed no more, so that they are not held twice."""
        taken = self.features(indices)
        for i in indices.tolist():
            self._rows.pop(i, None)
        return taken

    def _computed(self, texts: np.ndarray) -> dict[int, Tensor]:
        """Each text's features (C,) or (T, C), in main memory wherever the model is.

        Always in full precision: what a bf16 run trains on is also what it is validated on."""
        ids, lengths = pad([self.ids[i] for i in texts], self.fill, self.device)
        with torch.no_grad(), torch.autocast(ids.device.type, enabled=False):
            features = self.model.frozen_part(ids, lengths).cpu()
        shapes = [self.model.feature_shape(int(self.lengths[i])) for i in texts]
        return {
            int(i): row[: shape[0]]
            for i, row, shape in zip(texts, features, shapes, strict=True)
        }  # fmt: skip


class FeatureView(Texts):
    """Some texts of shared features, for its own model whose frozen part is the same."""

    def __init__(
        self, shared: FrozenFeatures, model: SequenceClassifier, numbers: np.ndarray
    ) -> None:
        """numbers (N,): which texts of `shared`."""
        super().__init__(model, [shared.ids[i] for i in numbers], shared.fill, shared.device)
        self._shared, self._numbers = shared, numbers

    def logits(self, indices: np.ndarray) -> Tensor:
        lengths = torch.from_numpy(self.lengths[indices]).to(self.device)  # (B,)
        features = self._shared.features(self._numbers[indices]).to(self.device)
        return self.model.learning_part(features, lengths)


def token_bytes(model: SequenceClassifier) -> int:
    """What the layers of the trunk give for one token: one layer's outputs, and the states of all
    layers if the head reads them."""
    config = model.trunk.config
    states = config.d_model * (config.n_layers + 1 if model.reads_layers else 2)
    return 4 * (sum(width for _, width in config.linear_shapes().values()) + states)


def similar_lengths(lengths: np.ndarray, n_tokens: int) -> list[np.ndarray]:
    """Numbers of texts of lengths (N,), longest first, in groups of at most GROUP_TEXTS in which
    no text is padded by more than MAX_PADDING of the longest, and which have at most `n_tokens`
    with their padding; a text that is longer is alone.

    >>> [group.tolist() for group in similar_lengths(np.array([4, 16, 15, 4, 8]), 40)]
    [[1, 2], [4], [0, 3]]
    """
    groups: list[list[int]] = []
    for i in np.argsort(-lengths, kind="stable").tolist():
        fits = (
            groups
            and len(groups[-1]) < GROUP_TEXTS
            and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= n_tokens
            and lengths[i] >= (1 - MAX_PADDING) * lengths[groups[-1][0]]
        )
        if fits:
            groups[-1].append(i)
        else:
            groups.append([i])
    return [np.array(group) for group in groups]
