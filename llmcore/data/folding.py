"""When two texts count as the same, and the fixed test split that hangs on it."""

import hashlib
import unicodedata
from functools import lru_cache

FIXED_TEST_SHARE = 0.2


def fold(text: str) -> str:
    """What is left after folding case, spaces and punctuation: equal folds are doubles.

    `fold("Don't  STOP!") == fold("dont stop")`. Letters, digits and emoji count; a text of
    punctuation alone keeps it, so that ":)" and ":(" stay apart.
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain).casefold()
    return plain.translate(_dropped()) or "".join(plain.split())


@lru_cache(maxsize=1)
def _dropped() -> dict[int, None]:
    """Spaces, controls, punctuation and the symbols of keyboards ($ + < = > ^ ` | ~ …)."""
    categories = {"Zs", "Zl", "Zp", "Cc", "Cf", "Sc", "Sm", "Sk"}
    return {
        code: None
        for code in range(0x20000)
        if (category := unicodedata.category(chr(code))) in categories or category[0] == "P"
    }


def unit_hash(*parts: object) -> float:
    """A number in [0, 1) that depends on `parts` alone, on any machine and in any order."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def in_fixed_test(folded: str) -> bool:
    """True for the fifth of all texts that no training of ours ever sees. Never change this."""
    return unit_hash("fixed test split", folded) < FIXED_TEST_SHARE
