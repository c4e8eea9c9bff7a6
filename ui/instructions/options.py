"""The options of an instruction finetune: model, what learns, epochs, packing, template."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import FinetuneChoices, LoraConfig, ModelConfig, RunConfig
from llmcore.data.chosen import read_instructions
from llmcore.recipes.instructions import (
    INSTRUCT_ROWS,
    MOST_EPOCHS,
    InstructReport,
    instruct_report,
    plan_instruct,
)
from llmcore.tasks.templates import DEFAULT_TEMPLATE, TEMPLATES, Template, template_named
from ui.fields import number
from ui.marked import plain
from ui.picker import start_picker
from ui.state import well_formed

if TYPE_CHECKING:
    from llmcore.config import ModelConfig, RunConfig
    from llmcore.data.instructions import Columns, Instruction
    from ui.instructions.data import InstructionChoice

TRAINABLE = {"all": "Full finetuning", "last-block": "Last block", "lora": "LoRA"}
TRAINABLE_HELP = (
    "**Full finetuning** changes every weight. **LoRA** leaves them as they are and learns thin "
    "matrices beside them: a file of some hundred kilobytes. **Last block** changes the last layer "
    "only."
)
OWN = "own"
_TEMPLATE = "lab_instruct_template"  # the text of one's own template


@dataclass(slots=True)
class Settings:
    """What the options say beside the data."""

    model: str
    trainable: str
    template: str  # a name, or a text
    packing: bool
    epochs: int
    lora: LoraConfig | None = None


@dataclass(slots=True)
class Plan:
    """What would start, and what it would learn from and be tested on."""

    config: RunConfig
    report: InstructReport


def options(choice: "InstructionChoice | None") -> Settings:
    """Draws the form. Raises LabError if a choice cannot work."""
    model, trainable, epochs, packing = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    with model:
        ref = start_picker("instruct_model")
    what = trainable.selectbox(
        "What learns",
        list(TRAINABLE),
        format_func=TRAINABLE.__getitem__,
        key="instruct_trainable",
        persist_state="session",
        help=TRAINABLE_HELP,
    )
    n_epochs = number(
        FinetuneChoices, "epochs", "Epochs", place=epochs, value=_usual_epochs(choice),
        key=f"instruct_epochs_{choice.source if choice else ''}",
    )  # fmt: skip
    pack = packing.toggle(
        "Pack examples",
        key="instruct_packing",
        persist_state="session",
        help="Several short examples share a row and do not see each other: the same loss, less "
        "padding.",
    )
    lora = _lora() if what == "lora" else None
    return Settings(ref, what, _template(choice), bool(pack), int(n_epochs), lora)


def planned(choice: "InstructionChoice", settings: Settings) -> Plan:
    """Raises LabError if nothing could be learned so."""
    made = _planned(
        choice.source, choice.table, choice.columns, settings.model, settings.trainable,
        settings.template, settings.packing, settings.epochs, settings.lora,
        f"{choice.name} · {TRAINABLE[settings.trainable]}",
    )  # fmt: skip
    return Plan(*made)


@st.cache_data(max_entries=8, show_spinner="Planning the training")
def _planned(
    source: str, table: bytes | None, columns: "Columns", model: str, trainable: str,
    template: str, packing: bool, epochs: int, lora: LoraConfig | None, name: str,
) -> tuple[RunConfig, InstructReport]:  # fmt: skip
    config = plan_instruct(
        source, model_ref=model, trainable=trainable, template=template, packing=packing,
        table=table, columns=columns, epochs=epochs, name=name, lora=lora,
    )  # fmt: skip
    splits = read_instructions(config.data, config.train.seed, table)
    return config, instruct_report(config, splits)


def learned(shape: ModelConfig, settings: Settings) -> tuple[int, int]:
    """How many numbers learn, and how many the model has with them."""
    total = shape.n_parameters()
    if settings.lora is not None:
        n = settings.lora.n_parameters(shape)
        return n, total + n
    if settings.trainable == "last-block":
        block = sum(shape.parameters_of_a_block().values())
        return block + shape.parameters_of_a_norm(), total  # with the norm behind it
    return total, total


def _usual_epochs(choice: "InstructionChoice | None") -> int:
    n_train = len(choice.splits().train) if choice is not None else INSTRUCT_ROWS
    return min(MOST_EPOCHS, max(1, round(INSTRUCT_ROWS / n_train)))


def _lora() -> LoraConfig:
    rank, alpha, _ = st.columns([2, 2, 5])
    columns = number(
        LoraConfig, "rank", "Rank", place=rank, key="instruct_rank", persist_state="session"
    )
    weight = number(
        LoraConfig, "alpha", "Alpha", place=alpha, key="instruct_alpha", persist_state="session"
    )
    return LoraConfig(rank=int(columns), alpha=float(weight))


def _template(choice: "InstructionChoice | None") -> str:
    """The template: a name, or the text of one's own; checked, and shown on a row."""
    left, right = st.columns(2, gap="medium")
    with left:
        name = st.segmented_control(
            "Template",
            [*TEMPLATES, OWN],
            default=DEFAULT_TEMPLATE,
            required=True,
            format_func=lambda name: "My own" if name == OWN else plain(name.capitalize()),
            key="instruct_template",
            persist_state="session",
        )
        if name == OWN:
            st.session_state.setdefault(_TEMPLATE, TEMPLATES[DEFAULT_TEMPLATE])
            typed = st.text_area(
                "Its text", value=st.session_state[_TEMPLATE], key="instruct_template_text",
                height=180,
                help="Fields: {instruction}, {input}, {system}. What stands in [[ ]] is left out "
                "where its field is empty.",
            )  # fmt: skip
            chosen = st.session_state[_TEMPLATE] = well_formed(typed or "")
        else:
            chosen = name
            st.code(TEMPLATES[name], language=None, wrap_lines=True)
    template = template_named(chosen) if name != OWN else Template(chosen)
    with right:
        row = _shown_row(choice)
        if row is not None:
            prompt, answer = template.turns(row)[-1]
            st.caption("On a row: what the model reads, then **what it has to say**")
            st.code(prompt, language=None, wrap_lines=True)
            st.code(answer, language=None, wrap_lines=True)
    return chosen


def _shown_row(choice: "InstructionChoice | None") -> "Instruction | None":
    """A row with an input, if there is one: it shows all parts of the template."""
    if choice is None:
        return None
    rows = choice.splits().train
    return next((row for row in rows[:200] if row.last.input), rows[0])
