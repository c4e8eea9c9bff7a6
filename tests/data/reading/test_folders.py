"""Folders of texts and mails in the layouts of public sets: classes, parts, what is left out."""

import io
import tarfile
from collections import Counter

import pytest
from packed_files import read, tar_of, write, zip_of

from llmcore.data.reading.class_folders import places_of
from llmcore.data.reading.folders import read_folders
from llmcore.data.reading.members import members_of
from llmcore.data.reading.report import Notices
from llmcore.errors import LabError

MAIL = b"From: a@b.c\nSubject: WIN\nDate: now\n\nYou won a prize\n"


def labels_of(paths, name="x"):
    """file's folder → (label, split), and notices."""
    notices = Notices()
    counts = Counter(tuple(path.split("/"))[:-1] for path in paths.split())
    places = places_of(counts, name, notices)
    return {
        "/".join(folder): (place.label, place.split) for folder, place in places.items()
    }, notices


NESTED = {"a/train/pos/1.txt": "good", "a/train/neg/1.txt": "bad", "a/test/pos/1.txt": "fine",
          "a/test/neg/1.txt": "poor"}  # fmt: skip
NESTED_ROWS = [("bad", "neg", "train"), ("fine", "pos", "test"), ("good", "pos", "train"),
               ("poor", "neg", "test")]  # fmt: skip


