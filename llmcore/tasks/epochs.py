"""Counting steps; free of torch, since plans are made before torch is needed."""


def steps_per_epoch(n_examples: int, batch_size: int) -> int:
    """The last batch of an epoch may be smaller: `steps_per_epoch(10, 4) == 3`."""
    return max(1, -(-n_examples // batch_size))
