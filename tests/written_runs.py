"""Run directories as the trainer would leave them, written by hand: no torch, no training."""

import json
import time
from pathlib import Path

from tiny import TINY_MODEL

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, DataConfig, RunConfig, TrainConfig
from llmcore.files import write_json_atomic
from llmcore.runs import RunStore
from llmcore.runs.state import writer_identity
from llmcore.tokenizers import builtin_tokenizer


def write_run(
    name: str = "my run",
    kind: str = "pretrain",
    state: str = "done",
    step: int = 40,
    best_step: int | None = None,
) -> str:
    """A run of 40 steps in the store, with metrics, tokenizer and one (empty) checkpoint; with a
    `best_step`, that one has another, of a lower loss."""
    store = RunStore()
    run_id = store.mint_id(name)
    directory = store.directory(run_id)
    config = RunConfig(
        kind=kind,
        name=name,
        model=TINY_MODEL,
        train=TrainConfig(steps=40),
        data=DataConfig(source="shakespeare"),
    )
    created = {SCHEMA_KEY: SCHEMA_VERSION, "created": time.time()}
    write_json_atomic(directory / "config.json", config.to_dict() | created)
    status = {"state": state, "step": step, "heartbeat": time.time(), "val_loss": 2.5}
    write_json_atomic(
        directory / "status.json",
        status | writer_identity() | {"best_step": best_step or step or None},
    )
    _write_metrics(directory / "metrics.jsonl", step)
    builtin_tokenizer("bytes").save(directory / "tokenizer")
    _write_checkpoint(directory / "checkpoints" / f"step_{step:08d}", step)
    if best_step is not None:
        _write_checkpoint(directory / "checkpoints" / f"step_{best_step:08d}", best_step, 2.0)
    return run_id


def _write_metrics(path: Path, step: int) -> None:
    line = {"v": 1, "attempt": 1, "t": 0.0, "step": step, "split": "val", "loss": 2.5}
    path.write_text(json.dumps(line | {"bits_per_byte": 2.75}) + "\n", encoding="utf-8")


def _write_checkpoint(directory: Path, step: int, val_loss: float = 2.5) -> None:
    directory.mkdir(parents=True)
    write_json_atomic(directory / "state.json", {"step": step, "val_loss": val_loss})
    (directory / "model.safetensors").write_bytes(b"")
