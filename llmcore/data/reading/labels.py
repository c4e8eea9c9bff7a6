"""Labelled texts out of a table: rows squared, cells cleaned, spellings of one label merged."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmcore.data.folding import unit_hash
from llmcore.data.mails import html_to_text
from llmcore.data.reading.counting import SPELLED, Counted, Counting
from llmcore.data.reading.names import SPLITS
from llmcore.data.reading.report import Notices, ReadingReport, quoted
from llmcore.data.reading.roles import LabelRoles
from llmcore.data.reading.rows import Chunk, Rows
from llmcore.data.reading.totals import without_totals
from llmcore.data.reading.values import NotText, cell_text, is_missing_word

_ALIKE = (
    ("positive", "pos", "+", "positiv"), ("negative", "neg", "-", "negativ"), ("neutral", "neu"),
    ("yes", "y", "true", "t", "1"), ("no", "n", "false", "f", "0"), ("spam", "spams", "junk"),
    ("ham", "not spam", "no spam", "non-spam", "not_spam"),
)  # fmt: skip
_CLASS_WORDS = frozenset({"none", "na"})  # that may well be a class among others
_WHOLE = re.compile(r"([-+]?)(\d+)(?:\.(\d*?)0*)?")
_COMMA_ZERO = re.compile(r"^([-+]?\d+),0{1,2}$")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")  # characters without a width
_MARKUP = re.compile(
    r"<(?:br|p|b|i|em|strong|div|span|a|li|ul|h[1-6])(?:\s+[\w-]+\s*=[^<>]{0,200})?\s*/?>"
    r"|</\w{1,10}>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)
_BARE = re.compile(r"&(?!(?:\w{2,8}|#\d{1,6}|#x[0-9a-f]{1,5});)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """encoding: what the user says, None for a guess. keep_spellings: labels that differ in case
    only stay apart. keep_markup: tags and entities of HTML stay unchanged. sample: this
    many rows, drawn by a fixed seed, instead of all."""

    encoding: str | None = None
    keep_spellings: bool = False
    keep_markup: bool = False
    sample: int | None = None


@dataclass(slots=True)
class Labelled:
    """Texts with their labels, the number of each one's row, and the split that the file gives it
    ("" if it gives none)."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)


# ---- rows of one length


def square(chunk: Chunk, rows: Rows, into: int) -> Chunk:
    """The chunk with as many cells in each row as there are columns.

    Empty cells beyond the last column are dropped; others are the text's, which holds the
    delimiter unquoted: they are joined to the column `into`, and the cells behind it move up.
    Rows with too few cells get empty ones. All is counted in the notices.
    """
    width = len(rows.columns)
    if rows.delimiter is None or set(map(len, chunk.rows)) == {width}:
        return chunk
    squared = []
    for line, row in zip(chunk.lines, chunk.rows, strict=True):
        if len(row) > width:
            row = _joined(row, width, into, rows, line)
        elif len(row) < width:
            row = [*row, *[None] * (width - len(row))]
        squared.append(row)
    return Chunk(chunk.lines, squared)


def _joined(row: list[Any], width: int, into: int, rows: Rows, line: int) -> list[Any]:
    n = len(row)
    while n > width and not row[n - 1].strip():
        n -= 1
    row = row[:n]
    surplus = len(row) - width
    if not surplus:
        return row
    rows.notices.add(
        "joined", "{rows} {have} more cells than the {width} columns: the surplus was joined to "
        "the column {column}", line, width=width, column=repr(rows.columns[into]),
    )  # fmt: skip
    text = str(rows.delimiter).join(row[into : into + surplus + 1])
    return [*row[:into], text, *row[into + surplus + 1 :]]


# ---- reading


