"""Bundled models in small: a base of a few thousand numbers and one assistant beside it."""

import json
from pathlib import Path

import pytest
from tiny import TEXT, pretrain_config

from llmcore import models, paths
from llmcore.config import LoraConfig
from llmcore.execution import launch
from llmcore.recipes.instructions import plan_instruct

ROWS = [
    {"instruction": "Put it into French.", "input": f"the cat {n}", "output": f"le chat {n}"}
    for n in range(24)
]


def use_bundle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab takes the runs in `folder` for those that come with it."""
    monkeypatch.setattr(paths, "BUNDLED_RUNS", folder)
    models.clear_cache()


def make_bundle(folder: Path) -> None:
    """`folder`/base and an assistant beside it, in a lab of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMLAB_HOME", str(folder / "home"))
        use_bundle(folder, patch)
        make_base(folder)
        make_assistant(folder)


def make_base(folder: Path) -> None:
    config = pretrain_config()
    longer = config.with_(model=config.model.with_(context_length=512))
    launch.run_foreground(folder / "base", longer, TEXT.encode())


def make_assistant(folder: Path, name: str = "translation") -> None:
    """A LoRA adapter of `folder`/base; call `use_bundle` first."""
    data = json.dumps(ROWS).encode()
    config = plan_instruct(
        "mine.json", "base", trainable="lora", template="{instruction}[[ {input}]]:", table=data,
        lora=LoraConfig(rank=2), epochs=1, train_changes={"batch_size": 8, "threads": 1},
    )  # fmt: skip
    launch.run_foreground(folder / name, config, data)
