"""What the cache of keys and values is worth, measured here and now."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from llmcore.errors import LabError
from llmcore.generation.reader import Reader, prompt_ids
from llmcore.nn.model import GPT, check_ids
from llmcore.tokenizers import Tokenizer

MAX_MEASURED = 2_000


@dataclass(slots=True, frozen=True)
class ReadingSpeed:
    """One way to read a growing text."""

    first_token_s: float  # the prompt and the first token
    token_s: list[float]  # each later token
    cache_bytes: int  # keys and values held at the end

    @property
    def seconds(self) -> float:
        return self.first_token_s + sum(self.token_s)

    @property
    def tokens_per_s(self) -> float:
        """Of the later tokens, by their median, so that a pause of the machine tells little."""
        return 1 / max(1e-9, statistics.median(self.token_s))


@dataclass(slots=True, frozen=True)
class CacheMeasurement:
    """The same greedy text read with and without a cache, the two taking turns at every token."""

    with_cache: ReadingSpeed
    without_cache: ReadingSpeed
    prompt_tokens: int
    n_tokens: int
    same_tokens: bool  # whether both would have said the same at every place
    bytes_per_token: int  # that the cache takes for each token it holds
    full_cache_bytes: int  # for a whole context

    @property
    def speedup(self) -> float:
        """How many times as fast later tokens come with the cache."""
        return self.with_cache.tokens_per_s / self.without_cache.tokens_per_s


def measure_cache(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str,
    n_tokens: int = 64,
    on_progress: Callable[[float], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> CacheMeasurement:
    """Continues `prompt` greedily by 2 to `MAX_MEASURED` tokens, an end of text not ending it.

    Both ways read the same ids, token by token in turns, so whatever else the machine does slows
    both. If `should_stop` says so, what was measured until then is returned, at least two
    tokens. `on_progress` hears the share that is done.
    """
    if not 2 <= n_tokens <= MAX_MEASURED:
        raise LabError(f"{n_tokens} tokens were asked for: measure 2 to {MAX_MEASURED:,}.")
    ids = prompt_ids(tokenizer, prompt)
    check_ids(model, ids)
    n_prompt = len(ids)
    readers = (Reader(model, use_cache=True), Reader(model, use_cache=False))
    Reader(model, use_cache=False).next_logits(ids[-1:])  # the first pass ever is a slow one
    seconds: tuple[list[float], list[float]] = ([], [])
    same = True
    for n in range(n_tokens):
        if n >= 2 and should_stop is not None and should_stop():
            break
        best = []
        for reader, taken in zip(readers, seconds, strict=True):
            started = time.perf_counter()
            logits = reader.next_logits(ids)
            taken.append(time.perf_counter() - started)
            best.append(int(logits[: tokenizer.vocab_size].argmax()))
        same = same and best[0] == best[1]
        ids.append(best[0])
        if on_progress is not None:
            on_progress((n + 1) / n_tokens)
    cache = readers[0].cache
    assert cache is not None
    cached, plain = seconds
    return CacheMeasurement(
        with_cache=ReadingSpeed(cached[0], cached[1:], cache.filled_bytes),
        without_cache=ReadingSpeed(plain[0], plain[1:], 0),
        prompt_tokens=n_prompt,
        n_tokens=len(cached),
        same_tokens=same,
        bytes_per_token=cache.bytes_per_token,
        full_cache_bytes=cache.full_bytes,
    )
