"""Any tokenizer.json: ids of the `tokenizers` package, and what the lab adds to it."""

import json

import pytest
from foreign_tokenizers import byte_level, unigram, word_level, word_piece
from odd_texts import odd_texts
from tokenizers import normalizers

from llmcore.convert.read_tokenizer import open_tokenizer, opened_tokenizer
from llmcore.errors import LabError
from llmcore.tokenizers import Part, Tokenizer, file_checks
from llmcore.tokenizers.explain import explain
from llmcore.tokenizers.file_checks import check_in_child, repeats_what_repeats

KINDS = {
    "SmolLM's": ("byte-level BPE", byte_level),
    "bytes missing": ("byte-level BPE", lambda: byte_level(missing="$ĂĄñó")),
    "NFC": ("byte-level BPE", lambda: byte_level(normalizer=normalizers.NFC())),
    "prefix": ("byte-level BPE", lambda: byte_level(prefix=True)),
    "typed": ("byte-level BPE", lambda: byte_level(added=["   ", " cat", "\t\t"])),
    "unigram": ("Unigram", unigram),
    "unigram with bytes": ("Unigram", lambda: unigram(byte_fallback=True)),
    "wordpiece": ("WordPiece", word_piece),
    "wordlevel": ("WordLevel", word_level),
}


@pytest.fixture(scope="module", params=KINDS)
def pair(request):
    kind, make = KINDS[request.param]
    theirs = make()
    ours = opened_tokenizer(theirs.to_str(), "x")
    assert ours.facts.kind == kind and ours.original == theirs.to_str()
    theirs.encode_special_tokens = True
    return ours, theirs


def test_ids_are_those_of_the_package_and_never_special(pair):
    ours, theirs = pair
    unknown = ours.special_tokens.get(ours.facts.unknown or "")
    forbidden = set(ours.special_tokens.values()) - {unknown}
    cut = 0
    for text in odd_texts(2000):
        ids, expected = ours.encode(text), theirs.encode(text, add_special_tokens=False).ids
        assert not forbidden & set(ids), repr(text)
        if forbidden & set(expected):
            cut += 1  # the package lets a typed mark through
            continue
        assert ids == expected, repr(text)
    assert cut == 0 or ours.facts.kind in ("Unigram", "WordLevel")


def test_spans_lie_in_the_text_and_rise(pair):
    ours, _ = pair
    for text in odd_texts(300, seed=3):
        ids, starts, ends = (item.tolist() for item in ours.spans(text))
        assert ids == ours.encode(text)
        data, before = text.encode(), 0
        for start, end in zip(starts, ends, strict=True):
            assert before <= start <= end <= len(data), repr(text)
            before = end
        if ours.lossless:
            assert ours.decode(ids) == text and ours.decode_bytes(ids) == data
            assert [data[a:b] for a, b in zip(starts, ends, strict=True)] == [
                ours.token_bytes(id) for id in ids
            ]


def test_it_is_kept_as_it_came(pair, tmp_path):
    ours, _ = pair
    ours.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again.original == ours.original and again.fingerprint == ours.fingerprint
    assert again.roles == ours.roles and again.special_tokens == ours.special_tokens
    for text in odd_texts(50, seed=5):
        assert again.encode(text) == ours.encode(text)
    documents = odd_texts(20, seed=6)
    rows = [[*ours.encode(text), ours.eot_id] for text in documents]
    assert again.encode_documents(documents).tolist() == [id for row in rows for id in row]


def test_bytes_without_a_token_leave_a_gap_of_the_right_size():
    """The package itself counts on as if they had not been there."""
    ours = opened_tokenizer(byte_level(missing="$").to_str(), "x")
    assert ours.facts.missing_bytes == b"$" and "1 of the bytes" in ours.facts.sentences()[0]
    found = [(piece.data, piece.start, piece.end) for piece in ours.pieces("$$the $cat")]
    data = b"$$the $cat"
    assert all(data[start:end].replace(b"$", b"") == token for token, start, end in found)
    assert found[0][1] == 2 and found[-1][2] == len(data)
    tokens = [token for told in explain(ours, "the $cat") for token in told.tokens]
    assert b"".join(tokens) == b"the cat"


