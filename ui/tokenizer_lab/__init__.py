"""The views of the Tokenizer page. Each is a module here whose `show(text)` draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class View:
    """One view: the module `ui.tokenizer_lab.<name>`, which is also its name in the address.

    parameters: what it keeps in the address; they leave with it when another view is chosen.
    needs_text: whether it shows nothing without the text above it.
    """

    name: str
    label: str
    icon: str
    parameters: tuple[str, ...] = ()
    needs_text: bool = True

    @property
    def show(self) -> Callable[[str], None]:
        return import_module(f"{__name__}.{self.name}").show


VIEWS = {
    view.name: view
    for view in (
        View("compare", "Compare", ":material/compare_arrows:", ("encodings", "show")),
        View("merges", "Merges", ":material/account_tree:", ("encoding", "word")),
        View("train", "Train your own", ":material/fitness_center:", needs_text=False),
        View("compression", "Compression", ":material/compress:", needs_text=False),
        View("vocabulary", "Vocabulary", ":material/menu_book:", needs_text=False),
        View("pairs", "Training pairs", ":material/view_column:"),
        View("embeddings", "Embeddings", ":material/scatter_plot:", needs_text=False),
    )
}
