import random

import pytest
import torch
from random_models import SHAPE, TOKENIZER, loaded
from variant_shapes import VARIANTS

from llmcore.generation import SamplingConfig, generate
from llmcore.nn.attention import KVCache, causal_mask, fast_attention, plain_attention
from llmcore.tasks.answering import greedy_answers
from llmcore.tokenizers import Roles, Tokenizer

WORDS = [
    "the",
    "cat",
    "sees",
    "a",
    "dog",
    "likes",
    "my",
    "friend",
    "follows",
    "the",
    "old",
    "king",
    "hears",
    "the",
    "moon",
]
GREEDY = SamplingConfig(temperature=0.0, max_new_tokens=12)


def prompts(n, seed=0, longest=6):
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(1, longest))) for _ in range(n)]
    return [text for text in texts if len(TOKENIZER.encode(text)) <= SHAPE.context_length - 12]


def one_by_one(model, texts, sampling=GREEDY):
    return [generate(model, TOKENIZER, text, sampling).ids for text in texts]


@pytest.mark.parametrize("batch_rows", [1, 4, 64])
def test_a_batch_answers_as_one_prompt_after_the_other(batch_rows):
    model, texts = loaded().model, prompts(23)
    ids = [TOKENIZER.encode(text) for text in texts]
    assert len({len(token_id) for token_id in ids}) > 4  # so that rows are padded
    assert greedy_answers(model, TOKENIZER, ids, 12, batch_rows) == one_by_one(model, texts)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_batch_answers_alike_in_every_variant(name):
    model, texts = loaded(**VARIANTS[name]).model, prompts(12)
    ids = [TOKENIZER.encode(text) for text in texts]
    assert greedy_answers(model, TOKENIZER, ids, 12) == one_by_one(model, texts)


def test_rows_end_at_end_of_text_and_the_others_go_on():
    """A model for which end of text is the likeliest now and then."""
    model = loaded().model
    texts = prompts(40, seed=1)
    ids = [TOKENIZER.encode(text) for text in texts]
    with torch.no_grad():
        for share in (0.2, 0.5, 1.0, 2.0):
            model.token_embedding.weight[TOKENIZER.eot_id].mul_(1 + share)
            expected = one_by_one(model, texts)
            lengths = {len(answer) for answer in expected}
            if len(lengths) > 2:
                break
    assert len(lengths) > 2 and min(lengths) < 12, lengths
    assert greedy_answers(model, TOKENIZER, ids, 12, 16) == expected


def test_a_full_context_ends_a_row_and_long_prompts_lose_their_start():
    model, limit = loaded().model, SHAPE.context_length
    long, short = [5] * (limit + 40), [7, 8, 9]
    full, free = greedy_answers(model, TOKENIZER, [long, short], 6)
    assert len(full) <= 1
    assert full == greedy_answers(model, TOKENIZER, [long[-(limit - 1) :]], 6)[0]
    assert free == greedy_answers(model, TOKENIZER, [short], 6)[0] and len(free) > 1


def test_no_prompt_no_room_and_a_stop():
    model = loaded().model
    assert greedy_answers(model, TOKENIZER, [], 5) == []
    assert greedy_answers(model, TOKENIZER, [[]], 3) == [
        generate(model, TOKENIZER, "", SamplingConfig(temperature=0.0, max_new_tokens=3)).ids
    ]
    assert greedy_answers(model, TOKENIZER, [[5]], 0) == [[]]
    asked = []
    made = greedy_answers(model, TOKENIZER, [[5], [6]], 3, 1, lambda: len(asked) == 1 or
                          asked.append(1))  # fmt: skip
    assert made[0] and made[1] == []


def test_a_mask_means_the_same_to_plain_and_fast_attention():
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 5, 4, generator=generator) for _ in range(3))
    visible = causal_mask(5, 5) & (torch.rand(2, 1, 5, 5, generator=generator) > 0.4)
    visible |= torch.eye(5, dtype=torch.bool)
    torch.testing.assert_close(plain_attention(q, k, v, visible), fast_attention(q, k, v, visible))
    assert not torch.allclose(plain_attention(q, k, v), plain_attention(q, k, v, visible))


def test_a_cache_keeps_the_chosen_rows():
    cache = KVCache(SHAPE, 3, capacity=4)
    values = torch.arange(3.0)[:, None, None, None].expand(3, SHAPE.n_heads, 2, SHAPE.d_head)
    for layer in range(SHAPE.n_layers):
        cache.extend(layer, values, values)
    cache.advance(2)
    cache.keep(torch.tensor([2, 0]))
    keys, _ = cache.extend(1, values[:2, :, :1], values[:2, :, :1])
    assert keys[:, 0, 0, 0].tolist() == [2.0, 0.0] and keys.shape[2] == 3


def test_rows_end_at_the_end_of_a_turn_too():
    model = loaded().model
    whole = greedy_answers(model, TOKENIZER, [TOKENIZER.encode("the cat")], 12)[0]
    end = whole[len(whole) // 2]  # what the model says in the middle becomes a sign that ends turns
    special = {**TOKENIZER.special_tokens, "<|im_end|>": end}
    ranks = {data: id for data, id in TOKENIZER.ranks.items() if id != end}
    ending = Tokenizer("ending", ranks, TOKENIZER.pattern, special, Roles(end_of_turn="<|im_end|>"))
    made = greedy_answers(model, ending, [TOKENIZER.encode("the cat")], 12)[0]
    assert made == whole[: whole.index(end)]
