"""Small real inputs that many tests share: a text of simple sentences, tables, configurations."""

import random

from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig

_WHO = ["the cat", "a dog", "my friend", "the old king", "her sister", "a small bird"]
_DOES = ["sees", "likes", "follows", "finds", "hears"]
_WHAT = ["the moon", "a red apple", "the river", "some bread", "an open door"]


def sentences(n: int, seed: int = 0) -> str:
    """n sentences of a tiny grammar, one a line."""
    rng = random.Random(seed)
    return "\n".join(
        f"{rng.choice(_WHO)} {rng.choice(_DOES)} {rng.choice(_WHAT)}." for _ in range(n)
    )


TEXT = sentences(600)


def spam_table(n: int = 120, seed: int = 0) -> bytes:
    """A CSV with header `label,text`: half invented adverts, half invented chat."""
    rng = random.Random(seed)
    rows = ["label,text"]
    for i in range(n):
        if i % 2:
            rows.append(f"spam,WIN a prize now call {rng.randint(10000, 99999)} free {i}")
        else:
            rows.append(f"ham,are you home for dinner at {rng.randint(1, 12)} tonight {i}")
    return "\n".join(rows).encode()


TINY_MODEL = ModelConfig(vocab_size=300, context_length=16, n_layers=2, n_heads=2, d_model=16)


def pretrain_config(steps: int = 8, dropout: float = 0.0, **train: object) -> RunConfig:
    """A run on pasted text (give `TEXT.encode()` as its data) that takes well under a second."""
    settings = {"batch_size": 4, "learning_rate": 3e-3, "warmup_steps": 2, "eval_every": 4,
                "eval_batches": 2, "checkpoint_every": 4, "threads": 0, **train}  # fmt: skip
    return RunConfig(
        kind="pretrain",
        name="tiny text",
        model=TINY_MODEL.with_(dropout=dropout),
        train=TrainConfig(steps=steps, **settings),
        data=DataConfig(source="tiny.txt"),
        sample_prompt="the ",
    )
