"""A scored text against a plain loop over windows, and words against their tokens."""

import math

import pytest
import torch
from generating import CONFIG, TOKENIZER, sharp_model
from random_models import loaded

from llmcore.errors import LabError
from llmcore.evaluation import text_loss
from llmcore.generation import score_text, score_words
from llmcore.generation import scoring as scores


@pytest.fixture(scope="module")
def model():
    return sharp_model()


def letters(n):
    return "".join(chr(97 + i * 7 % 26) for i in range(n))


@pytest.mark.parametrize("length", [1, 15, 16, 17, 40, 100])
@pytest.mark.parametrize("rows", [3, 128])
def test_scoring_is_a_plain_loop_over_windows(model, length, rows):
    """Whole contexts first, then half a context at a time; every token once."""
    max_bytes = rows * scores._COPIES * 4 * model.config.vocab_size
    text, T = letters(length), CONFIG.context_length
    ids = [TOKENIZER.eot_id, *text.encode()]
    made = score_text(model, TOKENIZER, text, k=4, max_bytes=max_bytes)
    assert [token.id for token in made.tokens] == ids[1:]
    total = 0.0
    for i, token in enumerate(made.tokens):
        first = 0 if i < T else T + (i - T) // (T // 2) * (T // 2)  # of the window that scores it
        end = min(length, T if i < T else first + T // 2)
        start = max(0, end - T)
        assert i - start >= T // 2 or start == 0
        with torch.no_grad():
            logits = model(torch.tensor([ids[start:end]]))[0, i - start]
        plain = logits.softmax(-1)
        assert token.loss == pytest.approx(-math.log(plain[token.id]), rel=1e-3)
        assert token.probability == pytest.approx(float(plain[token.id]), rel=1e-3)
        known = plain[: TOKENIZER.vocab_size]
        assert token.rank == 1 + int((known > known[token.id]).sum())
        entropy = -sum(p * math.log2(p) for p in known.tolist() if p)
        assert token.entropy == pytest.approx(entropy, rel=1e-3)
        best = known.topk(4).indices.tolist()
        assert [top.id for top in token.top] == best
        assert token.top[0].logit == pytest.approx(float(logits[best[0]]), rel=1e-3)
        total += token.loss
    assert made.loss == pytest.approx(total / length)
    assert made.perplexity == pytest.approx(math.exp(made.loss))
    assert made.bits == pytest.approx(total / math.log(2))
    assert made.bits_per_byte == pytest.approx(total / math.log(2) / length)


@pytest.mark.parametrize("length", [10, 80])
def test_the_text_costs_what_evaluation_says_but_for_the_end_of_text(model, length):
    text = letters(length)  # the end of text fills a window's last place, or one of its own
    ours, theirs = score_text(model, TOKENIZER, text), text_loss(model, TOKENIZER, text)
    ids = [TOKENIZER.eot_id, *text.encode()][-CONFIG.context_length :]
    with torch.no_grad():
        end = model(torch.tensor([ids]))[0, -1].log_softmax(-1)[TOKENIZER.eot_id]
    total = math.fsum(token.loss for token in ours.tokens) - float(end)
    assert theirs["loss"] * theirs["n"] == pytest.approx(total, rel=1e-5)


def test_equal_tokenizers_or_not_bits_per_byte_are_bits_of_the_text_by_its_bytes():
    """A model that finds everything equally likely: log2 V bits a token."""
    for made in (loaded(), loaded(context_length=8)):
        made.model.final_norm.weight.zero_()
        made.model.final_norm.bias.zero_()
        text = "the cat sees the moon. Grüße €"
        score = score_text(made.model, made.tokenizer, text)
        n = len(made.tokenizer.encode(text))
        assert score.n_bytes == len(text.encode()) and len(score.tokens) == n
        assert score.bits == pytest.approx(n * math.log2(300), rel=1e-5)
        assert score.bits_per_byte == pytest.approx(n * math.log2(300) / score.n_bytes, rel=1e-5)
        assert score.perplexity == pytest.approx(300, rel=1e-4)
        pieces = made.tokenizer.pieces(text)
        spans = [(token.start, token.end, token.label) for token in score.tokens]
        assert spans == [(piece.start, piece.end, piece.label) for piece in pieces]
        assert [token.rank for token in score.tokens] == [token.id + 1 for token in score.tokens]


@pytest.mark.parametrize(
    "text", ["the cat sees the moon.\n\n a red  apple ", "  \n ", "one", "Grüße, my € friend"]
)
def test_words_share_out_all_bits_and_tokens(text):
    made = loaded()
    score = score_text(made.model, made.tokenizer, text)
    words = score_words(score, text)
    assert [word.text for word in words] == (text.split() or [text])
    assert sum(word.bits for word in words) == pytest.approx(score.bits)
    assert sum(word.n_tokens for word in words) == len(score.tokens)
    for number, word in enumerate(words):
        assert text.encode()[word.start : word.end].decode() == word.text
        low = words[number - 1].end if number else 0  # the space before it is its own
        high = word.end if number < len(words) - 1 else len(text.encode())
        own = [token for token in score.tokens if low <= token.start < high]
        assert word.n_tokens == len(own)
        assert word.bits == pytest.approx(sum(token.loss for token in own) / math.log(2))


def test_progress_is_told(model, monkeypatch):
    monkeypatch.setattr(scores, "_REPORT_EVERY", 8)
    heard = []
    score_text(model, TOKENIZER, letters(40), on_progress=heard.append)
    assert heard == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_what_cannot_be_scored_is_refused(model, monkeypatch):
    with pytest.raises(LabError, match="empty"):
        score_text(model, TOKENIZER, "")
    monkeypatch.setattr(scores, "MAX_TOKENS", 10)
    with pytest.raises(LabError, match="11 tokens: score at most 10"):
        score_text(model, TOKENIZER, letters(11))
    with pytest.raises(LabError, match="knows 200 tokens"):
        score_text(sharp_model(vocab_size=200), TOKENIZER, "a")
