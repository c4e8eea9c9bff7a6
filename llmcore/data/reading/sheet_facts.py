"""What a workbook's XML says and its reader does not: extents, formulas without a value, errors.

The XML is searched as a stream of tags, not parsed: no entity is expanded, memory is flat.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from llmcore.errors import LabError, cause
from llmcore.zips import BROKEN, limited_blocks, most_unpacked

MAX_CELLS = 60_000_000  # of the rectangle that a sheet spans: 32 bytes each while it is read
_BLOCK_TAIL = 1 << 16
_BROKEN = (*BROKEN, OSError, KeyError)

_ROW = rb"<(?:\w+:)?row\b([^>]*)>"
_CELL = rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)"
_TAG = re.compile(_ROW + b"|" + _CELL, re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})?(\d{1,7})"')
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
_CELL_START = re.compile(rb"<(?:\w+:)?c[\s>/]")
_CELL_COLUMN = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d')
_INSIDE = re.compile(rb"<(?:\w+:)?c\b[^>]*[^>/]>(.*?)</(?:\w+:)?c>", re.DOTALL)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\b[^>]*?\bhidden="(?:1|true)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>/]*>[^<]")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*)>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(/?)>")
_ODS_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})"')
_ODS_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')


@dataclass(slots=True)
class SheetFacts:
    """formulas: without a kept value. errors: cells with #N/A and the like."""

    formulas: int = 0
    errors: int = 0
    hidden_rows: int = 0


def facts_of_sheets(data: bytes, name: str) -> dict[str, SheetFacts]:
    """Facts by the sheet's name; empty for .xls, whose extent its format bounds.

    Raises LabError for a workbook whose sheets span too much, or that is packed strangely.
    """
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            return _facts(zipped, len(data), name)
    except LabError:
        raise
    except _BROKEN as error:
        raise LabError(
            f"{name} cannot be read as a workbook ({cause(error)}): save it again."
        ) from error


def _facts(zipped: zipfile.ZipFile, n_packed: int, name: str) -> dict[str, SheetFacts]:
    names = set(zipped.namelist())
    if any(name.lower().endswith("workbook.bin") for name in names):
        raise LabError(f"{name} is a binary workbook (.xlsb): save it as .xlsx.")
    if sum(member.file_size for member in zipped.infolist()) > most_unpacked(n_packed):
        raise LabError(f"{name} unpacks to far more than a workbook of its size holds (a bomb).")
    if "content.xml" in names:
        _check_ods(_blocks(zipped, "content.xml"), name)
        return {}
    found = {}
    for sheet, entry in _entries(zipped).items():
        if entry in names:
            found[sheet] = _facts_of(zipped, entry, sheet, name)
    known = set(_entries(zipped).values())
    for entry in names - known:  # found by another way than the usual one
        if _is_sheet(entry):
            _facts_of(zipped, entry, entry, name)
    return found


def _is_sheet(entry: str) -> bool:
    return entry.lower().startswith("xl/worksheets/") and entry.lower().endswith(".xml")


