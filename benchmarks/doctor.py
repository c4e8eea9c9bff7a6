"""How often the curve doctor is wrong: real small runs, healthy ones and ones made ill on purpose.

    python benchmarks/doctor.py [--healthy 20] [--json]

The healthy runs vary in size, text, seed, length and learning rate, within what suits their size.
Each is examined at a quarter, half, three quarters and the end, as the page does while it trains;
one finding at any of them makes it a false one. An ill run counts as found where a finding of the
expected kinds stands at the end. A note (one step that threw a run back, which fixed itself) is
no false finding: small models at these rates do have such steps; how many is shown beside it.
Trains in a temporary folder; a few minutes on two cores.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

from llmcore.advice.doctor import curves_of, examine
from llmcore.advice.doctor_rules import Curves, Finding, usual_rate
from llmcore.config import RunConfig
from llmcore.data import load_corpus
from llmcore.execution import launch
from llmcore.recipes.classification import plan_classify
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs import Run

LOOKS = (0.25, 0.5, 0.75, 1.0)  # shares of a run at which it is examined
CORPORA = ("shakespeare", "messages", "conversations", "shakespeare+messages")
WIDTHS, LAYERS, CONTEXTS, BATCHES = (32, 48, 64, 96), (2, 3, 4), (32, 48, 64), (8, 12, 16)
RATES = (0.4, 0.7, 1.0, 1.4)  # of the rate that suits the width
STEPS = (150, 200, 300)
N_CLASSIFIERS = 2


@dataclass(slots=True, frozen=True)
class Case:
    """expected: kinds of finding of which one must be there; empty for a healthy run."""

    name: str
    config: RunConfig
    data: bytes | None = None
    expected: frozenset[str] = frozenset()


def healthy_cases(n: int) -> Iterator[Case]:
    """Every width, text, rate … appears about equally often; two are classifiers."""
    for place in range(n - N_CLASSIFIERS):
        rng = random.Random(place)
        width, factor = WIDTHS[place % len(WIDTHS)], RATES[place // 4 % len(RATES)]
        source = CORPORA[(place + place // 4) % len(CORPORA)]
        config = pretraining(
            source, rng.choice(STEPS), width, layers=rng.choice(LAYERS), factor=factor,
            context=rng.choice(CONTEXTS), batch=rng.choice(BATCHES), seed=place,
            dropout=rng.choice((0.0, 0.0, 0.1)),
        )  # fmt: skip
        yield Case(f"{source} width {width} rate x{factor:g} seed {place}", config)
    for seed in range(min(n, N_CLASSIFIERS)):
        changes = {"steps": 90, "eval_every": 15, "checkpoint_every": 90, "seed": seed}
        config = plan_classify("sms-spam", "starter", model_changes={"context_length": 64},
                               train_changes=changes)  # fmt: skip
        yield Case(f"sms-spam classifier seed {seed}", config)


def ill_cases() -> Iterator[Case]:
    high = frozenset({"diverged", "rate too high", "guessing"})
    low = frozenset({"rate too low", "guessing"})
    for source, seed in (("shakespeare", 1), ("messages", 2)):
        yield Case(f"{source} rate x100", pretraining(source, 200, 64, factor=100, seed=seed),
                   None, high)  # fmt: skip
        yield Case(f"{source} rate x0.01", pretraining(source, 200, 64, factor=0.01, seed=seed),
                   None, low)  # fmt: skip
    yield Case("shakespeare rate x30", pretraining("shakespeare", 300, 96, factor=30), None, high)
    # What everybody starts first, with the warm-up of all its 400 steps: up to where it stumbles.
    config = plan_pretrain("shakespeare", preset="tiny", tokenizer="base",
                           train_changes={"steps": 60, "warmup_steps": 40})  # fmt: skip
    yield Case("shakespeare, preset tiny as it is", config, None, frozenset({"stumbled"}))
    small, heart = frozenset({"data too small"}), frozenset({"overfitting"})
    for source, length, expected in (
        ("shakespeare", 3_000, heart),
        ("conversations", 4_000, heart),
        ("messages", 20_000, small),
    ):
        text = load_corpus(source).text[:length]
        config = pretraining(f"{source}.txt", 450, 96, text=text)
        yield Case(f"{length:,} characters of {source}", config, text.encode(), expected)


def pretraining(
    source: str, steps: int, width: int, layers: int = 3, factor: float = 1.0, context: int = 48,
    batch: int = 12, seed: int = 0, dropout: float = 0.0, text: str | None = None,
) -> RunConfig:  # fmt: skip
    config = plan_pretrain(
        source, preset="tiny", tokenizer="bytes" if text else "", text=text,
        model_changes={"d_model": width, "n_layers": layers, "n_heads": 4, "dropout": dropout,
                       "context_length": context, "vocab_size": None if text else 512},
        train_changes={"steps": steps, "batch_size": batch, "seed": seed, "eval_every": 25,
                       "checkpoint_every": steps, "eval_batches": 8, "patience": 0},
    )  # fmt: skip
    return replace(config, train=config.train.with_(
        learning_rate=float(f"{min(10.0, factor * usual_rate(config)):.3g}")
    ))  # fmt: skip


def looks(run: Run) -> Iterator[list[Finding]]:
    """The findings that one would have seen at each of LOOKS."""
    whole = curves_of(run)
    for share in LOOKS:
        upto = share * whole.config.train.steps
        yield examine(until(whole, upto))


def until(curves: Curves, step: float) -> Curves:
    def cut(series: tuple[Any, Any]) -> tuple[Any, Any]:
        n = sum(at <= step for at in series[0])
        return series[0][:n], series[1][:n]

    return replace(
        curves, train=cut(curves.train), val=cut(curves.val), grad_norm=cut(curves.grad_norm),
        stumbles=[stumble for stumble in curves.stumbles if stumble.step <= step],
        without_loss=[at for at in curves.without_loss if at <= step],
    )  # fmt: skip


def examined(case: Case, folder: Path) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        launch.run_foreground(folder, case.config, case.data)
    except ValueError as error:  # a loss that is no number any more ends a run, loudly
        print(f"  ended: {error}", file=sys.stderr)
    found = list(looks(Run(folder)))
    seen = [[finding.kind for finding in findings] for findings in found]
    noted = any(finding.note for findings in found for finding in findings)
    if case.expected:
        right = bool(case.expected & set(seen[-1]))
    else:
        right = all(finding.note for findings in found for finding in findings)
    values = {"run": case.name, "ill": bool(case.expected), "right": right, "noted": noted,
              "findings": seen,
              "seconds": round(time.perf_counter() - began, 1)}  # fmt: skip
    said = ", ".join(sorted({kind for kinds in seen for kind in kinds})) or "nothing"
    print(f"{'ok  ' if right else 'WRONG'} {case.name}: {said} ({values['seconds']} s)",
          file=sys.stderr, flush=True)  # fmt: skip
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--healthy", type=int, default=20, help="how many healthy runs")
    parser.add_argument("--keep", type=Path, help="leave the runs in this folder")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        root = arguments.keep or Path(temporary)
        cases = [*healthy_cases(arguments.healthy), *ill_cases()]
        done = [examined(case, root / f"{place:02d}") for place, case in enumerate(cases)]
    well, ill = [run for run in done if not run["ill"]], [run for run in done if run["ill"]]
    values = {
        "healthy": len(well),
        "false_findings": sum(not run["right"] for run in well),
        "noted": sum(run["noted"] for run in well),
        "ill": len(ill),
        "found": sum(run["right"] for run in ill),
        "seconds": round(time.perf_counter() - began, 1),
        "runs": done,
    }
    print(json.dumps(values) if arguments.json else (
        f"{values['false_findings']} of {len(well)} healthy runs with a finding "
        f"({values['noted']} with a note), "
        f"{values['found']} of {len(ill)} ill runs found, {values['seconds']:.0f} s"
    ))  # fmt: skip


if __name__ == "__main__":
    main()
