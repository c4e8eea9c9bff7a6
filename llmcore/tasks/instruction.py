"""Instruction finetuning: the loss is taken over the answers alone (Raschka, chapter 7)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from llmcore.config import TrainConfig
from llmcore.data.instructions import HOLDOUTS, Instruction, InstructionSplits
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.tasks.epochs import steps_per_epoch
from llmcore.tasks.instruction_scores import answers, learned_logits, row_losses, scored_answers
from llmcore.tasks.instruction_tokens import Example, do_not_fit, encode_row, fits, nothing_fits
from llmcore.tasks.packing import Rows, packed, padded
from llmcore.tasks.sampling import bucketed_batches
from llmcore.tasks.templates import Template
from llmcore.tokenizers import Tokenizer
from llmcore.train.rescue import check_finite
from llmcore.train.sinks import Sink

SHOWN_PROMPTS = 5
MAX_TEST_ROWS = 2_000
MAX_TRAIN_ROWS = 100  # that are answered in the end, to be seen beside the test's


class InstructionTask:
    """Next-token loss on answers and their end tokens; epochs over a shuffled training split.

    With `packing`, the examples of a step share rows of the context's length and are kept apart;
    without, each has its own row. The loss is the same.
    """

    def __init__(
        self,
        model: GPT,
        tokenizer: Tokenizer,
        template: Template,
        data: InstructionSplits,
        config: TrainConfig,
        device: str,
        packing: bool = False,
        baselines: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        """baselines: scores of simpler methods on the same test split, to show beside the result.

        Raises LabError if no training row has an answer within the context."""
        self.model = model.to(device)
        self.tokenizer, self.template, self.data = tokenizer, template, data
        self.config, self.device, self.packing = config, device, packing
        self.baselines = baselines or {}
        self.adapter: dict[str, Any] | None = None  # LoRA: what its weights are added to
        self.test_rows: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.train = self._encoded(data.train, "training")
        self.validation = self._encoded(data.validation, "validation")
        if not self.train:
            raise LabError(nothing_fits(model.config.context_length))
        if not self.validation:
            self.notices.append(
                "There is no validation row, so no validation loss is measured and the last "
                "weights are the ones that are kept."
            )
        self._lengths = np.array([len(example.ids) for example in self.train])
        self._per_epoch = steps_per_epoch(len(self.train), config.batch_size)
        self._order: tuple[int, list[np.ndarray]] | None = None
        self.shown = shown_rows(
            InstructionSplits([], self._fitting(data.validation), self._fitting(data.test))
        )

    def _encoded(self, rows: Sequence[Instruction], what: str) -> list[Example]:
        """Rows as tokens. Those without a target are left out; that and cuts give a notice."""
        length = self.model.config.context_length
        whole = [encode_row(self.tokenizer, self.template, row, length) for row in rows]
        kept = [example for example in whole if example.n_targets]
        if n_cut := sum(example.n_cut > 0 for example in kept):
            self.notices.append(
                f"{n_cut:,} {what} rows are longer than {length} tokens and were cut: their "
                f"answers have no end."
            )
        if dropped := len(whole) - len(kept):
            self.notices.append(
                f"{dropped:,} {what} rows were left out: their prompts alone fill the {length} "
                f"tokens of the context."
            )
        return kept

    def _fitting(self, rows: Sequence[Instruction]) -> list[Instruction]:
        length = self.model.config.context_length
        return [row for row in rows if fits(self.tokenizer, self.template, row, length)]

    def micro_batches(self, step: int, parts: int = 1) -> list[Rows]:
        chosen = self._chosen(step)
        pieces = np.array_split(chosen, min(parts, len(chosen)))
        return [self._batch([self.train[i] for i in piece]) for piece in pieces]

    def _chosen(self, step: int) -> np.ndarray:
        """Numbers of the rows of a step's batch, (B,)."""
        epoch, place = divmod(step - 1, self._per_epoch)
        if self._order is None or self._order[0] != epoch:
            config = self.config
            batches = bucketed_batches(self._lengths, config.batch_size, config.seed, epoch)
            self._order = (epoch, batches)
        return self._order[1][place]

    def _batch(self, examples: list[Example]) -> Rows:
        fill = self.tokenizer.eot_id
        if self.packing:
            return packed(examples, self.model.config.context_length, fill, self.device)
        return padded(examples, fill, self.device)

    def loss(self, batch: Rows) -> tuple[Tensor, dict[str, float]]:
        """Mean over the learned tokens of the micro-batch, in nats; and the share of them that is
        the likeliest token already."""
        logits = learned_logits(self.model, batch)  # (M, V)
        right = (logits.detach().argmax(-1) == batch.targets).float().mean().item()
        return F.cross_entropy(logits.float(), batch.targets), {"token_accuracy": right}

    def n_samples(self, batch: Rows) -> int:
        return len(batch.ids)

    def n_predictions(self, batch: Rows) -> int:
        return len(batch.targets)

    def n_tokens(self, step: int) -> int:
        return int((self._lengths[self._chosen(step)] - 1).sum())  # the last id is a target only

    def passes(self) -> float:
        return self.config.steps / self._per_epoch

    def evaluate(self) -> dict[str, float]:
        """Mean loss over the answer tokens of the validation split; nothing if it is empty."""
        if not self.validation:
            return {}
        losses, counts, right = row_losses(self.model, self.validation, self.tokenizer.eot_id)
        total = counts.sum()
        return {"loss": float(losses.sum() / total), "token_accuracy": float(right.sum() / total)}

    def report(self, step: int, sink: Sink) -> None:
        """The answers to a few held-out prompts, so that one sees them change."""
        if not self.shown:
            return
        made = answers(self.model, self.tokenizer, self.template, self.shown)
        rows = [
            {
                "prompt": row.question,
                "expected": row.last.output,
                "answer": answer,
                "holdout": row.holdout,
            }
            for row, answer in zip(self.shown, made, strict=True)
        ]
        sink.event("answers", step, rows=rows)

    def state(self) -> dict[str, Any]:
        return {
            "kind": "instruct",
            "model": self.model.config.to_dict(),
            "template": self.template.text,
            **({"adapter": self.adapter} if self.adapter else {}),
        }

    def finish(self, sink: Sink, step: int) -> None:
        """Answers the untouched test split, scores it and keeps each row in `test_rows`."""
        rows = list(self.data.test)
        if not rows:
            sink.event("notice", step, text="There is no test split, so no test score.")
            return
        if len(rows) > MAX_TEST_ROWS:
            text = f"The first {MAX_TEST_ROWS:,} of {len(rows):,} test rows were answered."
            sink.event("notice", step, text=text)
            rows = rows[:MAX_TEST_ROWS]
        answered = (self.model, self.tokenizer, self.template)
        test, self.test_rows = scored_answers(*answered, rows)
        learned, _ = scored_answers(*answered, self._spread_train_rows())
        check_finite({"test": test, "training": learned}, step, "use a lower learning rate")
        del learned["by_holdout"]
        if left_out := test["left_out"]:
            length = self.model.config.context_length
            text = do_not_fit(left_out, len(rows), "test", length)
            sink.event("notice", step, text=text)
        if test["n"] and test["chrf"] is None:
            text = (
                "chrF was not measured, since sacrebleu is not installed: pip install -r "
                "requirements.txt."
            )
            sink.event("notice", step, text=text)
        sink.event("result", step, test=test, train_rows=learned, baselines=self.baselines)

    def _spread_train_rows(self) -> list[Instruction]:
        """At most MAX_TRAIN_ROWS training rows that fit, from all over the split."""
        rows = self._fitting(self.data.train)
        places = np.linspace(0, len(rows) - 1, min(len(rows), MAX_TRAIN_ROWS))
        return [rows[int(place)] for place in places]


def shown_rows(data: InstructionSplits) -> list[Instruction]:
    """Five held-out rows: of the test split those of each kind in turn, else of validation."""
    rows = list(data.test) or list(data.validation)
    if not rows:
        return []
    kinds = [[row for row in rows if row.holdout == kind] for kind in HOLDOUTS]
    kinds = [kind for kind in kinds if kind] or [rows]
    spread = [kind[round(i * (len(kind) - 1) / SHOWN_PROMPTS)] for i in range(SHOWN_PROMPTS)
              for kind in kinds]  # fmt: skip
    return list(dict.fromkeys(spread))[:SHOWN_PROMPTS]
