"""The buttons of one run: pause, continue, stop, resume, another learning rate."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from llmcore.train.control import read_control
from ui.marked import Markdown
from ui.page import UNEXPECTED, plain
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)
_TROUBLE = "lab_run_trouble"
_CHANGED = "lab_changed_data"  # ids of runs that were not resumed since their data has changed


def run_controls(info: "RunInfo", peak: float | None = None) -> None:
    """What can be done with this run now, as buttons beside its name.

    peak: of the learning rate's schedule that the run follows now; None if there is none to
    change, as in a run that trains many small models."""
    if info.waiting:
        _button("Take out of the queue", ":material/playlist_remove:", info, _leave_queue)
    elif info.is_live:
        asked = requested_state(info)
        if peak is not None:
            _learning_rate(info, peak)
        if asked == "pause":
            _button("Continue", ":material/play_arrow:", info, _continue, disabled=False)
        else:
            _button(
                "Pause", ":material/pause:", info, _pause, disabled=asked == "stop",
                help="Saves a checkpoint and waits, with the model in memory.",
            )  # fmt: skip
        _button(
            "Stop and save", ":material/stop:", info, _stop, disabled=asked == "stop",
            help="Saves a checkpoint, then stops. The run can be resumed later.",
        )  # fmt: skip
    elif info.can_resume:
        _button(
            "Resume", ":material/play_arrow:", info, _resume,
            help="Goes on from the last checkpoint, or from the start if there is none.",
        )  # fmt: skip


def _button(
    label: Markdown,
    icon: str,
    info: "RunInfo",
    action: Callable[[str], None],
    disabled: bool = False,
    help: Markdown | None = None,
) -> None:
    key = f"{label.split()[0].lower()}_{info.id}"
    st.button(
        label, icon=icon, key=key, on_click=_noting_trouble, args=(info.id, action),
        disabled=disabled, help=help,
    )  # fmt: skip


def _learning_rate(info: "RunInfo", peak: float) -> None:
    """A small form: the schedule's peak from the next step on."""
    rate_key = f"rate_{info.id}"
    with st.popover("Learning rate", icon=":material/tune:"):
        st.caption(
            "The peak of the schedule from the next step on. The change is kept with the run, "
            "drawn on its curve, and made again when the run is resumed."
        )
        st.text_input("New peak", value=f"{peak:g}", key=rate_key, max_chars=12)
        st.button("Apply", key=f"apply_{info.id}", on_click=_apply_rate, args=(info.id, rate_key))


def _apply_rate(run_id: str, key: str) -> None:
    def change(run_id: str) -> None:
        typed = str(st.session_state.get(key, "")).strip()
        try:
            rate = float(typed)
        except ValueError:
            raise LabError(
                f"{typed!r} is not a learning rate: type a number such as 0.001 or 3e-4."
            ) from None
        store().set_learning_rate(run_id, rate)
        st.toast(
            f"New peak of the learning rate: {rate:g}, from the next step on.",
            icon=":material/check:",
        )

    _noting_trouble(run_id, change)


def requested_state(info: "RunInfo") -> str:
    """What somebody (any tab, or the command line) has asked this live run for, or `run`."""
    return str(read_control(info.directory)["state"]) if info.is_live else "run"


def stop_requested(info: "RunInfo") -> bool:
    return requested_state(info) == "stop"


def ask_to_resume(run_id: str) -> None:
    """A callback: starts the run again from its last checkpoint."""
    _noting_trouble(run_id, _resume)


def show_trouble(info: "RunInfo") -> None:
    """What went wrong in the last thing asked of this run, once. If its data has changed, a
    button that goes on all the same."""
    trouble = st.session_state.get(_TROUBLE, {}).pop(info.id, None)
    if trouble:
        st.error(plain(trouble), icon=":material/error:")
    if info.id in st.session_state.get(_CHANGED, ()) and info.can_resume:
        _button("Go on with the changed data", ":material/play_arrow:", info, _accept_changes)
        st.caption(
            "Training goes on from the last checkpoint with the data as it is now. The best model "
            "is chosen again, since losses on another text do not compare."
        )


def show_failure(info: "RunInfo") -> None:
    """Why a run failed, or why it cannot be read."""
    if info.state in {"failed", "damaged"}:
        st.error(plain(info.error or info.reason or "The run failed."), icon=":material/error:")


def _noting_trouble(run_id: str, action: Callable[[str], None]) -> None:
    """A callback must not raise: what went wrong is said when the panel is drawn next."""
    try:
        action(run_id)
        st.session_state.get(_CHANGED, set()).discard(run_id)
    except LabError as error:
        if getattr(error, "can_accept", False):
            st.session_state.setdefault(_CHANGED, set()).add(run_id)
        st.session_state.setdefault(_TROUBLE, {})[run_id] = str(error)
    except Exception:
        logger.exception("run %s did not do what it was asked", run_id)
        st.session_state.setdefault(_TROUBLE, {})[run_id] = UNEXPECTED


def _pause(run_id: str) -> None:
    store().request_pause(run_id)


def _continue(run_id: str) -> None:
    store().request_continue(run_id)


def _stop(run_id: str) -> None:
    store().request_stop(run_id)


def _resume(run_id: str, accept_changed: bool = False) -> None:
    from llmcore.execution import launch, process

    if process.is_own_process(store().open(run_id)):
        process.resume_process(run_id, store(), accept_changed)
    else:
        launch.resume(run_id, store(), accept_changed=accept_changed)


def _accept_changes(run_id: str) -> None:
    _resume(run_id, accept_changed=True)


def _leave_queue(run_id: str) -> None:
    from llmcore.execution.queue import RunQueue

    RunQueue(store()).remove(run_id)
