"""How many texts a second `classify` labels, against another checkout of the lab.

    python benchmarks/classify.py --against PATH [--model REF ...] [--lines 100000] [--pairs 3]
        [--distinct] [--threads 1]

Each measurement is a whole process, `python -m llmcore classify --file F --jsonl`, from its start
to its last line; ours and the other's come in turn, and the ratio is that of the medians. The file
holds the messages of sms-spam and the tweets of tweet-sentiment, shuffled, over again up to
`--lines`: of 100,000 lines about 41,700 differ, and our build remembers its answers to the latest
texts. `--distinct` turns the words of a text round, one further each time that it comes, so that
hardly any line comes twice: what is left is how fast texts are read.

Without `--model`: `starter-spam`, and a classifier finetuned from `base` on sms-spam with seed 1,
which is made first (a minute). Beside the wall clock stands processor time, which a busy machine
disturbs less.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from llmcore.data import load_labelled
from llmcore.paths import PROJECT_ROOT as HERE

CLOSE = 1e-5  # probabilities that differ by less are the same


def texts() -> list[str]:
    """Of both sets, each on one line, in an order of chance."""
    lines = [" ".join(text.split()) for name in ("sms-spam", "tweet-sentiment")
             for text in load_labelled(name).texts]  # fmt: skip
    random.Random(0).shuffle(lines)
    return [line for line in lines if line]


def lines_over_again(distinct: bool) -> Iterator[str]:
    known = texts()
    for turn in count():
        for line in known:
            words = line.split()
            at = turn % len(words) if distinct else 0
            yield " ".join(words[at:] + words[:at])


def made_from_base(environment: dict[str, str]) -> str:
    """A classifier as `finetune` makes it by default; the id of its run."""
    command = [sys.executable, "-m", "llmcore", "finetune", "--task", "classify", "--data",
               "sms-spam", "--model", "base", "--seed", "1", "--json"]  # fmt: skip
    done = subprocess.run(
        command, cwd=HERE, env=environment, check=True, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return json.loads(done.stdout)["run"]


def label(
    checkout: Path, model: str, file: Path, out: Path, environment: dict[str, str]
) -> tuple[float, float]:
    """Wall and processor seconds of one whole process."""
    command = [sys.executable, "-m", "llmcore", "classify", "--model", model, "--file", str(file),
               "--jsonl"]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with out.open("wb") as answers:
        subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=answers,
                       stderr=subprocess.DEVNULL)  # fmt: skip
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, sum(
        getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime")
    )


def differences(ours: Path, theirs: Path) -> tuple[int, int, float]:
    """Lines, those whose label differs, and the largest difference of a probability."""
    n = n_other = 0
    apart = 0.0
    with ours.open() as first, theirs.open() as second:
        for our_line, their_line in zip(first, second, strict=True):
            a, b = json.loads(our_line), json.loads(their_line)
            n, n_other = n + 1, n_other + (a["label"] != b["label"])
            for name, value in a["probabilities"].items():
                apart = max(apart, abs(value - b["probabilities"][name]))
    return n, n_other, apart


def compare(name: str, model: str, file: Path, arguments: argparse.Namespace,
            environment: dict[str, str]) -> None:  # fmt: skip
    checkouts = {"ours": HERE, "theirs": arguments.against}
    outs = {who: file.with_name(f"{who}.jsonl") for who in checkouts}
    times: dict[str, list[tuple[float, float]]] = {who: [] for who in checkouts}
    for pair in range(arguments.pairs):
        for who in sorted(checkouts, reverse=pair % 2 == 1):
            times[who].append(label(checkouts[who], model, file, outs[who], environment))
        (wall, cpu), (other_wall, other_cpu) = times["ours"][-1], times["theirs"][-1]
        print(f"  {name}, pair {pair + 1}: {wall:.1f} s against {other_wall:.1f} s (processor "
              f"{cpu:.1f} against {other_cpu:.1f})", flush=True)  # fmt: skip
    n, n_other, apart = differences(outs["ours"], outs["theirs"])
    wall, cpu = ({who: statistics.median(run[at] for run in found) for who, found in times.items()}
                 for at in (0, 1))  # fmt: skip
    said = "" if apart < CLOSE else ", which is too much"
    print(f"{name}: {n / wall['ours']:,.0f} texts/s against {n / wall['theirs']:,.0f}, ratio "
          f"{wall['theirs'] / wall['ours']:.2f} (of processor time "
          f"{cpu['theirs'] / cpu['ours']:.2f}); {n_other:,} of {n:,} labels differ, "
          f"probabilities by at most {apart:.1e}{said}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--model", action="append")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--distinct", action="store_true")
    arguments = parser.parse_args()
    arguments.against = arguments.against.resolve()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"LLMLAB_HOME": folder, **os.environ, "PYTHONPATH": "",
                       "OMP_NUM_THREADS": str(arguments.threads)}  # fmt: skip
        models = {model: model for model in arguments.model or ["starter-spam"]}
        if not arguments.model:
            models["finetuned from base"] = made_from_base(environment)
        file = Path(folder) / "texts.txt"
        lines = list(islice(lines_over_again(arguments.distinct), arguments.lines))
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(lines):,} lines, {len(set(lines)):,} of them different; "
              f"{arguments.threads} thread(s)", flush=True)  # fmt: skip
        for name, model in models.items():
            compare(name, model, file, arguments, environment)


if __name__ == "__main__":
    main()