def read_labels(
    rows: Rows, roles: LabelRoles, report: ReadingReport,
    options: ReadingOptions = ReadingOptions(), keep: bool = True,
) -> Labelled:  # fmt: skip
    """All rows with a text and a label; fills in the report. roles: both are known.

    keep: False counts only, and returns nothing: memory does not grow with the file.
    """
    assert roles.text is not None and roles.label is not None
    clean = _cleaner(rows, roles.text, options, report)
    found, counts, splits = Labelled(), Counter[str](), Counter[str]()
    drawn = _Sample(options.sample)
    first_line: dict[str, int] = {}
    pairs: Counter[tuple[str, str]] = Counter()
    request = None
    if not keep and roles.split is None and rows.delimiter:
        header = tuple(rows.columns) if rows.header else ()
        request = Counting(rows.delimiter, len(rows.columns), roles.text, roles.label, header)
    for chunk in without_totals(rows.take_counted(request), rows, report):
        if isinstance(chunk, Counted):
            report.read += chunk.n_rows
            for label in chunk.labels.keys() - counts.keys():
                first_line[label] = chunk.first_line
            counts.update(chunk.labels)
            continue
        report.read += len(chunk.rows)
        part = _pairs(square(chunk, rows, roles.text), roles.text, roles.label, roles.split, rows)
        counts.update(part.labels)
        for label in counts.keys() - first_line.keys():
            first_line[label] = part.lines[part.labels.index(label)]
        if part.splits:
            splits.update(part.splits)
            pairs.update(zip(part.labels, part.splits, strict=True))
        if keep:
            found.texts += map(clean, part.texts) if clean else part.texts
            found.labels += part.labels
            found.lines += part.lines
            found.splits += part.splits or [""] * len(part.texts)
            drawn.thin(found)
    drawn.finish(found, report)
    named = _named(counts, first_line, options, rows, report)
    _finish(report, counts, named, splits, pairs, rows)
    if keep:
        _rename(found, named)
        if drawn.size is not None:
            report.taken = len(found.texts)
    return found


@dataclass(slots=True)
class _Sample:
    """Keeps `size` rows of however many, each as likely as any other and the same ones for the
    same file; None keeps all. Memory holds about twice as many."""

    size: int | None
    keys: list[float] = field(default_factory=list)
    n_seen: int = 0

    def thin(self, found: Labelled, to_the_end: bool = False) -> None:
        if self.size is None:
            return
        n_new = len(found.texts) - len(self.keys)
        self.keys += [unit_hash("sample", self.n_seen + i) for i in range(n_new)]
        self.n_seen += n_new
        if len(self.keys) <= (1 if to_the_end else 2) * self.size:
            return
        last = sorted(self.keys)[self.size - 1]
        kept = [i for i, key in enumerate(self.keys) if key <= last]
        self.keys = [self.keys[i] for i in kept]
        for name in ("texts", "labels", "lines", "splits"):
            values = getattr(found, name)
            setattr(found, name, [values[i] for i in kept])

    def finish(self, found: Labelled, report: ReadingReport) -> None:
        self.thin(found, to_the_end=True)
        if self.size is not None:
            report.notices.add("sample", "A sample was drawn: {taken} of {all} rows, the same ones "
                               "each time", taken=f"{len(found.texts):,}",
                               all=f"{self.n_seen:,}")  # fmt: skip


def _pairs(chunk: Chunk, text: int, label: int, split: int | None, rows: Rows) -> Labelled:
    """The rows of a chunk that have both; the others are counted by reason."""
    texts = [row[text] for row in chunk.rows]
    labels = [row[label] for row in chunk.rows]
    try:  # as it nearly always is: texts, all of them there
        texts = list(map(str.strip, texts))
        labels = list(map(str.strip, labels))
        whole = "" not in labels and "" not in texts and SPELLED.isdisjoint(texts)
    except TypeError:
        whole = False
    lines = chunk.lines
    if not whole:
        kept = list(_whole_rows(texts, labels, lines, rows.notices, rows.unit))
        texts, labels = [row[1] for row in kept], [row[2] for row in kept]
        at = [row[0] for row in kept]
        lines = [lines[i] for i in at]
        if split is None:
            return Labelled(texts, labels, lines)
        return Labelled(texts, labels, lines, [_split_of(chunk.rows[i], split) for i in at])
    if split is None:
        return Labelled(texts, labels, list(lines))
    return Labelled(texts, labels, list(lines), [_split_of(row, split) for row in chunk.rows])


