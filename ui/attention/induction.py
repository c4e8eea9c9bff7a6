"""Induction: a guided experiment in which a head learns to look for what came after."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.execution.queue import RunQueue
from llmcore.experiments.induction.emergence import APPEARS, Emergence, emergence, is_experiment
from llmcore.experiments.induction.plan import PROMPT, plan_induction
from llmcore.plots.emergence import head_type_chart, repeat_loss_chart
from llmcore.plots.training import Mark
from llmcore.runs.run import Run
from ui.charts import live_chart
from ui.fields import number
from ui.marked import Markdown
from ui.page import guarded, plain, show_error, steady
from ui.run_panel.charts import head_curves
from ui.run_panel.choice import run_label
from ui.run_panel.controls import run_controls
from ui.run_panel.feed import RunFeed, duration, feed
from ui.run_panel.live import state_badge
from ui.run_panel.start import next_run_id, noting, start_or_queue, take_trouble
from ui.session import ATTENTION_VIEW, MODEL
from ui.state import set_shared_text, store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

KIND = "induction"  # of the ids that are minted here
REFRESH_SECONDS = 1.0
_RUN = "attention_induction_run"
EXPECT = (
    "The training text is random letters. Every document has a rule of its own, drawn again: which "
    "letter follows which, as in `h][][TJmh]TJm[]TJm`. Nothing can be learned by heart, since the "
    "next document has another rule. But **it can be read from the context**: find the last place "
    "where the present letter stood, and say what came after it there. A head that does this is an "
    "**induction head** (Olsson et al. 2022). Real models of every size have them: they are how a "
    "model goes on with a name or a pattern that it has met only in your prompt."
)
CIRCUIT = (
    "It takes **two heads in two layers**. A *previous-token head* in the first layer writes into "
    "each letter which one stood before it. The *induction head* in the second layer then searches "
    "for a letter whose note says “the present letter stood before me”, and copies it. One layer "
    "alone cannot do it: its heads see letters without such notes."
)
GUESS = (
    "Before you start, guess: will the loss fall slowly and evenly, or will it stand still and "
    "then drop? Will the score of the induction head rise before, with or after it?"
)
HONEST = (
    "What this does not prove: that larger models copy in this way alone. A head that looks at the "
    "right place may still not be what the answer depends on: switch it off to see."
)


def show(ref: str, text: str) -> None:
    """The experiment in three steps: what to expect, the run, what happened."""
    st.markdown("### 1. What to expect")
    left, right = st.columns(2, gap="large")
    left.markdown(EXPECT)
    right.markdown(f"{CIRCUIT}\n\n{GUESS}")
    st.markdown("### 2. Train it and watch")
    _start_box()
    st.caption(HONEST)
    runs = experiments()
    two = {info.id: info for info in runs if _n_layers(info) > 1}
    if not two:
        st.info(
            "Nothing was trained here yet: press **Start the experiment**; it takes about two "
            "minutes on two cores.",
            icon=":material/science:",
        )
        return
    info = _choose(two)
    control = next((run for run in runs if _n_layers(run) == 1), None)
    live = [run.id for run in (info, control) if run is not None and run.is_live]
    with steady("experiment"):
        st.fragment(_panel, run_every=REFRESH_SECONDS if live else None)(
            info.id, control.id if control else None, live
        )


def experiments() -> "list[RunInfo]":
    """Runs of this experiment, newest first."""
    found = []
    for info in store().list():
        try:
            if info.kind == "pretrain" and is_experiment(Run(info.directory).config):
                found.append(info)
        except LabError:  # damaged: listed on the Runs page
            continue
    return found


def _n_layers(info: "RunInfo") -> int:
    return Run(info.directory).config.model.n_layers


def _start_box() -> None:
    with st.container(border=True):
        left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
        with left:
            st.markdown(
                "A model with **two layers** of two heads and 120,000 parameters learns for about "
                "two minutes. At every evaluation its heads are measured on a test that it never "
                "trains on: random letters, and then exactly the same ones again."
            )
            control = st.checkbox(
                "Then train one layer as a control",
                value=True,
                key="induction_control",
                persist_state="session",
                help="It waits in the queue and starts by itself when the first run has ended.",
            )
            seed = number(
                TrainConfig, "seed", "Seed", key="induction_seed", persist_state="session",
                width=160, note="Another one moves the moment, and another head may do it.",
            )  # fmt: skip
        right.button(
            "Start the experiment",
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
            key=f"induction_start_{next_run_id(KIND, 'induction')}",
            on_click=_start,
            args=(bool(control), int(seed)),
        )
        if (trouble := take_trouble(KIND)) is not None:
            show_error(trouble)


def _start(control: bool, seed: int) -> None:
    """A callback: starts the run, or queues it if another one trains; the control waits."""
    with noting(KIND):
        run_id = next_run_id(KIND, "induction")
        config = plan_induction(train_changes={"seed": seed})
        start_or_queue("queue" if store().anything_live() else "start", run_id, KIND, config, None)
        st.query_params.pop("run", None)  # this view keeps its run in the session
        st.session_state[_RUN] = run_id
        if control:
            one_layer = plan_induction(1, train_changes={"seed": seed})
            RunQueue(store()).add(store().mint_id("induction-control"), one_layer)


def _choose(infos: "dict[str, RunInfo]") -> "RunInfo":
    if st.session_state.get(_RUN) not in infos:
        st.session_state[_RUN] = next(iter(infos))
    if len(infos) > 1:
        st.selectbox(
            "Run",
            list(infos),
            format_func=lambda run_id: run_label(infos[run_id]) if run_id in infos else run_id,
            key=_RUN,
            persist_state="session",
        )
    return infos[st.session_state[_RUN]]


def _panel(run_id: str, control_id: str | None, was_live: list[str]) -> None:
    """The live part; it reruns the page once when a run begins or ends."""
    with guarded():
        info = store().info(run_id)
        control = store().info(control_id) if control_id else None
        if [run.id for run in (info, control) if run is not None and run.is_live] != was_live:
            st.rerun()
        data = feed(store().open(run_id))
        other = feed(store().open(control_id)) if control_id else None
        _head(info, control)
        if info.error:
            st.error(plain(info.error), icon=":material/error:")
        found = emergence(data.metrics)
        _charts(info, data, other, found)
        st.markdown("### 3. What happened")
        if found.induction is None:
            st.caption("The first evaluation appears in a moment.")
            return
        _numbers(found)
        _told(info, found, emergence(other.metrics) if other else None)


def _head(info: "RunInfo", control: "RunInfo | None") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(info.name)}**", width="content")
        state_badge(info)
        if control is not None and control.is_live:
            st.badge("The control waits" if control.waiting else "The control trains",
                     icon=":material/balance:", color="gray")  # fmt: skip
        st.space("stretch")
        run_controls(info, None)
    share = min(1.0, info.step / info.steps) if info.steps else 0.0
    st.progress(share, text=f"Step {info.step:,} of {info.steps:,}")


def _charts(info: "RunInfo", data: RunFeed, other: RunFeed | None, found: Emergence) -> None:
    scores = head_curves(data)
    losses = {
        "first time": data.curve("val", "repeat_first_loss"),
        "again": data.curve("val", "repeat_second_loss"),
        "validation": data.curve("val", "loss"),
    }
    if other is not None:
        losses["again, one layer"] = other.curve("val", "repeat_second_loss")
    marks = [] if found.appears_step is None else [Mark(found.appears_step, "induction heads")]
    fall = [] if found.fall_step is None else [Mark(found.fall_step, "steepest fall")]
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("What the heads do: the best head of each type")
        control = other.curve("val", "head_induction") if other is not None else None
        figure = head_type_chart(scores, marks, control, APPEARS, info.id)
        live_chart(figure, key="induction_heads")
    with right:
        st.caption("Loss on random letters, the first time and again")
        live_chart(repeat_loss_chart(losses, fall, info.id), key="induction_loss")
    st.caption(
        f"The heads count as induction heads from the first evaluation at which one of them gives "
        f"{APPEARS:.0%} of its attention to the letter after the earlier copy. The steepest fall "
        f"is that of the loss on the second copy, less that on the first, between two evaluations."
    )


def _numbers(found: Emergence) -> None:
    appears = "not yet" if found.appears_step is None else f"step {found.appears_step:,}"
    after = None if found.seconds is None else f"after {duration(found.seconds)} of training"
    cells = (
        ("Induction heads appear", appears, after),
        ("Loss on copies falls fastest", _step(found.fall_step), None),
        (
            "Best induction score",
            "–" if found.induction is None else f"{found.induction:.2f}",
            "Of the last evaluation; 1 is all.",
        ),
        (
            "Copies guessed right",
            "–" if found.copy_accuracy is None else f"{found.copy_accuracy:.0%}",
            "Chance is 1 in 94.",
        ),
    )
    for column, (label, value, help_text) in zip(st.columns(4), cells, strict=True):
        column.metric(label, value, help=help_text)


def _step(step: int | None) -> Markdown:
    return "–" if step is None else f"step {step:,}"


def _told(info: "RunInfo", found: Emergence, control: Emergence | None) -> None:
    """The run's own numbers in sentences, and where to go on."""
    sentences = []
    if found.appears_step is not None:
        gap = (found.fall_step or 0) - found.appears_step
        near = "in the same stretch" if abs(gap) <= max(100, found.appears_step // 4) else (
            "later" if gap > 0 else "earlier"
        )  # fmt: skip
        sentences.append(
            f"Until step {found.appears_step:,} no head gave half of its attention to what came "
            f"after the earlier copy; then one did. The loss on copies fell fastest {near}, before "
            f"step {found.fall_step or 0:,}: what the heads do and what the model can do change "
            f"together."
        )
    elif not info.is_live:
        sentences.append(
            f"No head reached {APPEARS:.0%}; the best score was {found.highest or 0:.2f}. Another "
            f"seed or more steps may: `python -m llmcore induction --steps 5000`."
        )
    if found.copied_loss is not None and found.new_loss is not None:
        sentences.append(
            f"New letters cost {found.new_loss:.2f} nats, copied ones {found.copied_loss:.2f}. "
            f"The best previous-token head has a score of {found.previous or 0:.2f}."
        )
    if control is not None and control.highest is not None:
        sentences.append(
            f"The control with one layer reached an induction score of {control.highest:.2f} at "
            f"most, and pays {control.copied_loss or 0:.2f} nats for copied letters."
        )
    st.markdown("\n\n".join(sentences))
    if not info.is_live:
        _go_on(info)


def _go_on(info: "RunInfo") -> None:
    if st.button(
        "Look at its heads over time",
        icon=":material/timeline:",
        on_click=_open_over_time,
        args=(info.id,),
        help="Sets the text to a repeated piece and opens the snapshots of this run.",
    ):
        st.rerun()  # the whole page: the button may be in a part that runs again by itself


def _open_over_time(run_id: str) -> None:
    set_shared_text(PROMPT)
    st.session_state[MODEL] = run_id
    st.session_state[ATTENTION_VIEW] = "over_time"
