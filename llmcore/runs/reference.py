"""The two parts of a model reference: `RUN` or `RUN@CHECKPOINT`. It is taken apart here alone."""


def split_reference(reference: str) -> tuple[str, str]:
    """What is named, and which of its checkpoints: a step, `best`, `latest`, or nothing.

    >>> split_reference("starter"), split_reference("starter@latest")
    (('starter', ''), ('starter', 'latest'))
    >>> split_reference("/home/me@work/run"), split_reference("/home/me@work/run@40")
    (('/home/me@work/run', ''), ('/home/me@work/run', '40'))
    """
    reference = reference.strip()
    name, at, which = reference.rpartition("@")
    if not at or "/" in which or "\\" in which:  # a folder's own name holds the sign
        return reference, ""
    return name, which


def name_of(reference: str) -> str:
    """The reference without its checkpoint: a run, a directory or a Hugging Face name."""
    return split_reference(reference)[0]


def with_checkpoint(name: object, which: object) -> str:
    """
    >>> with_checkpoint("starter", 40)
    'starter@40'
    """
    return f"{name}@{which}"
