"""The views of the Playground page. Each is a module here whose `show()` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "write", "Write", ":material/edit_note:"),
        View(__name__, "compare", "Compare two models", ":material/compare_arrows:"),
        View(__name__, "score", "Score a text", ":material/speed:"),
        View(__name__, "cache", "KV cache", ":material/memory:"),
    )
}
