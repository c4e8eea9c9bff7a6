"""A head over a frozen model, trained to its optimum: all texts at once, by L-BFGS.

The loss of a linear head is convex, so there is one best head and nothing to choose but how much
large weights cost. Small steps (AdamW) come near it slowly, since the states of the layers are
nearly multiples of each other; L-BFGS, which learns the curvature, needs some tens of steps.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.train.checkpoint import restore
from llmcore.train.checkpoint_index import Checkpoint
from llmcore.train.control import Control
from llmcore.train.loop import STOPPED, Loop
from llmcore.train.rescue import check_finite, is_finite
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome, Task
from llmcore.train.trainer import make_optimizer
from llmcore.train.world import ALONE, World

if TYPE_CHECKING:
    from llmcore.nn.classifier import SequenceClassifier

# What the squares of the weights cost, over all texts together (the features have a spread of
# one): the best of 30, 100 and 300 in cross-validation on balanced and unbalanced `sms-spam`.
COST_OF_WEIGHTS = 100.0
ITERATIONS = 5  # of L-BFGS in one step, between two looks at what the user asks
ENOUGH = 1e-5  # of the loss: a step that gains less is the last
EARLY = (8, 4, 2)  # a step on what was read so far, after an eighth of the texts and so on
# What a half of a text counts, which the head learns from too. Without halves it takes a short
# text for one of the class that writes short ones: maxima and minima grow with the length.
HALF_COUNTS = 0.1
SMALLEST_SPREAD = 1e-3  # of a feature; less is rounding, such as when all texts begin alike


class HeadTask(Task, Protocol):
    """A task whose model learns nothing but `classifier_head`, which reads `features`."""

    @property
    def model(self) -> "SequenceClassifier":
        """What is trained."""

    def batches_of(self, part: str) -> list[Tensor]:
        """Numbers of all texts, by those that the model reads together. part: `train`,
        `validation`, or either one with ` halves` behind it, for halves of its texts."""

    def features_of(self, part: str, indices: Tensor) -> Tensor:
        """What the head reads of texts (N,): (N, D), on the CPU; asked once for each."""

    def labels_of(self, part: str) -> Tensor:
        """(N,)."""

    def label_weights(self) -> Tensor:
        """What each class counts in the loss, (K,)."""


class HeadSolver(Loop):
    """Like `Trainer`, for a head alone; a step is some iterations over all texts.

    Once the head is known to be right on the validation texts, it learns from them as well: there
    was nothing to choose by them. A run that was stopped goes on from the head that it had, and
    ends at the same optimum.
    """

    task: HeadTask

    def __init__(
        self, task: HeadTask, config: TrainConfig, directory: Path | None, world: World = ALONE
    ) -> None:
        """With no directory nothing is kept. Raises LabError for several processes."""
        if not world.is_alone:
            raise LabError("A probe is solved by one process: start it without torchrun.")
        super().__init__(task, config, directory, world)
        self.head = task.model.classifier_head
        self.val_loss: float | None = None

    def fit(self, control: Control, sink: Sink) -> Outcome:
        """Solves and tests; saves at the end, and when `control` says stop."""
        self._resume(sink)
        train = self._read("train", control, sink)
        if train is None:
            return self._stopped(sink)
        solving, solved = _Standardised(self.head, train), False
        while self.step < self.config.steps and not solved:
            if not self._obey(control, sink):
                return self._stopped(sink)
            solved = self._take_step(solving, sink)
        self._learn_from_validation(solving, control, sink)
        self._save(sink)
        self.task.model.eval()
        sink.progress(self.step, "testing")
        self.task.finish(sink, self.step)
        reason = "the best head was found" if solved else "all steps done"
        return Outcome("done", reason, self.step, self.step, self.val_loss)

    def _take_step(self, solving: "_Standardised", sink: Sink) -> bool:
        """Whether it was the last one that is needed."""
        self.step += 1
        solved = solving.step()
        self._refuse_nonfinite({"loss": solving.loss})
        solving.write(self.head)
        sink.metrics(self.step, "train", loss=solving.loss, accuracy=solving.accuracy)
        sink.progress(self.step, "training", train_loss=solving.loss)
        self._evaluate(sink)
        return solved

    def _stopped(self, sink: Sink) -> Outcome:
        self._save(sink)
        return Outcome("stopped", STOPPED, self.step, self.step or None, self.val_loss)

    def _learn_from_validation(
        self, solving: "_Standardised", control: Control, sink: Sink
    ) -> None:
        """The same problem with the validation texts in it, from the solution without them."""
        n_texts = len(self.task.labels_of("validation"))
        more = self._read("validation", control, sink) if n_texts else None
        if more is None:
            return
        again = _Standardised(self.head, _together([solving.given(), more]))
        for _ in range(self.config.steps):
            if again.step():
                break
        self._refuse_nonfinite({"loss": again.loss})
        again.write(self.head)
        self._saved_step = 0  # this step has other weights by now
        text = f"The head learned from the {n_texts:,} validation texts as well in the end."
        sink.event("notice", self.step, text=text)

    def _read(self, split: str, control: Control, sink: Sink) -> "_Rows | None":
        """What the head reads of a split and its halves, with some steps on the way while it is
        the training split. None if the user stops before the model has read all texts."""
        self.task.model.eval()
        parts = {split: 1.0, f"{split} halves": HALF_COUNTS}
        batches = [(part, batch) for part in parts for batch in self.task.batches_of(part)]
        labels = {part: self.task.labels_of(part).cpu() for part in parts}
        of_label = self.task.label_weights().cpu()
        looks = {len(batches) // share for share in EARLY} if split == "train" else set()
        rows: list[_Rows] = []
        for number, (part, batch) in enumerate(batches, 1):
            if not self._obey(control, sink):
                return None
            own = labels[part][batch]
            whole = torch.full((len(batch),), part == split)
            features = self.task.features_of(part, batch)
            if not is_finite(features):
                raise LabError(
                    "What the model makes of these texts is not finite, so no head can learn from "
                    "it: choose another model to start from."
                )
            rows.append(_Rows(features, own, parts[part] * of_label[own], whole))
            sink.progress(self.step, f"reading texts, {100 * number // len(batches)}%")
            if number in looks and _can_be_told(rows):
                self._take_step(_Standardised(self.head, _together(rows)), sink)
        return _together(rows)

    def _refuse_nonfinite(self, numbers: dict[str, float]) -> None:
        """Before the head, or a checkpoint, takes them up. Raises LabError."""
        check_finite(numbers, self.step, "start again with another model, or another way to learn")

    def _evaluate(self, sink: Sink) -> None:
        self.task.model.eval()
        with torch.no_grad():
            scores = self.task.evaluate()
        self._refuse_nonfinite(scores)
        self.val_loss = scores.get("loss")
        if scores:
            sink.metrics(self.step, "val", **scores)
        sink.progress(self.step, "training", best_step=self.step, val_loss=self.val_loss)

    def _val_loss(self) -> float | None:
        return self.val_loss

    def _optimizer(self) -> torch.optim.Optimizer:
        """One that has done nothing: the head's own optimum is where a later start goes on."""
        return make_optimizer(self.task.model, self.config)

    def _restore(self, start: Checkpoint, kept: list[Checkpoint]) -> None:
        restore(start, self.task.model)


