"""The choice of instructions: a built-in set with its card, or a user's file with its columns."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from llmcore.config import DataConfig
from llmcore.data import INSTRUCTIONS
from llmcore.data.chosen import read_instructions
from llmcore.data.instructions import (
    FOLDER,
    Columns,
    Instruction,
    InstructionSplits,
    ask_for,
    instruction_report,
)
from llmcore.data.reading import MAX_UPLOAD_BYTES
from llmcore.recipes.instructions import INSTRUCT
from ui.page import plain
from ui.reading_report import show_reading

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from llmcore.data.reading.report import ReadingReport

OWN, NONE = "own", "(none)"
TITLES = {
    "airline-support": "Airline support",
    "translation": "Translation",
    "general": "Small writing tasks",
    OWN: "My own file",
}
PREVIEW_ROWS = 4


@dataclass(frozen=True, slots=True)
class InstructionChoice:
    """A source for `plan_instruct`; `table` holds the bytes of an upload."""

    source: str
    name: str
    table: bytes | None = None
    columns: Columns = field(default_factory=Columns)

    def splits(self) -> InstructionSplits:
        """The rows as training will have them. Raises LabError if they cannot be learned."""
        return _splits(self.source, self.table, self.columns, INSTRUCT.seed)


@st.cache_resource(max_entries=4, show_spinner="Reading the instructions")
def _splits(source: str, table: bytes | None, columns: Columns, seed: int) -> InstructionSplits:
    data = DataConfig(
        source=source,
        instruction_column=columns.instruction,
        input_column=columns.input,
        output_column=columns.output,
        system_column=columns.system,
    )
    return read_instructions(data, seed, table)


def choose_data() -> InstructionChoice | None:
    """Draws the choice; None before a file was given. Raises LabError for one that cannot be
    learned from."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    kind = left.segmented_control(
        "Instructions to learn from",
        list(TITLES),
        default="airline-support",
        required=True,
        format_func=TITLES.__getitem__,
        key="instruct_data",
        persist_state="session",
        wrap=True,
    )
    if kind == OWN:
        return _own_file()
    summary = INSTRUCTIONS[kind].summary
    st.caption(
        f"{plain(summary[:1].upper() + summary[1:])}. Many names in it are invented, so that a "
        f"model has to copy them."
    )
    with right.popover("Its card", icon=":material/description:", width="stretch"):
        st.markdown((FOLDER / f"{kind}-card.md").read_text(encoding="utf-8"))
    return InstructionChoice(kind, TITLES[kind])


def _own_file() -> InstructionChoice | None:
    file = st.file_uploader(
        "Instructions with answers: Alpaca or chat messages (JSON, JSONL), or a table (CSV, TSV, "
        "Excel, Parquet)",
        key="instruct_upload",
    )
    if file is None:
        st.caption(
            "Alpaca: objects with `instruction`, `input` (may be missing) and `output`. Chat: "
            "objects with `messages`, each with a `role` and a `content`. A table: a column with "
            f"the questions and one with the answers. At most {MAX_UPLOAD_BYTES >> 20} MB here; "
            "larger files: `python -m llmcore finetune --task instruct --data FILE`."
        )
        return None
    data = file.getvalue()
    report = _report(data, file.name)
    columns: Columns | None = Columns()
    if _has_boxes(report):
        columns = _columns(report, data, file.file_id)
    if columns is None:
        show_reading(report, "instruct")
        return None
    choice = InstructionChoice(file.name, file.name, data, columns)
    splits = choice.splits()
    _preview(splits.train)
    if splits.report is not None:
        show_reading(splits.report, "instruct")
    return choice


@st.cache_resource(max_entries=4, show_spinner="Reading the file")
def _report(data: bytes, name: str, columns: Columns = Columns()) -> "ReadingReport":
    return instruction_report(data, name, columns)


def _has_boxes(report: "ReadingReport") -> bool:
    """Whether columns are to be chosen: messages need no choice of any. Raises LabError if
    there are too few."""
    if report.asks and len(report.columns) < 2:
        raise ask_for(report)
    return not {"messages", "examples"} & report.roles.keys()


def _columns(report: "ReadingReport", data: bytes, file_id: str) -> Columns | None:
    """A select box for each role, with the recognised column or empty; None as long as one that
    is needed is empty. The upload's identity is in their keys: another file starts again."""
    needed, optional = ("instruction", "answer"), ("input", "system")
    places = st.columns(4, vertical_alignment="bottom")
    boxes = dict(zip(("instruction", "input", "answer", "system"), places, strict=True))
    found: dict[str, str | None] = {}
    for role in needed:
        found[role] = _box(boxes[role], role, report.columns, report.roles.get(role), file_id)
    for role in optional:
        column = report.roles.get(role, NONE)
        found[role] = _box(boxes[role], role, [NONE, *report.columns], column, file_id)
    ask = found["instruction"]
    if ask is not None and found["answer"] is None:  # it may hold whole conversations
        chosen = Columns(instruction=ask)
        if "messages" in _report(data, report.name, chosen).roles:
            return chosen
    empty = [_LABELS[role].lower() for role, column in found.items() if column is None]
    if empty:
        st.info(
            f"The names of the columns do not tell which one is the {' and which the '.join(empty)}"
            ": choose, and the training can start.",
            icon=":material/table:",
        )
        return None
    if all(found[role] == report.roles.get(role, NONE) for role in found):
        return Columns()
    kept = {role: "" if column == NONE else column for role, column in found.items()}
    return Columns(kept["instruction"], kept["input"], kept["answer"], kept["system"])


_LABELS = {
    "instruction": "Instruction",
    "input": "Input (what it is asked about)",
    "answer": "Answer",
    "system": "System text",
}


def _box(
    place: "DeltaGenerator", role: str, options: list[str], column: str | None, file_id: str
) -> str | None:
    return place.selectbox(
        _LABELS[role],
        options,
        index=None if column is None else options.index(column),
        placeholder="Choose a column",
        key=f"instruct_{role}_{file_id}",
    )


def _preview(rows: list[Instruction]) -> None:
    shown = [
        {
            "Turns": len(row.turns),
            "System": row.system,
            "Instruction": row.last.instruction,
            "Input": row.last.input,
            "Answer": row.last.output,
        }
        for row in rows[:PREVIEW_ROWS]
    ]
    frame = pd.DataFrame(shown)
    if not any(row.system for row in rows[:PREVIEW_ROWS]):
        frame = frame.drop(columns="System")
    st.dataframe(frame, hide_index=True, width="stretch")
