"""The frozen trunk runs once: the same numbers as the plain loop, in bounded memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.tasks.classification import ClassificationTask, Example
from llmcore.tasks.frozen_features import FrozenFeatures, similar_lengths, token_bytes
from llmcore.tasks.texts import Texts
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.control import NeverStop, Request
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

TOKENIZER = builtin_tokenizer("bytes")
EPOCHS, PER_EPOCH = 4, 6
CONFIG = TrainConfig(
    steps=EPOCHS * PER_EPOCH, batch_size=8, accumulation=2, learning_rate=1e-2, warmup_steps=2,
    eval_every=3, checkpoint_every=6, seed=7,
)  # fmt: skip
PART = {"head": 2_000, "last-block": 20_000}  # bytes: less than all features take


def examples(n: int, seed: int) -> list[Example]:
    """Texts of 1 to 16 bytes; those of class 1 hold more of the upper half of the bytes."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 17, size=n)
    return [Example(rng.integers(100 * (i % 2), 256, size=t), i % 2) for i, t in enumerate(lengths)]


def make_task(mode: str, dropout: float = 0.0, **settings: object) -> ClassificationTask:
    generator = torch.Generator().manual_seed(3)
    shape = TINY_MODEL.with_(n_layers=3, dropout=dropout)
    model = SequenceClassifier(GPT(shape, generator), 2, generator)
    model.set_trainable(mode)
    splits = {"train": examples(45, 0), "validation": examples(14, 1), "test": examples(9, 2)}
    return ClassificationTask(
        model, TOKENIZER, splits, ["text"] * 9, ["a", "b"], CONFIG, "cpu", **settings
    )


class Losses(NullSink):
    def __init__(self) -> None:
        self.seen: list[tuple[str, int, float]] = []

    def metrics(self, step: int, split: str, **values: float) -> None:
        self.seen.append((split, step, values["loss"]))


class StopAt:
    seq = 0

    def __init__(self, calls: int) -> None:
        self.left = calls

    def request(self) -> Request:
        self.left -= 1
        return Request("stop" if self.left < 0 else "run")


def losses(task: ClassificationTask, directory: Path) -> dict[tuple[str, int], float]:
    sink = Losses()
    Trainer(task, CONFIG, directory).fit(NeverStop(), sink)
    return {(split, step): loss for split, step, loss in sink.seen}


