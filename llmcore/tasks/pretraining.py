"""Pretraining: predict the next token of raw text (Radford et al. 2018; Raschka, chapter 5)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from llmcore.config import TrainConfig
from llmcore.data.shards import ShardedIds
from llmcore.data.windows import check_length, windows
from llmcore.generation import SamplingConfig, generate
from llmcore.nn.model import GPT, next_token_loss
from llmcore.tasks.head_types import head_scores
from llmcore.tasks.sampling import window_starts
from llmcore.tokenizers import Tokenizer
from llmcore.train.sinks import Sink

SAMPLE_TOKENS = 96


@dataclass(slots=True, frozen=True)
class TokenData:
    """Ids of the training and validation text, and the bytes of the latter."""

    train: np.ndarray | ShardedIds  # (n_train,)
    validation: np.ndarray | ShardedIds  # (n_validation,)
    validation_bytes: int

    @property
    def bytes_per_token(self) -> float:
        return self.validation_bytes / max(1, len(self.validation))


class PretrainTask:
    """Next-token prediction on random windows of the training ids."""

    def __init__(
        self,
        model: GPT,
        tokenizer: Tokenizer,
        data: TokenData,
        config: TrainConfig,
        device: str,
        sample_prompt: str | None,
    ) -> None:
        """`model` is, or will be, on `device`. Without a prompt nothing is written.

        Raises ShortTextError if a split is shorter than one window of context_length + 1."""
        length = model.config.context_length
        check_length(len(data.train), len(data.validation), length)
        self.model = model
        self.tokenizer, self.data, self.config = tokenizer, data, config
        self.device, self.sample_prompt = device, sample_prompt
        self.length = length
        self.test_rows: list[dict[str, Any]] = []  # it has no test but the validation text

    def micro_batches(self, step: int, parts: int = 1) -> list[tuple[Tensor, Tensor]]:
        starts = self._starts(step)
        found = [
            self._windows(self.data.train, part)
            for part in np.array_split(starts, min(parts, len(starts)))
        ]
        if isinstance(self.data.train, ShardedIds):
            self.data.train.will_need(self._starts(step + 1).tolist(), self.length + 1)
        return found

    def _starts(self, step: int) -> np.ndarray:
        """Where the windows of a step begin, (B,)."""
        config, n_tokens = self.config, len(self.data.train)
        return window_starts(config.seed, step, config.batch_size, n_tokens, self.length)

    def _windows(
        self, ids: np.ndarray | ShardedIds, starts: Sequence[int] | np.ndarray
    ) -> tuple[Tensor, Tensor]:
        """Inputs and targets, both (B, T): the same window, the targets one token later."""
        inputs, targets = windows(ids, starts, self.length)
        return self._on_device(inputs), self._on_device(targets)

    def _on_device(self, ids: np.ndarray) -> Tensor:
        return torch.from_numpy(ids.astype(np.int64)).to(self.device)

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, float]]:
        return next_token_loss(self.model, *batch), {}

    def n_samples(self, batch: tuple[Tensor, Tensor]) -> int:
        return len(batch[0])

    def n_predictions(self, batch: tuple[Tensor, Tensor]) -> int:
        return batch[0].numel()

    def n_tokens(self, step: int) -> int:
        return self.config.batch_size * self.length

    def passes(self) -> float:
        config = self.config
        return config.steps * config.batch_size * self.length / len(self.data.train)

    def evaluate(self) -> dict[str, float]:
        """Mean loss over the same evenly spaced validation windows each time.

        bits per byte = loss / ln 2 × tokens / bytes, so that tokenizers compare.
        """
        ids, config = self.data.validation, self.config
        n_windows = min(config.eval_batches * config.batch_size, (len(ids) - 1) // self.length)
        starts = np.linspace(0, len(ids) - self.length - 1, max(1, n_windows)).astype(int)
        total = 0.0
        for first in range(0, len(starts), config.batch_size):
            part = starts[first : first + config.batch_size]
            total += self.loss(self._windows(ids, part))[0].item() * len(part)
        loss = total / len(starts)
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 700.0)),
            "bits_per_byte": loss / math.log(2) / self.data.bytes_per_token,
            **(self._head_scores() if config.head_scores else {}),
        }

    def _head_scores(self) -> dict[str, float]:
        """The best head of each type on random repeats, and how well the model copies them."""
        scores = head_scores(self.model, self.tokenizer, text=False)
        return {
            **{f"head_{kind}": scores.highest(kind) for kind in scores.kinds},
            "repeat_first_loss": scores.first_loss,
            "repeat_second_loss": scores.second_loss,
            "copy_accuracy": scores.copy_accuracy,
        }

    def report(self, step: int, sink: Sink) -> None:
        """A sample from a fixed prompt and seed, so that only the model changes between two."""
        if self.sample_prompt is None:
            return
        sampling = SamplingConfig(seed=self.config.seed, max_new_tokens=SAMPLE_TOKENS)
        made = generate(self.model, self.tokenizer, self.sample_prompt, sampling)
        sink.event("sample", step, prompt=self.sample_prompt, text=made.text)

    def state(self) -> dict[str, Any]:
        return {"kind": "pretrain", "model": self.model.config.to_dict()}

    def finish(self, sink: Sink, step: int) -> None:
        return
