"""How much memory and disk a training run takes, from its shape alone. Imports no torch.

The counts follow the code: what `llmcore.nn.model` keeps for its backward pass, the buffers of the
chunked cross-entropy (`llmcore.nn.loss`), AdamW's two moments. tests/train/test_footprint.py holds
them against the measured peak of a process.
"""

from dataclasses import dataclass

from llmcore.config import ModelConfig, TrainConfig

FLOAT, HALF = 4, 2
# Numbers that a block keeps for each token and channel until its backward pass: the residual
# stream twice (each norm's input), two normalised copies, q k v, attention's outcome twice, and
# 4 + 4 inside the feed-forward. Under bf16 all but the residual stream and the norms are halves.
KEPT_PER_BLOCK = 18
KEPT_PER_BLOCK_BF16 = 11
KEPT_PER_DROPOUT = 1  # a mask; two places in a block, one after the embedding
AROUND_BLOCKS = 19  # embedding, last norm, and what one block's backward pass takes at a time
AROUND_BLOCKS_BF16 = 10
CHUNK_BYTES, MIN_CHUNK_ROWS = 4 << 20, 256  # as in llmcore.nn.loss, which imports torch
HEAP = 1.1  # what an allocator wastes between tensors of many sizes


@dataclass(slots=True, frozen=True)
class Footprint:
    """Bytes at the peak of a training step, by what they hold."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    loss: int

    @property
    def peak(self) -> int:
        """Activations shrink during the backward pass while the gradients grow: the larger of
        the two ends counts."""
        states = self.weights + self.optimizer
        largest = max(self.activations + self.loss, self.gradients + self.loss)
        return round(HEAP * (states + largest))


def footprint(
    model: ModelConfig, rows: int, precision: str = "fp32", head: bool = True
) -> Footprint:
    """Of one micro-batch of `rows` sequences; head: a language model's loss comes on top."""
    N, C, V = model.n_parameters(), model.d_model, model.vocab_size
    tokens = rows * model.context_length
    bf16 = precision == "bf16"
    exact, in_half = _kept_by_other_parts(model)
    per_block = (KEPT_PER_BLOCK_BF16 if bf16 else KEPT_PER_BLOCK) + exact
    per_block += in_half * (HALF / FLOAT if bf16 else 1.0)
    around = AROUND_BLOCKS_BF16 if bf16 else AROUND_BLOCKS
    if model.dropout > 0.0:
        per_block += 2 * KEPT_PER_DROPOUT
        around += KEPT_PER_DROPOUT
    return Footprint(
        weights=N * (FLOAT + HALF if bf16 else FLOAT),
        gradients=FLOAT * N,
        optimizer=2 * FLOAT * N,
        activations=round(FLOAT * tokens * C * (model.n_layers * per_block + around)),
        loss=_loss_bytes(tokens, C, V, bf16) if head else 0,
    )


def _kept_by_other_parts(model: ModelConfig) -> tuple[float, float]:
    """What a block keeps for each token and channel beyond GPT-2's: always in fp32, and in the
    precision of the products."""
    exact, in_half = 0.0, 0.0
    if model.norm == "rms":
        exact += 2  # each norm's copy before its scale
    if model.feed_forward == "swiglu":
        in_half += 4 * model.d_feed_forward / model.d_model - 8  # gate, value, opened gate, both
    grouped, rotary = model.n_kv_heads > 0, model.position == "rope"
    if grouped and rotary:
        pass  # q turned, k and v repeated: as much again as q k v, which are let go
    elif grouped:  # q k v, narrower, and k and v repeated
        in_half += model.d_qkv / model.d_model + 2 - 3
    elif rotary:  # q and k turned, in fp32 on the way, beside q k v, of which v is a part
        exact += 2.5
    return exact, in_half


def _loss_bytes(tokens: int, C: int, V: int, bf16: bool) -> int:
    """One chunk of logits (three kinds of it under bf16), the head's gradient and the dense one
    of the embedding that it shares its weights with."""
    chunk = min(tokens, max(MIN_CHUNK_ROWS, CHUNK_BYTES // (FLOAT * V))) * V
    if bf16:
        return 3 * FLOAT * chunk + (HALF + HALF + FLOAT) * V * C
    return FLOAT * chunk + 2 * FLOAT * V * C


def micro_rows(train: TrainConfig) -> int:
    """Sequences that are in memory at once."""
    return -(-train.batch_size // train.accumulation)


def disk_bytes(model: ModelConfig, train: TrainConfig) -> int:
    """What a finished run's checkpoints take: the latest and the best whole (weights and two
    moments), one more while it is written, and half-precision snapshots at log-spaced steps and
    every `snapshot_every`."""
    N = model.n_parameters()
    every = train.snapshot_every
    spread = [step for step in _round_steps(train.steps) if not every or step % every]
    snapshots = len(spread) + (train.steps // every if every else 0)
    return 3 * 3 * FLOAT * N + snapshots * HALF * N


def _round_steps(steps: int) -> list[int]:
    return [d * 10**k for k in range(12) for d in (1, 2, 5) if d * 10**k <= steps]
