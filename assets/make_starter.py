"""Trains and bundles the models that come with the lab: `make starter`, minutes on two cores.

The recipe is the two commands below, as any user could type them. Bundling keeps what pages
read: configuration, metrics, samples, tokenizer, the best weights and a few snapshots in half
precision. No text of others is kept: predictions on the test split are computed when asked for.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "assets" / "runs"

PRETRAIN = (
    "pretrain --corpus shakespeare+tweets+conversations --preset tiny --vocab-size 1024 "
    "--d-model 128 --context-length 256 --batch-size 8 --learning-rate 3e-3 --steps 4000 "
    "--eval-every 200 --checkpoint-every 200 --log-every 10 --seed 1"
)
FINETUNE = "finetune --task classify --data sms-spam --model starter --train all --seed 1"
SNAPSHOTS = {"starter": (1, 100, 1000), "starter-spam": ()}
KEPT = ("config.json", "status.json", "metrics.jsonl", "events.jsonl", "tokenizer")
NAMES = {"starter": "Starter model", "starter-spam": "Spam classifier from the starter"}


def lab(command: str, run_dir: Path) -> None:
    words = [sys.executable, "-m", "llmcore", *command.split(), "--run-dir", str(run_dir)]
    print("+", " ".join(words[1:]), flush=True)
    subprocess.run(words, cwd=ROOT, check=True)


def halve(source: Path, target: Path) -> None:
    tensors = {name: value.half() for name, value in load_file(source).items()}
    save_file(tensors, target)


def bundle(run: Path, name: str) -> None:
    """Copies what is kept of `run` to assets/runs/`name`."""
    target = BUNDLE / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for one in KEPT:
        copy = shutil.copytree if (run / one).is_dir() else shutil.copyfile
        copy(run / one, target / one)
    (target / "name.txt").write_text(NAMES[name] + "\n", encoding="utf-8")
    status = json.loads((target / "status.json").read_text())
    for private in ("host", "boot_id", "pid", "pid_started"):
        status.pop(private, None)
    (target / "status.json").write_text(json.dumps(status, indent=1) + "\n")
    config = json.loads((target / "config.json").read_text())
    config.pop("host", None)
    (target / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    for step in {*SNAPSHOTS[name], status["best_step"]}:
        folder = f"step_{step:08d}"
        (target / "checkpoints" / folder).mkdir(parents=True)
        source = run / "checkpoints" / folder
        halve(source / "model.safetensors", target / "checkpoints" / folder / "model.safetensors")
        shutil.copyfile(source / "state.json", target / "checkpoints" / folder / "state.json")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, command in (("starter", PRETRAIN), ("starter-spam", FINETUNE)):
            run = Path(folder) / name
            lab(command, run)
            bundle(run, name)


if __name__ == "__main__":
    main()
