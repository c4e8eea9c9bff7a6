"""Text from a model, token by token. Model and tokenizer meet here and nowhere below.

The order of sampling is that of most tools: logits are divided by the temperature, then the
top k are kept, then the smallest set whose probability reaches p (Holtzman et al. 2020).
"""

import codecs
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from llmcore.config import Checked, setting
from llmcore.errors import LabError
from llmcore.nn.attention import KVCache
from llmcore.nn.model import GPT
from llmcore.tokenizers import Tokenizer


@dataclass(slots=True, frozen=True)
class SamplingConfig(Checked):
    """How the next token is drawn."""

    temperature: float = setting(0.8, "0 always takes the likeliest token", 0.0, 100.0)
    top_k: int | None = setting(None, "draw from the k likeliest tokens only", 1, 10_000_000)
    top_p: float | None = setting(None, "draw from the likeliest that reach this share", 1e-9, 1.0)
    seed: int = setting(0, "same seed, same text", 0, 2**63 - 1)
    max_new_tokens: int = setting(100, "longest continuation, in tokens", 1, 100_000)

    def __post_init__(self) -> None:
        self.check_bounds()


@dataclass(slots=True, frozen=True)
class GeneratedToken:
    """One step: the id, its probability after filtering, and all new text so far."""

    id: int
    probability: float
    text_so_far: str


@dataclass(slots=True, frozen=True)
class Generation:
    text: str  # the continuation alone
    ids: list[int]
    tokens_per_s: float


@dataclass(slots=True, frozen=True)
class Candidate:
    """A token that may come next, with its probability at temperature 1."""

    id: int
    label: str
    probability: float
    logit: float


def sampling_probabilities(logits: Tensor, sampling: SamplingConfig) -> Tensor:
    """(V,) logits -> (V,) probabilities from which the next token is drawn; they sum to one.

    At temperature 0 all of it lies on the likeliest token. top-p keeps at least one token.
    """
    logits = logits.float()
    if sampling.temperature == 0.0:
        chosen = torch.zeros_like(logits)
        chosen[logits.argmax()] = 1.0
        return chosen
    logits = logits / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < len(logits):
        kept = logits.topk(sampling.top_k).indices
        filtered = torch.full_like(logits, float("-inf"))
        filtered[kept] = logits[kept]
        logits = filtered
    probabilities = logits.softmax(-1)
    if sampling.top_p is not None and sampling.top_p < 1.0:
        ordered, order = probabilities.sort(descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered  # what stands in front of each token
        probabilities[order[before >= sampling.top_p]] = 0.0
        probabilities = probabilities / probabilities.sum()
    return probabilities


def stream(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str,
    sampling: SamplingConfig,
    use_cache: bool = True,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[GeneratedToken]:
    """Yields tokens until end of text, `max_new_tokens`, or `should_stop`.

    The model is only read, so it may be shared between threads; randomness comes from a
    generator of this call's own. An empty prompt starts from the end-of-text token. Where the
    context is full, the window slides to its newer half and the cache is filled anew.
    """
    ids = tokenizer.encode(prompt) or [tokenizer.eot_id]
    check_ids(model, ids)
    generator = torch.Generator().manual_seed(sampling.seed)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    reader = _Reader(model, use_cache)
    text = ""
    for _ in range(sampling.max_new_tokens):
        if should_stop is not None and should_stop():
            return
        logits = reader.next_logits(ids).cpu()
        logits[tokenizer.vocab_size :] = float("-inf")  # rows that no token stands for
        probabilities = sampling_probabilities(logits, sampling)
        token = int(torch.multinomial(probabilities, 1, generator=generator))
        if token == tokenizer.eot_id:
            return
        ids.append(token)
        text += decoder.decode(tokenizer.token_bytes(token))
        yield GeneratedToken(token, float(probabilities[token]), text)


class _Reader:
    """Feeds a growing list of ids to a model, each only once where there is a cache."""

    def __init__(self, model: GPT, use_cache: bool) -> None:
        self.model = model
        self.limit = model.config.context_length
        self.parameter = next(model.parameters())
        self.use_cache = use_cache
        self.start = 0  # where the window begins
        self.cache: KVCache | None = None

    def next_logits(self, ids: list[int]) -> Tensor:
        """(V,) scores of what follows `ids`."""
        if len(ids) - self.start > self.limit:
            self.start = len(ids) - max(1, self.limit // 2)
            self.cache = None
        if self.use_cache and self.cache is None:
            device, dtype = self.parameter.device, self.parameter.dtype
            self.cache = KVCache(self.model.config, 1, device, dtype)
        seen = self.cache.length if self.cache is not None else 0
        new = torch.tensor([ids[self.start + seen :]], device=self.parameter.device)  # (1, T)
        with torch.inference_mode():
            hidden = self.model.hidden(new, self.cache)[0, -1]  # (C,)
            logits = self.model.unembed(hidden)
        return logits.float().clone()  # outside of inference mode: an ordinary tensor


def generate(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str,
    sampling: SamplingConfig | None = None,
    use_cache: bool = True,
) -> Generation:
    """The whole continuation at once."""
    started = time.perf_counter()
    made = list(stream(model, tokenizer, prompt, sampling or SamplingConfig(), use_cache))
    seconds = max(1e-9, time.perf_counter() - started)
    text = made[-1].text_so_far if made else ""
    return Generation(text, [one.id for one in made], len(made) / seconds)


def check_ids(model: GPT, ids: list[int]) -> None:
    """Raises LabError where the text has tokens that the model does not know."""
    if ids and max(ids) >= model.config.vocab_size:
        raise LabError(
            f"The text has token id {max(ids)} but the model knows {model.config.vocab_size} "
            f"tokens: use the tokenizer that the model was trained with."
        )


def next_tokens(model: GPT, tokenizer: Tokenizer, text: str, k: int = 20) -> list[Candidate]:
    """The k likeliest next tokens after `text` (its last context_length tokens), best first."""
    ids = (tokenizer.encode(text) or [tokenizer.eot_id])[-model.config.context_length :]
    check_ids(model, ids)
    return candidates(_Reader(model, False).next_logits(ids), tokenizer, k)


def candidates(logits: Tensor, tokenizer: Tokenizer, k: int) -> list[Candidate]:
    """(V,) logits -> the k likeliest tokens; probabilities are over the whole vocabulary."""
    logits = logits.float().cpu()[: tokenizer.vocab_size]
    probabilities = logits.softmax(-1)
    top = probabilities.topk(min(k, len(logits)))
    return [
        Candidate(int(i), tokenizer.token_label(int(i)), float(p), float(logits[i]))
        for p, i in zip(top.values, top.indices, strict=True)
    ]
