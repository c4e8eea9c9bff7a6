"""Workbooks of Excel and LibreOffice as rows; the sheet with the table is found.

calamine holds a sheet as a dense rectangle: two cells far apart take hundreds of gigabytes and end
the process. So the extent of each sheet is read from its XML first (`sheet_facts`).
"""

import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.layout import find_layout
from llmcore.data.reading.report import Notices, listed, many, quoted
from llmcore.data.reading.rows import SAMPLE_ROWS, SPLIT, Rows, chunked, unique_names
from llmcore.data.reading.sheet_facts import SheetFacts, facts_of_sheets
from llmcore.data.reading.source import Source
from llmcore.data.reading.values import cell_text
from llmcore.errors import LabError, cause

_DEFAULT_NAME = re.compile(
    r"(?:sheet|tabelle|feuil|hoja|foglio|blad|ark|taul|arkusz|list|munka|planilha|лист|工作表|シート)"
    r"\s*\d*",
    re.IGNORECASE,
)
MAX_WORKBOOK_BYTES = 512 << 20

_Row = tuple[int, list[str | None]]  # the sheet's number of the row, and its cells


def read_workbook(source: Source, notices: Notices, named: Sequence[str] = ()) -> Rows:
    """The rows of the first visible sheet that holds a table; sheets named train, test, … together.

    named: columns that the user named. Cells are texts: whole numbers without a fraction, dates as
    ISO 8601; empty cells and errors are None. Raises LabError for what cannot be opened.
    """
    data = _checked(source)
    book = _Book(_opened(data, source.name), source.name)
    facts = facts_of_sheets(data, source.name)
    sheets = _sheets_with_rows(book, notices)
    splits = {name: split for name in sheets if (split := split_of(name))}
    if len(splits) > 1 and "train" in splits.values():
        chosen = list(splits)
        notices.add("splits", "The sheets {sheets} of {file} are read as parts of one set",
                    file=source.name, sheets=listed(chosen))  # fmt: skip
    elif by_class := _are_classes(book, sheets):
        chosen, splits = by_class, {name: name for name in by_class}
        notices.add("class_sheets", "The sheets of {file} are the classes {sheets}: each holds one "
                    "column of texts", file=source.name, sheets=listed(chosen))  # fmt: skip
    else:
        chosen, splits = [_first_table(sheets)], {}
    others = [name for name in sheets if name not in chosen]
    if others:
        notices.add("other_sheets", "The sheet {sheet} of {file} is read, not {others}",
                    file=source.name, sheet=listed([quoted(name) for name in chosen]),
                    others=listed([quoted(name) for name in others]))  # fmt: skip
    tables = [_table(book, name, named, notices) for name in chosen]
    for name in chosen:
        _say_facts(facts.get(name), notices, source.name, name)
    mark = "label" if list(splits.values()) == chosen else SPLIT
    columns, numbered, header = _joined(tables, [splits.get(name) for name in chosen], mark)
    why = f"it is a workbook, with rows in {many(len(sheets), 'sheets')}"
    rows = Rows("xlsx", columns, header, chunked(numbered), notices, why=why, unit="row")
    if not rows.sample():
        raise LabError(f"The sheet {chosen[0]!r} of {source.name} has names but no rows below.")
    return rows


# ---- opening


def _checked(source: Source) -> bytes:
    if source.size > MAX_WORKBOOK_BYTES:
        raise LabError(
            f"{source.name} has {source.size:,} bytes but a workbook of at most "
            f"{MAX_WORKBOOK_BYTES:,} can be read: save the sheet as CSV."
        )
    with source.open() as file:
        data = file.read(MAX_WORKBOOK_BYTES + 1)
    if len(data) > MAX_WORKBOOK_BYTES:
        raise LabError(f"{source.name} unpacks to more than {MAX_WORKBOOK_BYTES:,} bytes.")
    return data


