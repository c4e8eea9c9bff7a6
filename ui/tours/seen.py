"""What steps of several tours look at: runs, answers, the chosen view, head and model."""

from typing import TYPE_CHECKING, Any

from llmcore.errors import NotFoundError
from ui.session import ANSWERS, ATTENTION_HEAD, MODEL, MODEL_WRITTEN, TEXT

if TYPE_CHECKING:
    from llmcore.runs import RunInfo
    from ui.run_panel.feed import RunFeed
    from ui.tours.tour import Context

ENDED = ("done", "stopped")
FIRST_HEAD = "L0H0"  # that the Attention page shows until another is chosen


def view_is(context: "Context", page: str, key: str, name: str) -> bool:
    """Whether a page shows one of its views; key: of the control that chooses it."""
    return context.page == page and context.state.get(key) == name


def own_runs(context: "Context", kind: str, since: bool = True) -> "list[RunInfo]":
    """The person's own runs of a kind, newest first; since: only those begun during the tour."""
    return [
        info
        for info in context.runs
        if info.kind == kind and not info.example and not info.waiting
        and info.state != "damaged"
        and (not since or info.created >= context.since)
    ]  # fmt: skip


def needed(info: "RunInfo | None", what: str) -> "RunInfo":
    """Raises NotFoundError if the run that a question is about is gone."""
    if info is None:
        raise NotFoundError(f"{what} Go back to the step that starts it.")
    return info


def feed_of(context: "Context", info: "RunInfo") -> "RunFeed":
    """What the page has read of a run so far; cheap to ask for again."""
    from ui.run_panel.feed import feed

    return feed(context.store.open(info.id))


def answers(context: "Context", info: "RunInfo | None") -> list[dict[str, Any]]:
    """What the run was asked in the box below its charts."""
    return context.state.get(ANSWERS, {}).get(info.id, []) if info is not None else []


def chosen_head(context: "Context") -> str:
    return str(context.state.get(ATTENTION_HEAD, FIRST_HEAD))


def chosen_model(context: "Context") -> str | None:
    """The reference that the model picker holds, on whatever page."""
    return context.state.get(MODEL) or context.state.get(MODEL_WRITTEN)


def text_of(context: "Context") -> str:
    """The text that follows the person."""
    return str(context.state.get(TEXT) or "")
