"""Folders and zips of .eml and .txt files: classes by sub-folder, nothing broken stops them."""

import io
import stat
import zipfile

import pytest

from llmcore.data import labelled_from_table, load_labelled
from llmcore.data.labelled import as_table
from llmcore.errors import LabError

SPAM = b"From: a@b.c\nSubject: WIN\nDate: now\n\nYou won a prize\n"
FILES = {
    "spam/1.eml": SPAM,
    "spam/2.EML": b"Subject: Cheap\nContent-Type: text/html\n\n<p>Buy <b>now</b></p>",
    "spam/deeper/3.txt": b"call 0900 now",
    "ham/1.txt": "Grüße".encode("cp1252"),
    "ham/2.txt": SPAM.replace(b"WIN", b"Lunch").replace(b"You won a prize", b"at noon?"),
    "ham/broken.eml": b"",
    "ham/notes.pdf": b"%PDF",
    "ham/.hidden.txt": b"no",
    "loose.txt": b"in no folder",
}
EXPECTED = {
    ("ham", "Grüße"), ("ham", "Lunch\nat noon?"), ("spam", "WIN\nYou won a prize"),
    ("spam", "Cheap\nBuy now"), ("spam", "call 0900 now"),
}  # fmt: skip


def write(folder, files=FILES):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files, **info) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(entry, key, value)
            archive.writestr(entry, data)
    return buffer.getvalue()


def pairs(data) -> set[tuple[str, str]]:
    return set(zip(data.labels, data.texts, strict=True))


def test_a_folder_and_its_zip_give_the_same_labelled_set(tmp_path) -> None:
    folder = write(tmp_path / "mails")
    (tmp_path / "mails.zip").write_bytes(zipped(FILES))
    wrapped = zipped({f"my mails/{name}": data for name, data in FILES.items()})
    for data in (
        load_labelled(str(folder)),
        load_labelled(str(tmp_path / "mails.zip")),
        labelled_from_table(wrapped, "upload.zip"),
        labelled_from_table(zipped(FILES), "without-its-ending"),
    ):
        assert pairs(data) == EXPECTED
        for said in ("ham/broken.eml", "ham/notes.pdf",
                     "in no folder of a class and was left out"):  # fmt: skip
            assert any(said in notice for notice in data.notices), data.notices


def test_what_a_run_keeps_is_a_table_of_the_same_rows(tmp_path) -> None:
    name, table = as_table(load_labelled(str(write(tmp_path / "mails"))))
    assert name == "mails.jsonl"
    assert pairs(labelled_from_table(table, name)) == EXPECTED


def test_a_link_is_not_followed(tmp_path) -> None:
    outside = write(tmp_path / "outside", {"secret.txt": b"secret"})
    folder = write(tmp_path / "mails", {"a/1.txt": b"one", "b/2.txt": b"two"})
    (folder / "a" / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "c").symlink_to(outside)
    assert pairs(load_labelled(str(folder))) == {("a", "one"), ("b", "two")}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/readme.md": b"x"}, "no table and no text"),
        ({"a/1.eml": b"", "b/2.eml": b"\n"}, "None of the 2 files"),
        ({"1.txt": b"x", "2.txt": b"y"}, "no sub-folder"),
        ({"a/1.txt": b"x", "a/2.txt": b"y"}, "two classes"),
    ],
)
def test_what_cannot_be_learned_from_gets_one_sentence(tmp_path, files, words) -> None:
    folder = write(tmp_path / "mails", files)
    for load in (
        lambda: load_labelled(str(folder)),
        lambda: labelled_from_table(zipped(files), "m.zip"),
    ):
        with pytest.raises(LabError, match=words) as caught:
            load()
        assert "\n" not in str(caught.value)


def test_zips_with_a_trick_are_refused() -> None:
    good = {"a/1.txt": b"x", "b/2.txt": b"y"}
    bomb = zipped({f"a/{i}.txt": b"\0" * 4_000_000 for i in range(60)})
    tricks = {
        "leads out": zipped({**good, "../c.txt": b"z"}),
        "absolute": zipped({**good, "/etc/c.txt": b"z"}),
        "link": zipped(good, external_attr=(stat.S_IFLNK | 0o777) << 16),
        "bomb": bomb,
        "cannot be read": b"PK\x03\x04 and nothing more",
    }
    for words, data in tricks.items():
        with pytest.raises(LabError, match=words):
            labelled_from_table(data, "m.zip")
