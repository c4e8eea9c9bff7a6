"""The measurement of the cache counts what it says it does."""

import pytest
from generating import CONFIG, TOKENIZER, Parrot, sharp_model

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.generation import SamplingConfig, generate, measure_cache, reader
from llmcore.generation import measure as measuring
from llmcore.nn.attention import KVCache
from llmcore.nn.model import GPT

TOKEN_BYTES = 2 * 4 * CONFIG.n_layers * CONFIG.d_model  # keys and values in fp32


def test_both_ways_say_the_same_and_the_cache_holds_what_the_formula_says(monkeypatch):
    model, read = sharp_model(), []
    greedy = generate(model, TOKENIZER, "hello", SamplingConfig(temperature=0, max_new_tokens=7))
    next_logits = measuring.Reader.next_logits
    monkeypatch.setattr(
        measuring.Reader,
        "next_logits",
        lambda self, ids: (read.append((self.use_cache, list(ids))), next_logits(self, ids))[1],
    )
    made = measure_cache(model, TOKENIZER, "hello", 8)
    assert made.same_tokens and (made.prompt_tokens, made.n_tokens) == (5, 8)
    for use_cache in (True, False):  # in turns, and on exactly the same text
        ids = [speed for cached, speed in read[1:] if cached is use_cache]
        assert [len(token_id) for token_id in ids] == list(range(5, 13)) and ids[-1][
            5:
        ] == greedy.ids
    assert made.bytes_per_token == TOKEN_BYTES
    assert made.full_cache_bytes == TOKEN_BYTES * CONFIG.context_length
    assert made.with_cache.cache_bytes == TOKEN_BYTES * 12 and made.without_cache.cache_bytes == 0
    for speed in (made.with_cache, made.without_cache):
        assert len(speed.token_s) == 7 and min(speed.token_s) > 0
        assert speed.seconds == pytest.approx(speed.first_token_s + sum(speed.token_s))


def test_a_cache_that_goes_wrong_is_found_out(monkeypatch):
    class Forgetful(KVCache):
        """Loses the prompt."""

        def extend(self, layer, k, v):
            keys, values = super().extend(layer, k, v)
            return keys[..., -1:, :], values[..., -1:, :]

    model = sharp_model()
    assert measure_cache(model, TOKENIZER, "hello", 6).same_tokens
    monkeypatch.setattr(reader, "KVCache", Forgetful)
    assert not measure_cache(model, TOKENIZER, "hello", 6).same_tokens


def test_the_cache_is_faster_on_a_long_text():
    """Some ten times as many products without it: true on any machine, however busy."""
    shape = ModelConfig(vocab_size=300, context_length=512, n_layers=2, n_heads=4, d_model=128)
    made = measure_cache(GPT(shape).eval(), TOKENIZER, "many words " * 40, 16)
    assert made.speedup > 2 and made.speedup == pytest.approx(
        made.with_cache.tokens_per_s / made.without_cache.tokens_per_s
    )


def test_an_end_of_text_does_not_end_it_but_a_request_does():
    heard = []
    made = measure_cache(Parrot(""), TOKENIZER, "a", 10, on_progress=heard.append)
    assert made.n_tokens == 10 and heard[-1] == 1.0
    stopped = measure_cache(Parrot("abc"), TOKENIZER, "a", 10, should_stop=lambda: True)
    assert stopped.n_tokens == 2 and stopped.with_cache.tokens_per_s > 0


@pytest.mark.parametrize("n_tokens", [1, 2001])
def test_the_number_of_tokens_is_bounded(n_tokens):
    with pytest.raises(LabError, match="measure 2 to 2,000"):
        measure_cache(sharp_model(), TOKENIZER, "a", n_tokens)


def test_a_full_cache_is_the_whole_context_also_while_little_of_it_is_set_aside(monkeypatch):
    monkeypatch.setattr(KVCache, "FIRST", 8)
    made = measure_cache(sharp_model(), TOKENIZER, "hi", 2)
    assert made.full_cache_bytes == TOKEN_BYTES * CONFIG.context_length
