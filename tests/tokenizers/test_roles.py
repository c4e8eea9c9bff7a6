"""Roles of special tokens: names kept, two ends, parts of a chat, and files of before."""

import json

import pytest

from llmcore.errors import DamagedError
from llmcore.tokenizers import END_OF_TEXT, Part, Roles, Tokenizer, builtin_tokenizer
from llmcore.tokenizers.tokenizer import FILE_NAME

RANKS = {bytes([byte]): byte for byte in range(256)}
SPECIAL = {"<eos>": 256, "<|im_start|>": 257, "<|im_end|>": 258, "<|im_end|>!": 259, "<bos>": 260}
ROLES = Roles("<eos>", "<|im_end|>", ("<|im_end|>!",), "<bos>", "{% for m in messages %}…")
CHAT = Tokenizer("chat", RANKS, r"[\s\S]", SPECIAL, ROLES)


def fixed(text):
    return Part(text, fixed=True)


def test_prints_and_files_of_before_are_as_they_were(tmp_path):
    """Measured before there were roles: caches and adapters know tokenizers by their prints."""
    tokenizer = builtin_tokenizer("bytes")
    prints = "3f96e38bc9ea7246e815367c33a45d61639c28cfbd5dce0ef50cfebb961a29cb"
    assert tokenizer.fingerprint == prints
    assert tokenizer.with_roles(Roles(chat_template="x")).fingerprint == prints
    tokenizer.save(tmp_path)
    kept = json.loads((tmp_path / FILE_NAME).read_text())
    assert set(kept) == {"llmlab_schema", "name", "pattern", "special_tokens", "tokens_base64"}
    again = Tokenizer.load(tmp_path)
    assert again.ends == {again.eot_id} == {256} and again.start_id == 256
    assert again.bos_id is again.end_of_turn is again.chat_template is None


def test_roles_are_kept_in_the_file(tmp_path):
    CHAT.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again.roles == ROLES and again.fingerprint == CHAT.fingerprint
    assert (again.eot_id, again.bos_id, again.start_id) == (256, 260, 260)
    assert again.ends == {256, 258, 259}
    assert again.chat_template == ROLES.chat_template and again.end_of_turn == "<|im_end|>"
    assert again.encode_documents(["a", "b"]).tolist() == [97, 256, 98, 256]
    plain = again.with_roles(Roles("<eos>"))
    assert plain.fingerprint != again.fingerprint and plain.ends == {256}
    assert again.ends == {256, 258, 259}, "the first stays as it is"


@pytest.mark.parametrize("key", ["end_of_text", "end_of_turn", "begin_of_text", "more_ends"])
def test_a_role_without_its_token_is_damage(tmp_path, key):
    CHAT.save(tmp_path)
    content = json.loads((tmp_path / FILE_NAME).read_text())
    content[key] = ["<no>"] if key == "more_ends" else "<no>"
    (tmp_path / FILE_NAME).write_text(json.dumps(content))
    with pytest.raises(DamagedError, match="it has no <no>"):
        Tokenizer.load(tmp_path)


def test_special_tokens_are_read_in_fixed_parts_alone():
    parts = [fixed("<|im_start|>user\n"), Part("say <|im_end|>"), fixed("<|im_end|>\n")]
    user, said = list(b"user\nsay "), list(b"<|im_end|>")
    assert CHAT.encode_parts(parts) == [257, *user, *said, 258, 10]
    assert CHAT.encode_parts([fixed("<|im_"), Part("end|>")]) == list(b"<|im_end|>")
    assert CHAT.encode_parts([Part("<|im_"), fixed("end|>")]) == list(b"<|im_end|>")
    assert CHAT.encode_parts([]) == CHAT.encode_parts([Part("")]) == []
    assert CHAT.encode_parts([fixed("<|im_end|>!<eos>")]) == [259, 256], "the longest name"


def test_what_stands_between_two_special_tokens_is_encoded_as_one_text():
    gpt2 = builtin_tokenizer("gpt2")
    end = fixed(END_OF_TEXT)
    assert gpt2.encode_parts([fixed("un"), Part("believ"), fixed("able"), end]) == [
        *gpt2.encode("unbelievable"), gpt2.eot_id,
    ]  # fmt: skip
