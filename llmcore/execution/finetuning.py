"""What every finetune does before its first step: find the parent, and note what LoRA adds to."""

from typing import Any, Protocol

from torch import nn

from llmcore import models
from llmcore.config import RunConfig
from llmcore.errors import LabError
from llmcore.nn.lora import adapter_config, check_base, trainable_parameters
from llmcore.runs.run import ADAPTER, TOKENIZER, Run
from llmcore.train.sinks import Sink


class Finetune(Protocol):
    """The task of a finetune. `adapter` goes into its checkpoints' state."""

    @property
    def model(self) -> nn.Module: ...
    @property
    def adapter(self) -> dict[str, Any] | None: ...
    @adapter.setter
    def adapter(self, state: dict[str, Any]) -> None: ...


def parent_of(run: Run, config: RunConfig) -> models.Loaded:
    """The model that is finetuned, whose tokenizer the run keeps. A LoRA run that goes on needs
    the one that it began with. Raises LabError if it cannot be finetuned."""
    begun = next(
        (checkpoint.state.get(ADAPTER) for checkpoint in reversed(run.checkpoints())), None
    )
    if begun:
        parent = models.load_parent(run, begun)
    else:
        parent = models.load(config.parent or models.default_model())
    if parent.tokenizer.vocab_size > config.model.vocab_size:
        raise LabError(
            f"{parent.ref} knows {config.model.vocab_size} tokens but its tokenizer has "
            f"{parent.tokenizer.vocab_size}: finetune a model that has a tokenizer of its own."
        )
    parent.tokenizer.save(run.directory / TOKENIZER)
    return parent


def begin(run: Run, config: RunConfig, task: Finetune, parent: models.Loaded, writer: Sink) -> None:
    """Notes how many numbers learn and, for LoRA, beside which weights. Raises LabError if a
    LoRA run cannot go on from the checkpoints that it has."""
    if config.trainable == "lora":
        task.adapter = {**adapter_config(task.model), "parent": models.resolve(parent.ref).pinned}
        for checkpoint in run.checkpoints():
            begun = checkpoint.state.get(ADAPTER)
            if begun is None:
                raise LabError(
                    f"Run {run.id} came with its LoRA adapter merged, so it can be used but not "
                    f"resumed: start a new run."
                )
            check_base(task.model, str(begun.get("base_fingerprint")))
    total = sum(parameter.numel() for parameter in task.model.parameters())
    writer.event("parameters", 0, trainable=trainable_parameters(task.model), total=total)
