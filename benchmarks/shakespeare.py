"""Bits per byte on held-out Shakespeare after two minutes of training on this machine.

    python benchmarks/shakespeare.py [--seconds 120] [--preset tiny] [--seed 42]

A pilot of a few seconds measures tokens per second; the number of steps is then set so that the
whole `pretrain` command (reading, tokenizer, training, evaluations, checkpoints) takes about the
given time, with the learning rate decayed to its end. Scored on every byte of the held-out plays.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lab(home: Path, *words: str) -> tuple[dict, float]:
    """The JSON answer of a command, and its wall time in seconds."""
    environment = {**os.environ, "LLMLAB_HOME": str(home)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "llmcore", *words, "--json"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return json.loads(done.stdout), time.perf_counter() - began


def pretrain(preset: str, seed: int, steps: int) -> list[str]:
    return ["pretrain", "--corpus", "shakespeare", "--preset", preset, "--seed", str(seed),
            "--steps", str(steps), "--eval-every", str(max(1, steps // 4)),
            "--checkpoint-every", str(max(1, steps // 4))]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pilots = {}
        for steps in (20, 100):
            pilots[steps] = lab(home, *pretrain(arguments.preset, arguments.seed, steps))[1]
        per_step = (pilots[100] - pilots[20]) / 80
        fixed = pilots[20] - 20 * per_step + 2  # the measured run starts with an empty cache
        steps = int((arguments.seconds - fixed) / per_step)
        fresh = home / "fresh"
        answer, wall = lab(fresh, *pretrain(arguments.preset, arguments.seed, steps))
        scores, _ = lab(fresh, "evaluate", "--model", answer["run"], "--data", "shakespeare")
    print(
        f"{arguments.preset}: {answer['parameters']:,} parameters, {steps} steps in {wall:.0f} s "
        f"({answer['tokens_per_s']:,.0f} tokens/s): {scores['bits_per_byte']:.3f} bits per byte, "
        f"perplexity {scores['perplexity']:.1f} on the held-out plays"
    )


if __name__ == "__main__":
    main()
