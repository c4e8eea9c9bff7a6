"""How a file was read, drawn the same on every page: shown before anything learns from it."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.data.reading.rows import SPLIT
from ui.marked import Markdown, code, plain
from ui.scroll_box import scroll_box

if TYPE_CHECKING:
    from llmcore.data.reading.report import ReadingReport

TALL = 6  # notices; more of them scroll
HEIGHT = 260


def show_reading(report: "ReadingReport", key: str) -> None:
    """Format, encoding and why; columns with their roles; rows by what became of them; notices."""
    with st.container(border=True, key=f"{key}_reading"):
        st.markdown(_headline(report))
        if report.columns:
            st.caption(_columns(report))
        notices = report.notices.texts()
        if not notices:
            return
        tall = len(notices) > TALL
        with scroll_box("What was read and left out", key, HEIGHT, tall=tall):
            st.markdown("\n".join(f"- {plain(notice)}" for notice in notices))


def _headline(report: "ReadingReport") -> Markdown:
    """**CSV**, windows-1252 · 60 rows read, 58 taken, 2 left out."""
    read_as = f"**{plain(report.format.upper())}**"
    if report.encoding:
        read_as += f", {plain(report.encoding)}"
    unit = "documents" if report.task == "corpus" else "rows"
    parts = [f"{report.read + report.lost:,} {unit} read"]
    if not report.asks:
        parts.append(f"{report.taken:,} taken")
        left_out = report.left_out + report.lost
        counts = ((left_out, "left out"), (report.repaired, "repaired"))
        parts += [f"{n:,} {what}" for n, what in counts if n]
    if report.splits:
        shares = ", ".join(f"{plain(name)} {n:,}" for name, n in report.splits.items())
        parts.append(f"in its own splits ({shares})")
    return f"{read_as} · " + ", ".join(parts)


def _columns(report: "ReadingReport") -> Markdown:
    """Each role with its column, then the columns that nobody reads."""
    taken = {column: role for role, column in report.roles.items() if column}
    read = [f"{plain(role)} from {code(column)}" for column, role in taken.items()]
    kept = {SPLIT} if report.splits else set()
    rest = [column for column in report.columns if column not in taken.keys() | kept]
    if rest:
        shown = ", ".join(code(column) for column in rest[:12])
        more = f" and {len(rest) - 12} more" if len(rest) > 12 else ""
        read.append(f"not read: {shown}{more}")
    return " · ".join(read)
