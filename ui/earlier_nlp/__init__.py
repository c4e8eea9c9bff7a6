"""The views of the page LLM vs earlier NLP. Each is a module here whose `show()` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "measured", "Measured here", ":material/balance:", kind="compare-nlp"),
        View(__name__, "history", "The models before", ":material/timeline:"),
        View(__name__, "diverse", "Diverse data", ":material/diversity_2:", kind="diverse-data"),
    )
}
