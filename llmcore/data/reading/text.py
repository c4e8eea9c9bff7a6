"""Text that is in memory already: pasted, or typed."""

from llmcore.tokenizers.segments import replace_surrogates

MAX_UPLOAD_BYTES = 50 * 1024 * 1024  # in a page; the command line takes a file of any size


def clean_text(text: str, name: str) -> tuple[str, list[str]]:
    """`text` without NUL characters and broken surrogates, and a notice for what was changed."""
    notices = []
    if n_zeros := text.count("\0"):
        text = text.replace("\0", "")
        notices.append(f"{n_zeros:,} NUL characters were dropped from {name}.")
    whole = replace_surrogates(text)
    if whole != text:
        notices.append(f"Broken characters in {name} were replaced by \N{REPLACEMENT CHARACTER}.")
    return whole, notices
