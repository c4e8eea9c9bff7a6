"""Examples of many lengths as one batch: each in its own row, or several packed in a row.

Packed, a row holds examples end to end; each sees itself alone (a block-diagonal causal mask) and
counts its positions from 0, so the loss is the one of separate rows (Krell et al. 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llmcore.tasks.instruction_tokens import Example


@dataclass(slots=True, frozen=True)
class Rows:
    """A batch. Targets outside of answers are never computed: `learned` picks the places."""

    ids: Tensor  # (B, T)
    learned: Tensor  # (B, T) bool: the next token is a target
    targets: Tensor  # (M,) the targets at the learned places, in their order
    n_tokens: int  # true tokens, padding aside
    positions: Tensor | None = None  # (B, T)
    visible: Tensor | None = None  # (B, 1, T, T)


def padded(examples: Sequence[Example], fill: int, device: str) -> Rows:
    """One example a row, filled up on the right: attention looks left, so it is never seen."""
    return _rows([[example] for example in examples], fill, device)


def packed(examples: Sequence[Example], length: int, fill: int, device: str) -> Rows:
    """Several examples a row of at most `length` inputs, longest first into the first that fits."""
    rows: list[list[Example]] = []
    room: list[int] = []
    for example in sorted(examples, key=lambda example: len(example.ids), reverse=True):
        need = len(example.ids) - 1
        place = next((i for i, left in enumerate(room) if left >= need), None)
        if place is None:
            rows.append([example])
            room.append(length - need)
        else:
            rows[place].append(example)
            room[place] -= need
    batch = _rows(rows, fill, device)
    return batch if all(len(row) == 1 for row in rows) else _apart(batch, rows, device)


def _rows(rows: Sequence[Sequence[Example]], fill: int, device: str) -> Rows:
    """Rows of examples end to end; an example's inputs are its ids but the last, its targets its
    ids but the first."""
    width = max(sum(len(example.ids) - 1 for example in row) for row in rows)
    ids = np.full((len(rows), width), fill, dtype=np.int64)
    targets = np.full((len(rows), width), fill, dtype=np.int64)
    learned = np.zeros((len(rows), width), dtype=bool)
    n_tokens = 0
    for i, row in enumerate(rows):
        start = 0
        for example in row:
            end = start + len(example.ids) - 1
            ids[i, start:end] = example.ids[:-1]
            targets[i, start:end] = example.ids[1:]
            learned[i, start:end] = example.learned[1:]
            n_tokens += end - start
            start = end
    return Rows(
        ids=torch.from_numpy(ids).to(device),
        learned=torch.from_numpy(learned).to(device),
        targets=torch.from_numpy(targets[learned]).to(device),
        n_tokens=n_tokens,
    )


def _apart(batch: Rows, rows: Sequence[Sequence[Example]], device: str) -> Rows:
    """The same batch with positions and a mask that keep its examples apart."""
    B, T = batch.ids.shape
    number = np.full((B, T), -1, dtype=np.int64)  # of the example at each place; -1 is padding
    positions = np.zeros((B, T), dtype=np.int64)
    for i, row in enumerate(rows):
        start = 0
        for n, example in enumerate(row):
            end = start + len(example.ids) - 1
            number[i, start:end] = n
            positions[i, start:end] = np.arange(end - start)
            start = end
    same = number[:, :, None] == number[:, None, :]  # (B, T, T); padding sees padding
    visible = same & np.tril(np.ones((T, T), dtype=bool))
    return Rows(
        batch.ids, batch.learned, batch.targets, batch.n_tokens,
        positions=torch.from_numpy(positions).to(device),
        visible=torch.from_numpy(visible)[:, None].to(device),
    )  # fmt: skip
