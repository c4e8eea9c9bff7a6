"""Errors that a person can put right. Pages and CLI show their text unchanged."""


class LabError(ValueError):
    """One sentence that says what is wrong and what to do about it.

    Whatever a user can cause is raised as this class (or a subclass) and shown without a
    traceback. Anything else that escapes is a defect of ours. `asks`: something has to be chosen
    first; the command line then ends with 2, as for any argument that is missing.
    """

    asks = False


class NotFoundError(LabError):
    """A name (run, model, data set, tokenizer, column) that does not exist."""


class OfflineError(LabError):
    """Something has to be downloaded and there is no way to."""


class DamagedError(LabError):
    """A run, checkpoint or tokenizer whose files cannot be read."""


class StateError(LabError):
    """An action that the present state forbids, such as deleting a running run."""


class ShortTextError(LabError):
    """A text that is too short for the chosen context. `context_length` is the longest one that
    fits; None if none does."""

    def __init__(self, message: str, context_length: int | None = None) -> None:
        super().__init__(message)
        self.context_length = context_length


def cause(error: BaseException) -> str:
    """What an outside library says is wrong, on one line and cut: it may quote whole files.

    >>> cause(ValueError("two\\nlines"))
    'two lines'
    """
    line = " ".join(str(error).split())
    return line if len(line) <= 200 else line[:200] + "…"
