"""What the loss sees of each example, and an audit of a whole set."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from llmcore.tasks.sampling import bucketed_batches
from ui.components import payload, registered
from ui.marked import Markdown
from ui.page import guarded
from ui.token_text import parts_of

if TYPE_CHECKING:
    from llmcore.tokenizers import Tokenizer
    from ui.instructions.data import InstructionChoice
    from ui.instructions.options import Settings

NAMES = {
    "prompt": "prompt: read, not learned",
    "answer": "answer: learned",
    "end": "end of text: learned, it is how the model learns to stop",
    "padding": "padding: not read",
    "cut": "cut off: beyond the context",
}
FINDINGS = {
    "fully_masked": ("Nothing to learn", "the prompt alone fills the context; left out"),
    "missing_end": ("No end token", "the answer is cut, so it does not teach to stop"),
    "too_long": ("Too long", "some tokens are cut"),
    "doubles": ("Doubles", "the same question came before"),
    "contradictions": ("Contradictions", "the same question with another answer"),
}
_ROW = "lab_instruct_row"


def what_the_loss_sees(
    choice: "InstructionChoice", settings: "Settings", batch_size: int, seed: int
) -> None:
    """A slider over the training examples, one of them as coloured tokens, and the audit."""
    st.header("What the loss sees", anchor=False)
    st.fragment(_section)(choice, settings, batch_size, seed)


def _section(choice: "InstructionChoice", settings: "Settings", batch_size: int, seed: int) -> None:
    with guarded():
        from llmcore.models import model_config, tokenizer_for
        from llmcore.tasks.instruction_tokens import mask_view
        from llmcore.tasks.templates import template_named

        rows = choice.splits().train
        tokenizer, length = (
            tokenizer_for(settings.model),
            model_config(settings.model).context_length,
        )
        report, widths = _survey(
            choice.source, choice.table, choice.columns, settings.template, settings.model, length,
            batch_size, seed, choice, tokenizer,
        )  # fmt: skip
        at = _slider(choice, len(rows))
        width = None if settings.packing else int(widths[at])
        view = mask_view(tokenizer, template_named(settings.template), rows[at], length, width)
        _draw(tokenizer, view)
        st.caption(_sentence(view, settings.packing))
        _audit(report, choice)


@st.cache_data(max_entries=8, show_spinner="Reading every example as tokens")
def _survey(
    source: str, table: bytes | None, columns: object, template: str, model: str, length: int,
    batch_size: int, seed: int, _choice: "InstructionChoice", _tokenizer: "Tokenizer",
) -> tuple[dict[str, Any], np.ndarray]:  # fmt: skip
    """The audit, and for each training example the tokens of the longest in its first batch."""
    from llmcore.tasks.instruction_tokens import audit, encode_row
    from llmcore.tasks.templates import template_named

    rows, made = _choice.splits().train, template_named(template)
    report = audit(_tokenizer, made, rows, length)
    examples = [encode_row(_tokenizer, made, row, length) for row in rows]
    kept = np.array([i for i, example in enumerate(examples) if example.n_targets], dtype=int)
    lengths = np.array([len(example.ids) for example in examples])
    widths = lengths.copy()
    for batch in bucketed_batches(lengths[kept], batch_size, seed, 0):
        widths[kept[batch]] = lengths[kept[batch]].max()
    return report, widths


def _slider(choice: "InstructionChoice", n: int) -> int:
    """Which example, from 0; a finding of the audit may have asked for one."""
    if n < 2:
        return 0
    key = f"instruct_example_{choice.source}_{n}"
    wanted = st.session_state.pop(_ROW, None)
    if wanted is not None:
        st.session_state[key] = min(n, wanted + 1)
    st.session_state.setdefault(key, 1)
    return st.slider("Training example", 1, n, key=key) - 1


def _draw(tokenizer: "Tokenizer", view: list[dict[str, Any]]) -> None:
    tokens = [[token["role"], _parts(tokenizer, token), token["id"]] for token in view]
    roles = [role for role in NAMES if any(token["role"] == role for token in view)]
    legend = [[role, NAMES[role]] for role in roles]
    registered("loss_view")(key="loss_view", data=payload({"tokens": tokens, "legend": legend}))


def _parts(tokenizer: "Tokenizer", token: dict[str, Any]) -> list[list[str]]:
    if token["role"] == "padding":
        return [["t", "▫"]]
    if token["role"] == "end" or token["id"] in tokenizer.ends:
        return [["t", "end"]]
    return parts_of(tokenizer.token_bytes(token["id"]))


def _sentence(view: list[dict[str, Any]], packing: bool) -> Markdown:
    n = {role: sum(token["role"] == role for token in view) for role in NAMES}
    learned = n["answer"] + n["end"]
    words = [
        f"{n['prompt']:,} tokens of prompt are masked",
        f"{learned:,} are learned",
    ]
    if n["cut"]:
        words.append(f"{n['cut']:,} are cut off")
    if packing:
        words.append("packed: other examples follow in the same row, unseen by this one")
    elif n["padding"]:
        words.append(f"{n['padding']:,} pad it to the longest of its batch")
    else:
        words.append("the longest of its batch, so nothing pads it")
    return " · ".join(words)


def _audit(report: dict[str, Any], choice: "InstructionChoice") -> None:
    total = report["total_tokens"]
    st.markdown(
        f"**The whole training set:** {report['n']:,} examples, {total['sum']:,} tokens, "
        f"{report['learned_share']:.0%} of them learned. An example has {total['median']:.0f} "
        f"tokens (median), the longest {total['most']:,} of the {report['context_length']:,} that "
        f"the context holds."
    )
    for column, (name, (title, why)) in zip(
        st.columns(len(FINDINGS)), FINDINGS.items(), strict=True
    ):
        found = report[name]
        with column:
            st.metric(title, f"{found['n']:,}", help=f"{why.capitalize()}.")
            st.caption(f"{found['share']:.1%} · {why}" if found["n"] else "none")
            if found["n"] and st.button(
                "Show one", key=f"instruct_finding_{name}_{choice.source}", type="tertiary"
            ):
                st.session_state[_ROW] = found["rows"][0]
                st.rerun(scope="fragment")
