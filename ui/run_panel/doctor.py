"""What the curve doctor says about a run, and the button that tries its advice in a new one."""

from typing import TYPE_CHECKING

import streamlit as st

from ui.page import plain, show_error
from ui.run_panel.feed import RunFeed
from ui.run_panel.start import next_run_id, start_or_queue
from ui.state import store

if TYPE_CHECKING:
    from llmcore.advice.doctor_rules import Finding
    from llmcore.runs import RunInfo

_REQUESTS = "lab_doctor_requests"
SERIOUS = {"diverged", "guessing", "not finite", "rate too high"}
FEW_STEPS = 30  # before that the doctor says nothing, not even that all is well


def doctor_panel(info: "RunInfo", data: RunFeed) -> None:
    """Each finding in plain words with its one suggested change; a quiet line if all is well."""
    findings = data.findings()
    requested = st.session_state.get(_REQUESTS, {}).pop(info.id, None)
    for finding in findings:
        if finding.kind == requested and _start(info, data, finding):
            st.rerun()
    if not findings:
        if data.step >= FEW_STEPS:
            st.caption(":material/check: Curve doctor: nothing unusual")
        return
    with st.container(border=True):
        st.caption(":material/stethoscope: Curve doctor")
        for finding in findings:
            _finding(info, finding)


def _finding(info: "RunInfo", finding: "Finding") -> None:
    colour = "red" if finding.kind in SERIOUS else "blue" if finding.note else "orange"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":{colour}[**{plain(finding.title)}.**] {plain(finding.text)}")
        if finding.change and not info.example:
            queued = store().anything_live()
            st.button(
                f"{'Queue' if queued else 'Start'} a run with {plain(finding.change_label)}",
                icon=":material/playlist_add:" if queued else ":material/play_arrow:",
                key=f"doctor_{finding.kind}_{info.id}",
                on_click=_request,
                args=(info.id, finding.kind),
                help="A new run with the same settings but this one; the present one stays.",
            )


def _request(run_id: str, kind: str) -> None:
    st.session_state.setdefault(_REQUESTS, {})[run_id] = kind


def _start(info: "RunInfo", data: RunFeed, finding: "Finding") -> bool:
    """Starts the new run, or queues it while another trains, and shows it; True if it did."""
    from llmcore.advice.doctor import changed_config

    try:
        config = changed_config(data.run.config, finding)
        stored = data.run.stored_data()
        start_or_queue(
            "queue" if store().anything_live() else "start",
            next_run_id(info.kind, config.name),
            info.kind,
            config,
            stored.read_bytes() if stored else None,
        )
    except Exception as error:
        show_error(error)
        return False
    return True
