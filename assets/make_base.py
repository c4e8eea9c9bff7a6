"""Makes the bundled model `base`. On a GPU machine, one command does all of it:

    python assets/make_base.py all --texts DIR

`prepare` cleans the texts of DIR and trains the tokenizer (half a minute), `train` calls the
lab's own `pretrain` and goes on where an earlier call stopped, `bundle` copies the finished run to
assets/runs/base and writes the model card. The texts' README says what they are; none of them is
kept in the project.
"""

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assets import base_card, base_text
from assets.bundling import BUNDLE, ROOT, bundle, lab
from llmcore.files import read_json

# The bundled shape: 17.5 million parameters, 35 MB in bf16. Several passes over 41 million tokens,
# with dropout: enough for the validation loss to reach its floor.
GPU = (
    "--preset base --n-layers 8 --n-heads 6 --d-model 384 --context-length 512 --precision bf16 "
    "--batch-size 64 --learning-rate 1e-3 --warmup-steps 300 --dropout 0.1 --steps 10000 "
    "--eval-every 250 --checkpoint-every 250 --log-every 20 --seed 1"
)
# What two and a half hours on two quiet cores allow: the preset's own shape, 7 million parameters,
# and a little more than one pass over the text.
CPU = "--preset base --precision bf16 --steps 12000 --log-every 20 --seed 1"
DEFAULT_FOLDER = ROOT / "cache" / "base"
TITLE = "Base model"
MAX_BYTES = 40_000_000  # of the weights in the repository
MAX_CHANGE = 1e-2  # of any weight by the rounding to bf16


def train(folder: Path, steps: int | None) -> None:
    """Trains into `folder`/run, or goes on with the run that is there."""
    run = folder / "run"
    if (run / "config.json").is_file():
        lab(["pretrain", "--resume", str(run)])
        return
    lab(train_command(folder, steps, on_gpu()))


def on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def train_command(folder: Path, steps: int | None, gpu: bool) -> list[str]:
    """The words after `python -m llmcore` that train the base model on what lies in `folder`."""
    recipe = (GPU if gpu else CPU).split()
    if steps is not None:
        recipe[recipe.index("--steps") + 1] = str(steps)
    return [
        "pretrain", "--corpus", str(folder / "train.txt"),
        "--validation-corpus", str(folder / "validation.txt"),
        "--tokenizer", str(folder / "tokenizer"),
        *recipe,
        "--run-dir", str(folder / "run"),
    ]  # fmt: skip


def bundle_base(folder: Path) -> None:
    """Replaces assets/runs/base and the model card by the run in `folder`."""
    run, target = folder / "run", BUNDLE / "base"
    status = read_json(run / "status.json")
    if status["state"] not in {"done", "stopped"}:
        raise SystemExit(f"The run in {run} is {status['state']}: finish it with `train` first.")
    best = bundle(run, target, TITLE, dtype="bfloat16")
    shutil.copyfile(folder / "card.json", target / "card.json")
    check_weights(run, target, best)
    base_card.write_card(folder, target, ROOT / "assets" / "base-card.md")


def check_weights(run: Path, target: Path, step: int) -> None:
    """Exits with a sentence where the bundled weights are too large or too far from the run's."""
    from llmcore.config import RunConfig
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import load_weights, named_weights

    config = RunConfig.from_dict(read_json(target / "config.json")).model
    models = []
    for root in (run, target):
        path = root / "checkpoints" / f"step_{step:08d}" / "model.safetensors"
        model = GPT(config)
        load_weights(model, path)
        models.append({name: value.detach() for name, value in named_weights(model).items()})
    n_bytes = path.stat().st_size
    change = max(float((value - models[1][name]).abs().max()) for name, value in models[0].items())
    if n_bytes > MAX_BYTES:
        raise SystemExit(f"The weights take {n_bytes:,} bytes but at most {MAX_BYTES:,} may.")
    if change > MAX_CHANGE:
        raise SystemExit(f"bf16 changes a weight by {change:.4f} but at most {MAX_CHANGE} may.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["prepare", "train", "bundle", "all"])
    parser.add_argument("--texts", type=Path, help="folder of the texts (prepare)")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="working folder")
    parser.add_argument("--steps", type=int, help="optimizer steps instead of the recipe's")
    asked = parser.parse_args()
    parts = ["prepare", "train", "bundle"] if asked.part == "all" else [asked.part]
    folder = asked.out.resolve()
    if "prepare" in parts:
        if asked.texts is None:
            parser.error("prepare needs the folder of the texts: give --texts DIR")
        base_text.prepare(asked.texts, folder)
    if "train" in parts:
        train(folder, asked.steps)
    if "bundle" in parts:
        bundle_base(folder)


if __name__ == "__main__":
    main()
