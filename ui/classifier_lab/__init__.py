"""The views of the classifier page. Each is a module here whose `show()` draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from llmcore.errors import LabError
from ui.state import store

TRAIN = "train"
_VIEW, _BEFORE = "classifier_view", "lab_classifier_view"


@dataclass(frozen=True, slots=True)
class View:
    """One view: the module `ui.classifier_lab.<name>`, which is also its name in the address.

    kind: of the runs that it shows; `?run=` leaves the address with a view of another kind.
    """

    name: str
    label: str
    icon: str
    kind: str = "classify"

    @property
    def show(self) -> Callable[[], None]:
        return import_module(f"{__name__}.{self.name}").show


VIEWS = {
    view.name: view
    for view in (
        View(TRAIN, "Train", ":material/trending_down:"),
        View("try_it", "Try it", ":material/rate_review:"),
        View("curves", "How much data does it take?", ":material/ssid_chart:", "learning-curve"),
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
