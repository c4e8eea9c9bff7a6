"""Tour 6: finetune a spam filter, and compare."""

from typing import TYPE_CHECKING, Any

from llmcore.errors import NotFoundError
from llmcore.runs.reference import name_of
from ui.session import ATTENTION_COMPARE, ATTENTION_VIEW, ATTENTION_WITH, CLASSIFIER_VIEW
from ui.tours.seen import chosen_model, feed_of, needed, own_runs, text_of, view_is
from ui.tours.tour import Asked, Context, Step, Tour

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

PAGE = "classifier"
EARLIER = "naive Bayes"
FEWEST_CHARACTERS = 12


def run_of(context: Context) -> "RunInfo | None":
    """The newest classifier of one's own, whenever it was trained: it takes some minutes."""
    return next(iter(own_runs(context, "classify", since=False)), None)


def _result(context: Context) -> dict[str, Any] | None:
    info = run_of(context)
    return feed_of(context, info).result if info is not None else None


def _mistake_tried(context: Context) -> bool:
    """A text of the test split that the model got wrong is in the view Try it."""
    info = run_of(context)
    if info is None or not view_is(context, PAGE, CLASSIFIER_VIEW, "try_it"):
        return False
    typed = {line.strip() for line in text_of(context).splitlines()}
    rows = context.store.open(info.id).predictions()
    wrong = (row for row in rows if row["label"] != row["predicted"])
    return any(" ".join(row["text"].split()) in typed or row["text"].strip() in typed
               for row in wrong)  # fmt: skip


def _own_tried(context: Context) -> bool:
    """Another text than when the step began, and not one of the page's examples."""
    from ui.classifier.examples import BUILT_IN, examples_of

    text, info = text_of(context).strip(), run_of(context)
    offered = () if info is None else examples_of(context.store.open(info.id))
    examples = {example.text for some in (*BUILT_IN.values(), offered) for example in some}
    lines = {line.strip() for line in text.splitlines()}
    return (
        view_is(context, PAGE, CLASSIFIER_VIEW, "try_it")
        and text_of(context) != context.before
        and len(text) >= FEWEST_CHARACTERS
        and not lines & examples
    )


def _compared(context: Context) -> bool:
    """The classifier as the model, and the one that it was made from beside it."""
    info = run_of(context)
    if info is None or not view_is(context, "attention", ATTENTION_VIEW, "compare"):
        return False
    model = name_of(str(chosen_model(context)))
    models = context.state.get(ATTENTION_COMPARE) != "Two texts"
    return models and (model, context.state.get(ATTENTION_WITH)) == (info.id, info.parent)


def question(context: Context) -> Asked:
    """How far the person's own classifier is above or below naive Bayes, on the same texts."""
    needed(run_of(context), "There is no classifier of yours any more.")
    result = _result(context)
    if result is None:
        raise NotFoundError("Your classifier has not been tested yet: wait for its end.")
    test, baselines = result["test"], result.get("baselines") or {}
    if EARLIER not in baselines:
        raise NotFoundError(
            "Your newest classifier was not compared with naive Bayes: train one on the built-in "
            "messages."
        )
    own, earlier = float(test["accuracy"]) * 100, float(baselines[EARLIER]["accuracy"]) * 100
    verdict = "ahead" if own > earlier else "behind" if own < earlier else "level"
    return Asked(
        text=f"On the {int(test['n']):,} held-out texts: how many percentage points lies the "
        f"accuracy of your model above {EARLIER}? Give a negative number where it lies below.",
        answer=own - earlier,
        near=0.11,
        hint=f"Take the two numbers under **On texts that it never saw** and subtract {EARLIER}'s "
        "from your model's.",
        right=f"Right: {own:.1f}% beside {earlier:.1f}%, so your model is {verdict}. A small set "
        "and simple words suit the earlier method well; the language model brings the rest of the "
        "language.",
    )


TOUR = Tour(
    name="finetune",
    title="Finetune and compare",
    stage="classify",
    about="Turn the base model into a spam filter, look at its mistakes, and compare.",
    minutes=9,
    steps=(
        Step(
            "start", "Train the spam filter",
            "On **Finetune a classifier**, press the start button. The built-in text messages are "
            "chosen already.",
            PAGE, lambda context: run_of(context) is not None, state={CLASSIFIER_VIEW: "train"},
        ),
        Step(
            "test", "Held-out accuracy",
            "Wait until **On texts that it never saw** appears below the curves: your model beside "
            "earlier methods, on the same texts.",
            PAGE, lambda context: _result(context) is not None, state={CLASSIFIER_VIEW: "train"},
        ),
        Step(
            "mistake", "One of its mistakes",
            "Copy a text from **The mistakes** (in **Train**) into **Your texts** of the view "
            "**Try it**, and see which tokens moved the decision.",
            PAGE, _mistake_tried, state={CLASSIFIER_VIEW: "try_it"}, query={"view": "try_it"},
        ),
        Step(
            "own", "A message of yours",
            "Now write a message of your own there. Try to get one past the filter.",
            PAGE, _own_tried, state={CLASSIFIER_VIEW: "try_it"}, query={"view": "try_it"},
            watch=text_of,
        ),
        Step(
            "compare", "Before and after",
            "In **Compare**, choose your classifier as **Model** and the model it came from as "
            "**Second model**: which heads has finetuning moved? None of a probe, whose model "
            "stands still: for others, let **Everything** learn (**Options**).",
            "attention", _compared, state={ATTENTION_VIEW: "compare"}, query={"view": "compare"},
        ),
        Step(
            "earlier", "LLM vs earlier NLP",
            "Open the page **LLM vs earlier NLP**: the same question for more tasks, measured.",
            "earlier-nlp", lambda context: context.page == "earlier-nlp",
        ),
    ),
    question=question,
)  # fmt: skip
