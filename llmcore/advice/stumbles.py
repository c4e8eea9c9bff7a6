"""One step that throws a run back, found in all logged steps: a thinned curve may lack it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

JUMP_NATS = 2.0  # of the training loss above the steps before it
GRADIENT_FACTOR = 100.0  # of a gradient's norm over the median of the steps before it
BEFORE, FEWEST_BEFORE = 50, 5  # logged steps that a step is compared with
NEAR = 5  # of them that a loss must be above
AFTER = 3  # logged steps that tell whether it stays there


@dataclass(slots=True, frozen=True)
class Stumble:
    """what: `loss` or `gradient`. before: the median of the steps before. stays: whether the loss
    of the steps behind it is still half a jump higher, so that it was no single odd batch."""

    what: str
    step: int
    before: float
    value: float
    stays: bool = False


Series = tuple[np.ndarray, np.ndarray]  # steps (N,), values (N,)


def find_stumbles(loss: Series, grad_norm: Series) -> list[Stumble]:
    """All of them by rising step, of two kinds at one step the loss first."""
    found = [*_jumps(*loss), *_bursts(*grad_norm)]
    found = [replace(stumble, stays=_stays(stumble.step, *loss)) for stumble in found]
    return sorted(found, key=lambda stumble: (stumble.step, stumble.what == "gradient"))


def _stays(step: int, steps: np.ndarray, losses: np.ndarray) -> bool:
    """Whether the loss behind a step is half a jump above what it was before it."""
    place = int(np.searchsorted(steps, step))
    before = np.asarray(losses[max(0, place - NEAR) : place])
    after = np.asarray(losses[place + 1 : place + 1 + AFTER])
    if not len(before) or len(after) < AFTER:
        return False
    return bool(np.median(after) >= np.median(before) + JUMP_NATS / 2)


def _jumps(steps: np.ndarray, values: np.ndarray) -> list[Stumble]:
    values = np.asarray(values, np.float64)
    places = np.flatnonzero(values - _lowest_before(values, NEAR) >= JUMP_NATS)
    return _confirmed("loss", steps, values, places, lambda now, usual: now - usual >= JUMP_NATS)


def _bursts(steps: np.ndarray, values: np.ndarray) -> list[Stumble]:
    values = np.asarray(values, np.float64)
    places = np.flatnonzero(values >= GRADIENT_FACTOR * _lowest_before(values, BEFORE))
    return _confirmed(
        "gradient", steps, values, places,
        lambda now, usual: usual > 0 and now >= GRADIENT_FACTOR * usual,
    )  # fmt: skip


def _lowest_before(values: np.ndarray, n: int) -> np.ndarray:
    """The least of the `n` values before each place, (N,): shows at once where no stumble is."""
    padded = np.concatenate([np.full(n, np.inf), values])
    return np.lib.stride_tricks.sliding_window_view(padded, n).min(1)[:-1]


def _confirmed(
    what: str,
    steps: np.ndarray,
    values: np.ndarray,
    places: np.ndarray,
    is_one: Callable[[float, float], bool],
) -> list[Stumble]:
    found = []
    for place in places.tolist():
        before = values[max(0, place - BEFORE) : place]
        if len(before) < FEWEST_BEFORE:
            continue
        usual = float(np.median(before[-NEAR:] if what == "loss" else before))
        if is_one(float(values[place]), usual):
            found.append(Stumble(what, int(steps[place]), usual, float(values[place])))
    return found