def _split_of(row: Sequence[Any], at: int) -> str:
    return SPLITS.get(str(row[at] or "").strip().casefold(), "")


def _whole_rows(
    texts: list[Any], labels: list[Any], lines: Sequence[int], notices: Notices, unit: str
) -> Iterator[tuple[int, str, str]]:
    """(place, text, label) of the rows that have both."""
    for at, (text, label) in enumerate(zip(texts, labels, strict=True)):
        try:
            text, label = _stripped(cell_text(text)), _stripped(cell_text(label))
        except NotText as error:
            notices.add("odd_value", "{rows} {hold} {what} where a text is needed, and {were} left "
                        "out", lines[at], unit=unit, what=str(error))  # fmt: skip
            continue
        if text is None and label is None:
            notices.add("empty_row", "{rows} without a text and a label {were} left out",
                        lines[at], unit=unit)  # fmt: skip
        elif text is None or is_missing_word(text):
            notices.add("no_text", "{rows} without a text {were} left out", lines[at], unit=unit)
        elif label is None:
            notices.add("no_label", "{rows} without a label {were} left out", lines[at], unit=unit)
        else:
            yield at, text, label


def _stripped(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


# ---- labels


def _named(
    counts: Counter[str], first_line: dict[str, int], options: ReadingOptions, rows: Rows,
    report: ReadingReport,
) -> dict[str, str | None]:  # fmt: skip
    """What each label as it is written is called; None for a word that says "no value"."""
    named: dict[str, str | None] = {label: label for label in counts}
    _missing_labels(named, counts, first_line, rows, report)
    if options.keep_spellings:
        return named
    groups: dict[str, list[str]] = {}
    for label in counts:
        if named[label] is not None:
            groups.setdefault(folded_label(label), []).append(label)
    for spellings in groups.values():
        if len(spellings) == 1:
            continue
        usual = max(spellings, key=lambda label: (counts[label], -first_line[label]))
        others = [spelling for spelling in spellings if spelling != usual]
        for other in others:
            named[other] = usual
        report.notices.add(
            "merged_labels", "{rows} {have} the label {usual} in another spelling ({others}) and "
            "{were} taken as it", min(first_line[other] for other in others),
            sum(counts[other] for other in others), unit=rows.unit, about=usual,
            usual=repr(usual[:40]), others=", ".join(repr(other[:40]) for other in others[:5]),
        )  # fmt: skip
    return named


def folded_label(label: str) -> str:
    """Labels with the same fold are one: case, spaces and the format of numbers aside.

    >>> folded_label(" Not  Spam"), folded_label("1.00"), folded_label("1,0"), folded_label("01")
    ('not spam', '1', '1', '01')
    """
    label = _UNSEEN.sub("", unicodedata.normalize("NFC", label)).strip()
    match = _WHOLE.fullmatch(_COMMA_ZERO.sub(r"\1", label))
    if match and not (len(match[2]) > 1 and match[2][0] == "0"):
        sign = "-" if match[1] == "-" else ""
        return sign + match[2] + (f".{match[3]}" if match[3] else "")
    return " ".join(label.casefold().split())


def _missing_labels(
    named: dict[str, str | None], counts: Counter[str], first_line: dict[str, int], rows: Rows,
    report: ReadingReport,
) -> None:  # fmt: skip
    words = [label for label in counts if is_missing_word(label)]
    others = [label for label in counts if label not in words]
    if not words or not others:
        return
    smallest = min(counts[other] for other in others)
    for word in words:
        may_be_class = word.strip().casefold() in _CLASS_WORDS and len(others) >= 2
        if may_be_class and counts[word] >= smallest:
            report.notices.add("class_none", "The label {word} is taken as a class: {rows} {have} "
                               "it", first_line[word], counts[word], unit=rows.unit, about=word,
                               word=repr(word))  # fmt: skip
            continue
        named[word] = None
        report.notices.add("missing_label", "{rows} {have} the label {word}, which says that "
                           "there is none, and {were} left out", first_line[word], counts[word],
                           unit=rows.unit, about=word, word=repr(word))  # fmt: skip


def _finish(
    report: ReadingReport, counts: Counter[str], named: dict[str, str | None],
    splits: Counter[str], pairs: Counter[tuple[str, str]], rows: Rows,
) -> None:  # fmt: skip
    classes: Counter[str] = Counter()
    for label, n in counts.items():
        if (name := named[label]) is not None:
            classes[name] += n
    _say_odd_classes(classes, report)
    report.classes = dict(sorted(classes.items()))
    report.taken = sum(classes.values())
    report.left_out = report.read - report.taken
    report.repaired = rows.notices.count("joined") + rows.notices.count("quotes")
    for (label, split), n in pairs.items():
        if named[label] is None:
            splits[split] -= n
    report.splits = {name: n for name, n in sorted(splits.items()) if name and n}


def _say_odd_classes(classes: Counter[str], report: ReadingReport) -> None:
    """Combinations of labels in one cell, and words that may well mean the same."""
    combined = [
        label for label in classes if len(parts := _parts(label)) > 1 and parts <= classes.keys()
    ]
    if combined:
        report.notices.add("several_labels_a_row", "{rows} {have} several labels in one cell (such "
                           "as {shown}): each such combination is a class of its own",
                           n=sum(classes[index] for index in combined),
                           shown=repr(combined[0][:40]))  # fmt: skip
    folded = {folded_label(label): label for label in classes}
    for words in _ALIKE:
        both = [repr(folded[word][:40]) for word in words if word in folded]
        if len(both) > 1:
            report.notices.add("alike_labels", "{labels} may mean the same, and are learned as "
                               "{n} classes: write one word for both where they do", n=len(both),
                               about=words[0], labels=" and ".join(both))  # fmt: skip


def _parts(label: str) -> set[str]:
    return {part.strip() for part in re.split(r"[,;|]", label) if part.strip()}


def _rename(found: Labelled, named: dict[str, str | None]) -> None:
    if all(label == name for label, name in named.items()):
        return
    kept = [i for i, label in enumerate(found.labels) if named[label] is not None]
    found.labels = [named[found.labels[i]] or "" for i in kept]
    found.texts = [found.texts[i] for i in kept]
    found.lines = [found.lines[i] for i in kept]
    found.splits = [found.splits[i] for i in kept]


# ---- texts


def _cleaner(
    rows: Rows, text_at: int, options: ReadingOptions, report: ReadingReport
) -> Callable[[str], str] | None:
    """What turns HTML of the texts into what a reader sees; None if there is hardly any."""
    if options.keep_markup:
        return None
    texts = [row[text_at] for row in rows.sample() if len(row) > text_at]
    texts = [text for text in texts if isinstance(text, str) and text.strip()]
    markup = [text for text in texts if _MARKUP.search(text)]
    entities = [text for text in texts if _ENTITY.search(text)]
    tags = len(markup) > len(texts) / 4
    # A text in which no bare & or < is beside the entities was escaped as a whole.
    bare = sum(bool(_BARE.search(text)) or "<" in text for text in texts)
    escaped = len(entities) > len(texts) / 2 or (len(entities) >= 2 and not bare)
    if not (tags or escaped):
        return None
    shown = (markup if tags else entities)[0]
    report.notices.add(
        "markup", "Texts of {file} are written in HTML ({share} of its first ones, such as "
        "{shown}): tags were removed and characters like &lt; decoded",
        file=report.name, shown=quoted(shown[:120]),
        share=f"{len(markup if tags else entities) / len(texts):.0%}",
    )  # fmt: skip
    return plain_text if tags else html.unescape


def plain_text(text: str) -> str:
    """A text without tags and with its entities decoded; others stay unchanged.

    >>> plain_text("It was good.<br /><br />I &lt;3 it")
    'It was good.\\nI <3 it'
    """
    if _MARKUP.search(text) or _ENTITY.search(text):
        return html_to_text(text)
    return text