@pytest.mark.parametrize("kept", ["all", "a part", "none"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("mode", ["head", "last-block"])
def test_losses_are_those_of_the_plain_loop(
    mode: str, dropout: float, kept: str, tmp_path: Path
) -> None:
    """Masks included: a batch has the shape that it has in the plain loop."""
    plain = make_task(mode, dropout, reuse_frozen=False)
    limit = {"all": 1 << 30, "a part": PART[mode], "none": 0}[kept]
    once = make_task(mode, dropout, max_frozen_bytes=limit)
    expected = losses(plain, tmp_path / "plain")
    found = losses(once, tmp_path / "once")
    assert len(expected) > CONFIG.steps and found == pytest.approx(expected, abs=1e-5)
    first, lowest = expected["train", 1], min(expected.values())
    assert lowest < first - 0.05, "nothing was learned, so nothing was compared"
    for test_row, other in zip(once.test_rows, plain.test_rows, strict=True):
        assert test_row["probability"] == pytest.approx(other["probability"], abs=1e-4)


@pytest.mark.parametrize("mode", ["head", "last-block"])
def test_a_resumed_run_ends_bit_for_bit_as_one_that_was_never_stopped(
    mode: str, tmp_path: Path
) -> None:
    whole, resumed = (make_task(mode, 0.3, max_frozen_bytes=PART[mode]) for _ in range(2))
    Trainer(whole, CONFIG, tmp_path / "whole").fit(NeverStop(), NullSink())
    stopped = make_task(mode, 0.3, max_frozen_bytes=PART[mode])
    Trainer(stopped, CONFIG, tmp_path / "parts").fit(StopAt(9), NullSink())
    Trainer(resumed, CONFIG, tmp_path / "parts").fit(NeverStop(), NullSink())
    assert resumed.test_rows == whole.test_rows
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def counted_texts(task: ClassificationTask) -> list[int]:
    """Grows by the number of texts of each pass through the trunk's first layers."""
    passes: list[int] = []
    plain = task.model.trunk.embed

    def counting(ids: torch.Tensor, *rest: object) -> torch.Tensor:
        passes.append(len(ids))
        return plain(ids, *rest)

    task.model.trunk.embed = counting  # type: ignore[method-assign]
    return passes


def test_every_text_goes_through_the_frozen_layers_once(tmp_path: Path) -> None:
    task = make_task("last-block")
    passes = counted_texts(task)
    losses(task, tmp_path)
    assert sum(passes) == 45 + 14 + 9


def test_beyond_the_limit_texts_are_computed_again_and_within_it_they_are_not(
    tmp_path: Path,
) -> None:
    task = make_task("last-block", max_frozen_bytes=PART["last-block"])
    passes = counted_texts(task)
    losses(task, tmp_path)
    validation, train = task._texts["validation"], task._texts["train"]
    assert isinstance(validation, FrozenFeatures) and isinstance(train, FrozenFeatures)
    assert validation.n_bytes + train.n_bytes <= PART["last-block"]
    assert len(validation._rows) == 14 and 0 < len(train._rows) < 45
    beyond = 45 - len(train._rows)
    assert sum(passes) == 14 + len(train._rows) + EPOCHS * beyond + 9


def test_memory_is_what_was_announced() -> None:
    task = make_task("last-block")
    texts = task._texts["train"]
    assert isinstance(texts, FrozenFeatures)
    texts.features(np.arange(45))
    held = {row.untyped_storage().data_ptr(): row.untyped_storage().nbytes()
            for row in texts._rows.values()}  # fmt: skip
    assert sum(held.values()) == texts.n_bytes
    assert texts.n_bytes <= 45 * 16 * 16 * 4


def test_features_keep_full_precision_and_need_no_gradient() -> None:
    texts = make_task("last-block")._texts["train"]
    assert isinstance(texts, FrozenFeatures)
    features = texts.features(np.array([3, 1]))
    assert features.dtype == torch.float32 and not features.requires_grad
    assert features.shape == (2, max(texts.lengths[[3, 1]]), 16)
    again = make_task("last-block")._texts["train"]
    assert isinstance(again, FrozenFeatures)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(again.features(np.array([3, 1])), features)


def test_where_everything_learns_nothing_is_reused() -> None:
    assert all(type(text) is Texts for text in make_task("all")._texts.values())


def test_groups_hold_every_text_once_with_little_padding() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, size=500)
    groups = similar_lengths(lengths, 10_000)
    assert sorted(np.concatenate(groups)) == list(range(500))
    for group in groups:
        assert len(group) <= 32 and lengths[group].min() >= 7 / 8 * lengths[group].max()
    assert similar_lengths(np.array([], dtype=int), 10) == []


@pytest.mark.parametrize("max_bytes", [0, 1 << 20])
@pytest.mark.parametrize("mode", ["head", "last-block"])
def test_few_bytes_at_once_give_the_same_features(mode: str, max_bytes: int, monkeypatch) -> None:
    whole = make_task(mode)._texts["train"]
    model, ids = whole.model, whole.ids
    model.eval()
    small = FrozenFeatures(model, ids, whole.fill, "cpu", max_bytes, 20 * token_bytes(model))
    tokens, frozen_part = [], model.frozen_part

    def counted(ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        tokens.append(ids.numel())
        return frozen_part(ids, lengths)

    expected = whole.features(np.arange(len(ids)))
    monkeypatch.setattr(model, "frozen_part", counted)
    found = small.features(np.arange(len(ids)))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert max(tokens) <= 20 and len(tokens) > 10
