"""SpamAssassin's corpus taken in from files of its two shapes, made by hand."""

import io
import json
import tarfile

import pytest

from llmcore.data import dataset_table, load_labelled, spam_assassin
from llmcore.data.sources import local_path
from llmcore.data.spam_assassin import take_in
from llmcore.errors import LabError
from llmcore.files import sha256_of


def mail(subject: str, body: str) -> bytes:
    return f"From: a@b.c\nSubject: {subject}\nDate: now\n\n{body}\n".encode()


def archive(path, members: dict[str, bytes], mode: str = "w:bz2"):
    with tarfile.open(path, mode) as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


HAM = {"easy_ham/0001.abc": mail("Hi", "see you"), "easy_ham/cmds": b"mv 1 2"}
SPAM = {"spam_2/0001.abc": mail("WIN", "a prize"), "spam_2/0002.abc": b""}


def test_without_the_file_one_sentence_says_how_to_get_it() -> None:
    with pytest.raises(LabError, match="make email-data") as caught:
        load_labelled("email-spam")
    assert "\n" not in str(caught.value)
    row = next(row for row in dataset_table() if row["name"] == "email-spam")
    assert not row["available"] and row["source"] == "make email-data"


def test_the_corpus_own_archives(tmp_path) -> None:
    ham, spam = archive(tmp_path / "ham.tar.bz2", HAM), archive(tmp_path / "s.tar.bz2", SPAM)
    with pytest.raises(LabError, match="only ham so far"):
        take_in([ham])
    assert take_in([ham, spam]) == (1, 1)
    data = load_labelled("email-spam")
    assert sorted(zip(data.labels, data.texts, strict=True)) == [
        ("ham", "Hi\nsee you"), ("spam", "WIN\na prize"),
    ]  # fmt: skip
    more = archive(tmp_path / "h2.tar.gz", {"hard_ham/9.f": mail("News", "x")}, "w:gz")
    assert take_in([more]) == (2, 1) and take_in([more]) == (2, 1)
    assert len(load_labelled("email-spam")) == 3  # read again, not from the cache of before
    assert local_path("email-spam") == spam_assassin.email_path()
    assert next(row for row in dataset_table() if row["name"] == "email-spam")["available"]


def test_the_npm_package(tmp_path, monkeypatch) -> None:
    def entry(data: bytes) -> bytes:
        return json.dumps({"id": "1", "text": data.decode()}).encode()

    members = {
        "package/data/easy-ham-1/1.ab.json": entry(mail("Hi", "see you")),
        "package/data/easy-ham-1/1.ab.txt": mail("Hi", "see you"),
        "package/data/spam-2/1.cd.json": entry(mail("WIN", "prize")),
        "package/data/spam-2/2.cd.json": b"{}",
        "package/package.json": b"{}",
    }
    path = archive(tmp_path / "p.tgz", members, "w:gz")
    with pytest.raises(LabError, match="SHA-256 differs"):
        take_in([path])
    monkeypatch.setattr(spam_assassin, "PACKAGE_SHA256", sha256_of(path))
    assert take_in([path]) == (1, 1)


def test_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "x.tar.bz2"
    path.write_bytes(b"nothing")
    with pytest.raises(LabError, match="cannot be read as an archive"):
        take_in([path])
    with pytest.raises(LabError, match="holds no e-mail"):
        take_in([archive(tmp_path / "o.tar.bz2", {"notes/1.txt": b"hello"})])
    with pytest.raises(LabError, match="cannot be read"):
        take_in([tmp_path / "missing.tgz"])


def test_a_huge_archive_is_not_read_to_its_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(spam_assassin, "MAX_UNPACKED_BYTES", 1000)
    path = archive(tmp_path / "b.tar.bz2", {f"spam/{i}.a": b"x" * 400 for i in range(9)})
    with pytest.raises(LabError, match="far more"):
        take_in([path])
