"""What checkpoints cost a run at a preset's own intervals.

    python benchmarks/checkpointing.py [--preset tiny small base] [--intervals 3] [--json]

Trains each preset on Shakespeare for some of its checkpoint intervals, from the second on (the
first steps save more snapshots than any later ones), and prints the share of the run's time that
went into saving: whole checkpoints, of every improved validation too, snapshots and pruning.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

from llmcore.execution.launch import run_foreground
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.train import trainer


class Stopwatch:
    """Sums what the wrapped functions take, from the first step on that is counted."""

    def __init__(self) -> None:
        self.seconds, self.n, self.counts = 0.0, 0, False

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                if self.counts:
                    self.seconds += time.perf_counter() - began
                    self.n += 1

        return timed


def measure(preset: str, intervals: int) -> dict[str, Any]:
    config = plan_pretrain("shakespeare", preset=preset)
    every = config.train.checkpoint_every
    train = replace(config.train, steps=every * (intervals + 1), patience=0)
    saving, began = Stopwatch(), [0.0]
    plain = (trainer.save_checkpoint, trainer.checkpoint_index.prune)
    trainer.save_checkpoint = saving.around(plain[0])
    trainer.checkpoint_index.prune = saving.around(plain[1])

    def listen(record: dict[str, Any]) -> None:
        if record.get("split") == "train" and record["step"] >= every and not saving.counts:
            saving.counts, began[0] = True, time.perf_counter()

    try:
        with tempfile.TemporaryDirectory() as folder:
            run_foreground(Path(folder) / "run", replace(config, train=train), on_record=listen)
    finally:
        trainer.save_checkpoint, trainer.checkpoint_index.prune = plain
    seconds = time.perf_counter() - began[0]
    return {
        "preset": preset, "checkpoint_every": every, "steps": train.steps - every,
        "seconds": round(seconds, 1), "saving_seconds": round(saving.seconds, 3),
        "share": round(saving.seconds / seconds, 4),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--preset", nargs="+", default=["tiny", "small", "base"])
    parser.add_argument("--intervals", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = []
    for preset in asked.preset:
        results.append(measure(preset, asked.intervals))
        if not asked.json:
            one = results[-1]
            print(
                f"{preset}: {one['saving_seconds']:.2f} of {one['seconds']:.0f} s went into saving "
                f"every {one['checkpoint_every']} steps, {one['share']:.2%}", flush=True,
            )  # fmt: skip
    if asked.json:
        print(json.dumps({"presets": results}))


if __name__ == "__main__":
    main()
