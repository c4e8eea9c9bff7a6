"""A text that is larger than the limit trains from shards, with the tokenizer of a sample."""

from dataclasses import replace

from tiny import TEXT, pretrain_config

from llmcore.config import DataConfig
from llmcore.execution import launch, pretraining_data
from llmcore.paths import cache_dir
from llmcore.runs import Run


def test_a_large_file_is_tokenized_once_and_trained_from_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining_data, "LARGE_BYTES", 1_000)
    path = tmp_path / "large.txt"
    path.write_text(TEXT * 4)
    config = replace(pretrain_config(), data=DataConfig(source=str(path), validation=0.1))
    info = launch.run_foreground(tmp_path / "first", config)
    run = Run(tmp_path / "first")
    assert info.state == "done" and run.metrics().series("val", "bits_per_byte")[1][-1] > 0
    last = run.events("tokenizing")[-1]
    assert last["done"] == last["blocks"] >= 2
    (facts,) = run.events("data")
    assert min(facts["train_tokens"], facts["validation_tokens"]) > 1000
    assert list((cache_dir() / "shards").glob("*/index.json"))
    launch.run_foreground(tmp_path / "second", replace(config, tokenizer=str(tmp_path / "first")))
    assert Run(tmp_path / "second").events("tokenizing") == []
