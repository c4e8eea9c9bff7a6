"""The views of the classifier page. Each is a module here whose `show()` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "train", "Train", ":material/trending_down:", kind="classify"),
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
