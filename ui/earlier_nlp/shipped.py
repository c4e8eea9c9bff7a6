"""The table that comes with the lab, shown until one was measured here."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from llmcore.experiments.measured_tables import MeasuredTable, TableRecord, measured_table
from ui.marked import Markdown, code, plain
from ui.run_panel.feed import duration


def shipped_table(kind: str, button: Markdown, draw: Callable[[TableRecord, str], None]) -> None:
    """The table of `assets/measured` for this kind of run, if there is one, under its origin."""
    table = measured_table(kind)
    if table is None:
        return
    st.markdown(origin(table, button))
    versions = ", ".join(f"{name} {version}" for name, version in table.versions.items())
    st.caption(
        plain(f"{table.machine.system}; {versions}; commit {table.commit}. Its command: ")
        + code(table.command)
    )
    draw(table, f"shipped_{kind}")


def origin(table: MeasuredTable, button: Markdown) -> Markdown:
    """Where and when it was measured, and how to measure it here."""
    day, machine = date.fromisoformat(table.day), table.machine
    cores = "1 core" if machine.cpus == 1 else f"{machine.cpus} cores"
    return (
        ":material/inventory_2: Measured for this page on "
        + plain(f"{day.day} {day:%B} {day.year} in {duration(table.seconds)}")
        + plain(f" on {cores} ({machine.cpu})")
        + (", beside other work that made it slower" if machine.is_busy else "")
        + f": **{button}** measures it on your machine."
    )
