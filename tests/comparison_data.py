"""Small data for runs that fill a table, instead of the built-in sets, and a parent to compare."""

import pytest
from tiny import TEXT, TINY_MODEL, pretrain_config, sentences, spam_table

from llmcore import models
from llmcore.config import TrainConfig
from llmcore.data import Corpus, labelled_from_table, split_labelled
from llmcore.data.splits import Splits
from llmcore.execution import launch
from llmcore.experiments.diverse_data import plan as diverse_plan
from llmcore.experiments.diverse_data import run as diverse
from llmcore.experiments.earlier_nlp import run as compare
from llmcore.experiments.variants import plan as variants_plan
from llmcore.presets import Preset
from llmcore.runs import RunStore

SMALL = {
    "n_train": 40, "n_test": 20, "epochs": 1, "lm_steps": 4, "held_out_bytes": 600,
    "sample_tokens": 6,
}  # fmt: skip
SMALL_DIVERSE = {"part_steps": 4, "held_out_bytes": 600}


def small_splits(data: object, seed: int, table: object) -> Splits:
    return split_labelled(labelled_from_table(spam_table(90), "t.csv"), 0.0, 0.3, seed)


def small_corpus(name: str) -> Corpus:
    """Documents that differ from corpus to corpus, long enough for a window of the preset tiny."""
    seed = len(name)
    return Corpus(name, [sentences(60, seed + i) for i in range(12)])


def small_preset(name: str) -> Preset:
    return Preset(name, "for tests", TINY_MODEL, TrainConfig(batch_size=4))


def use_small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (compare, diverse_plan, variants_plan):
        monkeypatch.setattr(module, "preset_named", small_preset)
    monkeypatch.setattr(compare, "read_splits", small_splits)
    monkeypatch.setattr(compare, "load_corpus", small_corpus)
    monkeypatch.setattr(diverse, "load_corpus", small_corpus)


def pretrained() -> str:
    """The id of a tiny language model in the store."""
    models.clear_cache()
    store = RunStore()
    directory = store.directory(store.mint_id("parent"))
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    return directory.name
