"""The training loop, once for every objective (Raschka, chapter 5; GPT-2's settings)."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from llmcore.config import TrainConfig
from llmcore.device import choose_precision
from llmcore.errors import LabError
from llmcore.nn.dropout import set_dropout_key
from llmcore.train import checkpoint_index
from llmcore.train.checkpoint import restore, save_checkpoint
from llmcore.train.control import Control
from llmcore.train.schedule import learning_rate
from llmcore.train.sinks import Sink


class Task(Protocol):
    """One objective: what a batch is, its loss, and how well the model does."""

    model: nn.Module

    def micro_batches(self, step: int) -> list[Any]:
        """The batch of `step`, cut into micro-batches; depends on (seed, step) alone."""

    def loss(self, batch: Any) -> tuple[Tensor, dict[str, float]]:
        """Mean loss (scalar) of a micro-batch, and further numbers to log."""

    def n_tokens(self, batch: Any) -> int: ...

    def evaluate(self) -> dict[str, float]:
        """Validation numbers; `loss` among them decides which checkpoint is best."""

    def report(self, step: int, sink: Sink) -> None:
        """What to show beside the numbers, such as a sample of generated text."""

    def state(self) -> dict[str, Any]:
        """What a reader of the weights must know: model configuration, labels."""

    def finish(self, sink: Sink, step: int) -> None:
        """The final verdict with the best weights loaded, such as the test scores."""


@dataclass(slots=True, frozen=True)
class Outcome:
    state: str  # "done" or "stopped"
    step: int
    best_step: int | None
    val_loss: float | None


class Trainer:
    """Runs a task's steps from the last checkpoint in `directory` (or from the start) to the end.

    The data of a step and its dropout masks depend on (seed, step) and not on the history, so a
    resumed run continues with the very numbers that an uninterrupted one would have used.
    With no directory nothing is kept, and the last weights are the result.
    """

    def __init__(self, task: Task, config: TrainConfig, directory: Path | None) -> None:
        self.task, self.config, self.directory = task, config, directory
        self.optimizer = make_optimizer(task.model, config)
        self._device = next(task.model.parameters()).device.type
        self._bf16 = choose_precision(config.precision, self._device) == "bf16"
        self.step = 0
        self.best_step: int | None = None
        self.best_loss = math.inf
        self._evaluated: tuple[int, float] | None = None  # (step, validation loss)

    def fit(self, control: Control, sink: Sink) -> Outcome:
        """Trains until the last step or until `control` says stop; saves either way.

        Raises LabError when the loss stops being a finite number.
        """
        self._resume(sink)
        config, clock = self.config, _Speedometer()
        while self.step < config.steps:
            if control.should_stop():
                self._save(sink)
                return self._outcome("stopped")
            step = self.step + 1
            numbers, n_tokens = self._train_step(step)
            self.step = step
            numbers["tokens_per_s"] = clock.lap(n_tokens)
            numbers["tokens"] = step * n_tokens
            if step == 1 or step % config.log_every == 0 or step == config.steps:
                sink.metrics(step, "train", **numbers)
            sink.progress(step, "training", train_loss=numbers["loss"])
            self._look(step, sink)
            clock.restart()
        self._load_best()
        sink.progress(self.step, "testing")
        self.task.finish(sink, self.step)
        return self._outcome("done")

    def _train_step(self, step: int) -> tuple[dict[str, float], int]:
        """One optimizer step. Returns its numbers and the tokens that it learned from."""
        config, model = self.config, self.task.model
        rate = learning_rate(config, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        micro_batches = self.task.micro_batches(step)
        sums: dict[str, float] = {}
        n_tokens = 0
        model.train()
        for index, batch in enumerate(micro_batches):
            set_dropout_key(model, config.seed, step, index)
            with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
                loss, extra = self.task.loss(batch)
            (loss / len(micro_batches)).backward()
            for key, value in {"loss": loss.item(), **extra}.items():
                sums[key] = sums.get(key, 0.0) + value / len(micro_batches)
            n_tokens += self.task.n_tokens(batch)
        parameters = [one for one in model.parameters() if one.grad is not None]
        norm = nn.utils.clip_grad_norm_(parameters, config.grad_clip or math.inf).item()
        if not (math.isfinite(sums["loss"]) and math.isfinite(norm)):
            raise LabError(
                f"The loss or its gradient stopped being a finite number at step {step}: start "
                f"again with a learning rate below {config.learning_rate:g}, or resume from the "
                f"last checkpoint."
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {**sums, "lr": rate, "grad_norm": norm}, n_tokens

    def _look(self, step: int, sink: Sink) -> None:
        """Evaluation, samples and checkpoints, where this step has them."""
        config = self.config
        last = step == config.steps
        improved = False
        if step == 1 or step % config.eval_every == 0 or last:
            sink.progress(step, "evaluating")
            improved = self._evaluate(step, sink)
        if improved or last or step % config.checkpoint_every == 0:
            self._save(sink)
        elif self.directory is not None and checkpoint_index.is_snapshot_step(step):
            save_checkpoint(self.directory, step, self.task.model, None, self.task.state())

    def _evaluate(self, step: int, sink: Sink) -> bool:
        self.task.model.eval()
        with torch.no_grad():
            scores = self.task.evaluate()
            sink.metrics(step, "val", **scores)
            self._evaluated = (step, scores["loss"])
            self.task.report(step, sink)
        improved = scores["loss"] < self.best_loss
        if improved:
            self.best_loss, self.best_step = scores["loss"], step
            sink.progress(step, "training", best_step=step, val_loss=scores["loss"])
        return improved

    def _save(self, sink: Sink) -> None:
        if self.step == 0 or self.directory is None:
            return
        step, val_loss = self._evaluated or (0, None)
        val_loss = val_loss if step == self.step else None
        state = {**self.task.state(), "val_loss": val_loss}
        save_checkpoint(self.directory, self.step, self.task.model, self.optimizer, state)
        checkpoint_index.prune(self.directory)
        sink.event("checkpoint", self.step, val_loss=val_loss)

    def _resume(self, sink: Sink) -> None:
        if self.directory is None:
            return
        checkpoints = checkpoint_index.list_checkpoints(self.directory)
        start = checkpoint_index.latest(checkpoints, full=True)
        if start is None:
            return
        restore(start, self.task.model, self.optimizer)
        self.step = start.step
        best = checkpoint_index.best(checkpoints)
        if best is not None and best.val_loss is not None:
            self.best_step, self.best_loss = best.step, best.val_loss
        sink.event("notice", self.step, text=f"Resumed from the checkpoint of step {self.step}.")

    def _load_best(self) -> None:
        kept = [] if self.directory is None else checkpoint_index.list_checkpoints(self.directory)
        best = checkpoint_index.best(kept)
        if best is not None and best.step != self.step:
            restore(best, self.task.model)
        self.task.model.eval()

    def _outcome(self, state: str) -> Outcome:
        loss = self.best_loss if math.isfinite(self.best_loss) else None
        return Outcome(state, self.step, self.best_step, loss)


class _Speedometer:
    """Tokens per second over the training steps alone, smoothed over about 20 of them."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._rate: float | None = None

    def lap(self, n_tokens: int) -> float:
        now = n_tokens / max(1e-9, time.perf_counter() - self._since)
        self._rate = now if self._rate is None else 0.95 * self._rate + 0.05 * now
        return self._rate

    def restart(self) -> None:
        self._since = time.perf_counter()


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) with decay on matrices and none on biases and norms."""
    trainable = [one for one in model.parameters() if one.requires_grad]
    groups = [
        {
            "params": [one for one in trainable if one.dim() >= 2],
            "weight_decay": config.weight_decay,
        },
        {"params": [one for one in trainable if one.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=True,
    )
