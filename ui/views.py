"""One view of a page that has several: a module whose `show` draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """The module `<package>.<name>`; the name is also the view's in the address.

    parameters: what it keeps in the address; they leave with it when another view is chosen.
    needs_text: whether it shows nothing without the text above it.
    kind: of the runs that it shows, where it shows any; `?run=` leaves the address with a view of
    another kind.
    """

    package: str
    name: str
    label: str
    icon: str
    parameters: tuple[str, ...] = ()
    needs_text: bool = True
    kind: str = ""

    @property
    def show(self) -> Callable[..., Any]:
        """Imported when it is first asked for: a page pays for the view that it draws alone."""
        return import_module(f"{self.package}.{self.name}").show
