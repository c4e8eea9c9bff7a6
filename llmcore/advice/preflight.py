"""Before Start: what a run will take on this machine, and what to change if it will not fit."""

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmcore import paths
from llmcore.config import ModelConfig, RunConfig, TrainConfig
from llmcore.device import available_memory_bytes, choose_precision
from llmcore.texts import bytes_in_words
from llmcore.train.footprint import Footprint, disk_bytes, footprint, micro_rows

CHINCHILLA = 20.0  # training tokens per parameter that use a budget best (Hoffmann et al. 2022)
MEASURED_STEPS = 3
MEASURED_SECONDS = 4.0  # no further step is begun after that
FREE_DISK = 200 << 20  # left for everything else
OVERHEAD = 1.1  # evaluations, samples and checkpoints on top of the steps
# Sustained floating-point operations per second and core in our training loop at these sizes:
# measured with a million parameters on two cores of a server processor while a browser watches.
FLOPS_PER_CORE = 3.0e10


@dataclass(slots=True, frozen=True)
class Problem:
    """Why a run will not fit, in one sentence, and the change that fixes it (may be empty)."""

    text: str
    change: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Preflight:
    """parameters; bytes of memory by part, available memory and disk; speed in tokens per second
    (None if it was not measured) and the whole run's seconds; tokens that the run reads."""

    parameters: int
    memory: Footprint
    available_bytes: int
    disk_bytes: int
    free_disk_bytes: int
    tokens: int
    tokens_per_s: float | None
    problems: list[Problem]

    @property
    def seconds(self) -> float | None:
        return None if not self.tokens_per_s else run_seconds(self.tokens, self.tokens_per_s)

    @property
    def tokens_per_parameter(self) -> float:
        return self.tokens / self.parameters

    @property
    def chinchilla_ratio(self) -> float:
        """1 if the run reads 20 tokens for each parameter."""
        return self.tokens_per_parameter / CHINCHILLA

    def memory_parts(self) -> dict[str, int]:
        """Bytes that sum to the peak of a step. Gradients grow while activations are given back,
        so `activations` is what the peak holds beside the three others."""
        memory = self.memory
        known = {
            "weights": memory.weights, "gradients": memory.gradients, "optimizer": memory.optimizer,
        }  # fmt: skip
        return {**known, "activations": memory.peak - sum(known.values())}

    @property
    def fits(self) -> bool:
        return not self.problems


def preflight(config: RunConfig, measure: bool = True, root: Path | None = None) -> Preflight:
    """Estimates for a run; with `measure`, also a few of its real steps on invented tokens.

    root: the folder that the run will be written to (default: the lab's runs).
    """
    model, train = config.model, config.train
    precision = choose_precision(train.precision, "cpu")
    memory = footprint(model, micro_rows(train), precision, head=config.kind == "pretrain")
    available = available_memory_bytes()
    needed, free = disk_bytes(model, train), _free_disk(root or paths.runs_dir())
    problems = [
        *_memory_problems(config, precision, memory, available),
        *_disk_problems(needed, free),
    ]
    tokens = train.steps * train.batch_size * model.context_length
    speed = measured_speed(config) if measure and not problems else None
    return Preflight(model.n_parameters(), memory, available, needed, free, tokens, speed, problems)


def run_seconds(tokens: int, tokens_per_s: float) -> float:
    """The whole run at that speed of its steps, with what is done between them."""
    return OVERHEAD * tokens / tokens_per_s


def guessed_speed(model: ModelConfig) -> float:
    """Tokens per second of training steps on this machine's cores, from the operations that a
    token takes: for where nothing was measured."""
    return FLOPS_PER_CORE * (os.cpu_count() or 1) / model.flops_per_token()


def measured_speed(config: RunConfig) -> float:
    """Tokens per second of real training steps of this shape on this machine, in a few seconds.

    A step that takes long is measured on a part of its batch.
    """
    import tempfile

    import numpy as np
    import torch

    from llmcore.nn.model import GPT
    from llmcore.tasks.pretraining import PretrainTask, TokenData
    from llmcore.tokenizers import builtin_tokenizer
    from llmcore.train.sinks import NullSink
    from llmcore.train.trainer import Trainer

    shape = config.model
    train = _short(config.train, shape.flops_per_token() * shape.context_length)
    ids = np.random.default_rng(0).integers(0, shape.vocab_size, 8 * (shape.context_length + 1))
    model = GPT(shape, torch.Generator().manual_seed(0))
    data = TokenData(ids, ids, len(ids))
    task = PretrainTask(model, builtin_tokenizer("bytes"), data, train, "cpu", "")
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(task, train, Path(folder))
        trainer.train_step(1, NullSink())  # allocates; not counted
        began, done = time.perf_counter(), 0
        while done < MEASURED_STEPS and time.perf_counter() - began < MEASURED_SECONDS:
            trainer.train_step(2 + done, NullSink())
            done += 1
        seconds = time.perf_counter() - began
    return done * train.batch_size * shape.context_length / seconds


def _short(train: TrainConfig, flops_per_row: int) -> TrainConfig:
    """The same step on so few rows that one takes about a second on a slow machine."""
    rows = max(1, min(micro_rows(train), round(5e10 / flops_per_row)))
    return train.with_(batch_size=rows, accumulation=1, steps=100, device="cpu")


def _memory_problems(
    config: RunConfig, precision: str, memory: Footprint, available: int
) -> list[Problem]:
    if memory.peak <= available:
        return []
    text = (
        f"The run needs about {bytes_in_words(memory.peak)} of memory but "
        f"{bytes_in_words(available)} are available: "
    )
    head = config.kind == "pretrain"
    rows = micro_rows(config.train)
    while rows > 1:
        rows //= 2
        if footprint(config.model, rows, precision, head).peak <= available:
            parts = -(-config.train.batch_size // rows)
            while config.train.batch_size % parts:
                parts += 1
            advice = (
                f"compute the batch in {parts} parts, which gives the same numbers more slowly."
            )
            return [Problem(text + advice, {"accumulation": parts})]
    states = memory.weights + memory.gradients + memory.optimizer
    what = "a smaller model" if states > available // 2 else "a shorter context"
    return [Problem(f"{text}choose {what}.")]


def _disk_problems(needed: int, free: int) -> list[Problem]:
    if needed + FREE_DISK <= free:
        return []
    return [Problem(
        f"The checkpoints take about {bytes_in_words(needed)} but {bytes_in_words(free)} are free "
        f"on the disk: delete runs that you no longer need, or choose a smaller model."
    )]  # fmt: skip


def _free_disk(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
