"""The tokenizer inside a GGUF.

Beside what is tested here: with SmolLM2's vocabulary under each name of PRE_TOKENIZERS' groups,
2,000 odd strings were compared with llama.cpp (xllamacpp 2026.10, /tokenize): no other ids, but
where a byte without a token stands in the text (24 of the 2,000 for most names). There llama.cpp
keeps its neighbours apart, and the package `tokenizers` merges across.
"""

import json

import pytest
import tokenizers
from odd_texts import odd_texts
from tiny import TEXT
from tokenizers import models, pre_tokenizers, trainers

from llmcore.convert.gguf_tokenizer import PRE_TOKENIZERS, from_gguf
from llmcore.convert.read_tokenizer import notices_of
from llmcore.errors import LabError

LINES = [TEXT, "Some Café, 漢字 and 12 dogs; don't!", "x += 10 ** 2;\n\n"] * 9
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def byte_level_fields(pre="smollm"):
    """Metadata as llama.cpp's own converter writes it, from a tokenizer trained here."""
    made = tokenizers.Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    made.train_from_iterator(LINES, trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special, show_progress=False))  # fmt: skip
    model = json.loads(made.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    kinds = [CONTROL if token in special else NORMAL for token in tokens]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": [*tokens, "    ", "[PAD341]"],
        "tokenizer.ggml.token_type": [*kinds, USER_DEFINED, UNUSED],
        "tokenizer.ggml.merges": [" ".join(pair) for pair in model["merges"]],
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": "{{ '<|im_start|>' }}",
    }


def test_ids_are_those_of_the_package():
    ours = from_gguf(byte_level_fields(), "g")
    theirs = tokenizers.Tokenizer.from_str(ours.original)
    assert [theirs.id_to_token(id) for id in range(3)] == [
        "<|endoftext|>",
        "<|im_start|>",
        "<|im_end|>",
    ]
    theirs.encode_special_tokens = True
    for text in odd_texts(2000):
        assert ours.encode(text) == theirs.encode(text).ids, repr(text)
    assert ours.encode("a    b") == [*ours.encode("a"), 340, *ours.encode("b")]
    assert ours.encode("<|im_end|>") != [2] and len(ours.encode("12 ")) == 3
    assert ours.vocab_size == 341 and "rows are padding" in notices_of(ours, 342, "it")[0]


def test_roles_of_a_gguf():
    ours = from_gguf(byte_level_fields(), "g")
    assert ours.roles.end_of_text == "<|endoftext|>" and ours.end_of_turn == "<|im_end|>"
    assert ours.ends == {0, 2} and ours.bos_id is None
    assert ours.chat_template == "{{ '<|im_start|>' }}"
    begins = from_gguf(byte_level_fields() | {"tokenizer.ggml.add_bos_token": True}, "g")
    assert begins.bos_id == 1
    fields = byte_level_fields("llama-bpe")
    del fields["tokenizer.ggml.add_bos_token"]
    assert from_gguf(fields, "g").bos_id == 1, "by its name"


def test_names_split_as_they_should():
    """Each group by what is special in it."""

    def cut(pre, text):
        return from_gguf(byte_level_fields(pre), "g").cut(text)

    assert cut("gpt-2", "a  1234 x") == ["a", " ", " 1234", " x"]
    assert cut("smollm", "a  12") == ["a", "  ", "1", "2"]
    assert cut("llama-bpe", "a 1234'S") == ["a", " ", "123", "4", "'S"]
    assert cut("qwen2", "a 12\n\nb") == ["a", " ", "1", "2", "\n\n", "b"]
    assert cut("gpt-4o", "HelloWorld don't") == ["Hello", "World", " don't"]
    assert cut("deepseek-coder", "ab 12.\n") == ["ab", " ", "1", "2", ".", "\n"]


@pytest.mark.parametrize("pre", PRE_TOKENIZERS)
def test_every_name_gives_back_every_text(pre):
    ours = from_gguf(byte_level_fields(pre), "g")
    for text in odd_texts(40, seed=2):
        assert ours.decode(ours.encode(text)) == text


def change(fields, **changes):
    return {**fields, **{f"tokenizer.ggml.{key}": value for key, value in changes.items()}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pre": "new-way"}, "in the way 'new-way'.*it knows .*smollm"),
        ({"pre": None}, "in the way None"),
        ({"model": "bert"}, "of the kind 'bert'"),
        ({"model": "t5"}, "of the kind 't5'"),
        ({"tokens": None}, "no tokenizer.ggml.tokens"),
        ({"token_type": [1]}, "1 types of tokens"),
        ({"tokens": ["a", "a"], "token_type": [1, 1]}, "a token twice"),
        ({"merges": ["ab"]}, "joins nothing"),
        ({"model": "llama"}, "0 scores"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(changes, words):
    with pytest.raises(LabError, match=words) as caught:
        from_gguf(change(byte_level_fields(), **changes), "g")
    assert "\n" not in str(caught.value)


def test_sentence_piece_is_sentence_piece_s(tmp_path):
    """Ids of the sentencepiece package for a BPE with bytes, as Llama 2's."""
    sentencepiece = pytest.importorskip("sentencepiece")
    (tmp_path / "text.txt").write_text("\n".join(LINES * 3))
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"), model_prefix=str(tmp_path / "m"), vocab_size=420,
        model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    ids = range(theirs.get_piece_size())
    kinds = [
        UNKNOWN if theirs.is_unknown(id) else CONTROL if theirs.is_control(id)
        else BYTE if theirs.is_byte(id) else NORMAL for id in ids
    ]  # fmt: skip
    fields = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [theirs.id_to_piece(id) for id in ids],
        "tokenizer.ggml.scores": [theirs.get_score(id) for id in ids],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }
    ours = from_gguf(fields, "g")
    assert ours.facts.kind == "BPE with bytes" and (ours.bos_id, ours.eot_id) == (1, 2)
    for text in odd_texts(2000):
        if "\0" in text or "▁" in text or not text:
            continue  # sentencepiece ends at a zero, and has its own way with its space sign
        assert ours.encode(text) == theirs.encode(text), repr(text)
    assert ours.decode(ours.encode("the cat")) == "the cat"
    scores = [score - 0.5 for score in fields["tokenizer.ggml.scores"]]
    with pytest.raises(LabError, match="Unigram"):
        from_gguf(change(fields, scores=scores), "g")
