"""Measures the tables that LLM vs earlier NLP shows on arrival, on the machine that runs this.

python assets/make_measured.py                 # both tables: some minutes of two cores
python assets/make_measured.py diverse-data    # one of them

It runs the lab's own commands in a folder of their own and writes assets/measured/KIND.json. A
table of uncommitted code is marked so.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assets.bundling import ROOT, lab, without_paths
from llmcore.experiments.measured_tables import MEASURED
from llmcore.runs.run import Run

COMMANDS = {"compare-nlp": "compare-nlp --quick", "diverse-data": "diverse-data --quick"}
PACKAGES = ("torch", "numpy", "scikit-learn", "tokenizers")
OF_A_RUN = ("t", "step", "attempt", "v")  # of an event: when it was written


def table_of(run: Run, command: str, seconds: float) -> dict[str, Any]:
    """All that a shipped table holds, from its finished run."""
    return {
        "kind": run.config.kind,
        "day": datetime.now(UTC).date().isoformat(),
        "seconds": round(seconds, 1),
        "machine": {
            "cpu": cpu_name(),
            "cpus": os.cpu_count() or 1,
            "system": system(),
            "load": load(),
        },
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
        "commit": commit(),
        "command": f"python -m llmcore {command}",
        "settings": without_paths(run.config.to_dict()),
        "records": [
            {key: value for key, value in event.items() if key not in OF_A_RUN}
            for event in run.events()
        ],
    }


def written(table: dict[str, Any]) -> str:
    """As JSON, one event a line."""
    head = {key: value for key, value in table.items() if key != "records"}
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in table["records"])
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{start},\n "records": [\n{lines}\n ]\n}}\n'


def cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def load() -> float:
    """Programs that wanted a core in the last five minutes; 0 where the system does not say."""
    return round(os.getloadavg()[1], 1) if hasattr(os, "getloadavg") else 0.0


def system() -> str:
    return f"{platform.system()}, {platform.machine()}"


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "llmcore", "assets/runs")
    return git("rev-parse", "--short=10", "HEAD") + (" with changes" if changed else "")


def measure(kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run, began = Path(folder) / kind, time.monotonic()
        lab([*COMMANDS[kind].split(), "--run-dir", str(run)])
        table = table_of(Run(run), COMMANDS[kind], time.monotonic() - began)
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{kind}.json").write_text(written(table), encoding="utf-8")


def main() -> None:
    for kind in sys.argv[1:] or COMMANDS:
        measure(kind)


if __name__ == "__main__":
    main()
