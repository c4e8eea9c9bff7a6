"""Which column of a table holds the texts of a corpus, and those texts."""

from collections.abc import Iterator
from typing import Any

from llmcore.data.reading.asked_columns import holds_text
from llmcore.data.reading.columns import find_column
from llmcore.data.reading.kept_marks import say_markup
from llmcore.data.reading.report import ChoiceError, ReadingReport, listed
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.values import NotText, cell_text

# One of them beside others is the text; `text` beside others of them as well.
DOCUMENT_NAMES = (
    "text", "content", "contents", "document", "body", "article", "story", "passage", "raw_content",
    "page_content", "markdown", "texts", "documents", "raw_text", "full_text", "clean_text",
    "paragraph", "sentence", "sentences", "texte", "texto", "testo", "inhalt", "текст", "文本",
    "内容",
)  # fmt: skip
SAMPLE = 200
LONG = 20  # characters of a text, on average; shorter are names, dates, labels
WORDY = 0.5  # of the texts have several words


def document_role(rows: Rows, name: str, chosen: str | None, report: ReadingReport) -> int:
    """The place of the column that holds the documents; written into the report, with what is not
    read. Raises NotFoundError for a chosen one that is not there, ChoiceError if several could
    be meant, or none."""
    sample = rows.sample(SAMPLE)
    holding = [at for at in range(len(rows.columns)) if _holds_text(sample, at)]
    nested = [at for at in range(len(rows.columns)) if at not in holding and _nests(sample, at)]
    if chosen is None:
        at = _guess(rows, sample, holding, bool(nested))
    else:
        at = find_column(rows.columns, name, chosen)
    report.roles["text"] = None if at is None else rows.columns[at]
    if at is None:
        likely = [rows.columns[column] for column in sorted(holding + nested)] or rows.columns
        raise ChoiceError(
            f"{name} has no column that is surely the text: choose one of {listed(likely)} "
            f"with --text-column (each row becomes a document).",
            report,
        )
    say_markup([row[at] for row in sample if at < len(row)], rows.columns[at], report.notices)
    others = [rows.columns[column] for column in sorted(holding + nested) if column != at]
    report.notices.add(
        "row_documents",
        "Each row of {file} is a document, read from the column {column}"
        + ("; other columns with texts are not read: {others}" if others else ""),
        file=name, column=repr(rows.columns[at]), others=listed(others),
    )  # fmt: skip
    return at


def _guess(
    rows: Rows, sample: list[list[Any]], holding: list[int], nested: bool
) -> int | None:  # fmt: skip
    """nested: some column holds lists or objects with texts."""
    if len(rows.columns) == 1:
        return 0
    names = [column.strip().casefold() for column in rows.columns]
    if "text" in names and names.index("text") in holding:
        return names.index("text")
    known = [at for at, name in enumerate(names) if name in DOCUMENT_NAMES and at in holding]
    if len(known) == 1:
        return known[0]
    if known:
        return None
    if nested:  # the text may well be there, in paragraphs
        return None
    long = [at for at in holding if _is_long(sample, at)]
    return long[0] if len(long) == 1 else None


def _texts(sample: list[list[Any]], at: int) -> list[str]:
    cells = (row[at] for row in sample if at < len(row))
    return [cell for cell in cells if isinstance(cell, str) and cell.strip()]


def _holds_text(sample: list[list[Any]], at: int) -> bool:
    """Whether most of what is there is text with letters in it."""
    filled = [row[at] for row in sample if at < len(row) and row[at] not in (None, "")]
    lettered = [text for text in _texts(sample, at) if any(map(str.isalpha, text))]
    return 2 * len(lettered) > len(filled)


def _nests(sample: list[list[Any]], at: int) -> bool:
    """Whether most cells are lists or objects with texts of several words in them."""
    filled = [row[at] for row in sample if at < len(row) and row[at] not in (None, "")]
    held = [
        cell for cell in filled if isinstance(cell, (list, tuple, dict)) and holds_text(cell, 1)
    ]
    return bool(held) and 2 * len(held) > len(filled)


def _is_long(sample: list[list[Any]], at: int) -> bool:
    texts = _texts(sample, at)
    wordy = sum(" " in text.strip() or not text.isascii() for text in texts)
    return sum(map(len, texts)) >= LONG * len(texts) and wordy >= WORDY * len(texts)


def row_texts(rows: Rows, column: int, report: ReadingReport) -> Iterator[str]:
    """The text of each row; rows without one are left out and counted."""
    from llmcore.data.reading.labels import square

    notices = report.notices
    for chunk in rows.take():
        chunk = square(chunk, rows, column)
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            cell = row[column] if column < len(row) else None
            try:
                text = cell_text(cell)
            except NotText as error:
                _leave_out(report)
                notices.add("no_text", "{rows} {were} left out: the text is {what}", line,
                            unit=rows.unit, what=str(error))  # fmt: skip
                continue
            if text is None or not text.strip():
                _leave_out(report)
                notices.add("no_text", "{rows} {were} left out: there is no text", line,
                            unit=rows.unit, about="empty")  # fmt: skip
                continue
            yield text


def _leave_out(report: ReadingReport) -> None:
    report.read += 1
    report.left_out += 1
