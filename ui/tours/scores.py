"""Tour 2: from scores to attention, and why the mask."""

from typing import Any

from ui.marked import Markdown
from ui.session import ATTENTION_TOKEN, ATTENTION_VIEW, MODEL_PLACE, MODEL_VIEW
from ui.tours.seen import chosen_head, chosen_model, text_of, view_is
from ui.tours.tour import Asked, Context, Step, Tour

PAGE = "model"
WALK = {MODEL_VIEW: "walk"}
WHY, FAST, ORDER, LONG = (
    "Without it, every token could look at exactly the token that it has to predict.",
    "It saves half of the multiplications.",
    "It tells the model in which order the tokens stand.",
    "It cuts off what is longer than the context.",
)


def _place(context: Context) -> dict[str, Any]:
    """The place in the walk; empty on another page or in another view."""
    if not view_is(context, PAGE, MODEL_VIEW, "walk"):
        return {}
    return context.state.get(MODEL_PLACE) or {}


def _at(*names: str) -> Any:
    return lambda context: _place(context).get("step") in names


def _another_score(context: Context) -> bool:
    place = _place(context)
    return place.get("step") == "scores" and place.get("column", 0) > 0


def _future(context: Context) -> bool:
    """A cell above the diagonal was clicked: a row before its column."""
    place = _place(context)
    return place.get("step") == "mask" and 0 <= place.get("row", -1) < place.get("column", 0)


def _another_head(context: Context) -> bool:
    place = _place(context)
    return place.get("step") == "weights" and place.get("head", 0) > 0


def _head_clicked(context: Context) -> bool:
    return (
        view_is(context, "attention", ATTENTION_VIEW, "look")
        and chosen_head(context) != context.before
    )


def _token_clicked(context: Context) -> bool:
    token = context.state.get(ATTENTION_TOKEN)
    looks = view_is(context, "attention", ATTENTION_VIEW, "look")
    return looks and token is not None and token != context.before


def question(context: Context) -> Asked:
    """Why the mask; the right answer tells what the mask did to the person's own text."""
    return Asked(
        text="Training asks for the next token at every place of the text at once. Why does that "
        "need the mask?",
        options=(FAST, WHY, ORDER, LONG),
        answer=WHY,
        hint="Think of what a token could simply copy if it saw all of the text.",
        hints={
            FAST: "The scores are computed first and hidden then, so nothing is saved: think of "
            "what a token could simply copy.",
            ORDER: "The order comes from the positions, which were added to the tokens: think of "
            "what a token could simply copy.",
            LONG: "The context's length is another limit: the mask hides the future, however "
            "short the text.",
        },
        right=f"Right. {hidden_share(context)}",
    )


def hidden_share(context: Context) -> Markdown:
    """What share of the attention falls on later tokens, measured on the person's text."""
    from llmcore.models import default_model, load
    from ui.attention.choice import record_of

    ref, text = chosen_model(context) or default_model(), text_of(context)
    if not text:
        return "It would score well in training and could predict nothing afterwards."
    loaded = load(ref)
    record = record_of(loaded.key, text, loaded)
    n = len(record.ids)
    later = float(record.weights.astype("float32")[..., ~_up_to(n)].sum())
    return (
        f"On your text of {n} tokens, {n * (n - 1) // 2:,} of {n * n:,} pairs look ahead, and all "
        f"heads together give them {later:.0f} of their attention."
    )


def _up_to(n: int) -> Any:
    """(n, n) booleans: True if a key is not later than its query."""
    import numpy as np

    return np.tri(n, dtype=bool)


TOUR = Tour(
    name="attention",
    title="Scores, attention and the mask",
    stage="transformer",
    about="Follow one head from queries and keys to attention weights, with your own text.",
    minutes=6,
    steps=(
        Step(
            "qkv", "Queries, keys, values",
            "In the map of the model on the left, click **Q, K, V**: each token makes a query, a "
            "key and a value.",
            PAGE, _at("qkv"), state=WALK,
        ),
        Step(
            "score", "One score",
            "Click **Scores** in the map, then a cell right of the first column. Below it you see "
            "the sum that made it: query times key.",
            PAGE, _another_score, state=WALK,
        ),
        Step(
            "mask", "The future is hidden",
            "Click **Mask**, then a cell above the diagonal: a token that looks at a later one. "
            "Its score became −∞.",
            PAGE, _future, state=WALK,
        ),
        Step(
            "softmax", "Softmax",
            "Click **Softmax**: each row is now shares that add up to 1, and −∞ became 0. Then "
            "choose another **Head** than 0.",
            PAGE, _another_head, state=WALK,
        ),
        Step(
            "mix", "Mix the values",
            "Click **Mix values**: with these shares each token takes up what the others have to "
            "give.",
            PAGE, _at("head_outputs"), state=WALK,
        ),
        Step(
            "head", "All heads",
            "Open the page **Attention** and click another head in **All heads**: each has its own "
            "way to look.",
            "attention", _head_clicked, state={ATTENTION_VIEW: "look"}, watch=chosen_head,
        ),
        Step(
            "token", "What one token looks at",
            "Click a token of your text below the heads: the colours show where it looks. Nothing "
            "right of it ever has any.",
            "attention", _token_clicked, state={ATTENTION_VIEW: "look"},
            watch=lambda context: context.state.get(ATTENTION_TOKEN),
        ),
    ),
    question=question,
)  # fmt: skip
