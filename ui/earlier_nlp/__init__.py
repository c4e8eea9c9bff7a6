"""The views of the page LLM vs earlier NLP. Each is a module here whose `show()` draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class View:
    """One view: the module `ui.earlier_nlp.<name>`, which is also its name in the address."""

    name: str
    label: str
    icon: str

    @property
    def show(self) -> Callable[[], None]:
        return import_module(f"{__name__}.{self.name}").show


VIEWS = {
    view.name: view
    for view in (
        View("measured", "Measured here", ":material/balance:"),
        View("history", "The models before", ":material/timeline:"),
        View("diverse", "Diverse data", ":material/diversity_2:"),
    )
}