def _opened(data: bytes, name: str) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if _is_locked(data):
        raise _locked(name)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError as error:
        raise _locked(name) from error
    except (CalamineError, OSError, ValueError) as error:
        raise LabError(
            f"{name} cannot be read as a workbook ({cause(error)}): open it in its program and "
            f"save it as .xlsx or CSV."
        ) from error
    except BaseException as error:  # a panic of its Rust code is no Exception
        raise _panicked(error, name) from error


def _is_locked(data: bytes) -> bool:
    """Office puts an encrypted workbook into an old container, as a stream of this name."""
    return "EncryptedPackage".encode("utf-16-le") in data[: 1 << 20] and not data.startswith(b"PK")


def _locked(name: str) -> LabError:
    return LabError(f"{name} is protected by a password: save it without one.")


def _panicked(error: BaseException, name: str) -> BaseException:
    if type(error).__name__ != "PanicException":
        return error
    return LabError(f"{name} cannot be read as a workbook: save its sheet as CSV.")


class _Book:
    """A workbook that holds the sheet it gave last."""

    def __init__(self, book: Any, file: str) -> None:
        self.book, self.file = book, file
        self._last: tuple[str, Any] = ("", None)

    def sheet(self, name: str) -> Any:
        from python_calamine import CalamineError

        if self._last[1] is None or self._last[0] != name:
            self._last = ("", None)
            try:
                self._last = (name, self.book.get_sheet_by_name(name))
            except (CalamineError, OSError, ValueError) as error:
                sentence = f"The sheet {name!r} of {self.file} cannot be read ({cause(error)})."
                raise LabError(sentence) from error
            except BaseException as error:
                raise _panicked(error, self.file) from error
        return self._last[1]


def _sheets_with_rows(book: _Book, notices: Notices) -> dict[str, bool]:
    """The visible sheets with something in them, and whether it may be a table: two rows and
    columns at least. If none is visible, the hidden ones."""
    visible: dict[str, bool] = {}
    hidden: dict[str, bool] = {}
    for meta in book.book.sheets_metadata:
        if not str(meta.typ).endswith("WorkSheet"):
            continue
        sheet = book.sheet(meta.name)
        if sheet.height:
            found = visible if str(meta.visible).endswith(".Visible") else hidden
            found[meta.name] = sheet.width > 1 and sheet.height > 1
    if visible and hidden:
        notices.add("hidden_sheets", "{sheets} of {file} {are} hidden and not read: {names}",
                    n=len(hidden), file=book.file, names=listed(list(hidden)))  # fmt: skip
    if not visible and not hidden:
        raise LabError(f"{book.file} has no sheet with rows: give a table with texts in it.")
    return visible or hidden


def _are_classes(book: _Book, sheets: dict[str, bool]) -> list[str]:
    """The sheets, if each is one column of texts under its own name."""
    own = [name for name in sheets if not _DEFAULT_NAME.fullmatch(name)]
    if len(own) < 2 or len(own) < len(sheets) or any(sheets.values()):
        return []
    return own if all(book.sheet(name).height > 1 for name in own) else []


def _first_table(sheets: dict[str, bool]) -> str:
    return next((name for name, is_table in sheets.items() if is_table), next(iter(sheets)))


# ---- one sheet


class _Table:
    """A sheet's columns, and its rows below them."""

    def __init__(self, columns: list[str], header: bool, rows: Iterator[_Row]) -> None:
        self.columns, self.header, self.rows = columns, header, rows


def _table(book: _Book, name: str, named: Sequence[str], notices: Notices) -> _Table:
    sheet, file = book.sheet(name), book.file
    rows = _filled_rows(sheet, _merged(sheet, notices, file))
    first = list(islice(rows, SAMPLE_ROWS))
    texts = [[cell or "" for cell in cells] for _, cells in first]
    layout = find_layout(texts, [name for name in named if not name.strip().isdigit()])
    if layout.skip:
        notices.add("preamble", "{rows} above the table of {file} {were} passed over: {shown}",
                    first[0][0], layout.skip, "row", about=name, file=file,
                    shown=quoted(" ".join(texts[0])))  # fmt: skip
    if not layout.header:
        notices.add("no_header", "The first row of {file} is read as a row, not as names: {why} "
                    "({shown})", about=name, file=file, why=layout.why,
                    shown=quoted(" | ".join(texts[layout.skip])))  # fmt: skip
    body = first[layout.skip + layout.header :]
    columns = list(layout.columns)
    width = max((at + 1 for _, cells in body for at, cell in enumerate(cells) if cell), default=0)
    if width > len(columns):
        columns = unique_names([*columns, *[""] * (width - len(columns))])
    rows = _squared(chain(body, rows), len(columns), notices, file)
    return _Table(columns, layout.header, rows)


