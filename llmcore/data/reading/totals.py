"""The line of totals that spreadsheets and reports have below a table."""

from collections.abc import Iterator, Sequence
from typing import Any

from llmcore.data.reading.counting import Counted
from llmcore.data.reading.layout import is_number
from llmcore.data.reading.report import ReadingReport, quoted
from llmcore.data.reading.rows import Chunk, Rows

_TOTALS = frozenset({
    "total", "totals", "grand total", "sum", "subtotal", "count", "average", "mean", "summe",
    "gesamt", "gesamtsumme", "anzahl", "gesamtergebnis", "totale", "somme", "suma", "итого",
    "合计", "合計", "total general",
})  # fmt: skip


def without_totals(
    chunks: Iterator[Chunk | Counted], rows: Rows, report: ReadingReport
) -> Iterator[Chunk | Counted]:
    """The chunks without a line of totals at the end of the table, which is counted."""
    held: Chunk | Counted | None = None
    for chunk in chunks:
        if held is not None:
            yield held
        held = chunk
    if isinstance(held, Chunk) and held.rows and _is_total(held.rows[-1]):
        report.read += 1
        report.notices.add("totals", "The last row of {file} holds totals ({shown}) and was left "
                           "out", held.lines[-1], unit=rows.unit, file=report.name,
                           shown=quoted(" ".join(filter(None, map(_as_text, held.rows[-1])))),
                           )  # fmt: skip
        held = Chunk(held.lines[:-1], held.rows[:-1])
    if held is not None and (isinstance(held, Counted) or held.rows):
        yield held


def _as_text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _is_total(row: Sequence[Any]) -> bool:
    """Whether a row says that it is a total, and has nothing beside that but numbers."""
    filled = [text for text in map(_as_text, row) if text]
    return (
        len(filled) > 1
        and filled[0].rstrip(":").casefold() in _TOTALS
        and all(map(is_number, filled[1:]))
    )
