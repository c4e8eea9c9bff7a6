"""The views of the Attention page. Each is a module here whose `show(ref, text)` draws it."""

import streamlit as st

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "look", "Look", ":material/visibility:", ("picture",)),
        View(__name__, "types", "Head types", ":material/category:", needs_text=False),
        View(__name__, "off", "Switch off", ":material/toggle_off:", ("off",)),
        View(__name__, "layers", "Layer by layer", ":material/stacks:", ("row",)),
        View(__name__, "compare", "Compare", ":material/compare:", ("with",)),
    )
}
FIRST = "look"
_VIEW = "attention_view"


def chosen_view() -> View:
    """The control that chooses the view; it stands in the URL as `?view=`."""
    if _VIEW not in st.session_state:
        wanted = st.query_params.get("view")
        st.session_state[_VIEW] = wanted if wanted in VIEWS else FIRST
    name = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda one: f"{VIEWS[one].icon} {VIEWS[one].label}",
        key=_VIEW,
        required=True,
        label_visibility="collapsed",
    )
    if name == FIRST:
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = name
    for view in VIEWS.values():
        for parameter in view.parameters:
            if view.name != name:
                st.query_params.pop(parameter, None)
    return VIEWS[name]
