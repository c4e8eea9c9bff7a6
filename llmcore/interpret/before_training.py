"""What a model was before it learned anything: the start of a pretraining run or a finetune."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcore.errors import LabError, NotFoundError
from llmcore.runs.run import Run
from llmcore.tasks.building import random_weights

if TYPE_CHECKING:
    from llmcore.models import Loaded
    from llmcore.nn.model import GPT


def first_model(run: Run) -> tuple[GPT, str] | None:
    """The model of the first snapshot before the best, and what to call it.

    If none was kept, the weights before the first step, which the run's seed gives again. None
    for a run that did not begin at random: a finetuned or an imported one.
    """
    from llmcore.nn.weights import load_weights

    config = run.config
    if config.kind != "pretrain" or "imported_from" in run.raw_config:
        return None
    first = run.checkpoints()[0]
    if first.step >= run.checkpoint("best").step:
        return untrained_model(run), "step 0, drawn again from its seed"
    from llmcore.nn.model import GPT

    model = GPT(config.model, initialise=False)
    load_weights(model, first.weights)
    return model.eval().requires_grad_(False), f"step {first.step:,}"


def untrained_model(run: Run) -> GPT:
    """The weights before the first step, to look at."""
    return random_weights(run.config).eval().requires_grad_(False)


def before_finetune(run: Run) -> Loaded:
    """The classifier before the first step of its finetune: the weights of the language model
    under the random head that the run's seed draws, as the training began.

    Raises NotFoundError if the language model is gone, LabError for a run of another kind.
    """
    from llmcore import models
    from llmcore.tasks.building import new_classifier

    tuned = models.load(str(run.directory))
    parent = run.config.parent
    if run.config.kind != "classify" or parent is None:
        raise LabError(f"{run.id} was not finetuned from a language model that this lab knows.")
    try:
        trunk = models.load(parent).trunk
    except LabError as error:
        raise NotFoundError(
            f"The language model {parent} that {run.id} began from cannot be loaded "
            f"({str(error).rstrip('.')})."
        ) from error
    labels = models.labels_of(tuned)
    model = new_classifier(run.config, trunk, len(labels)).eval().requires_grad_(False)
    key = f"{tuned.key} before"
    return models.Loaded(key, tuned.ref, model, tuned.tokenizer, labels, 0, tuned.card)
