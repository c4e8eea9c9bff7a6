"""The views of the page Inside the model. Each is a module here whose `show()` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "walk", "Walk", ":material/route:", ("step", "layer", "head", "token")),
        View(__name__, "billions", "Billions", ":material/stacked_bar_chart:", ("shape",)),
    )
}
