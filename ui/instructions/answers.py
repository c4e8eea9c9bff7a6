"""The answers to a few held-out prompts, as they change while a model learns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.marked import lines
from ui.scroll_box import scroll_box

if TYPE_CHECKING:
    from llmcore.runs import Run


def answers_view(events: Sequence[dict[str, Any]], place: str, height: int = 356) -> None:
    """For each prompt what was expected, and every answer that differs from the one before it,
    newest first. events: those of the type "answers", oldest first. place: tells it apart."""
    st.caption("Answers to held-out prompts, newest first")
    with scroll_box("Answers to held-out prompts", place, height, border=True):
        if not events:
            st.caption("The first answers appear after the first evaluation.")
            return
        for at, row in enumerate(events[-1].get("rows") or []):
            _prompt(row, changes(events, at), last=at + 1 == len(events[-1]["rows"]))


def followed_prompts(run: "Run") -> list[str]:
    """The held-out prompts whose answers were followed while the run learned."""
    events = run.events("answers")
    rows = (events[-1].get("rows") or []) if events else []
    return [prompt for row in rows if (prompt := str(row.get("prompt", "")))]


def changes(events: Sequence[dict[str, Any]], at: int) -> list[tuple[int, str]]:
    """(step, answer) when the answer to the prompt changed, oldest first."""
    found: list[tuple[int, str]] = []
    for event in events:
        rows = event.get("rows") or []
        if at < len(rows) and (not found or found[-1][1] != rows[at].get("answer", "")):
            found.append((int(event.get("step", 0)), str(rows[at].get("answer", ""))))
    return found


def _prompt(row: dict[str, Any], answers: list[tuple[int, str]], last: bool) -> None:
    expected = str(row.get("expected", ""))
    prompt = lines(str(row.get("prompt", ""))) or "(nothing)"
    said = [f"**{prompt}**", f"Expected: {lines(expected)}"]
    for place, (step, answer) in enumerate(reversed(answers)):
        right = answer.strip() == expected.strip()
        sign = ":green[:material/check:]" if right else ":orange[:material/close:]"
        text = lines(answer) or "(nothing)"
        said.append(f"{sign} step {step:,}: {text}" if place == 0 else
                    f":gray[step {step:,}:] {text}")  # fmt: skip
    st.markdown("  \n".join(said))
    if not last:
        st.divider()
