"""The choice of instructions: a built-in set with its card, or a user's file with its columns."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from llmcore.data.instructions import (
    FOLDER,
    INPUT_NAMES,
    INSTRUCTION_NAMES,
    OUTPUT_NAMES,
    Columns,
    InstructionSplits,
    column_names,
)
from llmcore.errors import LabError
from ui.page import plain

if TYPE_CHECKING:
    from llmcore.data.instructions import Instruction

OWN, NO_INPUT = "own", "(none)"
TITLES = {
    "airline-support": "Airline support",
    "translation": "Translation",
    "general": "Small writing tasks",
    OWN: "My own file",
}
PREVIEW_ROWS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A source for `plan_instruct`; `table` holds the bytes of an upload."""

    source: str
    name: str
    table: bytes | None = None
    columns: Columns = field(default_factory=Columns)

    def splits(self) -> InstructionSplits:
        """The rows as training will have them. Raises LabError where they cannot be learned."""
        from llmcore.runs.instruct_plan import INSTRUCT

        return _splits(self.source, self.table, self.columns, INSTRUCT.seed)


@st.cache_resource(max_entries=4, show_spinner="Reading the instructions")
def _splits(source: str, table: bytes | None, columns: Columns, seed: int) -> InstructionSplits:
    from llmcore.config import DataConfig
    from llmcore.runs.instruct_plan import read_instructions

    data = DataConfig(
        source=source,
        instruction_column=columns.instruction,
        input_column=columns.input,
        output_column=columns.output,
    )
    return read_instructions(data, seed, table)


def choose_data() -> Choice | None:
    """Draws the choice; None before a file was given. Raises LabError for one that cannot be
    learned from."""
    from llmcore.data import INSTRUCTIONS

    left, right = st.columns([4, 1], vertical_alignment="bottom")
    kind = left.segmented_control(
        "Instructions to learn from",
        list(TITLES),
        default="airline-support",
        required=True,
        format_func=TITLES.__getitem__,
        key="instruct_data",
        persist_state="session",
    )
    if kind == OWN:
        return _own_file()
    summary = INSTRUCTIONS[kind].summary
    st.caption(plain(summary[:1].upper() + summary[1:] + "."))
    with right.popover("Its card", icon=":material/description:", width="stretch"):
        st.markdown((FOLDER / f"{kind}-card.md").read_text(encoding="utf-8"))
    return Choice(kind, TITLES[kind])


def _own_file() -> Choice | None:
    file = st.file_uploader(
        "Instructions with answers: Alpaca or chat messages (JSON, JSONL), or a table (CSV, TSV)",
        type=["json", "jsonl", "csv", "tsv", "txt"],
        key="instruct_upload",
    )
    if file is None:
        st.caption(
            "Alpaca: objects with `instruction`, `input` (may be missing) and `output`. Chat: "
            "objects with `messages`, each with a `role` and a `content`. A table: a column with "
            "the questions and one with the answers."
        )
        return None
    data = file.getvalue()
    names = column_names(data, file.name)
    columns = _columns(names, file.name, file.file_id) if names else Columns()
    choice = Choice(file.name, file.name, data, columns)
    _preview(choice.splits().train, chat=not names)
    return choice


def _columns(names: list[str], name: str, file_id: str) -> Columns:
    """Three select boxes, beginning with the usual names. The upload's identity is in their keys:
    another file starts from its own guess."""
    if len(names) < 2:
        raise LabError(
            f"{name} has one column only ({names[0][:60]!r}): give one with questions and one with "
            f"answers."
        )
    ask = _usual(names, INSTRUCTION_NAMES, 0)
    answer = _usual(names, OUTPUT_NAMES, 1 if ask != 1 else 0)
    about = _usual(names, INPUT_NAMES, -1)
    one, two, three = st.columns(3)
    asked = one.selectbox("Instruction", names, index=ask, key=f"instruct_ask_{file_id}")
    read = two.selectbox(
        "Input (what it is asked about)",
        [NO_INPUT, *names],
        index=about + 1,
        key=f"instruct_input_{file_id}",
    )
    answered = three.selectbox("Answer", names, index=answer, key=f"instruct_answer_{file_id}")
    return Columns(asked, "" if read == NO_INPUT else read, answered)


def _usual(names: list[str], usual: tuple[str, ...], otherwise: int) -> int:
    folded = [one.strip().casefold() for one in names]
    return next((folded.index(one) for one in usual if one in folded), otherwise)


def _preview(rows: "list[Instruction]", chat: bool) -> None:
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
    if not chat:
        frame = frame.drop(columns=["Turns", "System"])
    st.dataframe(frame, hide_index=True, width="stretch")
