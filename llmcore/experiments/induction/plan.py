"""The induction experiment: a small model in which induction heads appear while one watches.

Two layers are the fewest that can do it: a head of the first writes into each token which one
came before it, and a head of the second looks for the present token there (Elhage et al. 2021,
"A Mathematical Framework for Transformer Circuits"). One layer is the control that cannot.
"""

from typing import Any

from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.experiments.induction.emergence import CORPUS
from llmcore.models import tokenizer_for
from llmcore.recipes.common import given

TOKENIZER = "bytes"  # a letter is a token, so that nothing is known before training
MODEL = ModelConfig(context_length=64, n_layers=2, n_heads=2, d_model=64)
TRAIN = TrainConfig(
    steps=2000,
    batch_size=32,
    learning_rate=1.5e-3,
    warmup_steps=100,
    init_std=0.1,  # with GPT-2's 0.02, so narrow a model takes twice the steps
    weight_decay=0.01,
    beta2=0.98,
    eval_every=40,
    eval_batches=4,
    checkpoint_every=200,
    snapshot_every=50,
    log_every=5,
    patience=0,  # the loss does not move for long before it learns
    head_scores=True,
)
PROMPT = "k7Q;dX2k7Q;dX2k7"  # a piece twice, and how it goes on


def plan_induction(
    n_layers: int = MODEL.n_layers,
    name: str | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """A run of kind pretrain on random repeats that measures its heads at every evaluation.

    train_changes: fields to replace; None keeps the recipe's. Raises LabError if they cannot
    work.
    """
    vocab_size = tokenizer_for(TOKENIZER).vocab_size
    layers = "one layer" if n_layers == 1 else f"{n_layers} layers"
    return RunConfig(
        kind="pretrain",
        name=name or f"induction, {layers}",
        model=MODEL.with_(n_layers=n_layers, vocab_size=vocab_size),
        train=TRAIN.with_(**given(train_changes or {})),
        data=DataConfig(source=CORPUS, validation=0.02),
        tokenizer=TOKENIZER,
        sample_prompt=PROMPT,
    )