def test_words_for_each_kind():
    told = {name: " ".join(opened_tokenizer(make().to_str(), "x").facts.sentences())
            for name, (_, make) in KINDS.items()}  # fmt: skip
    assert told["SmolLM's"] == ""
    assert "capitals small" in told["wordpiece"] and "[UNK]" in told["wordpiece"]
    assert "white space" in told["wordlevel"] and "accent" in told["NFC"]
    assert "space before the text" in told["prefix"] and "<unk>" in told["unigram"]


def test_fixed_parts_are_read_as_the_makers_do(pair):
    ours, theirs = pair
    marks = [name for name in ours.special_tokens if name in theirs.get_vocab()]
    fixed = f"{marks[-1]}the cat{marks[-1]}"
    theirs.encode_special_tokens = False
    expected = theirs.encode(fixed + "a dog", add_special_tokens=False).ids
    theirs.encode_special_tokens = True
    mark = ours.special_tokens[marks[-1]]
    got = ours.encode_parts([Part(fixed, fixed=True), Part("a dog")])
    assert got == expected and got.count(mark) == 2
    got = ours.encode_parts([Part(fixed, fixed=True), Part(f"a {marks[-1]}")])
    assert got.count(mark) == 2 or ours.facts.unknown == marks[-1]


def test_an_id_in_a_gap_is_the_file_s():
    """The package alone would give the mark the next free number, which another token has."""
    content = json.loads(byte_level().to_str())
    content["model"]["vocab"] = {
        text: id for text, id in content["model"]["vocab"].items() if text != "<s>"
    }
    ours = opened_tokenizer(json.dumps(content), "x")
    assert ours.special_tokens["<s>"] == 0 and ours.token_bytes(0) == b"<s>"
    assert ours.decode(ours.encode("the cat")) == "the cat"


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        (r"(a+)+$", True), (r"(a|aa)+b", True), (r"(?:\w*\s)*x", True), (r"(a)\1", True),
        (r"(?:a{2,}){3,}", True), (r"(?i:'s|'t|'re)?\s+(?!\S)", False), (r"[(a+)+]+", False),
        (r"\(a+\)+", False), (r" ?\p{L}++|\s++$", False), (r"(?=(\d{3})+(?!\d))", False),
    ],
)  # fmt: skip
def test_an_expression_that_repeats_what_repeats_is_refused(expression, refused):
    assert repeats_what_repeats(expression) is refused
    content = json.loads(byte_level().to_str())
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated",
             "invert": False}  # fmt: skip
    content["pre_tokenizer"]["pretokenizers"][0] = split
    if refused:
        with pytest.raises(LabError, match="run for ever"):
            opened_tokenizer(json.dumps(content), "x")


def test_a_slow_expression_ends_a_process_of_its_own(monkeypatch):
    content = json.loads(byte_level().to_str())
    slow = r"\s*\s*\s*x|\w*\w*\w*!\d"
    split = {"type": "Split", "pattern": {"Regex": slow}, "behavior": "Isolated", "invert": False}
    content["pre_tokenizer"]["pretokenizers"][0] = split
    monkeypatch.setattr(file_checks, "SECONDS", 2)
    with pytest.raises(LabError, match=r"longer than|cannot read some texts"):
        check_in_child(content)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": 3}', '{"model": {"type": "BPE"}}'])
def test_no_tokenizer_is_a_sentence(text, tmp_path):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(LabError) as caught:
        open_tokenizer(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_stands_beside_the_file_names_the_ends(tmp_path):
    (tmp_path / "tokenizer.json").write_text(byte_level().to_str())
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, 2]}))
    (tmp_path / "chat_template.jinja").write_text("{{ '<s>' }}")
    settings = {"bos_token": {"content": "<s>"}, "add_bos_token": True}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    read = open_tokenizer(tmp_path)
    assert read.roles.end_of_text == "</s>" and read.end_of_turn == "<|im_end|>"
    assert read.ends == {1, 2} and read.bos_id == 0 and read.chat_template == "{{ '<s>' }}"
