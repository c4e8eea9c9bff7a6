"""Head types, found by measuring: what share of its attention each head spends on a habit.

The definitions are those of Olsson et al. 2022 ("In-context Learning and Induction Heads",
transformer-circuits.pub), with the test that they and TransformerLens use: random tokens that come
twice, so that only the position and the earlier copy can tell a head where to look. `word`, the
start of a word of several tokens, is our own.
"""

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
from llmcore.errors import LabError
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT
from llmcore.tokenizers import Tokenizer

TYPE_NAMES = ("previous", "duplicate", "induction", "first", "word")
TEXT_CORPUS = "shakespeare"  # its held-out part, which no bundled model has learned from
SHORTEST = 4  # tokens: two, and the same two again
_MEMORY = 96 << 20  # bytes of attention weights and logits that are held at once
_CHARACTERS = 16  # of text for each wanted token; more than the longest tokenizer needs


@dataclass(slots=True, frozen=True)
class HeadScores:
    """How much each head behaves like each of `kinds`.

    on_repeats, on_text (K, L, H) of K kinds: mean share of a token's attention, 0 to 1, that goes
    to where the habit looks, over the tokens that have such a place. on_text is None if there
    was no tokenizer or no text. chance, chance_on_text (K,): what a head scores that looks at all
    tokens up to its own alike. A chance is NaN if the test had no such place, as that of `word`
    without a tokenizer: its scores are 0 then.

    first_loss, second_loss: nats a token on the two halves of the repeats. Without anything that
    looks back both are the same; copy_accuracy is how often the second half is guessed right.
    """

    on_repeats: np.ndarray
    on_text: np.ndarray | None
    chance: np.ndarray
    chance_on_text: np.ndarray | None
    first_loss: float
    second_loss: float
    copy_accuracy: float
    n_sequences: int
    length: int
    seed: int
    kinds: tuple[str, ...] = TYPE_NAMES

    def best(self, kind: str, on: str = "repeats") -> list[tuple[int, int, float]]:
        """(layer, head, score) of all heads, the highest score first.

        on: `repeats` or `text`. Raises LabError for another kind, or a test that was not done.
        """
        scores = self._scores(kind, on)
        order = np.argsort(-scores, axis=None, kind="stable")
        places = zip(*np.unravel_index(order, scores.shape), strict=True)
        return [(int(layer), int(head), float(scores[layer, head])) for layer, head in places]

    def highest(self, kind: str, on: str = "repeats") -> float:
        """The score of the best head."""
        return float(self._scores(kind, on).max())

    def _scores(self, kind: str, on: str) -> np.ndarray:
        if kind not in self.kinds:
            raise LabError(f"There is no head type {kind!r}: choose {', '.join(self.kinds)}.")
        if on not in ("repeats", "text"):
            raise LabError(f"Heads are scored on repeats or on text, not on {on!r}.")
        table = self.on_repeats if on == "repeats" else self.on_text
        if table is None:
            raise LabError("These heads were not scored on text: give the model's tokenizer.")
        return table[self.kinds.index(kind)]


def head_scores(
    model: GPT,
    tokenizer: Tokenizer | None = None,
    *,
    seed: int = 0,
    n_sequences: int = 8,
    length: int = 96,
    text: bool = True,
) -> HeadScores:
    """Scores every head of `model` on random repeats and, with a tokenizer, on held-out text.

    tokenizer: with it, only tokens that can be seen are repeated: bytes that are no text alone
    and control characters hardly ever come in what a model learned from. text: whether held-out
    text is asked for. length: tokens of a sequence, both halves together; at most the model's
    context counts. The model must be in eval mode: it may be shared with other threads. Raises
    LabError for a context too short to hold a repeat.
    """
    vocab_size, length = model.config.vocab_size, min(length, model.config.context_length)
    allowed = np.arange(vocab_size)
    if tokenizer is not None:
        allowed = visible_ids(tokenizer)
        allowed = allowed[allowed < vocab_size]
    ids = repeated_ids(allowed, length, n_sequences, seed)
    repeats = _Test(model, ids, tokenizer)
    texts = text_ids(tokenizer, ids.shape[1], n_sequences, seed) if text and tokenizer else None
    on_text = None
    if texts is not None and int(texts.max()) < vocab_size:
        on_text = _Test(model, texts, tokenizer)
    half = ids.shape[1] // 2
    # Entry t of a row of losses belongs to token t + 1; where the second copy begins, at token
    # `half`, nothing can tell what comes.
    return HeadScores(
        on_repeats=repeats.scores,
        on_text=None if on_text is None else on_text.scores,
        chance=repeats.chance,
        chance_on_text=None if on_text is None else on_text.chance,
        first_loss=float(repeats.losses[:, : half - 1].mean()),
        second_loss=float(repeats.losses[:, half:].mean()),
        copy_accuracy=float(repeats.right[:, half:].mean()),
        n_sequences=n_sequences,
        length=ids.shape[1],
        seed=seed,
    )


