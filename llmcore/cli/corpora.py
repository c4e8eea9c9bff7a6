"""The user's text on the command line: read before a run is made, copied into it if small."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcore.cli.output import say
from llmcore.cli.running import is_builtin_corpus, own_copy
from llmcore.files import tree_bytes

if TYPE_CHECKING:
    from llmcore.config import RunConfig
    from llmcore.data import Corpus
    from llmcore.data.reading.documents import CorpusOptions

AsText = Annotated[
    bool,
    typer.Option("--as-text", help="read the file as one text as it stands (JSONL, HTML, …)"),
]


@dataclass(slots=True, frozen=True)
class OwnCorpus:
    """What a run calls its text, the bytes for the run's own copy, and the text if it was read:
    None for a built-in one and for what is too large for memory."""

    source: str
    data: bytes | None = None
    corpus: "Corpus | None" = None


def reading_options(
    text_column: str | None = None,
    keep_marks: bool = False,
    as_text: bool = False,
    encoding: str | None = None,
) -> "CorpusOptions":
    from llmcore.data.reading.documents import CorpusOptions

    return CorpusOptions(text_column, keep_marks, as_text, encoding)


def own_corpus(named: str, options: "CorpusOptions", copied: bool = True) -> OwnCorpus:
    """Reads the user's text, or the beginning of one that is too large for memory, so that what
    cannot be used is refused at once. copied: with the bytes for the run's own copy."""
    from llmcore.data import CORPORA
    from llmcore.data.corpora import LARGE_BYTES, read_corpus
    from llmcore.data.reading.amount import text_bytes
    from llmcore.data.reading.documents import read_pieces
    from llmcore.data.reading.open import as_path

    if is_builtin_corpus(named):
        return OwnCorpus(named)
    path = as_path(named, "a text file or a folder of texts", ", ".join(CORPORA))
    corpus = None
    if text_bytes(path) <= LARGE_BYTES:
        corpus = read_corpus(path, path.name, options)
    else:
        next(read_pieces(path, path.name, options)[0], None)
    source, data = _copy(path) if copied else (path.name, None)
    return OwnCorpus(source, data, corpus)


def _copy(path: Path) -> tuple[str, bytes | None]:
    """`own_copy`, of a folder as a zip of its texts."""
    if path.is_file():
        return own_copy(str(path), builtin=False)
    from llmcore.runs.data_record import COPIED_BYTES

    if tree_bytes(path) > COPIED_BYTES:
        return str(path.resolve()), None
    from llmcore.data.reading.text_files import zipped_folder

    return f"{path.resolve().name}.zip", zipped_folder(path)


def say_notices(corpus: "Corpus | None") -> None:
    for notice in [] if corpus is None else corpus.notices:
        say(notice)


def say_vocabulary(config: "RunConfig", wanted: int | None) -> None:
    """Says if a short text gave fewer tokens than were asked for."""
    if wanted is not None and config.model.vocab_size < wanted:
        say(f"The text gives only {config.model.vocab_size:,} tokens, not {wanted:,}: it is short. "
            f"The model's vocabulary has as many.")  # fmt: skip
