from types import SimpleNamespace

import numpy as np
import pytest
import torch
from random_models import TOKENIZER, loaded

from llmcore.errors import LabError
from llmcore.nn.hooks import change
from llmcore.tasks import head_types
from llmcore.tasks.head_types import (
    TYPE_NAMES,
    attention_shares,
    head_scores,
    repeated_ids,
    visible_ids,
    where_habits_look,
    word_starts,
)
from llmcore.tokenizers import Tokenizer, builtin_tokenizer

MODEL = loaded().trunk


def pattern(kind: str, ids: np.ndarray) -> np.ndarray:
    """(B, T, T) weights of a perfect head: all attention where its habit looks, else on itself."""
    habits = where_habits_look(ids, word_starts(TOKENIZER, ids))
    habit = habits[TYPE_NAMES.index(kind)].astype(np.float32)
    sums = habit.sum(-1, keepdims=True)
    itself = np.eye(ids.shape[1], dtype=np.float32)
    return np.where(sums > 0, habit / np.maximum(sums, 1), itself)


def test_habits_by_hand():
    ids = np.array([[5, 6, 7, 5, 6, 6]])
    previous, duplicate, induction, first, word = where_habits_look(ids)[:, 0]
    assert np.argwhere(previous).tolist() == [[1, 0], [2, 1], [3, 2], [4, 3], [5, 4]]
    assert np.argwhere(duplicate).tolist() == [[3, 0], [4, 1], [5, 1], [5, 4]]
    # After 5 came 6, after 6 came 7; of `6 6` at the end, only the first copy has a token
    # between itself and the one that looks.
    assert np.argwhere(induction).tolist() == [[3, 1], [4, 2], [5, 2]]
    assert np.argwhere(first).tolist() == [[t, 0] for t in range(1, 6)]
    assert not word.any()  # nobody said where words begin


def one_token_each(*pieces: str | bytes) -> tuple[Tokenizer, np.ndarray]:
    """A tokenizer with these tokens, and a row of ids (1, T) that is all of them in turn."""
    known = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    tokenizer = SimpleNamespace(token_bytes=lambda id: known[id])
    return tokenizer, np.arange(len(known))[None]


def test_words_begin_where_no_letter_stands_before() -> None:
    pieces = ["Un", "believ", "able", ",", " th", "ere", "'", "s", " ", "a", "1", "b", "\n", "x"]
    starts = word_starts(*one_token_each(*pieces))
    #                        Un bel able ,  th ere '  s  ␣  a  1  b  ↵  x
    assert starts.tolist() == [[0, 0, 0, 3, 4, 4, 6, 7, 8, 9, 9, 9, 12, 13]]


def test_half_a_letter_goes_on_with_its_word_and_half_an_emoji_does_not() -> None:
    party = "🎉".encode()
    starts = word_starts(*one_token_each("caf", b"\xc3", b"\xa9s", "e", party[:2], party[2:], "a"))
    assert starts.tolist() == [[0, 0, 0, 0, 4, 5, 6]]


def test_the_word_habit_looks_at_its_first_token_from_the_third_on() -> None:
    tokenizer, ids = one_token_each("In", "to", "wn", " un", "be", "liev", "able", " th", "ere")
    word = where_habits_look(ids, word_starts(tokenizer, ids))[TYPE_NAMES.index("word"), 0]
    # Not of "Intown", whose first token is the text's; not of " there", where it is the one before.
    assert np.argwhere(word).tolist() == [[5, 3], [6, 3]]


def test_shares_of_hand_made_weights():
    ids = np.array([[1, 2, 1]])
    weights = np.array([[[[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.3, 0.2]]]])  # (1, 1, 3, 3)
    previous, duplicate, induction, first, word = attention_shares(weights, where_habits_look(ids))
    np.testing.assert_array_equal(previous[0, 0], [np.nan, 0.25, 0.3])
    np.testing.assert_array_equal(duplicate[0, 0], [np.nan, np.nan, 0.5])
    np.testing.assert_array_equal(induction[0, 0], [np.nan, np.nan, 0.3])
    np.testing.assert_array_equal(first[0, 0], [np.nan, 0.25, 0.5])
    assert np.isnan(word).all()
    starts = np.array([[0, 1, 1, 1]])
    even = np.tri(4)[None, None] / np.arange(1, 5)[:, None]
    word = attention_shares(even, where_habits_look(np.array([[1, 2, 3, 4]]), starts))[-1, 0, 0]
    np.testing.assert_array_equal(word, [np.nan, np.nan, np.nan, 0.25])


@pytest.mark.parametrize("kind", TYPE_NAMES)
def test_a_perfect_head_in_a_real_model_scores_one_and_is_the_best(kind):
    ids = repeated_ids(visible_ids(TOKENIZER), 32, 3, 7)

    def perfect(weights):
        weights = weights.clone()
        weights[:, 2] = torch.from_numpy(pattern(kind, ids))
        return weights

    with change(MODEL, {"blocks.1.attention.weights": perfect}):
        scores = head_scores(MODEL, TOKENIZER, seed=7, n_sequences=3, length=32, text=False)
    best = scores.best(kind)
    assert best[0] == (1, 2, pytest.approx(1.0)) and scores.highest(kind) == best[0][2]
    assert len(best) == 2 * 3 and best[1][2] < 0.6
    assert scores.on_text is None
    for other in set(TYPE_NAMES) - {kind}:
        assert scores.on_repeats[TYPE_NAMES.index(other), 1, 2] < 0.2


