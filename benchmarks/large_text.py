"""A corpus larger than memory ought to be: prepared once into shards, then read by position.

    python benchmarks/large_text.py [--megabytes 256 1024] [--steps 40] [--json]

Makes text files of these sizes from the lines of the built-in corpora in random order, prepares
each with GPT-2's tokenizer, and trains a few steps from the shards and from an array in memory, in
turns. Prints tokens per second of the preparation, the peak memory of its largest process, and the
step's time from shards over that from memory (medians). The shards' pages are dropped from the
system's cache before each turn where the system allows it.
"""

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

import torch

from llmcore.config import ModelConfig, TrainConfig
from llmcore.data import load_corpus
from llmcore.data.shards import ShardedIds, Shards, prepare_shards
from llmcore.nn.model import GPT
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

SHAPE = ModelConfig(vocab_size=50_257, context_length=256, n_layers=2, n_heads=4, d_model=128)
TRAIN = TrainConfig(steps=100_000, batch_size=8, device="cpu", patience=0)
TURNS = 5


def write_text(path: Path, n_bytes: int) -> None:
    """Lines of the built-in corpora, each time in another order."""
    lines = [
        line
        for name in ("shakespeare", "messages", "conversations")
        for document in load_corpus(name).documents
        for line in document.splitlines()
        if line.strip()
    ]
    rng = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        written = 0
        while written < n_bytes:
            rng.shuffle(lines)
            for line in lines:
                written += file.write(line + "\n")
                if written >= n_bytes:
                    break


def prepare(text: Path, folder: Path) -> dict[str, Any]:
    """In a process of its own, so that its memory and its children's can be measured alone."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_prepare, text, folder).result()


def _prepare(text: Path, folder: Path) -> dict[str, Any]:
    tokenizer = builtin_tokenizer("gpt2")
    peaks_mb = [0.0]

    def look(*_: int) -> None:
        """At this process and at those that encode, while they still live."""
        encoders = [child.pid for child in multiprocessing.active_children()]
        peaks_mb.extend(_status_mb("VmHWM", pid) for pid in ("self", *encoders))

    began = time.perf_counter()
    shards = prepare_shards(text, tokenizer, folder, progress=look)
    seconds = time.perf_counter() - began
    tokens = len(shards.train) + len(shards.validation)
    return {"tokens": tokens, "seconds": seconds, "peak_mb": max(peaks_mb)}


def step_ratio(shards: Shards, steps: int) -> tuple[float, float, float]:
    """Median seconds of a step from shards and from memory, and the MB of memory that no file
    stands behind (RssAnon) by which the process grew meanwhile."""
    in_memory = shards.train[: min(len(shards.train), 20_000_000)]
    trainers = {
        "shards": _trainer(TokenData(shards.train, shards.validation, 1)),
        "memory": _trainer(TokenData(in_memory, in_memory, 1)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in trainers}
    number = 1
    for trainer in trainers.values():
        trainer.train_step(number, NullSink())  # allocates; not counted
    before = _status_mb("RssAnon")
    for _ in range(TURNS):
        for name, trainer in trainers.items():
            if name == "shards":
                _forget(shards.train)
            for _ in range(max(1, steps // TURNS)):
                number += 1
                began = time.perf_counter()
                trainer.train_step(number, NullSink())
                seconds[name].append(time.perf_counter() - began)
    grown = _status_mb("RssAnon") - before
    return statistics.median(seconds["shards"]), statistics.median(seconds["memory"]), grown


def _trainer(data: TokenData) -> Trainer:
    model = GPT(SHAPE, torch.Generator().manual_seed(0))
    return Trainer(PretrainTask(model, builtin_tokenizer("gpt2"), data, TRAIN, "cpu", ""), TRAIN,
                   None)  # fmt: skip


def _forget(ids: ShardedIds) -> None:
    """Drops the files from the system's cache, as if memory were needed for something else."""
    if not hasattr(os, "posix_fadvise"):
        return
    ids._maps.clear()
    for path in ids._paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _status_mb(name: str, process: int | str = "self") -> float:
    """A line of the process's status (Linux), in MB. VmHWM is its own peak: ru_maxrss would begin
    with the size of the process that started it."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--megabytes", nargs="+", type=int, default=[256, 1024])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = []
    for size in asked.megabytes:
        with tempfile.TemporaryDirectory() as name:
            text, folder = Path(name) / "text.txt", Path(name) / "shards"
            write_text(text, size * 1_000_000)
            made = prepare(text, folder)
            shards = prepare_shards(text, builtin_tokenizer("gpt2"), folder)  # only opens them
            sharded, memory, grown = step_ratio(shards, asked.steps)
        results.append({
            "megabytes": size, "tokens": made["tokens"],
            "tokens_per_s": round(made["tokens"] / made["seconds"]),
            "seconds": round(made["seconds"], 1), "peak_mb": round(made["peak_mb"]),
            "step_seconds": round(sharded, 4), "step_ratio": round(sharded / memory, 3),
            "grown_mb": round(grown, 1),
        })  # fmt: skip
        one = results[-1]
        print(
            f"{size:,} MB: {one['tokens']:,} tokens in {one['seconds']} s, "
            f"{one['tokens_per_s']:,} tokens/s, largest process {one['peak_mb']} MB; a step from "
            f"shards takes {one['step_ratio']} times one from memory, training grew by "
            f"{one['grown_mb']} MB",
            file=sys.stderr if asked.json else sys.stdout, flush=True,
        )  # fmt: skip
    if asked.json:
        print(json.dumps({"sizes": results}))


if __name__ == "__main__":
    main()
