"""Texts in one file and their labels in another, line by line, as some public sets have them."""

import re
from collections.abc import Iterator
from itertools import islice, zip_longest

from llmcore.data.reading.decoding import lines_of_blocks, text_blocks
from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.members import Member
from llmcore.data.reading.report import Notices, listed
from llmcore.data.reading.rows import SAMPLE_ROWS, SPLIT, Rows, chunked
from llmcore.errors import LabError

_TEXTS = frozenset({
    "text", "texts", "sentence", "sentences", "tweet", "tweets", "review", "reviews", "x", "data",
    "docs", "documents", "messages", "utterances", "seq.in",
})  # fmt: skip
_LABELS = frozenset({"label", "labels", "y", "target", "targets", "class", "classes", "tags"})
_SUFFIXES = (".txt", ".text", ".labels", ".label", "")
_WORD = re.compile(r"seq\.in|[A-Za-z]+|\d+")

_Pair = tuple[Member, Member, str | None]  # texts, labels, the split


def pairs_of(members: list[Member]) -> list[_Pair]:
    """Files whose names differ in `text` and `label` alone, in one folder each."""
    found: dict[tuple[object, ...], dict[str, Member]] = {}
    for member in members:
        key, role = _role(member)
        if role:
            found.setdefault(key, {})[role] = member
    pairs = [two for two in found.values() if len(two) == 2]
    return [(two["text"], two["label"], split_of(two["text"].path.replace("/", " ")))
            for two in pairs if _are_labels(two["label"], two["text"])]  # fmt: skip


def _role(member: Member) -> tuple[tuple[object, ...], str]:
    """What the name says beside text or label, and which of both it says."""
    name = member.name.lower()
    suffix = next((suffix for suffix in _SUFFIXES if suffix and name.endswith(suffix)), "")
    words = _WORD.findall(name.removesuffix(".txt"))
    if "." in name and not suffix and name != "seq.in":
        return (), ""
    for role, known in (("text", _TEXTS), ("label", _LABELS)):
        said = [word for word in words if word in known]
        if len(said) == 1:
            return (member.parts[:-1], *(word for word in words if word not in said)), role
    return (), ""


def _lines(member: Member, notices: Notices) -> Iterator[str]:
    source = member.source()
    encoding = recognise_encoding(source, notices)
    for line in lines_of_blocks(text_blocks(source, encoding, notices)):
        yield line.strip()


def _are_labels(labels: Member, texts: Member) -> bool:
    """Whether the first lines of one file are few values that come again, and of the other not."""
    some = list(islice(_lines(labels, Notices()), SAMPLE_ROWS))
    others = list(islice(_lines(texts, Notices()), SAMPLE_ROWS))
    filled = [text for text in some if text]
    few = 2 <= len(set(filled)) <= max(2, len(filled) / 2)
    return few and max(map(len, filled)) <= 60 and len(set(others)) > len(set(filled))


def read_pairs(pairs: list[_Pair], name: str, notices: Notices) -> Rows:
    """A row for each line. Raises LabError if a text has no label, as the files differ in
    length."""
    named = [f"{texts.path} with {labels.path}" for texts, labels, _ in pairs]
    notices.add("paired_files", "The lines of one file of {file} are the texts, those of another "
                "their labels: {pairs}", file=name, pairs=listed(named))  # fmt: skip
    has_splits = all(split for *_, split in pairs) and len({answer for *_, answer in pairs}) > 1

    def numbered() -> Iterator[tuple[int, list[str | None]]]:
        for texts, labels, split in pairs:
            both = zip_longest(_lines(texts, notices), _lines(labels, notices))
            for number, (text, label) in enumerate(both, 1):
                if text is None or label is None:
                    if not (text or label):
                        continue  # a blank line at the end of one of them
                    raise LabError(
                        f"{texts.path} and {labels.path} of {name} are not equally long (line "
                        f"{number:,} is in one of them only): each text needs its label."
                    )
                yield number, [text, label, *([split] if has_splits else [])]

    columns = ["text", "label", *([SPLIT] if has_splits else [])]
    return Rows("text", columns, True, chunked(numbered()), notices,
                why="it has texts in one file and their labels in another")  # fmt: skip
