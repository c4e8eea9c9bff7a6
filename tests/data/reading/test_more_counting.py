"""The fast way to count a table and the plain one say the same of random tables."""

import csv
import io
import random

import pytest

from llmcore.data.reading import csv_rows, whole_lines
from llmcore.data.reading import inspect as inspecting
from llmcore.data.reading.counting import count_block
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.labels import ReadingOptions
from llmcore.data.reading.source import source_of

WORDS = ["see", "you", "at", "nine", "win", "£5", "naïve", "日本", "ok", 'say "so"', "a,b", "NaN",
         "x;y", "it's", "😀", "\u00a0", "null"]  # fmt: skip
ODD = ["", " ", "NaN", "null", "none", '"', 'say "so', "two\nlines", "tab\there", "text", "label",
       "\u200b", "-", "\\N", "a\rb", "#N/A", " nan ", "\x1f", "x\x0by",
       "x\0y", "\ufeff", "\ufeffx"]  # fmt: skip
LABELS = (["ham", "spam"], ["1", "1.0", "0"], ["Ham", "ham ", "spam", "none"], ["a", "nan", "b"],
          ["é", "É", "z"])  # fmt: skip


ways: set[bool] = set()  # whether blocks were counted


def table(seed: int) -> bytes:
    """A CSV of some thousand rows, long enough for the fast way, with oddities here and there."""
    rng = random.Random(seed)
    labels = rng.choice(LABELS)
    odd = rng.choice([0.0, 0.0005, 0.01])
    delimiter = rng.choice(",;\t")
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    buffer = io.StringIO(newline="")
    write = csv.writer(buffer, delimiter=delimiter, quoting=quoting,
                       lineterminator=rng.choice(["\n", "\r\n"])).writerow  # fmt: skip
    header, n_more = rng.random() < 0.8, rng.choice([0, 0, 2])
    order = rng.choice([["label", "text"], ["text", "label"]])
    if header:
        write([*order, *[f"f{i}" for i in range(n_more)]])
    for number in range(rng.choice([3_000, 6_000])):
        text = f"{number} " + " ".join(rng.choices(WORDS, k=rng.randint(3, 12)))
        cells = {"label": rng.choice(labels), "text": text}
        for role in ("text", "label"):
            if rng.random() < odd:
                cells[role] = rng.choice(ODD)
        row = [cells[role] for role in order] + [str(rng.random())] * n_more
        if rng.random() < odd:
            row = rng.choice([row[:1], [*row, "more"], [*row, ""], ["text", "label"], []])
        write(row)
        if rng.random() < odd:
            buffer.write(rng.choice(["\n", 'ham,"open\n', "a,b,c,d\n", "\r\n", ",\n"]))
    return buffer.getvalue().encode("utf-8", "replace")


def compared(data: bytes, options: ReadingOptions) -> dict:
    report = inspect(source_of(data, "x.csv"), "classify", options=options).to_dict()
    report["notices"] = sorted(
        report["notices"], key=lambda notice: (notice["kind"], notice["text"])
    )
    return report


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("seed", range(24))
def test_both_ways_give_the_same_report(
    seed: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = table(seed)
    if encoding != "utf-8":
        data = data.decode().encode(encoding, "ignore") + "ham,café\n".encode(encoding)
    monkeypatch.setattr(csv_rows, "COUNTED_BLOCKS", 1 + seed % 3)  # some lots to a file
    monkeypatch.setattr(inspecting, "SMALL_BYTES", 0)
    monkeypatch.setattr(inspecting, "_is_small", lambda where: False)
    counted = []

    def count(*asked):
        counted.append(count_block(*asked))
        return counted[-1]

    monkeypatch.setattr(csv_rows, "count_block", count)
    options = ReadingOptions(keep_spellings=seed % 3 == 0)
    fast = compared(data, options)
    monkeypatch.setattr(csv_rows, "count_block", lambda *_: None)
    plain = compared(data, options)
    for notice in fast["notices"] + plain["notices"]:
        if notice["kind"] in ("merged_labels", "missing_label", "class_none"):
            notice["text"], notice["line"] = notice["text"].partition(" (")[0], None
    assert fast == plain
    ways.update(count is not None for count in counted)


def test_the_fast_way_was_taken() -> None:
    assert ways == {True, False}


def test_a_line_beyond_what_is_held_is_read_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "SMALL_BYTES", 0)
    monkeypatch.setattr(inspecting, "_is_small", lambda where: False)
    monkeypatch.setattr(whole_lines, "LONGEST_HELD", 1 << 17)
    monkeypatch.setattr(csv_rows, "COUNTED_BLOCKS", 2)
    rows = [f"{'ham' if n % 3 else 'spam'},{n} see you at nine" for n in range(20_000)]
    rows[12_000] = "spam," + "long " * 80_000
    report = inspect(source_of("\n".join(["label,text", *rows]).encode(), "x.csv"), "classify")
    assert (report.read, report.taken) == (20_000, 20_000)
    assert report.classes == {"ham": 13_333, "spam": 6_667}
