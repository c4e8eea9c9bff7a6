"""Pretrain: a language model learns from raw text, watched live."""

from ui.page import code_behind, guarded, header
from ui.pretrain import VIEWS
from ui.pretrain.code import code_of
from ui.session import PRETRAIN_VIEW
from ui.views import chosen_view

header(
    "Pretrain",
    "The model starts from random numbers and learns to guess the next token, nothing else.",
)
view = chosen_view(PRETRAIN_VIEW, VIEWS)
with guarded():
    VIEWS[view].show()
code_behind(*code_of(view))
