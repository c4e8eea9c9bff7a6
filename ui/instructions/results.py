"""What a finished instruction finetune shows: scores by holdout, worst answers, side by side."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from llmcore.errors import LabError
from llmcore.runs.used import used_words
from ui.chat.talk import AS_TAUGHT, Exchange, Settings, asked
from ui.instructions.answers import followed_prompts
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.picker import load_model
from ui.run_panel.tested import tested
from ui.scores import interval_words, rows_words, shown_share
from ui.state import store, well_formed

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

SHOWN_ROWS = 300
MAX_PROMPT = 4_000
TICK_SECONDS = 0.2
LONGEST = 96
HOLDOUTS = {
    "slots": "New values",
    "phrasings": "New wordings",
    "frames": "New combinations",
}
_PAIRS = "lab_instruct_pairs"


def results(info: "RunInfo") -> None:
    """Nothing if the run ended before its test."""
    found = tested(info, "On instructions that it never saw")
    if found is None:
        return
    run, verdict = found
    test, baselines = verdict["test"], verdict.get("baselines") or {}
    _left_out(test, run.config.model.context_length)
    _scores(test, next(iter(baselines.values()), None), verdict.get("train_rows"))
    st.caption(_kept(run, info))
    _worst(run)


def _left_out(test: dict[str, Any], context_length: int) -> None:
    from llmcore.tasks.instruction_tokens import do_not_fit

    if n := int(test.get("left_out") or 0):
        of = n + int(test["n"])
        st.warning(plain(do_not_fit(n, of, "test", context_length)), icon=":material/straighten:")


def _kept(run: "Run", info: "RunInfo") -> Markdown:
    """Which weights were tested, and why the training ended there."""
    words = [f"Why it ended: {plain(info.reason)}."] if info.reason else []
    if used := used_words(run):
        words.insert(0, f"Kept and tested: the weights of {plain(used)}.")
    return " ".join(words)


def _scores(
    test: dict[str, Any], lookup: dict[str, Any] | None, learned: dict[str, Any] | None
) -> None:
    """Exact match of all rows and by holdout, each beside the looked-up answer's; and of rows that
    were learned."""
    kinds = test.get("by_holdout") or {}
    cells = [("All", test, lookup)]
    for kind, scores in kinds.items():
        beside = ((lookup or {}).get("by_holdout") or {}).get(kind)
        cells.append((HOLDOUTS.get(kind) or plain(kind), scores, beside))
    if learned is not None:
        cells.append(("Training rows", learned, None))
    with_chrf = test.get("chrf") is not None
    columns = st.columns(len(cells) + with_chrf)
    for column, (name, scores, beside) in zip(columns, cells, strict=False):
        with column:
            st.metric(name, shown_share(scores, "exact_match"), border=True)
            rows = rows_words(scores, "exact_match")
            looked = f"looked up: {shown_share(beside, 'exact_match')}" if beside else ""
            st.caption(f"{rows} · {looked}" if looked else rows)
    if with_chrf:
        with columns[-1]:
            st.metric("chrF", f"{float(test['chrf']):.1f}", border=True)
            beside = (lookup or {}).get("chrf")
            st.caption(f"looked up: {float(beside):.1f}" if beside is not None else "0 to 100")
    words = [
        "Exact match: the share of answers that are the expected one, character by character.",
        "Looked up: the answer of the most similar training question, which takes no learning.",
    ]
    if learned is not None:
        words.append("Training rows were learned: a score far above that of the held-out rows "
                     "means that they were learned by heart.")  # fmt: skip
    if interval_words(test, "exact_match"):
        words.append("95%: where the share would lie among many more rows of this kind.")
    if with_chrf:
        words.append("chrF counts common pieces of words, so a near miss earns something.")
    st.caption(" ".join(words))


def _worst(run: "Run") -> None:
    rows = run.predictions()
    if not rows:
        st.caption("This run keeps no answers of its test.")
        return
    n_wrong = sum(not row["right"] for row in rows)
    st.markdown(f"**The worst answers first**: {n_wrong:,} of {len(rows):,} are wrong")
    kinds = list(dict.fromkeys(row["holdout"] for row in rows if row["holdout"]))
    if kinds:
        kind = st.segmented_control(
            "Which rows",
            ["", *kinds],
            default="",
            required=True,
            format_func=lambda row: (HOLDOUTS.get(row) or plain(row)) if row else "All",
            key=f"instruct_kind_{run.id}",
            label_visibility="collapsed",
        )
        rows = [row for row in rows if not kind or row["holdout"] == kind]
    frame = pd.DataFrame(rows[:SHOWN_ROWS])[["right", "prompt", "expected", "answer", "loss"]]
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=380,
        row_height=108,
        column_config={
            "right": st.column_config.CheckboxColumn("Right", width=58),
            "prompt": st.column_config.TextColumn("Prompt", width=190),
            "expected": st.column_config.TextColumn("Expected", width=170),
            "answer": st.column_config.TextColumn("Answered", width=170),
            "loss": st.column_config.NumberColumn(
                "Loss", format="%.2f", width=58, help="Of the expected answer, a token, in nats."
            ),
        },
    )


# ---- base and tuned, side by side


def side_by_side(info: "RunInfo") -> None:
    """One prompt, answered by the model as it was and as it is now."""
    run = store().open(info.id)
    if not run.checkpoints():
        return
    st.header("Before and after", anchor=False)
    st.caption(
        "The same prompt to the model as it was and as it is now, in the template that it learned "
        "here. A model of others is asked in its makers' chat template before."
    )
    key = f"instruct_try_{info.id}"
    with st.form(f"instruct_form_{info.id}", border=False):
        st.session_state.setdefault(key, example_prompt(run))
        prompt = st.text_area("Your prompt", key=key, max_chars=MAX_PROMPT, height=80)
        sent = st.form_submit_button("Answer", icon=":material/send:", type="primary")
    pairs: dict[str, list[Exchange | Exception]] = st.session_state.setdefault(_PAIRS, {})
    if sent:
        for side in pairs.get(info.id, []):
            if isinstance(side, Exchange):
                side.stop()
        pairs[info.id] = _ask_both(run, well_formed(prompt or "").strip())
    if info.id in pairs:
        _follow(pairs[info.id])


def example_prompt(run: "Run") -> str:
    """The first of the five prompts that were followed."""
    return next(iter(followed_prompts(run)), "")


def _ask_both(run: "Run", prompt: str) -> list[Exchange | Exception]:
    from llmcore.models import default_model

    made: list[Exchange | Exception] = []
    for ref in (run.config.parent or default_model(), run.id):
        try:
            if not prompt:
                raise LabError("The prompt is empty: write what you want to ask.")
            model, learned = load_model(ref), load_model(run.id).card["template"]
            # A model of others is asked as its makers meant it.
            template = AS_TAUGHT if model.chat_template is not None else str(learned)
            settings = Settings(template=template, longest=LONGEST)
            made.append(asked(model, settings, [], prompt))
        except LabError as error:
            made.append(error)
    return made


def _follow(pair: list[Exchange | Exception]) -> None:
    """Both answers, refreshed while one of them grows."""
    was_live = any(isinstance(side, Exchange) and side.live for side in pair)

    def draw() -> None:
        live = False
        for column, title, side in zip(st.columns(2), ("Before", "After"), pair, strict=True):
            with column, st.container(border=True), guarded():
                if isinstance(side, Exception):
                    raise side
                side.refresh()
                live = live or side.live
                st.caption(f"**{title}**: {plain(side.model)}")
                st.text(side.answer or "…")
                if side.error:
                    st.error(plain(side.error), icon=":material/error:")
        if was_live and not live:
            st.rerun()

    st.fragment(draw, run_every=TICK_SECONDS if was_live else None)()
