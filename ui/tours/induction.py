"""Tour 5: a head that copies what came after, and what happens without it."""

import re
from typing import TYPE_CHECKING

from llmcore.errors import LabError
from ui.marked import Markdown, plain
from ui.session import ATTENTION_OFF, ATTENTION_VIEW
from ui.state import set_shared_text
from ui.tours.seen import chosen_head, chosen_model, feed_of, needed, own_runs, text_of, view_is
from ui.tours.tour import Aid, Asked, Context, Step, Tour

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

PAGE = "attention"
_REPEATED = re.compile(r"(.{3,})\1", re.DOTALL)


def run_of(context: Context) -> "RunInfo | None":
    """The newest run of the experiment with two layers or more, whenever it was trained."""
    from llmcore.experiments.induction.emergence import is_experiment

    for info in own_runs(context, "pretrain", since=False):
        try:
            config = context.store.open(info.id).config
        except LabError:
            continue
        if is_experiment(config) and config.model.n_layers > 1:
            return info
    return None


def _appeared(context: Context) -> bool:
    from llmcore.experiments.induction.emergence import emergence

    info = run_of(context)
    return info is not None and emergence(feed_of(context, info).metrics).appears_step is not None


def _appeared_words(context: Context) -> Markdown:
    info = run_of(context)
    words = (
        "Watch both charts: the loss on copies stands still, then falls, and the **induction** "
        "score rises with it. This step is done when a head gives half of its attention so."
    )
    score = feed_of(context, info).last("val", "head_induction") if info is not None else None
    if info is None or score is None:
        return words
    if not info.is_live and not _appeared(context):
        return (
            f"Your run has ended and its best head is at {score:.2f}: it has not happened. Start "
            "the experiment again with another **Seed**; the moment depends on the first weights."
        )
    return f"{words} The best head is at {score:.2f} now."


def best_head(run_id: str) -> str:
    """The head of a run's model with the highest induction score, such as `L1H0`.

    Raises LabError if the run has no model yet."""
    from llmcore.models import load
    from ui.attention.types import scores_of

    loaded = load(run_id)
    scores = scores_of(loaded.key, loaded)
    layer, head, _ = scores.best("induction")[0]
    return f"L{layer}H{head}"


def _model_of_run(context: Context, view: str) -> str | None:
    """The run's id, while a view of the Attention page shows its model."""
    info = run_of(context)
    if info is None or chosen_model(context) != info.id:
        return None
    return info.id if view_is(context, PAGE, ATTENTION_VIEW, view) else None


def _over_time(context: Context) -> bool:
    info = run_of(context)
    return (
        info is not None
        and view_is(context, PAGE, ATTENTION_VIEW, "over_time")
        and context.state.get("attention_over_time_run") == info.id
    )


def _best_chosen(context: Context) -> bool:
    run_id = _model_of_run(context, "types")
    return run_id is not None and chosen_head(context) == best_head(run_id)


def _best_off(context: Context) -> bool:
    run_id = _model_of_run(context, "off")
    if run_id is None or not _REPEATED.search(text_of(context)):
        return False
    return best_head(run_id) in _off(context)


def _another_off(context: Context) -> bool:
    run_id = _model_of_run(context, "off")
    off = _off(context)
    return run_id is not None and bool(off) and best_head(run_id) not in off


def _off(context: Context) -> list[str]:
    return list(context.state.get(ATTENTION_OFF) or [])


def give_repeats() -> None:
    """A text that comes twice, in place of the shared one."""
    from llmcore.experiments.induction.plan import PROMPT

    set_shared_text(PROMPT)


def question(context: Context) -> Asked:
    """Which head of the person's own model it is; asked of the model."""
    from llmcore.models import model_config

    info = needed(run_of(context), "There is no induction run here any more.")
    config, best = model_config(info.id), best_head(info.id)
    heads = [f"L{i}H{j}" for i in range(config.n_layers) for j in range(config.n_heads)]
    return Asked(
        text="Which head of your model has the highest induction score?",
        options=tuple(heads),
        answer=best,
        hint="Open **Head types** with your induction run as **Model**: the first head under "
        "**Induction** has the highest score.",
        right=f"Right: {plain(best)}. It sits above the first layer, since it needs the note that "
        "a previous-token head has written below it.",
    )


TOUR = Tour(
    name="induction",
    title="Induction: the head that copies",
    stage="base",
    about="Train a model of two layers until a head learns to copy, then switch that head off.",
    minutes=8,
    steps=(
        Step(
            "start", "Start the experiment",
            "In the view **Induction**, press **Start the experiment**. It takes about three "
            "minutes.",
            PAGE, lambda context: run_of(context) is not None,
            query={"view": "induction"}, state={ATTENTION_VIEW: "induction"},
        ),
        Step(
            "appears", "The moment", _appeared_words, PAGE, _appeared,
            query={"view": "induction"}, state={ATTENTION_VIEW: "induction"},
        ),
        Step(
            "time", "Its heads over time",
            "When the run has ended, open the view **Over time** with your induction run as "
            "**Run**, and move the slider: when does the head appear?",
            PAGE, _over_time, query={"view": "over_time"}, state={ATTENTION_VIEW: "over_time"},
        ),
        Step(
            "types", "Find the head",
            "In **Head types**, with your induction run as **Model**, click the first head under "
            "**Induction**: it has the highest score.",
            PAGE, _best_chosen, query={"view": "types"}, state={ATTENTION_VIEW: "types"},
        ),
        Step(
            "off", "Switch it off",
            "In **Switch off**, click the same head in the grid, with a text that comes twice. "
            "**Loss on your text** jumps up: the model cannot copy any more.",
            PAGE, _best_off, query={"view": "off"}, state={ATTENTION_VIEW: "off"},
            aid=Aid("Give me such a text", ":material/repeat:", give_repeats),
        ),
        Step(
            "other", "Compare with another head",
            "Press **All on**, then switch off any other head. Compare how much the loss rises "
            "now.",
            PAGE, _another_off, query={"view": "off"}, state={ATTENTION_VIEW: "off"},
        ),
    ),
    question=question,
)  # fmt: skip
