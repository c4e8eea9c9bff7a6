"""A model with newer parts from pretraining to every use: resumed, finetuned, looked at."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_driver import open_page
from small_store import tiny_language_model
from tiny import TEXT, pretrain_config, spam_table
from variant_shapes import VARIANTS

from llmcore import models
from llmcore.config import RunConfig
from llmcore.evaluation import text_loss
from llmcore.exchange import export_run, import_run
from llmcore.execution import launch
from llmcore.generation import SamplingConfig, generate
from llmcore.generation.measure import measure_cache
from llmcore.interpret.attention import attend
from llmcore.interpret.attribution import METHODS, attribute
from llmcore.recipes.classification import n_trainable, plan_classify
from llmcore.recipes.instructions import plan_instruct
from llmcore.runs import RunStore
from llmcore.train.control import write_control

SMALL = {"batch_size": 8, "threads": 1, "eval_every": 5, "checkpoint_every": 5}
QUESTIONS = json.dumps(
    [{"instruction": f"the cat {n}", "output": "sees" if n % 2 else "likes"} for n in range(40)]
).encode()


def plan_variant(name: str, **settings: object) -> RunConfig:
    config = pretrain_config(dropout=0.1, threads=1, **settings)
    return replace(config, model=config.model.with_(**VARIANTS[name]))


def pretrained(name: str, stop_at: int | None = None) -> Path:
    """A finished run of the variant; stopped once after `stop_at` steps and then resumed."""
    config = plan_variant(name)
    store = RunStore()
    directory = store.directory(store.mint_id(name))

    def stop(record: dict) -> None:
        if record.get("split") == "train" and record["step"] == stop_at:
            write_control(directory, "stop")

    info = launch.run_foreground(directory, config, TEXT.encode(), stop)
    if stop_at is not None:
        assert info.state == "stopped" and info.step < config.train.steps
        info = launch.run_foreground(directory)
    assert info.state == "done"
    return directory


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All newer parts, trained once for the tests that only read it."""
    directory = tmp_path_factory.mktemp("variant") / "run"
    config = plan_variant("all", steps=20)
    assert launch.run_foreground(directory, config, TEXT.encode()).state == "done"
    return directory


@pytest.fixture
def parent(trained: Path) -> str:
    models.clear_cache()
    return tiny_language_model(trained, "all").id


@pytest.mark.parametrize("name", VARIANTS)
def test_a_resumed_run_ends_bit_for_bit_as_one_that_never_stopped(name: str) -> None:
    whole, parts = pretrained(name), pretrained(name, stop_at=5)
    last = Path("checkpoints") / "step_00000008"
    for file in ("model.safetensors", "optim.safetensors"):
        assert (whole / last / file).read_bytes() == (parts / last / file).read_bytes()


def test_it_writes_scores_and_shows_its_weights(parent: str) -> None:
    loaded = models.load(parent)
    model, tokenizer = loaded.trunk, loaded.tokenizer
    assert model.config.exchanged_parts() == ["RoPE", "RMSNorm", "SwiGLU", "GQA"]
    assert len(generate(model, tokenizer, "the cat", SamplingConfig(max_new_tokens=40)).ids) == 40
    assert 0 < text_loss(model, tokenizer, TEXT[:2000])["bits_per_byte"] < 9
    record = attend(model, tokenizer, "the cat sees the moon.")
    L, H, T, S = record.weights.shape
    assert (L, H, T) == (2, 2, S)  # a picture for each query head, also where keys are shared
    np.testing.assert_allclose(record.weights.sum(-1), 1.0, atol=1e-5)
    measured = measure_cache(model, tokenizer, "the cat", 4)
    assert measured.same_tokens
    assert measured.bytes_per_token == model.config.cache_bytes_per_token() == 2 * 2 * 8 * 4


@pytest.mark.parametrize("trainable", ["head", "last-block", "all", "lora"])
def test_it_becomes_a_classifier_every_way(parent: str, trainable: str, tmp_path: Path) -> None:
    store = RunStore()
    config = plan_classify("t.csv", parent, trainable=trainable, table=spam_table(), epochs=2,
                           train_changes={**SMALL, "learning_rate": 1e-2})  # fmt: skip
    directory = store.directory(store.mint_id(trainable))
    assert launch.run_foreground(directory, config, spam_table()).state == "done"
    run = store.open(directory.name)
    assert run.events("parameters")[-1]["trainable"] == n_trainable(config, 2)
    loaded = models.load(run.id)
    rows = models.classify_texts(loaded, [prediction["text"] for prediction in run.predictions()])
    assert [row["label"] for row in rows] == [
        prediction["predicted"] for prediction in run.predictions()
    ]
    if trainable == "all":
        for method in METHODS:
            found = attribute(loaded, "WIN a prize now", method)
            assert len(found.values) == len(found.ids) and np.abs(found.values).max() > 0
            assert not found.n_steps or found.completeness_error < 0.02
        archive = export_run(run, tmp_path / "run.zip")
        again = models.load(import_run(archive, store).id)
        assert again.trunk.config == loaded.trunk.config


@pytest.mark.parametrize("packing", [False, True])
def test_it_learns_to_answer_packed_or_not(parent: str, packing: bool) -> None:
    store = RunStore()
    config = plan_instruct("mine.json", parent, table=QUESTIONS, template="{instruction}:",
                           epochs=8, packing=packing,
                           train_changes={**SMALL, "learning_rate": 1e-2})  # fmt: skip
    directory = store.directory(store.mint_id("answers"))
    assert launch.run_foreground(directory, config, QUESTIONS).state == "done"
    losses = store.open(directory.name).metrics().series("train", "loss")[1]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("page", ["attention", "playground", "tokenizer", "chat", "runs"])
def test_the_pages_open_with_it(parent: str, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_WARM", "0")
    shown = open_page(page, parent if page == "runs" else None)
    assert not shown.exception and not shown.error
