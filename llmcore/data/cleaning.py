"""Tweets whose punctuation and emoji were broken by wrong encodings, made readable again."""

import html
import re

# In the packaged file, UTF-8 was once read as Mac OS Roman, saved with losses, and read again, so
# each curly quote or dash became one of a few fixed byte strings. Those are listed here by what
# is around them; the bytes of emoji were lost for good and are dropped.
_REPAIRS = {
    "'": "d5a25f8ace5f86a2 8a97c8 e4f3bb 5fd1e9 e4f3bb5fe4f3bb5fed5f815f",
    '"': (
        "d5a25f8aceeb9d d5a25f8ace81d0 d5a25f8ace8fd2 e4f3ec e4f39d e4f3d6 8a979d 8a9793 5fd19d"
        " 5fd1d2 e4f3bb5fe4f3bb5fed5f8c9d e4f3bb5fe4f3bb5fe4f3bb81cd"
    ),
    "...": "e4f35f 8a975f d5a25f8aceeb5f 5fd15f",
    " - ": "d5a25f8ace5fd19d d5a25f8ace5fd1d2 e4f3ee e4f3f1 8a9794",
    "£": "8ca3",
    "é": "eda9",
}
_BY_GARBLE = {
    bytes.fromhex(code).decode("latin-1"): good
    for good, codes in _REPAIRS.items()
    for code in codes.split()
}
_RUN = re.compile(r"_?[\x80-\xff][\x80-\xff_]*")
_KNOWN = re.compile("|".join(sorted(map(re.escape, _BY_GARBLE), key=len, reverse=True)))


def clean_tweet(raw: str) -> str:
    """Readable text from a tweet that was read as Latin-1: one line, quotes repaired, no emoji."""
    text = raw
    if not text.isascii():
        text = _RUN.sub(_repair_run, text)
    return " ".join(html.unescape(html.unescape(text)).split())  # some were escaped twice


def _repair_run(match: re.Match[str]) -> str:
    """Known strings from the start of a run of garble; what follows them was an emoji."""
    run = match.group()
    good, at = "", 0
    while known := _KNOWN.match(run, at):
        good += _BY_GARBLE[known.group()]
        at = known.end()
    return good if at == len(run) else good + " "
