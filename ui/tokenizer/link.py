"""The button that copies a link to what one sees: text, tokenizers and view."""

from ui.components import payload, registered
from ui.state import MAX_URL_BYTES
from ui.tours import session as tour

TOO_LONG = (
    f"The text is too long for a link (more than {MAX_URL_BYTES} bytes): the link brings back the "
    "tokenizer and the view, not the text."
)


def copy_link(text: str) -> None:
    """The address keeps all of it but the text that the lab begins with, which the link names
    too. A tour that is on is left out."""
    whole = len(text.encode()) <= MAX_URL_BYTES
    data = {"text": text if whole else None, "note": "" if whole else TOO_LONG,
            "without": [tour.ADDRESS]}  # fmt: skip
    registered("copy_link")(key="tokenizer_link", data=payload(data), width="content")