@lru_cache(maxsize=16)
def visible_ids(tokenizer: Tokenizer) -> np.ndarray:
    """Ids of the tokens whose text one can see; all ordinary ones if there are none."""
    ordinary = [
        (data.decode("utf-8", "replace").strip(), id) for data, id in tokenizer.ranks.items()
    ]
    seen = [id for text, id in ordinary if text and "\ufffd" not in text and text.isprintable()]
    return np.array(sorted(seen or [id for _, id in ordinary]))


def repeated_ids(allowed: np.ndarray, length: int, n_sequences: int, seed: int) -> np.ndarray:
    """(B, T) random ids of those `allowed`, T the even number at or below `length`.

    The second half of each row is its first half again: `ids[:, t] == ids[:, t - T // 2]`. Within
    a half no token comes twice, as far as there are enough of them. Raises LabError for a length
    below SHORTEST.
    """
    half = length // 2
    if 2 * half < SHORTEST:
        raise LabError(
            f"A test with repeats needs {SHORTEST} tokens, but here are {length}: choose a model "
            f"with a longer context."
        )
    rng = np.random.default_rng(seed)
    again = half > len(allowed)
    rows = [rng.choice(allowed, half, replace=again) for _ in range(n_sequences)]
    once = np.stack(rows)  # (B, T / 2)
    return np.concatenate([once, once], axis=1)


def text_ids(tokenizer: Tokenizer, length: int, n_sequences: int, seed: int) -> np.ndarray | None:
    """(B, T) ids of passages of held-out text; None if this machine has no such text."""
    text = held_out_text()
    characters = _CHARACTERS * length
    if len(text) < characters:
        return None
    starts = np.random.default_rng(seed).integers(0, len(text) - characters, n_sequences)
    rows = []
    for start in starts.tolist():
        begin = text.find(" ", start, start + characters) + 1  # at a word
        rows.append(tokenizer.encode(text[begin : begin + characters])[:length])
    shortest = min(map(len, rows))
    return np.array([row[:shortest] for row in rows]) if shortest >= SHORTEST else None


@lru_cache(maxsize=1)
def held_out_text() -> str:
    """The part of a built-in corpus that is held out of every training; "" if it is not on
    this machine."""
    try:
        _, held_out = load_corpus(TEXT_CORPUS).split(0.1, CORPUS_SPLIT_SEED)
    except LabError:
        return ""
    return "\n".join(held_out)


def word_starts(tokenizer: Tokenizer, ids: np.ndarray) -> np.ndarray:
    """(B, T) the position of the first token of the word that each token of ids (B, T) goes on
    with; its own position if it begins a word, or is no part of one.

    A token goes on with a word if a letter or digit, or the rest of one, is on both sides
    of its start. So `·th`, `ere`, `'s` are two words: `·there` and `s` behind its apostrophe.
    """
    starts = np.empty_like(ids)
    for row, found in zip(ids.tolist(), starts, strict=True):
        pieces = [tokenizer.token_bytes(token) for token in row]
        within = _within_words(b"".join(pieces))
        at, start = 0, 0
        for t, piece in enumerate(pieces):
            if not (0 < at < len(within) and within[at - 1] and within[at]):
                start = t
            found[t] = start
            at += len(piece)
    return starts


def _within_words(data: bytes) -> list[bool]:
    """For each byte, whether it belongs to a letter or digit, or to a mark on one."""
    found = []
    for sign in data.decode("utf-8", "surrogateescape"):
        n_bytes = len(sign.encode("utf-8", "surrogateescape"))
        found += [sign.isalnum() or unicodedata.category(sign).startswith("M")] * n_bytes
    return found


