"""Models read from disk: a checkpoint of a run, a LoRA adapter merged into its parent, or a
directory in Hugging Face's format. Importing this module imports no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcore.convert.locate import Foreign
from llmcore.errors import DamagedError, LabError
from llmcore.runs.run import ADAPTER, TOKENIZER, WORDS, Run
from llmcore.tasks.templates import Template
from llmcore.tokenizers import Tokenizer
from llmcore.train.checkpoint_index import Checkpoint

if TYPE_CHECKING:
    from llmcore.classical import WordVote
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT

VOTE = "vote"  # of a classifier's state: the model's share if its text's words vote as well
ParentOf = Callable[[Run, dict[str, Any]], "Loaded"]


@dataclass(slots=True, frozen=True)
class Loaded:
    """A model ready to use, in eval mode on the CPU; shared between threads, so read-only.

    card: what is known of it. Its `template` is the prompt template that an instruction finetune
    taught it; other models have None there. Its `chat_template` is Jinja text by which a model of
    others wants to be asked, or None. A model with neither only continues text. vote: the words
    that vote beside a classifier, and what its own log-odds count; None: it decides alone.
    """

    key: str
    ref: str
    model: GPT | SequenceClassifier
    tokenizer: Tokenizer
    labels: list[str] | None
    step: int
    card: dict[str, Any]
    vote: tuple[WordVote, float] | None = None

    @property
    def trunk(self) -> GPT:
        """The transformer without a classifier's head."""
        from llmcore.nn.classifier import trunk_of

        return trunk_of(self.model)

    @property
    def classifier(self) -> SequenceClassifier:
        """The model of one with `labels`."""
        from llmcore.nn.classifier import is_classifier

        assert is_classifier(self.model), "labels come with a classifier"
        return self.model

    @property
    def chat_template(self) -> str | None:
        """How its makers write a chat; None if the lab taught it another template."""
        return self.card.get("chat_template") if self.card.get("template") is None else None

    @property
    def answers(self) -> bool:
        """Whether it was made to answer questions."""
        return self.card.get("template") is not None or self.chat_template is not None

    @property
    def kind(self) -> str:
        return "classifier" if self.labels is not None else "language"


def read_foreign(foreign: Foreign) -> Loaded:
    """A model of another tool, from its files. Raises LabError or DamagedError."""
    from llmcore.convert.foreign import read_foreign_tokenizer, read_model

    tokenizer, notice = read_foreign_tokenizer(foreign)
    model, labels = read_model(foreign)
    card = {"name": foreign.name, "run": None, "created": None, "corpus": None, "parent": None,
            "parameters": foreign.config.n_parameters(), "template": None,
            "chat_template": None if labels else tokenizer.chat_template,
            "notice": notice}  # fmt: skip
    return Loaded(foreign.key, foreign.ref, model, tokenizer, labels, 0, card)


def read_checkpoint(
    ref: str, key: str, run: Run, checkpoint: Checkpoint, parent_of: ParentOf
) -> Loaded:
    """A checkpoint of a run, from its files; `parent_of` gives what a LoRA adapter is added to.

    Raises NotFoundError if that is gone, LabError if it is another by now, DamagedError.
    """
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import check_count, load_weights

    tokenizer = Tokenizer.load(run.directory / TOKENIZER)
    labels = checkpoint.state.get("labels")
    if ADAPTER not in checkpoint.state:
        check_count(checkpoint.weights, run.config.model.n_parameters())
    trunk = GPT(run.config.model, initialise=False)
    model: GPT | SequenceClassifier = trunk
    if run.config.kind == "classify":
        if not labels:
            raise DamagedError(f"The checkpoint of run {run.id} names no labels: train it again.")
        model = SequenceClassifier(trunk, len(labels), reads_layers=run.config.reads_layers)
    if adapter := checkpoint.state.get(ADAPTER):
        _read_adapted(model, run, checkpoint, parent_of(run, adapter))
    else:
        load_weights(model, checkpoint.weights)
    model.eval().requires_grad_(False)
    card = {"name": run.name(), "run": run.id, "created": run.raw_config.get("created"),
            "corpus": run.config.data.source, "parent": run.config.parent,
            "parameters": run.config.model.n_parameters(),
            "template": _template(checkpoint.state.get("template"))}  # fmt: skip
    if not labels and "imported_from" in run.raw_config:
        card["chat_template"] = tokenizer.chat_template
    vote = read_vote(run.directory, checkpoint.state, len(labels)) if labels else None
    return Loaded(key, ref, model, tokenizer, labels, checkpoint.step, card, vote)


def read_vote(
    directory: Path, state: dict[str, Any], n_classes: int
) -> tuple[WordVote, float] | None:
    """What a classifier's run and the state of its checkpoint say of the words that vote beside
    it. Raises DamagedError."""
    from llmcore.classical import WordVote

    share = state.get(VOTE)
    if share is None:
        return None
    if not isinstance(share, (int, float)) or not math.isfinite(share) or share < 0:
        raise DamagedError(f"The checkpoint of run {directory.name} has a vote of {share!r}.")
    return WordVote.load(directory / WORDS, n_classes), float(share)


def _template(kept: object) -> str | None:
    """The template that a checkpoint names, if it is one: runs also come from other machines."""
    if not isinstance(kept, str):
        return None
    return Template(kept).text


def _read_adapted(
    model: GPT | SequenceClassifier, run: Run, checkpoint: Checkpoint, parent: Loaded
) -> None:
    """Fills `model` from the LoRA checkpoint of a run and from the run's parent, merged."""
    from llmcore.nn.classifier import trunk_of
    from llmcore.nn.lora import attach_lora, merge_lora

    adapter = checkpoint.state[ADAPTER]
    try:
        trunk_of(model).copy_weights_of(parent.trunk)
        attach_lora(model, adapter, checkpoint.weights)
    except DamagedError:
        raise
    except LabError as error:
        raise LabError(
            f"Run {run.id} keeps a LoRA adapter only, and its parent {adapter.get('parent')} has "
            f"changed since: put the old one back, or train again."
        ) from error
    merge_lora(model)