def test_the_class_is_the_folder_next_to_the_file_and_train_and_test_are_parts(tmp_path) -> None:
    for where in (
        write(tmp_path / "in", NESTED),
        (zip_of(NESTED), "x.zip"),
        (tar_of(NESTED), "x.tar.gz"),
        (tar_of(NESTED), "x.tgz"),
        (tar_of(NESTED, "w"), "x.tar"),
        (tar_of(NESTED, "w:bz2"), "x.tar.bz2"),
        (tar_of(NESTED, "w:xz"), "x.tar.xz"),
    ):
        rows, cells, notices = read(*where) if isinstance(where, tuple) else read(where)
        assert rows.columns == ["text", "label", "split"] and rows.format == "folders"
        assert sorted(cells) == NESTED_ROWS
        assert any("parts of one set: test, train; the classes are neg, pos" in n for n in notices)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        # BBC: one level, with a wrapper
        ("bbc/business/1.txt bbc/sport/1.txt bbc/README.TXT",
         {"bbc/business": ("business", ""), "bbc/sport": ("sport", ""), "bbc": (None, "")}),
        # 20 newsgroups
        ("20news-bydate-train/alt.atheism/1 20news-bydate-train/sci.med/2 "
         "20news-bydate-test/alt.atheism/3 20news-bydate-test/sci.med/4",
         {"20news-bydate-train/alt.atheism": ("alt.atheism", "train"),
          "20news-bydate-train/sci.med": ("sci.med", "train"),
          "20news-bydate-test/alt.atheism": ("alt.atheism", "test"),
          "20news-bydate-test/sci.med": ("sci.med", "test")}),
        # aclImdb
        ("aclImdb/train/pos/0_9.txt aclImdb/train/neg/0_1.txt aclImdb/train/unsup/0_0.txt "
         "aclImdb/test/pos/0_9.txt aclImdb/test/neg/0_1.txt aclImdb/train/urls_pos.txt "
         "aclImdb/imdb.vocab",
         {"aclImdb/train/pos": ("pos", "train"), "aclImdb/train/neg": ("neg", "train"),
          "aclImdb/train/unsup": (None, "train"), "aclImdb/test/pos": ("pos", "test"),
          "aclImdb/test/neg": ("neg", "test"), "aclImdb/train": (None, ""),
          "aclImdb": (None, "")}),
        # Enron: sources
        ("enron1/ham/1.txt enron1/spam/1.txt enron1/Summary.txt enron2/ham/1.txt enron2/spam/1.txt",
         {"enron1/ham": ("ham", ""), "enron1/spam": ("spam", ""), "enron2/ham": ("ham", ""),
          "enron2/spam": ("spam", ""), "enron1": (None, "")}),
        # SpamAssassin
        ("easy_ham/1 easy_ham_2/1 hard_ham/1 spam/1 spam_2/1",
         {"easy_ham": ("ham", ""), "easy_ham_2": ("ham", ""), "hard_ham": ("ham", ""),
          "spam": ("spam", ""), "spam_2": ("spam", "")}),
        # Maildir
        ("spam/cur/1 spam/new/2 ham/cur/3",
         {"spam/cur": ("spam", ""), "spam/new": ("spam", ""), "ham/cur": ("ham", "")}),
        # years below the class, and above it
        ("spam/2003/1 spam/2004/1 ham/2004/1",
         {"spam/2003": ("spam", ""), "spam/2004": ("spam", ""), "ham/2004": ("ham", "")}),
        ("2003/spam/1 2003/ham/1 2004/spam/1 2004/ham/1",
         {"2003/spam": ("spam", ""), "2003/ham": ("ham", ""), "2004/spam": ("spam", ""),
          "2004/ham": ("ham", "")}),
        # folds of a class
        ("neg/true_web/fold1/1.txt neg/false_turk/fold1/1.txt pos/true_web/fold2/1.txt",
         {"neg/true_web/fold1": ("true_web", ""), "neg/false_turk/fold1": ("false_turk", ""),
          "pos/true_web/fold2": ("true_web", "")}),
        # the part below the class
        ("pos/train/1 pos/test/1 neg/train/1 neg/test/1",
         {"pos/train": ("pos", "train"), "pos/test": ("pos", "test"),
          "neg/train": ("neg", "train"), "neg/test": ("neg", "test")}),
        # one class has folders of its own
        ("spam/1.eml spam/deeper/3.txt ham/1.txt",
         {"spam": ("spam", ""), "spam/deeper": ("spam", ""), "ham": ("ham", "")}),
        ("neg/1.txt pos/a/1.txt pos/b/2.txt",
         {"neg": ("neg", ""), "pos/a": ("pos", ""), "pos/b": ("pos", "")}),
        # a train among vehicles is no part
        ("train/1 bus/1 car/1", {"train": ("train", ""), "bus": ("bus", ""), "car": ("car", "")}),
        ("new/1 used/1", {"new": ("new", ""), "used": ("used", "")}),
        ("mails/spam/1", {"mails/spam": ("spam", "")}),
    ],
)  # fmt: skip
def test_classes_of_the_usual_layouts(paths, expected) -> None:
    assert labels_of(paths)[0] == expected


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ("1.txt 2.txt", "lie in no sub-folder"),
        ("train/1.txt test/1.txt", "The folders train, test of x hold no folders of classes"),
        ("cur/1 new/1", "hold no folders of classes"),
    ],
)
def test_where_no_folder_names_a_class_there_is_a_sentence(paths, said) -> None:
    with pytest.raises(LabError, match=said):
        labels_of(paths)


def test_what_was_decided_is_said() -> None:
    _, notices = labels_of("enron1/ham/1 enron1/spam/1 enron2/ham/1 enron2/spam/1")
    assert "folder next to it (ham, spam); the folders above (enron1, enron2)" in notices.texts()[0]
    _, notices = labels_of("easy_ham/1 spam_2/1")
    assert notices.texts() == ["The folders easy_ham, spam_2 of x are read as ham and spam."]
    _, notices = labels_of("spam/1 ham/1")
    assert notices.texts() == []
    _, notices = labels_of("spam/cur/1 ham/cur/1")
    assert "The folders cur of x are taken as parts of the class above them." in notices.texts()


