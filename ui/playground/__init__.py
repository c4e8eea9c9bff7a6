"""The views of the Playground page. Each is a module here whose `show()` draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class View:
    """One view: the module `ui.playground.<name>`, which is also its name in the address."""

    name: str
    label: str
    icon: str

    @property
    def show(self) -> Callable[[], None]:
        return import_module(f"{__name__}.{self.name}").show


VIEWS = {
    view.name: view
    for view in (
        View("write", "Write", ":material/edit_note:"),
        View("compare", "Compare two models", ":material/compare_arrows:"),
        View("score", "Score a text", ":material/speed:"),
        View("cache", "KV cache", ":material/memory:"),
    )
}