def _entries(zipped: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → its file in the zip."""
    relations = _text(zipped, "xl/_rels/workbook.xml.rels")
    targets = {}
    for found in _RELATION.finditer(relations):
        values = _attributes(found[1])
        target = values.get("Target", "").lstrip("/")
        targets[values.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"
    sheets = {}
    for found in _SHEET.finditer(_text(zipped, "xl/workbook.xml")):
        values = _attributes(found[1])
        key = next((cell for key, cell in values.items() if key.endswith(":id")), "")
        sheets[values.get("name", "")] = targets.get(key, "")
    return sheets


def _attributes(text: str) -> dict[str, str]:
    entities = {"&quot;": '"', "&apos;": "'"}
    return {
        match[1]: unescape(match[2] or match[3] or "", entities)
        for match in _ATTRIBUTE.finditer(text)
    }


def _text(zipped: zipfile.ZipFile, entry: str) -> str:
    with zipped.open(entry) as file:
        return file.read(4 << 20).decode("utf-8", "replace")


def _blocks(zipped: zipfile.ZipFile, entry: str) -> Iterator[bytes]:
    """The entry's bytes in blocks that end with a tag, each tag of a cell in one of them."""
    with zipped.open(entry) as file:
        limit = most_unpacked(zipped.getinfo(entry).compress_size)
        yield from _ending_with(limited_blocks(file, limit, entry))


def _ending_with(blocks: Iterator[bytes]) -> Iterator[bytes]:
    tail = b""
    for block in blocks:
        block = tail + block
        cut = max(block.rfind(end) for end in (b"<c ", b"<row ", b":c ", b"<table:table-row"))
        cut = block.rfind(b"<", 0, cut + 1) if cut > 0 else max(0, len(block) - _BLOCK_TAIL)
        yield block[:cut]
        tail = block[cut:]
    yield tail


def _facts_of(zipped: zipfile.ZipFile, entry: str, sheet: str, name: str) -> SheetFacts:
    """Facts by counting; the extent by going through the cells one by one if that is in doubt:
    cells with a format and nothing in them count for nothing."""
    facts, last_row, letters, in_order = SheetFacts(), 0, set[bytes](), True
    for block in _blocks(zipped, entry):
        numbers, columns = _ROW_NUMBER.findall(block), _CELL_COLUMN.findall(block)
        last_row = max(last_row, max(map(int, numbers), default=0))
        letters.update(columns)
        in_order &= len(columns) == len(_CELL_START.findall(block))
        facts.hidden_rows += len(_HIDDEN.findall(block))
        facts.errors += block.count(b't="e"')
        if b"<f" in block or b":f" in block:
            facts.formulas += sum(
                bool(_FORMULA.search(cell)) and not _VALUE.search(cell)
                for cell in _INSIDE.findall(block)
            )
    columns_spanned = max(map(_column, letters), default=0)
    if not in_order or last_row * columns_spanned > MAX_CELLS:
        last_row, columns_spanned = _extent(_blocks(zipped, entry))
    _check(last_row, columns_spanned, sheet, name)
    return facts


def _extent(blocks: Iterator[bytes]) -> tuple[int, int]:
    """Rows and columns from the first cell with something in it to the last one."""
    number = in_row = first_row = last_row = last_column = 0
    first_column = 1 << 30
    for block in blocks:
        for tag in _TAG.finditer(block):
            if tag[1] is not None:
                place = _PLACE.search(tag[1])
                number, in_row = int(place[2]) if place else number + 1, 0
                continue
            place = _PLACE.search(tag[2])
            in_row = _column(place[1]) if place and place[1] else in_row + 1
            if tag[3]:
                first_row, last_row = first_row or number, max(last_row, number)
                first_column, last_column = min(first_column, in_row), max(last_column, in_row)
    return last_row - first_row + 1, max(0, last_column - first_column + 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _check(rows: int, columns: int, sheet: str, name: str) -> None:
    if rows * columns > MAX_CELLS:
        raise LabError(
            f"The sheet {sheet!r} of {name} spans {rows:,} rows and {columns:,} columns: delete "
            f"the lone cells far away from its table, or save it as CSV."
        )


def _check_ods(blocks: Iterator[bytes], name: str) -> None:
    """Repeated rows and cells with something in them are held one by one."""
    rows, widest = 0, 0
    for block in blocks:
        for part in re.split(rb"(?=<table:table-row\b)", block):
            row = _ODS_ROW.match(part)
            if row is None:
                continue
            width = last = 0
            for cell in _ODS_CELL.finditer(part):
                repeated = _ODS_COLUMNS.search(cell[1])
                width += int(repeated[1]) if repeated else 1
                last = last if cell[2] else width
            repeated = _ODS_ROWS.search(row[1])
            rows += (int(repeated[1]) if repeated else 1) if last else 0
            widest = max(widest, last)
    _check(rows, widest, "sheets", name)