def test_every_kind_of_file_is_read_or_counted(tmp_path) -> None:
    folder = write(tmp_path / "set", {
        "ham/00001.7c53336b37003a9286aba55d2945844c": MAIL,
        "ham/51060": b"a text without a suffix",
        "ham/cafe.txt": "caf\u00e9".encode("cp1252"),
        "ham/wide.txt": "wide".encode("utf-16"),
        "spam/page.html": "<html><body><p>Buy <b>now</b></p></body></html>",
        "spam/mail.txt": MAIL,
        "spam/noise.txt": bytes(range(256)) * 20,
        "spam/empty.eml": b"",
        "spam/picture.png": b"\x89PNG",
        "spam/.DS_Store": b"x",
        "README": b"about",
        "loose.txt": b"loose",
    })  # fmt: skip
    rows, cells, notices = read(folder)
    assert sorted(cells) == [
        ("Buy now", "spam"), ("WIN\nYou won a prize", "ham"),
        ("WIN\nYou won a prize", "spam"), ("a text without a suffix", "ham"), ("café", "ham"),
        ("wide", "ham"),
    ]  # fmt: skip
    assert rows.unit == "file" and rows.columns == ["text", "label"]
    for said in (
        "1 file of set is in no folder of a class and was left out: loose.txt",
        "2 files of set hold no readable text and were left out: spam/empty.eml",
        "1 file of set is not UTF-8 and was read as Windows-1252: ham/cafe.txt",
        "1 file of set is HTML and was read as a browser shows it",
        "1 file of set is neither text nor table and was not read: spam/picture.png",
    ):
        assert any(said in notice for notice in notices), (said, notices)


def test_mails_without_a_suffix_are_mails(tmp_path) -> None:
    folder = write(tmp_path / "set", {f"{label}/{i}": MAIL for label in ("spam", "ham")
                                      for i in range(3)})  # fmt: skip
    rows, cells, _ = read(folder)
    assert rows.format == "mails" and cells[0] == ("WIN\nYou won a prize", "ham")


def test_links_are_not_followed_and_what_leads_out_is_refused(tmp_path) -> None:
    folder = write(tmp_path / "set", {"a/1.txt": "one", "b/2.txt": "two"})
    secret = write(tmp_path / "other", {"s.txt": "secret"})
    (folder / "a" / "link.txt").symlink_to(secret / "s.txt")
    (folder / "c").symlink_to(secret)
    assert len(read(folder)[1]) == 2
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, "set")
    rows = read(buffer.getvalue(), "x.tar")
    assert len(rows[1]) == 2 and "2 links in x.tar were not followed." in rows[2]
    for data, name in ((zip_of({"../a/1.txt": "x", "b/2.txt": "y"}), "x.zip"),
                       (tar_of({"../a/1.txt": "x"}), "x.tar.gz")):  # fmt: skip
        with pytest.raises(LabError, match="is refused"):
            read(data, name)


def test_names_of_folders_that_a_zip_keeps_as_utf8_without_saying_so() -> None:
    data = zip_of({"gruesse/1.txt": "x", "b/1.txt": "y"})
    for old, new in ((b"gruesse", "grüße".encode()),):
        assert len(old) == len(new)
        data = data.replace(old, new)
    assert {label for _, label in read(data, "x.zip")[1]} == {"grüße", "b"}


def test_bombs_and_damage_are_one_sentence() -> None:
    zeros = {"a/1.txt": b"0" * (64 << 20), "b/1.txt": "x"}
    for data, name in ((zip_of(zeros), "x.zip"), (tar_of(zeros), "x.tar.gz"),
                       (tar_of(zeros, "w:bz2"), "x.tar.bz2")):  # fmt: skip
        with pytest.raises(LabError, match="bomb|unpacks to more"):
            read(data, name)
    for data, name in ((zip_of(NESTED), "x.zip"), (tar_of(NESTED), "x.tgz"),
                       (tar_of(NESTED, "w:xz"), "x.tar.xz")):  # fmt: skip
        for cut in range(6, len(data) - 30, 41):
            try:
                read(data[:cut], name)
            except LabError as error:
                assert len(str(error)) < 400


def test_numbers_count_the_files(tmp_path) -> None:
    folder = write(tmp_path / "set", {"a/1.txt": "one", "a/2.txt": "", "b/3.txt": "three"})
    members = members_of(folder, Notices())
    rows = read_folders(members, "set", Notices())
    assert [number for number, _ in rows.records()] == [1, 3]