def test_chance_is_what_a_uniform_head_scores():
    def uniform(weights):
        T = weights.size(-1)
        return (torch.ones(T, T).tril() / torch.arange(1, T + 1)[:, None]).expand_as(weights)

    names = [f"blocks.{layer}.attention.weights" for layer in range(2)]
    with change(MODEL, dict.fromkeys(names, uniform)):
        scores = head_scores(MODEL, TOKENIZER, n_sequences=4, length=30)
        without = head_scores(MODEL, n_sequences=4, length=30)
    assert np.isnan(without.chance[-1]) and not without.on_repeats[-1].any()
    expected = np.broadcast_to(scores.chance[:, None, None], (5, 2, 3))
    np.testing.assert_allclose(scores.on_repeats, expected, rtol=1e-5)
    # 1/2 + 1/3 + … + 1/30, over 29 tokens
    assert scores.chance[0] == pytest.approx(sum(1 / n for n in range(2, 31)) / 29)


def test_memory_bound_does_not_change_the_scores(monkeypatch):
    whole = head_scores(MODEL, TOKENIZER, n_sequences=5)
    monkeypatch.setattr(head_types, "_MEMORY", 1)
    by_row = head_scores(MODEL, TOKENIZER, n_sequences=5)
    np.testing.assert_allclose(whole.on_repeats, by_row.on_repeats, atol=1e-6)
    np.testing.assert_allclose(whole.on_text, by_row.on_text, atol=1e-6)
    assert whole.second_loss == pytest.approx(by_row.second_loss, rel=1e-5)


def test_repeats_hold_allowed_tokens_alone_and_repeat():
    allowed = np.arange(1, 19)
    ids = repeated_ids(allowed, 17, 50, 3)
    assert ids.shape == (50, 16) and ids.min() == 1 and ids.max() == 18
    np.testing.assert_array_equal(ids[:, :8], ids[:, 8:])
    assert all(len(set(row)) == 8 for row in ids[:, :8].tolist())
    np.testing.assert_array_equal(ids, repeated_ids(allowed, 17, 50, 3))
    assert (ids != repeated_ids(allowed, 17, 50, 4)).any()


def test_fewer_tokens_than_half_repeat_within_it():
    ids = repeated_ids(np.arange(3), 32, 2, 0)
    assert ids.shape == (2, 32)
    np.testing.assert_array_equal(ids[:, :16], ids[:, 16:])


def test_only_tokens_that_can_be_seen_are_repeated():
    visible = visible_ids(builtin_tokenizer("bytes"))
    assert bytes(visible.tolist()).decode() == "".join(map(chr, range(33, 127)))
    some = visible_ids(TOKENIZER)
    assert TOKENIZER.eot_id not in some and len(some) > 94
    assert all(TOKENIZER.token_label(token_id).strip() for token_id in some.tolist())


def test_text_is_scored_with_the_models_tokenizer():
    scores = head_scores(MODEL, TOKENIZER, n_sequences=4)
    assert scores.length == MODEL.config.context_length
    assert scores.on_text.shape == scores.on_repeats.shape == (5, 2, 3)
    assert (scores.on_text >= 0).all() and (scores.on_text <= 1).all()
    assert scores.best("first", "text")[0][2] == scores.on_text[3].max()
    assert (scores.chance_on_text[1:3] > scores.chance[1:3]).all()  # letters come again and again


def test_without_the_text_only_repeats_are_scored(monkeypatch):
    monkeypatch.setattr(head_types, "held_out_text", lambda: "")
    scores = head_scores(MODEL, TOKENIZER, n_sequences=2)
    assert scores.on_text is None and scores.on_repeats.shape == (5, 2, 3)
    with pytest.raises(LabError, match="not scored on text"):
        scores.best("first", "text")


def test_losses_of_a_model_that_copies_perfectly():
    """The losses are those of the halves: a stand-in that knows the second copy has zero there."""
    ids = torch.from_numpy(repeated_ids(np.arange(MODEL.config.vocab_size), 32, 2, 0))

    def knows_the_copy(hidden):
        return torch.cat([torch.zeros_like(hidden[:, :16]), hidden[:, 16:]], dim=1)

    plain = head_scores(MODEL, n_sequences=2)
    with change(MODEL, {"final_out": knows_the_copy}):
        changed = head_scores(MODEL, n_sequences=2)
    assert changed.first_loss == pytest.approx(np.log(MODEL.config.vocab_size), rel=1e-4)
    assert changed.second_loss == pytest.approx(plain.second_loss, rel=1e-5)
    logits = MODEL(ids)[:, 16:-1]
    right = (logits.argmax(-1) == ids[:, 17:]).float().mean()
    assert plain.copy_accuracy == pytest.approx(float(right))


def test_a_context_without_room_for_a_repeat_is_one_sentence():
    model = loaded(context_length=3).trunk
    with pytest.raises(LabError, match="needs 4 tokens, but here are 3"):
        head_scores(model)


@pytest.mark.parametrize(("kind", "on"), [("other", "repeats"), ("first", "elsewhere")])
def test_unknown_names_are_one_sentence(kind, on):
    with pytest.raises(LabError, match="choose|scored on"):
        head_scores(MODEL, n_sequences=1).best(kind, on)
