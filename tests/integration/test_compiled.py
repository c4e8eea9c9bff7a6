"""A run whose blocks torch.compile compiled: the same numbers."""

from pathlib import Path

import pytest
from tiny import TEXT

from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.execution.launch import run_foreground
from llmcore.runs import Run

SHAPE = ModelConfig(vocab_size=257, context_length=16, n_layers=1, n_heads=2, d_model=32)


def losses(directory: Path, compile_blocks: bool) -> list[list[float]]:
    corpus = directory.parent / "corpus.txt"
    corpus.write_text(TEXT)
    config = RunConfig(
        kind="pretrain", name="compiled", model=SHAPE, data=DataConfig(source=str(corpus)),
        tokenizer="bytes",
        train=TrainConfig(steps=4, batch_size=4, device="cpu", compile=compile_blocks),
    )  # fmt: skip
    run_foreground(directory, config)
    metrics = Run(directory).metrics()
    return [metrics.series("train", "loss")[1], metrics.series("val", "loss")[1]]


def test_compiled_blocks_learn_the_same(tmp_path):
    plain, compiled = (losses(tmp_path / str(compiled), compiled) for compiled in (False, True))
    assert compiled[0] == pytest.approx(plain[0], abs=1e-5)
    assert compiled[1] == pytest.approx(plain[1], abs=1e-5)
