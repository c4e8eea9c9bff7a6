"""Inside the model: one forward pass step by step, and what billions of parameters mean."""

from ui.model import VIEWS
from ui.model.code import code_of
from ui.page import code_behind, guarded, header
from ui.session import MODEL_VIEW
from ui.views import chosen_view
from ui.warm import warm_up

header(
    "Inside the model",
    "Follow your own text through the model, one step at a time. Every number is the model's own, "
    "and every step shows the line of code that computes it.",
)
view = chosen_view(MODEL_VIEW, VIEWS)
with guarded():
    VIEWS[view].show()
code_behind(*code_of(view))
warm_up(delay=2.0)
