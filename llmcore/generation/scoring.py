"""How well a model knows a text: what each token cost it, and each word.

Bits per byte compare models with different tokenizers: bits that the text costs, by its bytes.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from llmcore.data.windows import scoring_windows
from llmcore.errors import LabError
from llmcore.evaluation import check_loss
from llmcore.generation.reader import Candidate
from llmcore.nn.model import GPT, check_ids
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.segments import replace_surrogates

MAX_TOKENS = 20_000
MAX_BYTES = 128 << 20  # of scores that are held at once: GPT-2's take 200 kB a position
_COPIES = 5  # scores, their logarithms and probabilities, and what ranks and entropies need
_REPORT_EVERY = 128  # tokens
_WORD = re.compile(rb"\S+")


@dataclass(slots=True, frozen=True)
class ScoredToken:
    """One token of the text and what the model expected in its place."""

    id: int
    label: str
    start: int  # its bytes in the text's UTF-8
    end: int
    loss: float  # nats: -ln of its probability
    probability: float
    rank: int  # 1: the model's first choice
    entropy: float  # bits, of the model's distribution there
    top: list[Candidate]  # the likeliest, best first


@dataclass(slots=True, frozen=True)
class ScoredWord:
    """A word (what is between white space) with the bits of its tokens."""

    text: str
    start: int  # its bytes in the text's UTF-8, without the space around it
    end: int
    bits: float
    n_tokens: int


@dataclass(slots=True, frozen=True)
class TextScore:
    tokens: list[ScoredToken]
    loss: float  # mean nats a token
    perplexity: float  # e to the loss
    bits_per_byte: float
    n_bytes: int

    @property
    def bits(self) -> float:
        """What the whole text costs."""
        return self.bits_per_byte * self.n_bytes


def score_text(
    model: GPT,
    tokenizer: Tokenizer,
    text: str,
    k: int = 5,
    on_progress: Callable[[float], None] | None = None,
    max_bytes: int = MAX_BYTES,
) -> TextScore:
    """Scores every token of `text` once, the first behind an end-of-text token.

    Longer texts go through windows that overlap by half (`scoring_windows`), so a token has at
    least half a context before it, but for the beginning. `on_progress` hears the share that is
    done. max_bytes: of the vocabulary's scores that are held at once. Raises LabError for an empty
    text, one of more than `MAX_TOKENS` tokens, or tokens that the model does not know.
    """
    pieces = tokenizer.pieces(text)
    if not pieces:
        raise LabError("The text is empty, so there is nothing to score: give at least one word.")
    if len(pieces) > MAX_TOKENS:
        raise LabError(
            f"The text has {len(pieces):,} tokens: score at most {MAX_TOKENS:,} at once."
        )
    ids = [tokenizer.start_id, *(piece.id for piece in pieces)]
    check_ids(model, ids)
    tokens: list[ScoredToken] = []
    for numbers in _scores(model, tokenizer, ids, k, max_bytes):
        piece = pieces[len(tokens)]
        tokens.append(ScoredToken(piece.id, piece.label, piece.start, piece.end, *numbers))
        if on_progress is not None and len(tokens) % _REPORT_EVERY == 0:
            on_progress(len(tokens) / len(pieces))
    nats, n_bytes = math.fsum(token.loss for token in tokens), pieces[-1].end
    loss = nats / len(tokens)
    check_loss(loss)
    return TextScore(
        tokens, loss, math.exp(min(loss, 700.0)), nats / math.log(2) / n_bytes, n_bytes
    )  # fmt: skip


Numbers = tuple[float, float, int, float, list[Candidate]]  # as the last fields of ScoredToken


def _scores(
    model: GPT, tokenizer: Tokenizer, ids: list[int], k: int, max_bytes: int
) -> Iterator[Numbers]:
    """What the model thought of each of ids[1:]."""
    n_rows = max(1, max_bytes // (_COPIES * 4 * model.config.vocab_size))
    device = next(model.parameters()).device
    for start, first, end in scoring_windows(len(ids) - 1, model.config.context_length):
        with torch.inference_mode():
            hidden = model.hidden(torch.tensor([ids[start:end]], device=device))[0]  # (T, C)
            hidden = hidden[first - start :]
        for row in range(0, len(hidden), n_rows):
            targets = ids[first + row + 1 : min(first + row + n_rows, end) + 1]
            with torch.inference_mode():
                logits = model.unembed(hidden[row : row + n_rows]).float().cpu()
            yield from _rows(logits.clone(), torch.tensor(targets), tokenizer, k)


def _rows(logits: Tensor, targets: Tensor, tokenizer: Tokenizer, k: int) -> Iterator[Numbers]:
    """logits (rows, V), targets (rows,). As in training, probabilities are over all V rows; ranks
    and `top` are among those that a token stands for."""
    logs = logits.log_softmax(-1)[:, : tokenizer.vocab_size]
    logits, shares = logits[:, : tokenizer.vocab_size], logs.exp()
    scores = logits.gather(1, targets[:, None])  # (rows, 1)
    lower = torch.arange(logits.size(1)) < targets[:, None]
    ranks = 1 + (logits > scores).sum(-1) + ((logits == scores) & lower).sum(-1)
    entropies = torch.special.entr(shares).sum(-1) / math.log(2)
    losses = -logs.gather(1, targets[:, None])[:, 0]
    top = shares.topk(min(k, shares.size(1)))
    for i in range(len(targets)):
        best = [
            Candidate(id, tokenizer.token_label(id), share, float(logits[i, id]))
            for id, share in zip(top.indices[i].tolist(), top.values[i].tolist(), strict=True)
        ]
        loss = float(losses[i])
        yield loss, math.exp(-loss), int(ranks[i]), float(entropies[i]), best


def score_words(score: TextScore, text: str) -> list[ScoredWord]:
    """The words of a scored `text` with their bits, which add up to the text's.

    A token belongs to the word in which it has its first visible byte; white space alone goes to
    the word behind it, at the end to the last one.
    """
    data = replace_surrogates(text).encode()
    spans = [match.span() for match in _WORD.finditer(data)]
    if not spans:
        spans = [(0, len(data))]
    bits, counts, word = [0.0] * len(spans), [0] * len(spans), 0
    for token in score.tokens:
        while word < len(spans) - 1 and token.start >= spans[word][1]:
            word += 1
        bits[word] += token.loss / math.log(2)
        counts[word] += 1
    return [
        ScoredWord(data[start:end].decode(), start, end, n_bits, n_tokens)
        for (start, end), n_bits, n_tokens in zip(spans, bits, counts, strict=True)
    ]
