"""`inspect` of a large CSV beside `pandas.read_csv` (its C engine): seconds and peak memory.

    python benchmarks/inspect_file.py                    # 100 MB, 1.6 million rows, 5 pairs
    python benchmarks/inspect_file.py --flat             # and 10 MB, 1 GB: memory stays flat

Both read the same file, each in a process of its own, in turns; imports are not timed. The file
has the shape of a well-known set of tweets: six quoted columns, Windows-1252, no header; with
`--shape two` two columns, a header, no quotation marks. Bar: at most 2.5 times the time and at
most 200 MB beyond pandas.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = (
    "the a good bad film movie i you see love hate never always day night work home today lol just "
    "got back from school wish were here with my friend going to sleep soon what time is it"
)
TIMED = """
import json, resource, sys, time
path, shape = sys.argv[1], sys.argv[2]
{imports}
start = time.perf_counter()
{call}
seconds = time.perf_counter() - start
print(json.dumps({{"rows": rows, "seconds": seconds,
                  "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
PANDAS = TIMED.format(
    imports="import pandas as pd",
    call="rows = len(pd.read_csv(path, engine='c', encoding='cp1252' if shape == 'tweets' else "
    "'utf-8', header=None if shape == 'tweets' else 0))",
)
OURS = TIMED.format(
    imports="from pathlib import Path\nimport pyarrow.compute, pyarrow.csv\n"
    "from llmcore.data.reading.inspect import inspect",
    call="rows = inspect(Path(path), 'classify').read",
)


def write(path: Path, n_rows: int, shape: str) -> None:
    draw, words = random.Random(0), SENTENCES.split()
    texts = [" ".join(draw.choices(words, k=draw.randrange(3, 14))) for _ in range(10_000)]
    with path.open("w", encoding="cp1252", newline="\n") as file:
        if shape == "two":
            file.write("label,text\n")
        for i in range(n_rows):
            label, text = "04"[draw.random() < 0.5], texts[draw.randrange(10_000)]
            if shape == "two":
                file.write(f"{label},{text} {i}\n")
            else:
                end = " café" if i % 500 == 0 else ""
                file.write(f'"{label}","{1467810369 + i}","Mon","NO","u{i % 9999}","{text}{end}"\n')


def measured(code: str, path: Path, shape: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), shape],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def compare(path: Path, shape: str, pairs: int) -> None:
    runs = [(measured(PANDAS, path, shape), measured(OURS, path, shape)) for _ in range(pairs)]
    theirs, ours = ([run[at] for run in runs] for at in (0, 1))
    assert {int(row["rows"]) for row in (*theirs, *ours)} == {int(ours[0]["rows"])}
    seconds = [statistics.median(row["seconds"] for row in side) for side in (theirs, ours)]
    memory = [max(row["mb"] for row in side) for side in (theirs, ours)]
    print(
        f"{path.stat().st_size / 1e6:,.0f} MB, {int(ours[0]['rows']):,} rows ({shape}): "
        f"pandas {seconds[0]:.2f} s, {memory[0]:,.0f} MB; inspect {seconds[1]:.2f} s, "
        f"{memory[1]:,.0f} MB; {seconds[1] / seconds[0]:.2f} times, "
        f"{memory[1] - memory[0]:+,.0f} MB (medians of {pairs} pairs)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_600_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--shape", choices=("tweets", "two"), default="tweets")
    parser.add_argument("--flat", action="store_true", help="10 MB and 1 GB as well")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, chosen.rows, chosen.shape)
        compare(path, chosen.shape, chosen.pairs)
        for rows in (chosen.rows // 10, chosen.rows * 10) if chosen.flat else ():
            write(path, rows, chosen.shape)
            found = measured(OURS, path, chosen.shape)
            print(f"{path.stat().st_size / 1e6:,.0f} MB: inspect {found['seconds']:.2f} s, peak "
                  f"{found['mb']:,.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
