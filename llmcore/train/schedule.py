"""The learning rate of each step: linear warm-up, then half a cosine (GPT-3, appendix B)."""

import math

from llmcore.config import TrainConfig


def learning_rate(config: TrainConfig, step: int) -> float:
    """For step 1..steps: rises to `learning_rate` at `warmup_steps`, then falls along a cosine
    to `learning_rate * min_learning_rate` at the last step.

    >>> config = TrainConfig(steps=10, warmup_steps=2, learning_rate=1.0, min_learning_rate=0.0)
    >>> [round(learning_rate(config, step), 2) for step in (1, 2, 6, 10)]
    [0.5, 1.0, 0.5, 0.0]
    """
    warmup = min(config.warmup_steps, config.steps - 1)
    if step <= warmup:
        return config.learning_rate * step / warmup
    progress = (step - warmup) / max(1, config.steps - warmup)
    floor = config.learning_rate * config.min_learning_rate
    return floor + (config.learning_rate - floor) * 0.5 * (1 + math.cos(math.pi * progress))
