"""What a model says comes next, and the window and cache with which it reads a growing text."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from llmcore.nn.attention import KVCache
from llmcore.nn.decode import NextLogits
from llmcore.nn.model import GPT, check_ids
from llmcore.tokenizers import Tokenizer

IDLE_READERS, IDLE_BYTES = 2, 512 << 20


@dataclass(slots=True, frozen=True)
class Candidate:
    """A token that may come next, with its probability at temperature 1."""

    id: int
    label: str
    probability: float
    logit: float


def window_start(n_tokens: int, context_length: int) -> int:
    """Where the window begins that a model reads of `n_tokens` tokens.

    The whole text while it fits. Then the window slides in steps of half a context, so that a
    cache lives for half a context before it is filled again. The place depends on the length
    alone: whoever comes to this text, by whichever branch, reads the same window.

    >>> [window_start(n, 4) for n in (3, 4, 5, 6, 7, 8, 9)]
    [0, 0, 3, 3, 3, 6, 6]
    """
    if n_tokens <= context_length:
        return 0
    step = context_length + 1 - max(1, context_length // 2)
    return -(-(n_tokens - context_length) // step) * step


# New ids (at least one) and the cache that they go into -> (V,) float32 scores of what follows.
Passes = Callable[[list[int], KVCache | None], Tensor]


class Reader:
    """Feeds a growing list of ids to a model, each only once if there is a cache.

    The ids may also go back or aside, to another branch: what they share with those before is
    kept. One thread uses a reader at a time; the model itself is only read.
    """

    def __init__(self, model: GPT, use_cache: bool = True, passes: Passes | None = None) -> None:
        """`passes` replaces `NextLogits(model)`, which reads the unchanged weights: one
        of another precision reads the same model faster."""
        self.model, self.use_cache, self.passes = model, use_cache, passes
        self._read = passes or NextLogits(model)
        self.cache: KVCache | None = None
        self._held: list[int] = []  # ids in the cache

    def next_logits(self, ids: list[int]) -> Tensor:
        """(V,) float32 scores of what follows `ids` (at least one)."""
        window = self._window(ids)
        seen = self._rewind(window) if self.use_cache else 0
        logits = self._read(window[seen:], self.cache)
        self._held = window
        return logits

    def _window(self, ids: list[int]) -> list[int]:
        return ids[window_start(len(ids), self.model.config.context_length) :]

    def _rewind(self, window: list[int]) -> int:
        """How many ids of the window the cache holds already, all others being dropped."""
        if self.cache is None:
            parameter = next(self.model.parameters())
            self.cache = KVCache(self.model.config, 1, parameter.device, parameter.dtype)
        # The last one is read again in any case, since its scores are asked for.
        shared = min(common_prefix(self._held, window), len(window) - 1)
        self._held, self.cache.length = window[:shared], shared
        return shared

    def shared(self, ids: list[int]) -> int:
        """How many tokens of `ids` need not be read again."""
        return common_prefix(self._held, self._window(ids))

    @property
    def n_bytes(self) -> int:
        """Memory that its cache has set aside."""
        return self.cache.n_bytes if self.cache is not None else 0


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of what two lists begin with alike."""
    shortest = min(len(first), len(second))
    if first[:shortest] == second[:shortest]:
        return shortest
    return next(i for i in range(shortest) if first[i] != second[i])


class ReaderPool:
    """Readers that wait with their caches, so that a branch need not read its prompt again.

    At most a few, since a cache of GPT-2 small takes 75 MB; the longest unused go first. The
    weights must not change: a checkpoint's, not those that a trainer moves.
    """

    def __init__(self, max_readers: int = IDLE_READERS, max_bytes: int = IDLE_BYTES) -> None:
        self.max_readers, self.max_bytes = max_readers, max_bytes
        self._idle: list[Reader] = []
        self._lock = threading.Lock()

    def take(self, model: GPT, ids: list[int], passes: Passes | None = None) -> Reader:
        """The idle reader of `model` by `passes` that holds most of `ids`, or a new one."""
        with self._lock:
            own = [
                reader for reader in self._idle if reader.model is model and reader.passes is passes
            ]
            if not own:
                return Reader(model, passes=passes)
            best = max(own, key=lambda reader: reader.shared(ids))
            self._idle.remove(best)
            return best

    def give_back(self, reader: Reader) -> None:
        with self._lock:
            self._idle.append(reader)
            while len(self._idle) > self.max_readers or self._n_bytes() > self.max_bytes:
                self._idle.pop(0)

    def _n_bytes(self) -> int:
        return sum(reader.n_bytes for reader in self._idle)

    def clear(self) -> None:
        with self._lock:
            self._idle.clear()


def prompt_ids(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """Ids of a prompt, behind the token that the model's makers put before every text, if any; an
    empty prompt is the token behind which a new text begins."""
    before = [] if tokenizer.bos_id is None else [tokenizer.bos_id]
    return [*before, *tokenizer.encode(prompt)] or [tokenizer.start_id]


def next_tokens(model: GPT, tokenizer: Tokenizer, text: str, k: int = 20) -> list[Candidate]:
    """The k likeliest next tokens after `text` (its last context_length tokens), best first."""
    ids = prompt_ids(tokenizer, text)[-model.config.context_length :]
    check_ids(model, ids)
    return candidates(Reader(model, False).next_logits(ids), tokenizer, k)


def candidates(logits: Tensor, tokenizer: Tokenizer, k: int) -> list[Candidate]:
    """(V,) logits -> the k likeliest tokens; probabilities are over the whole vocabulary."""
    logits = logits.float().cpu()[: tokenizer.vocab_size]
    probabilities = logits.softmax(-1)
    top = probabilities.topk(min(k, len(logits)))
    return [
        Candidate(int(i), tokenizer.token_label(int(i)), float(p), float(logits[i]))
        for p, i in zip(top.values, top.indices, strict=True)
    ]
