"""Playground: a model writes, and every token is a decision that one can look at and change."""

from ui.page import code_behind, guarded, header
from ui.playground import VIEWS
from ui.playground.code import code_of
from ui.real_model import offer
from ui.views import chosen_view
from ui.warm import warm_up

INTRO = (
    "A model gives every token of its vocabulary a score; the sampling settings turn the scores "
    "into chances, and one token is drawn. **What you see:** each token in the colour of its "
    "chance. Point at one for its rivals, click a rival to go on with it instead, move a slider "
    "to see how the same scores would have been read."
)


header("Playground", INTRO)
view = chosen_view("playground_view", VIEWS)
with guarded():
    VIEWS[view].show()
offer("writes English that makes sense for longer", "offer_playground")
code_behind(*code_of(view))
warm_up(delay=2.0)  # the page has imported all it needs: what is left is to freeze it
