import numpy as np
import pytest
import torch

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.interpret.attention import attend
from llmcore.nn.model import GPT
from llmcore.tokenizers import builtin_tokenizer

TOKENIZER = builtin_tokenizer("bytes")
CONFIG = ModelConfig(vocab_size=257, context_length=16, n_layers=2, n_heads=4, d_model=16)
MODEL = GPT(CONFIG).eval()


def test_weights_are_causal_and_sum_to_one_for_every_head():
    record = attend(MODEL, TOKENIZER, "hello there")
    assert record.weights.shape == (2, 4, 11, 11)
    np.testing.assert_allclose(record.weights.sum(-1), 1.0, rtol=1e-5)
    assert (np.triu(record.weights, 1) == 0).all()
    assert record.labels == list("hello there") and record.notice is None


def test_next_tokens_are_those_of_the_fast_path():
    record = attend(MODEL, TOKENIZER, "hello")
    with torch.no_grad():
        logits = MODEL(torch.tensor([list(b"hello")]))[0, -1]
    assert record.next_tokens[0].id == int(logits.argmax())
    assert record.next_tokens[0].probability == pytest.approx(
        logits.softmax(-1).max().item(), rel=1e-4
    )


@pytest.mark.parametrize(("limit", "shown"), [(8, 8), (64, 16)])
def test_a_long_text_is_cut_to_its_end_with_a_notice(limit, shown):
    text = "abcdefghijklmnopqrstuvwxyz"
    record = attend(MODEL, TOKENIZER, text, max_tokens=limit)
    assert "".join(record.labels) == text[-shown:]
    assert "26 tokens" in record.notice and str(shown) in record.notice


def test_an_empty_text_is_one_sentence():
    with pytest.raises(LabError, match="type at least one word"):
        attend(MODEL, TOKENIZER, "")
