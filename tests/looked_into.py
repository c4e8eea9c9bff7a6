"""The models that every view of the Attention page is tested on; add a shape here.

Each entry makes a `Loaded` with random weights: of the lab's own shape, and of an imported GPT-2's
with its untied or tied head. `labels` makes it a classifier.
"""

from random_models import loaded

MODELS = {
    "lab": loaded,
    "untied": lambda **more: loaded(tied_head=False, n_layers=3, **more),
}
