"""What a tour is: steps that can see when they are done, and a question at the end.

Plain data and functions: nothing here draws. A step is done by what can really be observed (the
values of the page's own widgets, the address, the runs on disk), never by its link or by time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ui.marked import Markdown

if TYPE_CHECKING:
    from streamlit.runtime.state import SessionStateProxy

    from llmcore.runs import RunInfo, RunStore


@dataclass(frozen=True)
class Context:
    """What a step can look at.

    page: name of the page that is shown. state: the session, with the widgets' values by their
    keys. query: the address's parameters. since: when the tour was begun, in seconds since 1970.
    before: what the step's `watch` gave when the step was first shown.
    """

    page: str
    state: "Mapping[str, Any] | SessionStateProxy"
    store: "RunStore"
    query: Mapping[str, str] = field(default_factory=dict)
    since: float = 0.0
    before: Any = None

    @cached_property
    def runs(self) -> "list[RunInfo]":
        """All runs of the store, read once for a look, newest first."""
        return self.store.list()


@dataclass(frozen=True, slots=True)
class Aid:
    """A button of a step that gives what the person may not have at hand, such as a text.

    give: called before the page is drawn again; it may set the widgets of the step's page.
    """

    label: Markdown
    icon: str
    give: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    what: one or two short sentences, the controls' names in bold; a function if they give
    the person's own numbers. page, query, state: where it happens: the page's name, the
    parameters of its address and the session's entries that open its view.
    done: whether it has been done. watch: gives what is compared with later, where only a change
    counts.
    """

    name: str
    title: Markdown
    what: Markdown | Callable[[Context], Markdown]
    page: str
    done: Callable[[Context], bool]
    query: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    watch: Callable[[Context], Any] | None = None
    aid: Aid | None = None

    def words(self, context: Context) -> Markdown:
        return self.what if isinstance(self.what, str) else self.what(context)

    def is_here(self, context: Context) -> bool:
        """Whether the page shows the step's place. Before the control of a view was drawn, the
        address names the view."""
        if context.page != self.page:
            return False
        if not all(key in context.state for key in self.state):
            return context.query.get("view") == self.query.get("view")
        return all(context.state[key] == value for key, value in self.state.items())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its right answer, for this person, their text and their models.

    options: answers to choose from; None asks for a number. near: how far a number may be off.
    hints: a sentence of help for a wrong option; hint: for every other wrong answer.
    right: said after the right answer: why.
    """

    text: Markdown
    answer: str | float
    hint: Markdown
    right: Markdown
    options: tuple[str, ...] | None = None
    hints: Mapping[str, Markdown] = field(default_factory=dict)
    near: float = 0.0
    whole: bool = False  # the number is a whole one

    def is_right(self, given: str | float) -> bool:
        if isinstance(self.answer, str) or isinstance(given, str):
            return given == self.answer
        return abs(given - self.answer) <= self.near

    def help_for(self, given: str | float) -> Markdown:
        return self.hints.get(given, self.hint) if isinstance(given, str) else self.hint


@dataclass(frozen=True, slots=True)
class Tour:
    """A way through the lab. stage: of the Overview's map, whose order the tours follow.

    question: gives the question; raises LabError if what it is about is not there (yet).
    """

    name: str
    title: Markdown
    stage: str
    about: Markdown
    minutes: int
    steps: tuple[Step, ...]
    question: Callable[[Context], Asked]

    def __post_init__(self) -> None:
        assert 5 <= len(self.steps) <= 8, self.name
        assert len({step.name for step in self.steps}) == len(self.steps), self.name
