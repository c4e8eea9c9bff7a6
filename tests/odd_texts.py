"""Odd texts by the thousand, the same in each run: joins of what trips tokenizers, and anything."""

import random

_POOLS = [
    [chr(code) for code in range(128)],
    list(" \t\n\r\0\x0b\x1b\x7f\u00a0\u0085\u200d\u2028\u3000\ufeff'sdtmlvreSDTMLVREaé1½٣.,!?/"),
    [*"אבגד مرحبا שלום नमस्ते 漢字かな 한국어ÉÀßǅʰ", "e\u0301", "\u202e", "\u0301", "ﬁ", "Ａ", "😀",
     "👩\u200d👩\u200d👧", "🇫🇷"],
    ["the ", " cat", "don't", "I'LL", "'Tis", "\u017f", " 2024", "12345", "\r\n", "  ", "   "],
    ["<s>", "</s>", "<unk>", "[CLS]", "[UNK]", "<|endoftext|>", "<|im_end|>", "<0x41>", "##s", "▁",
     "Ġ", "a", " "],
]  # fmt: skip


def odd_texts(n: int, seed: int = 17) -> list[str]:
    rng = random.Random(seed)
    return [_text(rng) for _ in range(n)]


def _text(rng: random.Random) -> str:
    if rng.random() < 0.25:
        codes = (rng.randrange(0x110000) for _ in range(rng.randrange(1, 30)))
        return "".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000)
    pool = rng.choice(_POOLS)
    return "".join(rng.choice(pool) for _ in range(rng.randrange(1, 60)))
