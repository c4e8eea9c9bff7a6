"""One view of a page that has several: a module whose `show` draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import streamlit as st

from llmcore.errors import LabError
from ui.marked import Markdown
from ui.state import store


@dataclass(frozen=True, slots=True)
class View:
    """The module `<package>.<name>`; the name is also the view's in the address.

    parameters: what it keeps in the address; they leave with it when another view is chosen.
    needs_text: whether it shows nothing without the text above it.
    kind: of the runs that it shows, if it shows any; `?run=` leaves the address with a view of
    another kind.
    """

    package: str
    name: str
    label: Markdown
    icon: Markdown
    parameters: tuple[str, ...] = ()
    needs_text: bool = True
    kind: str = ""

    @property
    def show(self) -> Callable[..., Any]:
        """Imported when it is first asked for: a page pays for the view that it draws alone."""
        return import_module(f"{self.package}.{self.name}").show


def chosen_view(key: str, views: Mapping[str, View]) -> str:
    """Buttons to choose a view by; the name of the one to draw. It is in the address as
    `?view=`, but for the first, and what the others keep there leaves it. A run in the address
    brings the view that shows runs of its kind.

    key: of the widget, and of the session's entry.
    """
    first, before = next(iter(views)), f"lab_{key}_before"
    named = _of_the_address(views)
    wanted = named or first
    if key not in st.session_state:  # a new page, or one that was left and opened again
        st.session_state[key] = wanted
        st.session_state.pop(before, None)
    elif named and st.session_state[key] == st.session_state.get(before):
        # No click on the buttons: a link on this page may lead to a run of another view.
        shown = views.get(st.session_state[key])
        if "run" in st.query_params and shown is not None and shown.kind != views[named].kind:
            st.session_state[key] = named
    name = st.segmented_control(
        "View",
        list(views),
        format_func=lambda name: f"{views[name].icon} {views[name].label}",
        key=key,
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    # A browser that comes back to a new session may bring none.
    if name is None or name not in views:
        name = wanted
    left = views.get(st.session_state.get(before, name))
    st.session_state[before] = name
    if left is not None and left.kind != views[name].kind:
        st.query_params.pop("run", None)
    if name == first:
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = name
    for view in views.values():
        for parameter in view.parameters:
            if parameter not in views[name].parameters:
                st.query_params.pop(parameter, None)
    return name


def _of_the_address(views: Mapping[str, View]) -> str | None:
    wanted, run_id = st.query_params.get("view"), st.query_params.get("run")
    if wanted in views:
        return wanted
    if not run_id or not any(view.kind for view in views.values()):
        return None
    try:
        kind = store().info(run_id).kind
    except LabError:
        return None
    return next((view.name for view in views.values() if view.kind == kind), None)
