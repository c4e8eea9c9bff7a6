"""Over time: the snapshots of a run with one text, as a slider that moves in the browser."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from llmcore.plots.emergence import HEAD_TYPES
from llmcore.plots.labels import visible_label, visible_labels
from llmcore.runs.reference import name_of
from ui.components import packed, registered
from ui.page import guarded, plain, steady
from ui.run_panel.choice import run_label
from ui.state import store

if TYPE_CHECKING:
    from llmcore.interpret.frames import Frame
    from llmcore.interpret.over_time import FrameJob, Timeline

POLL_SECONDS = 1.0  # while frames are being made
LIVE_SECONDS = 3.0  # while the run trains, all frames being made
MAX_PROMPT = 400  # characters of the text that come before the sample
_RUN, _FOLLOWED = "attention_over_time_run", "lab_over_time_ref"
# Plotly's names of dashes, as lengths for a path of SVG.
DASHES = {"solid": "", "dot": "2 3", "dash": "8 3", "dashdot": "8 3 2 3", "longdash": "14 3"}
WHAT = (
    "A run keeps **snapshots** of its weights while it trains, close together at the start, where "
    "most happens. Move the slider, or press **Play**: it is your sentence all along, and only the "
    "model changes. The first snapshot is a model that has learned nothing yet."
)
TYPES = (
    "**Head types.** Measured on random tokens that come twice: the share of its attention that a "
    "head gives to the token just before (*previous*), to an earlier copy of the same token "
    "(*duplicate*), to the token that followed that copy (*induction*, Olsson et al. 2022), to "
    "the very first token (*first*), where heads rest that have nothing to do, or to the first "
    "token of its own word (*start of the word*)."
)
LENS = (
    "**Logit lens.** The last token's residual stream, read by the output head as if the model "
    "ended there: it shows how a guess is made layer by layer. Early layers are not trained to be "
    "read this way, so their words can be strange."
)
HONEST = (
    "What this does not prove: a score says where a head looks on a test, not what the model uses "
    "it for, and two things that appear at the same step need not cause each other. Switch the "
    "head off to see what depends on it."
)


def show(ref: str, text: str) -> None:
    """The slider over the snapshots of the run of `ref`, or of another one that is chosen."""
    from llmcore.interpret.over_time import timelines

    lines = {timeline.info.id: timeline for timeline in timelines(store())}
    st.markdown(WHAT)
    chosen = lines[_choose(ref, lines)]
    own = name_of(ref)
    if own in lines and own != chosen.info.id and len(lines[own].steps) == 1:
        st.caption(f"{plain(lines[own].info.name)}, the model above, kept one snapshot only.")
    _hint(chosen)
    with steady("over_time"):
        st.fragment(_panel, run_every=_rhythm(chosen, text))(chosen.info.id, text)
    st.caption(f"{TYPES} {LENS} {HONEST}")


def _choose(ref: str, lines: "dict[str, Timeline]") -> str:
    """The run of the model picker if it kept more than one snapshot, else the run with most of
    them, until another is chosen here."""
    run_id = name_of(ref)
    if st.session_state.get(_FOLLOWED) != ref or st.session_state.get(_RUN) not in lines:
        st.session_state[_FOLLOWED] = ref
        richest = max(lines, key=lambda line: len(lines[line].steps))
        moves = run_id in lines and (len(lines[run_id].steps) > 1 or lines[run_id].info.is_live)
        st.session_state[_RUN] = run_id if moves else richest
    return st.selectbox(
        "Run",
        list(lines),
        format_func=lambda ref: _label(lines[ref]) if ref in lines else ref,
        key=_RUN,
        help="The run of the model above, or any other that kept snapshots.",
    )


def _label(line: "Timeline") -> str:
    """Stable while the run goes on: a select box is keyed by what it shows."""
    n = len(line.steps)
    kept = "training now" if line.info.is_live else f"{n} snapshot{'' if n == 1 else 's'}"
    return f"{run_label(line.info)} · {kept}"


def _hint(line: "Timeline") -> None:
    """A run with few snapshots says so, and how to get more."""
    from llmcore.interpret.over_time import FEW

    n = len(line.steps)
    if n >= FEW or line.info.is_live:
        return
    st.info(
        f"{plain(line.info.name)} kept only {n} snapshot{'' if n == 1 else 's'}, so there is "
        f"{'nothing to move over' if n == 1 else 'little to see'}. Each run that you train keeps "
        "those of the steps 1, 2, 5, 10, 20, 50 and so on; `--snapshot-every 25` on the command "
        "line keeps more. Choose another run, or train one on the Pretrain page.",
        icon=":material/photo_library:",
    )


def _rhythm(line: "Timeline", text: str) -> float | None:
    """Seconds between two looks; None once nothing more can come."""
    from llmcore.interpret.over_time import job_for

    job = job_for(line.info.directory, text)
    steps, frames = job.look()
    if len(frames) < len(steps) and job.error is None:
        return POLL_SECONDS
    return LIVE_SECONDS if line.info.is_live else None


def _panel(run_id: str, text: str) -> None:
    """Reruns alone until all frames are there; the page once more at the end, to rest."""
    from llmcore.interpret.over_time import job_for

    with guarded():
        info = store().info(run_id)
        job = job_for(info.directory, text)
        steps, frames = job.look()
        waiting = len(frames) < len(steps) and job.error is None
        state = (waiting, info.is_live)
        before = st.session_state.get("lab_over_time_state")
        st.session_state["lab_over_time_state"] = state
        if before is not None and before != state and before[0] != waiting:
            st.rerun()
        if job.error is not None:
            st.error(plain(job.error), icon=":material/error:")
        if not frames:
            st.caption("The snapshots are being read …")
            return
        if notice := next(iter(frames.values())).notice:
            st.info(plain(notice), icon=":material/content_cut:")
        data = slider_data(run_id, text, steps, frames, job)
        registered("over_time")(key="over_time", data=data)


def slider_data(
    run_id: str, text: str, steps: list[int], frames: "dict[int, Frame]", job: "FrameJob"
) -> bytes:
    """All frames that are made, for the browser: see ui/components/over_time.js."""
    losses = {checkpoint.step: checkpoint.val_loss for checkpoint in job.run.checkpoints()}
    first = next(iter(frames.values()))
    n_layers, n_heads, n_tokens, _ = first.weights.shape
    causal = job.run.config.model.causal
    kept = np.tri(n_tokens, dtype=bool) if causal else np.ones((n_tokens, n_tokens), dtype=bool)
    header = {
        "run": f"{run_id} {text}",
        "labels": visible_labels(first.labels),
        "layers": n_layers,
        "heads": n_heads,
        "kinds": [(name, colour, DASHES[dash]) for name, colour, dash in HEAD_TYPES.values()],
        "prompt": text[-MAX_PROMPT:],
        "causal": causal,
        "classifier": not first.sample and job.run.config.kind == "classify",
        "frames": [_described(step, losses.get(step), frames.get(step)) for step in steps],
    }
    made = (frames[step] for step in steps if step in frames)
    return packed(header, *(frame.weights[:, :, kept].tobytes() for frame in made))


def _described(step: int, val_loss: float | None, frame: "Frame | None") -> dict[str, Any]:
    if frame is None:
        return {"step": step, "loss": val_loss, "made": False}
    scores = None if frame.scores is None else np.round(frame.scores.on_repeats, 3).tolist()
    return {
        "step": step,
        "loss": val_loss,
        "made": True,
        "lens": [
            [layer.part, visible_label(layer.label), layer.probability] for layer in frame.lens
        ],
        "answers": [[visible_label(label), share] for label, share in frame.answers],
        "sample": frame.sample,
        "scores": scores,
    }
