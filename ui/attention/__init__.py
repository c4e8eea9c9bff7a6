"""The views of the Attention page. Each is a module here whose `show(ref, text)` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "look", "Look", ":material/visibility:", ("picture",)),
        View(__name__, "types", "Head types", ":material/category:", needs_text=False),
        View(__name__, "off", "Switch off", ":material/toggle_off:", ("off",)),
        View(__name__, "layers", "Layer by layer", ":material/stacks:", ("row",)),
        View(__name__, "compare", "Compare", ":material/compare:", ("with",)),
        View(__name__, "over_time", "Over time", ":material/timeline:"),
        View(__name__, "induction", "Induction", ":material/science:", needs_text=False),
    )
}
