"""A text area of Streamlit's that is read while one types."""

from ui.components import payload, registered

WAIT_MS = 80  # after the last key: shorter than between two keys of a quick typist, mostly
LIVE_CHARACTERS = 200_000


def follow_typing(key: str) -> None:
    """Runs the page again a moment after the last key in the text area of this key.

    A text of more than `LIVE_CHARACTERS` is read on Ctrl+Enter or when the field is left, as
    without this. Draws nothing.
    """
    registered("live_text", isolated=False)(
        key=f"{key}_live",
        data=payload({"field": key, "wait": WAIT_MS, "most": LIVE_CHARACTERS}),
    )