def _filled_rows(sheet: Any, merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[_Row]:
    """The rows that hold something, with their numbers as the sheet shows them."""
    left = sheet.start[1] if sheet.start else 0
    values: dict[tuple[int, int], Any] = {}  # of merged cells
    sources = set(merged.values())
    for at, cells in enumerate(sheet.iter_rows()):
        if merged:
            for column in range(len(cells)):
                place = (at, left + column)
                if place in sources:
                    values[place] = cells[column]
                elif place in merged:
                    cells[column] = values.get(merged[place], "")
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield at + 1, texts


def _text(value: Any) -> str | None:
    if value == "":
        return None
    text = cell_text(value)
    return text if text is not None and text.strip() else None


def _merged(sheet: Any, notices: Notices, file: str) -> dict[tuple[int, int], tuple[int, int]]:
    """For each cell that was merged with those above it: where the value of all is."""
    places: dict[tuple[int, int], tuple[int, int]] = {}
    ranges = sheet.merged_cell_ranges or []
    tall = [(a, b) for a, b in ranges if a[1] == b[1] and a[0] < b[0] <= sheet.total_height + a[0]]
    for (top, column), (bottom, _) in tall:
        last = min(bottom, (sheet.end or (0, 0))[0])
        places |= {(row, column): (top, column) for row in range(top + 1, last + 1)}
    if places:
        notices.add("merged_cells", "{cells} of {file} {were} merged with the one above and have "
                    "its value", n=len(places), file=file)  # fmt: skip
    return places


def _squared(rows: Iterator[_Row], width: int, notices: Notices, file: str) -> Iterator[_Row]:
    """Rows of `width` cells; what is beyond is counted, as no column has a name for it."""
    for number, cells in rows:
        if any(cells[width:]):
            notices.add("cells_beyond", "{rows} of {file} {hold} cells beyond the last column, "
                        "which were left out", number, unit="row", file=file)  # fmt: skip
        yield number, [*cells[:width], *[None] * (width - len(cells))]


def _joined(
    tables: list[_Table], splits: list[str | None], mark: str
) -> tuple[list[str], Iterator[_Row], bool]:  # fmt: skip
    """Columns and rows of all tables, by the names of the first; a column `mark` if needed.
    Sheets that are classes hold the same, whatever they call it."""
    if len(tables) == 1:
        return tables[0].columns, tables[0].rows, tables[0].header
    if mark != SPLIT:
        for table in tables:
            table.columns = ["text", *table.columns[1:]]
    columns = list(dict.fromkeys(name for table in tables for name in table.columns))

    def rows() -> Iterator[_Row]:
        for table, split in zip(tables, splits, strict=True):
            for number, cells in table.rows:
                row = dict(zip(table.columns, cells, strict=True))
                yield number, [*(row.get(name) for name in columns), split]

    return unique_names([*columns, mark]), rows(), all(table.header for table in tables)


def _say_facts(facts: SheetFacts | None, notices: Notices, file: str, sheet: str) -> None:
    if facts is None:
        return
    for kind, n, template in (
        ("formulas", facts.formulas, "{formulas} of {file} {have} no kept value and {are} taken "
         "as missing: open it in its program and save it"),
        ("error_cells", facts.errors, "{cells} of {file} {hold} an error such as #N/A and {are} "
         "taken as missing"),
        ("hidden_rows", facts.hidden_rows, "{rows} of {file} {are} hidden in the sheet and read "
         "all the same"),
    ):  # fmt: skip
        if n:
            notices.add(kind, template, n=n, about=sheet, file=file)
