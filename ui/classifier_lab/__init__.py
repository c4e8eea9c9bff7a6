"""The views of the classifier page. Each is a module here whose `show()` draws it."""

import streamlit as st

from llmcore.errors import LabError
from ui.state import store
from ui.views import View

TRAIN = "train"
_VIEW, _BEFORE = "classifier_view", "lab_classifier_view"


VIEWS = {
    view.name: view
    for view in (
        View(__name__, TRAIN, "Train", ":material/trending_down:", kind="classify"),
        View(__name__, "try_it", "Try it", ":material/rate_review:", kind="classify"),
        View(
            __name__,
            "curves",
            "How much data does it take?",
            ":material/ssid_chart:",
            kind="learning-curve",
        ),
    )
}


def chosen_view() -> View:
    """The control that chooses the view; it stands in the URL as `?view=`."""
    if _VIEW not in st.session_state:  # a new page, or one that was left and opened again
        st.session_state[_VIEW] = _view_of_the_address()
        st.session_state.pop(_BEFORE, None)
    before = st.session_state.get(_BEFORE)
    name = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda one: f"{VIEWS[one].icon} {VIEWS[one].label}",
        key=_VIEW,
        required=True,
        label_visibility="collapsed",
    )
    st.session_state[_BEFORE] = name
    if before in VIEWS and VIEWS[before].kind != VIEWS[name].kind:
        st.query_params.pop("run", None)
    if name == TRAIN:
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = name
    return VIEWS[name]


def _view_of_the_address() -> str:
    """`?view=`, else the view of the kind of run that `?run=` names."""
    wanted = st.query_params.get("view")
    if wanted in VIEWS:
        return wanted
    if run_id := st.query_params.get("run"):
        try:
            kind = store().info(run_id).kind
        except LabError:
            return TRAIN
        return next((one.name for one in VIEWS.values() if one.kind == kind), TRAIN)
    return TRAIN
