import pytest
import torch
from generating import CONFIG, TOKENIZER, Parrot, sharp_model

from llmcore.errors import LabError
from llmcore.generation import (
    SamplingConfig,
    generate,
    next_tokens,
    sampling_probabilities,
    stream,
)
from llmcore.generation.reader import prompt_ids
from llmcore.generation.tree import Tree
from llmcore.tokenizers import Roles, Tokenizer, builtin_tokenizer


@pytest.fixture(scope="module")
def model():
    return sharp_model()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_cache_on_and_off_give_the_same_text_also_beyond_the_context(model, temperature):
    sampling = SamplingConfig(temperature=temperature, seed=3, max_new_tokens=60)
    with_cache = generate(model, TOKENIZER, "hello", sampling)
    without = generate(model, TOKENIZER, "hello", sampling, use_cache=False)
    assert with_cache.ids == without.ids and len(with_cache.ids) > CONFIG.context_length


def test_same_seed_same_text_and_the_global_stream_does_not_matter(model):
    sampling = SamplingConfig(temperature=2.0, seed=1, max_new_tokens=20)
    torch.manual_seed(1)
    first = generate(model, TOKENIZER, "a", sampling).ids
    torch.manual_seed(2)
    assert generate(model, TOKENIZER, "a", sampling).ids == first
    assert generate(model, TOKENIZER, "a", sampling.with_(seed=2)).ids != first


def test_greedy_takes_the_likeliest_next_token(model):
    best = next_tokens(model, TOKENIZER, "abc", k=3)
    token = next(stream(model, TOKENIZER, "abc", SamplingConfig(temperature=0.0)))
    assert token.id == best[0].id and token.probability == 1.0
    assert [token.probability for token in best] == sorted(
        (token.probability for token in best), reverse=True
    )


def test_temperature_top_k_and_top_p_do_what_they_say():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    plain = sampling_probabilities(logits, SamplingConfig(temperature=1.0))
    torch.testing.assert_close(plain, logits.softmax(-1))
    cold = sampling_probabilities(logits, SamplingConfig(temperature=0.5))
    torch.testing.assert_close(cold, (logits / 0.5).softmax(-1))
    two = sampling_probabilities(logits, SamplingConfig(temperature=1.0, top_k=2))
    assert (two > 0).tolist() == [True, True, False, False]
    torch.testing.assert_close(two[:2], logits[:2].softmax(-1))
    for top_p, n_kept in ((0.5, 1), (0.65, 2), (0.9, 3), (1.0, 4)):  # .644 .237 .087 .032
        kept = sampling_probabilities(logits, SamplingConfig(temperature=1.0, top_p=top_p))
        assert int((kept > 0).sum()) == n_kept, top_p
        assert kept.sum().item() == pytest.approx(1.0)


def test_ids_that_no_token_stands_for_are_never_drawn(model):
    made = generate(model, TOKENIZER, "x", SamplingConfig(temperature=50.0, max_new_tokens=200))
    assert made.ids and max(made.ids) < TOKENIZER.vocab_size < CONFIG.vocab_size


def test_text_grows_and_split_characters_are_whole_at_the_end():
    parrot = Parrot(b"\xe2\x82\xac!")
    texts = [step.text_so_far for step in stream(parrot, TOKENIZER, "a", SamplingConfig())]
    assert texts == ["", "", "€", "€!"]


def test_empty_prompt_starts_from_the_end_of_text_token(model):
    assert generate(model, TOKENIZER, "", SamplingConfig(max_new_tokens=3)).ids
    first = next_tokens(model, TOKENIZER, "", k=1)[0]
    with torch.no_grad():
        logits = model(torch.tensor([[TOKENIZER.eot_id]]))[0, -1]
    assert first.id == int(logits[: TOKENIZER.vocab_size].argmax())


def test_stop_ends_the_stream(model):
    calls = iter([False, False, True])
    sampling = SamplingConfig(temperature=50.0)
    made = list(stream(model, TOKENIZER, "x", sampling, should_stop=lambda: next(calls)))
    assert len(made) == 2


@pytest.mark.parametrize("bad", [{"temperature": -1}, {"top_k": -1}, {"top_p": -0.1},
                                 {"top_p": 1.5}, {"max_new_tokens": 0}])  # fmt: skip
def test_settings_out_of_bounds_are_refused(bad):
    with pytest.raises(LabError, match="must be at"):
        SamplingConfig(**bad)


def test_another_tokenizer_s_ids_are_refused(model):
    with pytest.raises(LabError, match="knows 300 tokens"):
        next_tokens(model, builtin_tokenizer("gpt2"), "Hello wonderful world")


def two_ends():
    special = {"<|endoftext|>": 256, "<|im_end|>": 257}
    ranks = {bytes([byte]): byte for byte in range(256)}
    return Tokenizer("two", ranks, r"[\s\S]", special, Roles(end_of_turn="<|im_end|>"))


class TurnParrot(Parrot):
    """Ends a turn where a Parrot ends the text."""

    def unembed(self, hidden):
        return super().unembed(hidden)[..., [*range(256), 257, 256, *range(258, 300)]]


@pytest.mark.parametrize("kind", [Parrot, TurnParrot])
def test_writing_stops_at_every_end(kind):
    made = generate(kind("hi"), two_ends(), "a", SamplingConfig())
    assert (made.text, made.ids, made.reason) == ("hi", [*b"hi"], "end of text")
    tree = Tree(two_ends(), "a")
    end = tree.grow(tree.grow(0, ord("h")).id, 257)
    assert tree.text(end.id) == "h"


def test_a_prompt_begins_as_the_makers_of_the_model_say():
    assert prompt_ids(two_ends(), "") == [256]
    tokenizer = two_ends().with_roles(Roles(begin_of_text="<|im_end|>"))
    assert prompt_ids(tokenizer, "a") == [257, 97] and prompt_ids(tokenizer, "") == [257]
