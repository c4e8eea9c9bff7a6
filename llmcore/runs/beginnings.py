"""What a model was before it learned anything: the start of a pretraining run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcore.runs.run import Run

if TYPE_CHECKING:
    from llmcore.nn.model import GPT


def beginning(run: Run) -> tuple[GPT, str] | None:
    """The model of the first snapshot before the best, and what to call it.

    Where none was kept, the weights before the first step, which the run's seed gives again. None
    for a run that did not begin at random: a finetuned or an imported one.
    """
    from llmcore.nn.weights import load_weights

    config = run.config
    if config.kind != "pretrain" or "imported_from" in run.raw_config:
        return None
    first = run.checkpoints()[0]
    if first.step >= run.checkpoint("best").step:
        return random_start(run), "step 0, drawn again from its seed"
    from llmcore.nn.model import GPT

    model = GPT(config.model, initialise=False)
    load_weights(model, first.weights)
    return model.eval().requires_grad_(False), f"step {first.step:,}"


def random_start(run: Run) -> GPT:
    """The weights before the first step, as `build_pretraining` draws them."""
    import torch

    from llmcore.nn.model import GPT

    generator = torch.Generator().manual_seed(run.config.train.seed)
    return GPT(run.config.model, generator=generator).eval().requires_grad_(False)
