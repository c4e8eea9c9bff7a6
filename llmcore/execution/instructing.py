"""Builds the task of an instruction finetune from a run's configuration."""

from typing import Any

import torch

from llmcore.classical import NearestAnswer
from llmcore.config import RunConfig
from llmcore.data import InstructionSplits
from llmcore.data.chosen import read_instructions
from llmcore.device import choose_device
from llmcore.evaluation import answer_scores, chrf
from llmcore.execution.finetuning import begin, parent_of
from llmcore.nn.lora import add_lora
from llmcore.nn.model import GPT
from llmcore.runs.run import Run
from llmcore.tasks.instruction import MAX_TEST_ROWS, InstructionTask
from llmcore.tasks.instruction_tokens import fits
from llmcore.tasks.templates import template_named
from llmcore.train.sinks import Sink

LOOKUP_ROWS = 50_000  # training rows that the baseline looks answers up in


def build_instruction(run: Run, config: RunConfig, writer: Sink) -> InstructionTask:
    stored = run.stored_data()
    table = stored.read_bytes() if stored else None
    splits = read_instructions(config.data, config.train.seed, table)
    parent = parent_of(run, config)
    task = InstructionTask(
        model=_adapted(config, parent.trunk),
        tokenizer=parent.tokenizer,
        template=template_named(config.data.template),
        data=splits,
        config=config.train,
        device=choose_device(config.train.device),
        packing=config.data.packing,
    )
    for notice in splits.notices + task.notices:
        writer.event("notice", 0, text=notice)
    begin(run, config, task, parent, writer)
    task.baselines = lookup_baseline(splits, task)
    return task


def _adapted(config: RunConfig, trunk: GPT) -> GPT:
    """A copy of the parent in which the chosen part learns."""
    generator = torch.Generator().manual_seed(config.train.seed)
    model = GPT(config.model, generator=generator)
    model.copy_weights_of(trunk)
    if config.trainable == "lora":
        assert config.lora is not None
        add_lora(model, config.lora.rank, config.lora.alpha, config.lora.targets, generator)
    elif config.trainable == "last-block":
        model.requires_grad_(False)
        model.blocks[-1].requires_grad_(True)
        model.final_norm.requires_grad_(True)
    return model


def lookup_baseline(splits: InstructionSplits, task: InstructionTask) -> dict[str, dict[str, Any]]:
    """Test scores of looking the answer up: that of the most similar training question. On the
    very rows that the model is scored on."""
    length = task.model.config.context_length
    test = [row for row in splits.test[:MAX_TEST_ROWS]
            if fits(task.tokenizer, task.template, row, length)]  # fmt: skip
    train = splits.train[:LOOKUP_ROWS]
    if not test:
        return {}
    known = NearestAnswer().fit([row.question for row in train], [row.last.output for row in train])
    found = known.predict([row.question for row in test])
    expected = [row.last.output for row in test]
    scores = answer_scores(expected, found, [row.holdout for row in test])
    return {"nearest neighbour": {**scores, "chrf": chrf(expected, found)}}
