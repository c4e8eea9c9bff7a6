"""The views of the Pretrain page. Each is a module here whose `show()` draws it."""

from ui.views import View

VIEWS = {
    view.name: view
    for view in (
        View(__name__, "train", "Train a model", ":material/model_training:", kind="pretrain"),
        View(
            __name__,
            "variants",
            "Which learns faster?",
            ":material/trending_down:",
            kind="variants",
        ),
    )
}
