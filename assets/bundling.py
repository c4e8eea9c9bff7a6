"""What the recipes of the bundled models share: run the lab's own commands, keep what pages read.

A bundled run is its configuration, metrics, samples, tokenizer and weights in half precision.
Nothing of the machine that trained it is kept, no text of others, and no optimizer state.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "assets" / "runs"
KEPT = ("config.json", "status.json", "metrics.jsonl", "events.jsonl", "tokenizer")
PRIVATE = ("host", "boot_id", "pid", "pid_started")


def lab(words: Iterable[str]) -> None:
    """Runs `python -m llmcore …` in the project, and raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "llmcore", *words]
    print("+", " ".join(command[1:]), flush=True)
    subprocess.run(command, cwd=ROOT, check=True)


def lab_json(words: Iterable[str]) -> dict[str, Any]:
    """The JSON answer of one of the lab's commands."""
    command = [sys.executable, "-m", "llmcore", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def bundle(
    run: Path, target: Path, title: str, snapshots: Iterable[int] = (), dtype: str = "float16"
) -> int:
    """Copies what is kept of `run` to `target`: its best checkpoint and `snapshots` (steps).

    Weights are stored as `dtype`, a name in torch. Returns the best step.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in KEPT:
        copy = shutil.copytree if (run / name).is_dir() else shutil.copyfile
        copy(run / name, target / name)
    (target / "name.txt").write_text(title + "\n", encoding="utf-8")
    status = _rewritten(target / "status.json")
    _rewritten(target / "config.json")
    for step in {*snapshots, status["best_step"]}:
        folder = Path("checkpoints") / f"step_{step:08d}"
        (target / folder).mkdir(parents=True)
        narrow(run / folder / "model.safetensors", target / folder / "model.safetensors", dtype)
        shutil.copyfile(run / folder / "state.json", target / folder / "state.json")
    return status["best_step"]


def narrow(source: Path, target: Path, dtype: str) -> None:
    """Writes the tensors of `source` to `target` as `dtype`, a name in torch."""
    kind = getattr(torch, dtype)
    save_file({name: value.to(kind) for name, value in load_file(source).items()}, target)


def _rewritten(path: Path) -> dict[str, Any]:
    """The object in `path`, rewritten without what tells of the machine that trained it."""
    content = without_paths(json.loads(path.read_text(encoding="utf-8")))
    for private in PRIVATE:
        content.pop(private, None)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return content


def without_paths(value: Any) -> Any:
    """`value` with every absolute path in it cut to its last part."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, str) and value.startswith("/"):
        return Path(value).name
    return value
