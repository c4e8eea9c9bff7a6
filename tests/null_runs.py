"""Real run directories whose measured numbers are null, as a run leaves them that met NaN."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from llmcore.runs import Run

PLACES = {"v", "step", "attempt", "t", "n", "best_step", "seed", "size"}  # never measured


def nulled(value: Any, key: str = "") -> Any:
    """All measured numbers as null; counts of a confusion matrix stay."""
    if isinstance(value, dict):
        return {name: nulled(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return value if key == "confusion" else [nulled(inner, key) for inner in value]
    measured = isinstance(value, (int, float)) and not isinstance(value, bool)
    return None if measured and key not in PLACES else value


def null_out(run: Run) -> None:
    """Metrics, results, predictions, validation losses: none of them is a number any more."""
    for name in ("metrics.jsonl", "events.jsonl", "predictions.jsonl"):
        path = run.directory / name
        if path.is_file():
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            kept = [
                {**nulled(line), "nonfinite": True}
                if name != "events.jsonl" or line["type"] in {"result", "checkpoint", "point"}
                else line
                for line in lines
            ]
            path.write_text("".join(json.dumps(record) + "\n" for record in kept))
    for path in (run.directory / "status.json", *run.directory.glob("checkpoints/*/state.json")):
        path.write_text(json.dumps({**json.loads(path.read_text()), "val_loss": None}))


def break_weights(run: Run, value: float = float("nan")) -> None:
    """Of every checkpoint, one number of one matrix."""
    for path in run.directory.glob("checkpoints/*/model.safetensors"):
        _break(path, value)


def _break(path: Path, value: float) -> None:
    tensors = load_file(path)
    name = next(name for name in sorted(tensors) if tensors[name].dim() == 2)
    tensors[name].view(-1)[0] = torch.tensor(value)
    save_file(tensors, path)
