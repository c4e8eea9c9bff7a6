"""Text from a model, token by token. Model and tokenizer meet here and nowhere below."""

import codecs
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from torch import Tensor

from llmcore.choices import SamplingConfig
from llmcore.generation.reader import Passes, Reader, prompt_ids
from llmcore.generation.sampling import draw, sampling_probabilities
from llmcore.nn.model import GPT, check_ids
from llmcore.tokenizers import Tokenizer

Reason = Literal["length", "end of text", "stop string", "stopped"]
T = TypeVar("T")


@dataclass(slots=True, frozen=True)
class GeneratedToken:
    """One step: the id, its probability after filtering, and all new text so far.

    If the token completes a stop string, `text_so_far` ends before that string."""

    id: int
    probability: float
    text_so_far: str


@dataclass(slots=True, frozen=True)
class Generation:
    text: str  # the continuation alone
    ids: list[int]
    tokens_per_s: float
    probabilities: list[float] = field(default_factory=list)  # of each token, after filtering
    reason: Reason = "length"  # why it ended
    first_token_s: float = 0.0  # from the call to the first token


class Continuation:
    """New text from the bytes of tokens; knows where the first stop string is.

    Tokens may split a stop string or a character: stop strings are looked for in bytes, and a
    character appears with its last byte.
    """

    def __init__(self, stops: tuple[str, ...] = (), before: bytes = b"") -> None:
        """`before`: text from which a branch goes on. A stop string may begin in it, but one that
        is complete there does not count: whoever goes on behind it wants to."""
        self.stops = [stop.encode("utf-8") for stop in stops]
        self.data = bytearray()
        self.text = ""
        self.cut: int | None = None  # where a stop string is, in bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._append(before)

    def add(self, data: bytes) -> None:
        """Adds a token; sets `cut` and shortens `text` if it completes a stop string."""
        known = len(self.data)
        self._append(data)
        found = [at for at in (self._find(stop, known) for stop in self.stops) if at >= 0]
        if found:
            self.cut = min(found)
            self.text = self.data[: self.cut].decode("utf-8", errors="replace")

    def _append(self, data: bytes) -> None:
        self.data += data
        self.text += self._decoder.decode(data)

    def _find(self, stop: bytes, known: int) -> int:
        """Where `stop` begins if it ends behind the first `known` bytes, else -1."""
        return self.data.find(stop, max(0, known - len(stop) + 1))


class Ending(Generic[T]):
    """Walks over a generator and keeps what it returns at its end."""

    def __init__(self, steps: Generator[T, None, Reason]) -> None:
        self._steps = steps
        self.reason: Reason = "stopped"  # unless it ends by itself

    def __iter__(self) -> Iterator[T]:
        self.reason = yield from self._steps


@dataclass(slots=True, frozen=True)
class DrawnToken:
    """One token that was decided on."""

    id: int
    probability: float  # after filtering
    continuation: Continuation


def decode(
    next_logits: Callable[[list[int]], Tensor],
    tokenizer: Tokenizer,
    ids: list[int],
    sampling: SamplingConfig,
    before: bytes = b"",
    first_token: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Generator[DrawnToken, None, Reason]:
    """The one loop of all generation: scores, stages, draw, until there is a reason to end.

    `ids` grows by each token, one that ends the text or the turn included. `first_token` is taken
    as it is, in place of the first draw. Returns the reason.
    """
    new = Continuation(sampling.stop, before)
    for n in range(sampling.max_new_tokens):
        if should_stop is not None and should_stop():
            return "stopped"
        if n == 0 and first_token is not None:
            token, probability = first_token, 1.0
        else:
            logits = next_logits(ids)[: tokenizer.vocab_size]  # further rows have no token
            probabilities = sampling_probabilities(logits, sampling, ids)
            token = draw(probabilities, sampling.seed, len(ids))
            probability = float(probabilities[token])
        ids.append(token)
        if token not in tokenizer.ends:
            new.add(tokenizer.token_bytes(token))
        yield DrawnToken(token, probability, new)
        if token in tokenizer.ends:
            return "end of text"
        if new.cut is not None:
            return "stop string"
    return "length"


def stream(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str,
    sampling: SamplingConfig,
    use_cache: bool = True,
    should_stop: Callable[[], bool] | None = None,
    passes: Passes | None = None,
    ids: Sequence[int] | None = None,
) -> Generator[GeneratedToken, None, Reason]:
    """Yields tokens until one that ends the text or the turn (which is not yielded), a stop
    string, `max_new_tokens`, or `should_stop`; returns which of them.

    The model is only read, so it may be shared between threads. The token at a position depends
    on the text before it and the seed alone (see `uniform_at`). See `prompt_ids` for
    how a prompt begins; `ids` are its tokens if a chat
    template wrote them. If the context is full, the window slides (see `window_start`).
    """
    ids = list(ids) if ids else prompt_ids(tokenizer, prompt)
    check_ids(model, ids)
    reader = Reader(model, use_cache, passes)
    steps = Ending(decode(reader.next_logits, tokenizer, ids, sampling, should_stop=should_stop))
    for step in steps:
        if step.id not in tokenizer.ends:
            yield GeneratedToken(step.id, step.probability, step.continuation.text)
    return steps.reason


def generate(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str,
    sampling: SamplingConfig | None = None,
    use_cache: bool = True,
    passes: Passes | None = None,
    ids: Sequence[int] | None = None,
) -> Generation:
    """The whole continuation at once; see `stream`."""
    started = time.perf_counter()
    sampling = sampling or SamplingConfig()
    tokens = Ending(stream(model, tokenizer, prompt, sampling, use_cache, passes=passes, ids=ids))
    made: list[GeneratedToken] = []
    first = 0.0
    for token in tokens:
        first = first or time.perf_counter() - started
        made.append(token)
    seconds = max(1e-9, time.perf_counter() - started)
    return Generation(
        text=made[-1].text_so_far if made else "",
        ids=[token.id for token in made],
        tokens_per_s=len(made) / seconds,
        probabilities=[token.probability for token in made],
        reason=tokens.reason,
        first_token_s=first,
    )
