"""A training step of llmcore beside transformers' GPT2LMHeadModel in a plain loop.

    python benchmarks/training_step.py [--vocab 4096 50257] [--d-model 256] [--n-layers 6]
        [--context 256] [--batch 8] [--rounds 9] [--bf16] [--json]

Both train the same shape on the same batches with fused AdamW, gradient clipping, no dropout and
the same number of threads. The two take turns, a few steps each, in one process; every figure is
a ratio of medians of those turns. `plain` is llmcore's model with the readable cross-entropy and
the C library's own memory handling. The share of the machine's rate counts 6 operations for each
parameter of a matrix and token, attention and head included, against matrix products of the
model's own shapes measured in the same turns.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

import numpy as np
import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from llmcore.config import ModelConfig, TrainConfig
from llmcore.nn.model import GPT
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.memory import kept_memory
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

TURN_STEPS = 3
Step = Callable[[int], None]


class PlainTask(PretrainTask):
    """The loss as it is written in books: all logits, then cross-entropy."""

    def loss(self, batch: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, dict]:
        ids, targets = batch
        return F.cross_entropy(self.model(ids).flatten(0, 1), targets.flatten()), {}


def our_step(kind: type[PretrainTask], shape: ModelConfig, train: TrainConfig, ids: np.ndarray,
             folder: Path) -> Step:  # fmt: skip
    data = TokenData(ids, ids, len(ids))
    model = GPT(shape, torch.Generator().manual_seed(0))
    task = kind(model, builtin_tokenizer("bytes"), data, train, "cpu", "")
    trainer = Trainer(task, train, folder)
    return lambda step: trainer.train_step(step, NullSink())


def their_step(shape: ModelConfig, train: TrainConfig, ids: np.ndarray) -> Step:
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=shape.vocab_size, n_positions=shape.context_length, n_embd=shape.d_model,
        n_layer=shape.n_layers, n_head=shape.n_heads, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, use_cache=False,
    )).train()  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=train.learning_rate, fused=True)
    length = shape.context_length

    def step(number: int) -> None:
        rng = np.random.default_rng(number)
        starts = rng.integers(0, len(ids) - length, train.batch_size)
        rows = torch.from_numpy(np.stack([ids[start : start + length] for start in starts]))
        with torch.autocast("cpu", torch.bfloat16, enabled=train.precision == "bf16"):
            loss = model(input_ids=rows, labels=rows).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), train.grad_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()

    return step


def matrix_rate(shape: ModelConfig, tokens: int, dtype: torch.dtype) -> float:
    """Operations per second of the products that a block is made of, forward and backward."""
    C = shape.d_model
    x, wide = torch.randn(tokens, C, dtype=dtype), torch.randn(tokens, 4 * C, dtype=dtype)
    up = torch.randn(4 * C, C, dtype=dtype)
    began = time.perf_counter()
    for _ in range(2):
        F.linear(x, up)  # forward
        wide @ up  # gradient of the input
        wide.T @ x  # gradient of the weight
    return 2 * 3 * 2 * tokens * C * 4 * C / (time.perf_counter() - began)


def operations(shape: ModelConfig, tokens: int) -> int:
    """Of one training step: matrices, attention's causal half, head."""
    return shape.flops_per_token() * tokens


def turn(step: Step, first: int) -> float:
    """Seconds of one step; the first of the turn is not counted."""
    step(first)
    began = time.perf_counter()
    for number in range(first + 1, first + 1 + TURN_STEPS):
        step(number)
    return (time.perf_counter() - began) / TURN_STEPS


def measure(shape: ModelConfig, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    train = TrainConfig(
        steps=10_000, batch_size=asked.batch, learning_rate=1e-4, patience=0,
        precision="bf16" if asked.bf16 else "fp32",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    ids = rng.integers(0, shape.vocab_size, 50_000).astype(np.int64)
    tokens = asked.batch * shape.context_length
    dtype = torch.bfloat16 if asked.bf16 else torch.float32
    contestants = {
        "transformers": (their_step(shape, train, ids), nullcontext),
        "llmcore plain": (our_step(PlainTask, shape, train, ids, folder / "plain"), nullcontext),
        "llmcore": (our_step(PretrainTask, shape, train, ids, folder / "fast"), kept_memory),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    rates = []
    for round_number in range(asked.rounds):
        rates.append(matrix_rate(shape, tokens, dtype))
        for name, (step, memory) in contestants.items():
            with memory():
                seconds[name].append(turn(step, 1 + round_number * (TURN_STEPS + 1)))
        print(f"round {round_number + 1}/{asked.rounds}", file=sys.stderr, flush=True)
    median = {name: statistics.median(own) for name, own in seconds.items()}
    rate = statistics.median(rates)
    return {
        "vocab_size": shape.vocab_size,
        "parameters": shape.n_parameters(),
        "precision": train.precision,
        "gflops_of_matrix_products": rate / 1e9,
        "table": [
            {
                "name": name,
                "tokens_per_s": tokens / median_s,
                "ratio": median["transformers"] / median_s,
                "share_of_matrix_rate": operations(shape, tokens) / median_s / rate,
            }
            for name, median_s in median.items()
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocab", type=int, nargs="+", default=[4096, 50_257])
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--n-layers", type=int, default=6)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = []
    for vocab_size in asked.vocab:
        shape = ModelConfig(
            vocab_size=vocab_size, context_length=asked.context, n_layers=asked.n_layers,
            n_heads=max(1, asked.d_model // 64), d_model=asked.d_model,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            results.append(measure(shape, asked, Path(folder)))
    if asked.json:
        print(json.dumps({"threads": torch.get_num_threads(), "results": results}))
        return
    for result in results:
        print(f"{result['vocab_size']:,} tokens in the vocabulary, {result['parameters']:,} "
              f"parameters, {result['precision']}, {torch.get_num_threads()} threads; matrix "
              f"products run at {result['gflops_of_matrix_products']:.0f} GFLOP/s")  # fmt: skip
        for row in result["table"]:
            print(f"  {row['name']:<14} {row['tokens_per_s']:8,.0f} tokens/s   "
                  f"{row['ratio']:.2f} x   {row['share_of_matrix_rate']:.0%} of it")  # fmt: skip


if __name__ == "__main__":
    main()