@dataclass(slots=True)
class _Rows:
    """What a head learns from: features (N, D), labels (N,), what each row counts (N,), and
    whether it is a whole text (N,)."""

    features: Tensor
    labels: Tensor
    counts: Tensor
    whole: Tensor


def _can_be_told(rows: list[_Rows]) -> bool:
    """Whether two classes are among the whole texts: before that there is nothing to learn."""
    return len(torch.cat([row.labels[row.whole] for row in rows]).unique()) > 1


def _together(rows: list[_Rows]) -> _Rows:
    return _Rows(
        torch.cat([row.features for row in rows]), torch.cat([row.labels for row in rows]),
        torch.cat([row.counts for row in rows]), torch.cat([row.whole for row in rows]),
    )  # fmt: skip


class _Standardised:
    """The head's problem with features of mean 0 and spread 1."""

    def __init__(self, head: nn.Linear, rows: _Rows) -> None:
        """Standardises the features of `rows` in place. It begins with the current head, if
        that is better than one that knows nothing: a head of few texts may be far from it."""
        self.rows, self.n_texts = rows, int(rows.whole.sum())
        self.mean = rows.features.mean(0)  # (D,)
        self.spread = rows.features.std(0, correction=0).clamp_min(SMALLEST_SPREAD)
        rows.features.sub_(self.mean).div_(self.spread)
        weight, bias = head.weight.detach().cpu(), head.bias.detach().cpu()
        self.weight = weight * self.spread  # (K, D)
        self.bias = bias + weight @ self.mean  # (K,)
        self._begin_at_least_from_nothing()
        self.loss = self.accuracy = 0.0  # of the whole texts, after the last step
        self._before = float("inf")
        self._optimizer = torch.optim.LBFGS(
            [self.weight, self.bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe"
        )

    def _begin_at_least_from_nothing(self) -> None:
        """Zeros for the weights that were given, unless their objective is lower."""
        given = float(self._objective(self._losses()[1]))
        nothing = math.log(len(self.bias)) * float(self.rows.counts.sum()) / self.n_texts
        if not given < nothing:  # also if it is not finite
            self.weight, self.bias = torch.zeros_like(self.weight), torch.zeros_like(self.bias)
        self.weight.requires_grad_(True)
        self.bias.requires_grad_(True)

    def step(self) -> bool:
        """Some iterations; whether they gained next to nothing, so that it is solved."""
        self._optimizer.step(self._closure)
        whole = self.rows.whole
        with torch.no_grad():
            logits, losses = self._losses()
            self.loss = float((losses[whole]).sum() / self.n_texts)
            right = logits[whole].argmax(-1) == self.rows.labels[whole]
            self.accuracy = float(right.float().mean())
            before, self._before = self._before, float(self._objective(losses))
        return before - self._before <= ENOUGH * self._before

    def _closure(self) -> Tensor:
        self._optimizer.zero_grad()
        objective = self._objective(self._losses()[1])
        objective.backward()
        return objective

    def _losses(self) -> tuple[Tensor, Tensor]:
        """Logits (N, K) and what each row's loss counts (N,)."""
        logits = F.linear(self.rows.features, self.weight, self.bias)
        losses = F.cross_entropy(logits, self.rows.labels, reduction="none")
        return logits, losses * self.rows.counts

    def _objective(self, losses: Tensor) -> Tensor:
        return (losses.sum() + COST_OF_WEIGHTS * self.weight.square().sum()) / self.n_texts

    def given(self) -> _Rows:
        """The rows as they were given."""
        self.rows.features.mul_(self.spread).add_(self.mean)
        return self.rows

    @torch.no_grad()
    def write(self, head: nn.Linear) -> None:
        """The same head for features as they come."""
        weight = self.weight / self.spread
        head.weight.copy_(weight)
        head.bias.copy_(self.bias - weight @ self.mean)
