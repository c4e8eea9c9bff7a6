"""The training loop, once for every objective (Raschka, chapter 5; GPT-2's settings)."""

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from llmcore.config import TrainConfig
from llmcore.device import choose_precision
from llmcore.errors import LabError
from llmcore.nn.dropout import set_dropout_key
from llmcore.train import checkpoint_index
from llmcore.train.checkpoint import restore, save_checkpoint
from llmcore.train.checkpoint_index import Checkpoint
from llmcore.train.control import Control, Request
from llmcore.train.loop import STOPPED, Loop
from llmcore.train.rescue import (
    check_finite,
    first_nonfinite,
    free_memory,
    is_out_of_memory,
    nonfinite_name,
    nonfinite_weight,
)
from llmcore.train.schedule import learning_rate
from llmcore.train.sharding import average_gradients, let_go, whole
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome, Task
from llmcore.train.world import ALONE, World, parallel

SMALL_DATA_PASSES = 5  # a run that reads its data more often than this may overfit
SMALL_DATA_PATIENCE = 10


class Trainer(Loop):
    """Runs a task's steps from the last checkpoint in `directory` (or from the start) to the end.

    The data of a step and its dropout masks depend on (seed, step, sample) and not on the history,
    so a resumed run continues with exactly the numbers that an uninterrupted one would have used.
    With no directory nothing is kept, and the last weights are the result.
    """

    def __init__(
        self,
        task: Task,
        config: TrainConfig,
        directory: Path | None,
        rate_changes: Sequence[tuple[int, float]] = (),
        world: World = ALONE,
    ) -> None:
        """rate_changes: (first step, peak learning rate) that the user set in earlier attempts;
        a resume from an earlier checkpoint makes the same changes at the same steps.
        world: the processes that share each batch; only the first one writes."""
        super().__init__(task, config, directory, world)
        self._parallel = None if world.is_alone or self._sharded else parallel(task)
        self._loss = task.loss if self._parallel is None else self._parallel
        self.optimizer = make_optimizer(task.model, config)
        self.best_step: int | None = None
        self.best_loss = math.inf
        self._device = next(task.model.parameters()).device.type
        self._bf16 = choose_precision(config.precision, self._device) == "bf16"
        self._parts = config.accumulation
        self._patience = patience_for(config, task.passes())
        self._rate_changes = sorted(rate_changes)
        self._sound_step = 0  # whose weights are known to be finite
        self._evaluated: tuple[int, float | None] | None = None  # (step, validation loss)
        self._without_gain = 0  # evaluations since the best one

    def fit(self, control: Control, sink: Sink) -> Outcome:
        """Trains until the last step, until validation stops improving, or until `control` says
        stop; saves in each case.

        Raises LabError when the loss stops being a finite number or memory does not suffice.
        """
        self._resume(sink)
        config, clock = self.config, _Speedometer()
        # Counted again, so that a resume of any checkpoint knows it.
        n_read = sum(self.task.n_tokens(step) for step in range(1, self.step + 1))
        reason = "all steps done"
        while self.step < config.steps:
            if not self._obey(control, sink):
                self._save(sink)
                return self._outcome("stopped", STOPPED)
            clock.restart()
            step = self.step + 1
            numbers, n_tokens = self.train_step(step, sink), self.task.n_tokens(step)
            self.step = step
            n_read += n_tokens
            numbers |= {"tokens_per_s": clock.lap(n_tokens), "tokens": n_read}
            if step == 1 or step % config.log_every == 0 or step == config.steps:
                sink.metrics(step, "train", **numbers)
            sink.progress(step, "training", train_loss=numbers["loss"])
            self._look(step, sink)
            if self._patience and self._without_gain >= self._patience:
                reason = self._stop_early(sink)
                break
        self.world.wait()  # the first process may still be writing the best checkpoint
        self._load_best()
        sink.progress(self.step, "testing")
        if self.world.is_first:
            self.task.finish(sink, self.step)
        return self._outcome("done", reason)

    # What the user asks for -----------------------------------------------------------------

    def _follow(self, request: Request, sink: Sink) -> None:
        if request.learning_rate is not None and request.learning_rate != self._peak(self.step + 1):
            self._change_rate(request.learning_rate, sink)

    def _change_rate(self, peak: float, sink: Sink) -> None:
        """Written before the step that it changes, so that a resume can do the same."""
        step = self.step + 1
        before = self._peak(step)
        self._rate_changes = [
            rate_change for rate_change in self._rate_changes if rate_change[0] < step
        ] + [(step, peak)]
        sink.event("setting", step, name="learning_rate", value=peak, before=before)

    def _peak(self, step: int) -> float:
        """The peak of the schedule that `step` follows."""
        made = [peak for first, peak in self._rate_changes if first <= step]
        return made[-1] if made else self.config.learning_rate

    def _stop_early(self, sink: Sink) -> str:
        reason = (
            f"the validation loss has not fallen for {self._without_gain} evaluations; the best "
            f"is that of step {self.best_step}"
        )
        sink.event("early_stop", self.step, best_step=self.best_step, text=f"Stopped: {reason}.")
        self._save(sink)
        return reason

    # One step -----------------------------------------------------------------------------

    def train_step(self, step: int, sink: Sink) -> dict[str, float]:
        """One optimizer step on the batch of `step`, with its learning rate. Returns its numbers:
        `loss` (mean over the batch's predictions, before the step), `lr`, `grad_norm` (before
        clipping) and what the task logs.

        Raises LabError if they are not finite, or memory does not suffice for one sequence."""
        rate = learning_rate(self.config.with_(learning_rate=self._peak(step)), step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.task.model.train()
        sums = self._gradients(step, sink)
        parameters = [
            parameter for parameter in self.task.model.parameters() if parameter.grad is not None
        ]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        size = whole(norm).item()
        if not (math.isfinite(sums["loss"]) and math.isfinite(size)):
            self._refuse_step(step)  # before clipping, which would spread what is not finite
        if self.config.grad_clip:
            nn.utils.clip_grads_with_norm_(parameters, self.config.grad_clip, norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {**sums, "lr": rate, "grad_norm": size}

    def _gradients(self, step: int, sink: Sink) -> dict[str, float]:
        """Fills the gradients of the step's whole batch; if memory does not suffice, again
        with micro-batches of half the size, which give the same numbers."""
        while True:
            pieces = self.task.micro_batches(step, self._parts * self.world.size)
            try:
                return self._accumulate(pieces, step)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or not self.world.is_alone:
                    raise
                n_rows = self.config.batch_size // self._parts
            # Outside the handler: the error's traceback would keep the tensors of the step alive.
            self.optimizer.zero_grad(set_to_none=True)
            free_memory(self._device)
            if n_rows <= 1:
                raise LabError(
                    f"The memory does not suffice for one sequence at step {step}: close other "
                    f"programs, or choose a smaller model or a shorter context."
                )
            self._parts = -(-self.config.batch_size // (n_rows // 2))
            sink.event("warning", step, text=(
                f"The memory did not suffice at step {step}: the batch is now computed in "
                f"{self._parts} parts of {n_rows // 2} sequences, which gives the same numbers "
                f"more slowly."
            ))  # fmt: skip

    def _accumulate(self, pieces: list[Any], step: int) -> dict[str, float]:
        """Forward and backward of this process's pieces of the batch, each weighed by what its
        mean is taken over."""
        task, world = self.task, self.world
        total = sum(task.n_predictions(piece) for piece in pieces)
        starts = np.cumsum([0, *(task.n_samples(piece) for piece in pieces)]).tolist()
        own = list(world.share(pieces))
        sums: dict[str, float] = {}
        for place in own or [0]:  # without a piece: the first, for nothing, to keep in step
            piece = pieces[place]
            share = task.n_predictions(piece) / total if own else 0.0
            rows = range(starts[place], starts[place + 1])
            set_dropout_key(task.model, self.config.seed, step, rows)
            with self._averaged_later(place != (own or [0])[-1]):
                with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
                    loss, extra = self._loss(piece)
                # The wrapper divides by the number of processes; the shares already sum to one.
                (loss * share * world.size).backward()
            for key, value in {"loss": loss.item(), **extra}.items():
                sums[key] = sums.get(key, 0.0) + value * share
        return world.sum(sums, self._device)

    def _averaged_later(self, later: bool) -> AbstractContextManager[None]:
        """Gradients travel between processes once a step, with the last of a process's pieces."""
        if self._sharded:
            average_gradients(self.task.model, not later)
            return nullcontext()
        return self._parallel.no_sync() if self._parallel and later else nullcontext()

    def _refuse_step(self, step: int) -> None:
        task, batches = self.task, self.task.micro_batches(step, self._parts)
        where = first_nonfinite(task.model, lambda: [task.loss(batch) for batch in batches])
        raise LabError(
            f"The loss or its gradient stopped being a finite number at step {step} ({where}): "
            f"{self._remedy(step)}."
        )

    def _remedy(self, step: int) -> str:
        """What to do if numbers are not finite, and what is left."""
        kept = [] if self.directory is None else checkpoint_index.list_checkpoints(self.directory)
        last = checkpoint_index.latest(kept, full=True)
        lower = f"with a learning rate below {self._peak(step):g}"
        way = f"start a new run {lower}{' or in fp32' if self._bf16 else ''}"
        return f"{way}; the checkpoint of step {last.step} is kept" if last else way

    # Evaluation and checkpoints -----------------------------------------------------------

    def _look(self, step: int, sink: Sink) -> None:
        """Evaluation, samples and checkpoints, if this step has them."""
        config = self.config
        last = step == config.steps
        improved = False
        if step == 1 or step % config.eval_every == 0 or last:
            sink.progress(step, "evaluating")
            improved = self._evaluate(step, sink)
        if improved or last or step % config.checkpoint_every == 0:
            self._save(sink)
        elif (kept_in := self._kept_in) and checkpoint_index.is_snapshot_step(
            step, config.snapshot_every
        ):
            self._refuse_weights(step)
            save_checkpoint(kept_in, step, self.task.model, None, self.task.state(), self._writes)

    def _evaluate(self, step: int, sink: Sink) -> bool:
        self._refuse_weights(step)
        self.task.model.eval()
        scores: dict[str, float] = {}
        if self.world.is_first or self._sharded:
            with torch.no_grad():
                scores = self.task.evaluate()
                if nonfinite_name(scores) is None:
                    if scores:
                        sink.metrics(step, "val", **scores)
                    self.task.report(step, sink)
        let_go(self.task.model)
        scores = self.world.from_first(scores)
        check_finite(scores, step, self._remedy(step))
        loss = scores.get("loss")
        self._evaluated = (step, loss)
        # The newest weights are the result if no loss chooses among them.
        improved = loss is None or self.config.keep == "last" or loss < self.best_loss
        self._without_gain = 0 if improved else self._without_gain + 1
        if improved:
            self.best_loss, self.best_step = math.inf if loss is None else loss, step
            sink.progress(step, "training", best_step=step, val_loss=loss)
        return improved

    def _refuse_weights(self, step: int) -> None:
        """Before they are measured, or replace a good checkpoint. Raises LabError."""
        if step == self._sound_step:
            return
        name = nonfinite_weight(self.task.model)
        n_bad = {"n": float(name is not None)}
        if self._sharded:  # each process knows its own slices
            n_bad = self.world.sum(n_bad, self._device)
        if n_bad["n"]:
            which = f"The weights of {name}" if name else "Some weights"
            raise LabError(f"{which} are not finite after step {step}: {self._remedy(step)}.")
        self._sound_step = step

    def _check(self) -> None:
        self._refuse_weights(self.step)

    def _val_loss(self) -> float | None:
        step, val_loss = self._evaluated or (0, None)
        return val_loss if step == self.step else None

    def _state(self, val_loss: float | None) -> dict[str, Any]:
        # Without a loss, the latest checkpoint is the best.
        kept = val_loss if self.config.keep == "best" else None
        return {**super()._state(kept), "without_gain": self._without_gain}

    def _optimizer(self) -> torch.optim.Optimizer:
        return self.optimizer

    def _restore(self, start: Checkpoint, kept: list[Checkpoint]) -> None:
        restore(start, self.task.model, self.optimizer)
        self._without_gain = int(start.state.get("without_gain") or 0)
        best = checkpoint_index.best(
            [checkpoint for checkpoint in kept if checkpoint.step <= start.step]
        )
        if best is not None and best.val_loss is not None:
            self.best_step, self.best_loss = best.step, best.val_loss
        elif self.config.keep == "last":
            self.best_step = start.step

    def _load_best(self) -> None:
        kept = [] if self.directory is None else checkpoint_index.list_checkpoints(self.directory)
        best = checkpoint_index.best(kept)
        if best is not None and best.step != self.step:
            restore(best, self.task.model)
        self.task.model.eval()

    def _outcome(self, state: str, reason: str) -> Outcome:
        loss = self.best_loss if math.isfinite(self.best_loss) else None
        return Outcome(state, reason, self.step, self.best_step, loss)


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


def patience_for(config: TrainConfig, passes: float) -> int:
    """Evaluations without gain after which a run stops; 0 if it never does so."""
    if config.patience >= 0:
        return config.patience
    return SMALL_DATA_PATIENCE if passes > SMALL_DATA_PASSES else 0


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) with decay on matrices and none on biases and norms."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {
            "params": [parameter for parameter in trainable if parameter.dim() >= 2],
            "weight_decay": config.weight_decay,
        },
        {
            "params": [parameter for parameter in trainable if parameter.dim() < 2],
            "weight_decay": 0.0,
        },
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=True,
    )