def where_habits_look(ids: np.ndarray, starts: np.ndarray | None = None) -> np.ndarray:
    """(K, B, T, T) boolean, in the order of TYPE_NAMES: the places s that a perfect head of each
    kind looks at from token t, of ids (B, T).

    Previous: s = t - 1. Duplicate: an earlier copy of token t. Induction: the token after an
    earlier copy, so that `A B … A` looks at B. First: s = 0, from any later token. Word: the first
    token of the word of t, by `starts` (B, T) of `word_starts`, from its third token on: at the
    second it is the token before, where a previous-token head looks as well, and no word at s = 0
    counts, where First looks. Without `starts` it looks nowhere.
    """
    B, T = ids.shape
    before = np.tri(T, k=-1, dtype=bool)  # s < t
    duplicate = (ids[:, :, None] == ids[:, None, :]) & before  # (B, T, T)
    induction = np.zeros_like(duplicate)
    induction[:, :, 1:] = duplicate[:, :, :-1]
    induction &= before  # in `A A` the token after the first A is the looking token itself
    previous = np.broadcast_to(np.eye(T, k=-1, dtype=bool), (B, T, T))
    first = np.zeros((B, T, T), dtype=bool)
    first[:, 1:, 0] = True
    word = np.zeros((B, T, T), dtype=bool)
    if starts is not None:
        rows, tokens = np.nonzero((starts < np.arange(T) - 1) & (starts > 0))
        word[rows, tokens, starts[rows, tokens]] = True
    return np.stack([previous, duplicate, induction, first, word])


def attention_shares(weights: np.ndarray, habits: np.ndarray) -> np.ndarray:
    """Weights (B, H, T, T) and habits (K, B, T, T) to each head's shares, (K, B, H, T).

    A share is NaN at a token that has no place to look at: the mean leaves it out.
    """
    shares = np.einsum("bhts,kbts->kbht", weights, habits.astype(weights.dtype), optimize=True)
    return np.where(np.expand_dims(habits.any(-1), 2), shares, np.nan)


class _Test:
    """One forward pass over ids (B, T), a few rows at a time.

    tokenizer: says where words begin; None if that is not known. scores (K, L, H), chance (K,),
    losses and right (B, T - 1) of the token after each.
    """

    def __init__(self, model: GPT, ids: np.ndarray, tokenizer: Tokenizer | None) -> None:
        config = model.config
        B, T = ids.shape
        names = [f"blocks.{layer}.attention.weights" for layer in range(config.n_layers)]
        device = next(model.parameters()).device
        row_bytes = 4 * T * (config.n_layers * config.n_heads * T + 2 * config.vocab_size)
        rows = max(1, _MEMORY // row_bytes)
        starts = None if tokenizer is None else word_starts(tokenizer, ids)
        shares: list[list[np.ndarray]] = [[] for _ in names]
        losses, right = [], []
        for first in range(0, B, rows):
            part = ids[first : first + rows].astype(np.int64)
            tensor = torch.from_numpy(part).to(device)
            with watch(model, names) as seen:
                logits = model(tensor)[:, :-1].float()  # (b, T - 1, V)
            own = None if starts is None else starts[first : first + rows]
            habits = where_habits_look(part, own)
            for found, name in zip(shares, names, strict=True):
                found.append(attention_shares(seen[name].float().cpu().numpy(), habits))
            losses.append(_losses(logits, tensor[:, 1:]))
            right.append((logits.argmax(-1) == tensor[:, 1:]).cpu().numpy())
        by_layer = [np.concatenate(found, axis=1) for found in shares]  # each (K, B, H, T)
        self.scores = np.stack([_mean(weights, (1, 3)) for weights in by_layer], axis=1)
        self.chance = self._chance(ids, starts)
        self.losses, self.right = np.concatenate(losses), np.concatenate(right)

    @staticmethod
    def _chance(ids: np.ndarray, starts: np.ndarray | None) -> np.ndarray:
        """The scores of a head that looks at all tokens up to its own alike."""
        B, T = ids.shape
        uniform = np.tri(T) / np.arange(1, T + 1)[:, None]  # (T, T)
        alike = np.broadcast_to(uniform, (B, 1, T, T))
        habits = where_habits_look(ids, starts)
        shares = attention_shares(alike, habits)
        chance = _mean(shares, (1, 2, 3))
        chance[~habits.any((1, 2, 3))] = math.nan
        return chance


def _mean(shares: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The mean over the tokens that have a place to look at; 0 if none has."""
    known = np.isfinite(shares)
    count = known.sum(axes)
    return np.where(known, shares, 0.0).sum(axes) / np.maximum(count, 1)


def _losses(logits: Tensor, targets: Tensor) -> np.ndarray:
    """-log p of each target in nats: logits (B, T, V), targets (B, T) -> (B, T)."""
    flat = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return flat.view(targets.shape).cpu().numpy()
