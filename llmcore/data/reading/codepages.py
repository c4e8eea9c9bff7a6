"""Which encoding beyond Windows-1252 a text of old programs is in: found by what its characters
would be in each.

Windows-1252 gives every byte a meaning, so Russian or Japanese in it are signs without sense. A
wrong neighbour gives itself away as well: letters of the wrong case inside of words, signs inside
of words, characters that hardly anybody writes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_BYTES = 20_000
_COMMON = 0.85  # of the characters beyond ASCII are everyday ones: then it is that script
FEWEST = 4  # characters; fewer are an accident
_RUN = 1.6  # of them are together on average; letters with accents are alone
_TURKISH = frozenset("ýþðÝÞÐ")
_NOT_TURKISH = frozenset("áéíóúæåøñãõàèìòùëïÿÁÉÍÓÚÆ")
_KANA = re.compile("[\u3040-\u30ff\u3001\u3002\u30fc]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
# Inside of a word: a capital after a small letter, a sign between two letters.
_ODD = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f’'\-–…\u0300-\u036f\u05b0-\u05c7\u064b-\u065f](?=[^\W\d_])"
    r"|[\x80-\x9f]"
)
_FINAL = re.compile("[ךםןףץς](?=[א-תα-ω])|(?<!\\w)’(?=[α-ω])")  # what ends words, not begins
_PUNCTUATION = frozenset("×½°\u00ad«»“”„‘’‚…–—№€°§£ \u00a0·¿¡")
_LIKE = 0.3
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class _Script:
    """Letters beyond ASCII of some languages, the most frequent first, and the encodings of old
    that hold them. latin: they are among ASCII letters inside of words; others never do."""

    letters: str
    codecs: tuple[str, ...]
    latin: bool = False


# Letters beyond ASCII of each language: a text in one of them has hardly any other.
_WEST = (
    "àâæçéèêëîïôœùûüÿ", "äöüßé", "áéíñóúüªº", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöéüà",
    "æøåéäöü", "áéíóúýðþæö", "éëïóöüèêáúíàâç", "àçèéíïòóúü·", "äöõüšž", "áéíóú",
    "áðíóúýæø", "çë", "äëéöüêôîûèàâïç",
)  # fmt: skip
_EAST = (
    ("áčďéěíňóřšťúůýž", ("cp1250", "iso8859_2")), ("áäčďéíľňóôšťúýž", ("cp1250", "iso8859_2")),
    ("ąćęłńóśźż", ("cp1250", "iso8859_2")), ("áéíóöőúüű", ("cp1250", "iso8859_2")),
    ("ăâîşţ", ("cp1250", "iso8859_2")), ("čćđšž", ("cp1250", "iso8859_2")),
    ("ąčęėįšųūž", ("cp1257",)), ("āčēģīķļņšūž", ("cp1257",)),
)  # fmt: skip
_FEWEST_OWN = 3  # characters that tell such an encoding from Windows-1252
_FEWEST_MARKS = 6
_OWN = 0.98  # of the characters are the language's: then it may be it
_NOT_WESTERN = 0.9  # of the characters of any Western language: a text of several would be covered
# A character beyond ASCII that is a letter, or a sign where a letter follows or is around it.
_INSIDE = re.compile(r"[^\W\d_\x00-\x7f]|[^\w\s\x00-\x7f“„«‘¿¡](?=[^\W\d_])|[\x80-\x9f]")
_SIGN = re.compile(
    r"(?<![^\W\d_])[£¥¢©®™±²³¹½¼¾•·¨´¦¶¬†‡](?![^\W\d_])|(?<=[^\W\d_])[®™](?!\w)|(?<=\b[ckm]m)[²³]"
    r"|(?<=\bm)[²³]|\bµ(?=[a-zA-Z]\b)|(?<=l)·(?=l)"
)
_ACCENTS = "éäüöàèçêßôâîûùïëáíóúñãõåøæìòœðþýª"
_SCRIPTS = (
    _Script("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїєґўъёђјљњћџ",
            ("cp1251", "koi8_r", "cp866", "iso8859_5")),
    _Script("αοιετσνηυρπκμλωςδγχθφβξζψάέήίόύώϊϋΐΰ", ("cp1253", "iso8859_7")),
    _Script("יוהלאתרבמנשםעקדחפגכטסזןךצףץ", ("cp1255",)),
    _Script("اليمنوتربةعدسفهكقحجشطصخضذزثىئءغظؤإأآچپگ\u064b\u064e\u0651", ("cp1256", "iso8859_6")),
    _Script("านรอกเงมยลวดทสตะปบคหแจพชขใไโผศซธถฟภณษึ่้ีัิ์ุูื็ำๆ", ("cp874",)),
    _Script("łąężśóćńźáíéěščřýůúžťďňőűöüóțșăâîţşľĺŕôä", ("cp1250", "iso8859_2"), latin=True),
    _Script(_ACCENTS, ("mac_roman", "cp850"), latin=True),
)  # fmt: skip
_WESTERN = _Script(_ACCENTS, ("cp1252",), latin=True)


def turkish(text: str) -> bool:
    """Whether a text in Windows-1252 is Turkish in its own encoding, which puts ş, ı and ğ where
    Icelandic has þ, ý and ð."""
    high = [c for c in text if c > "\x7f"]
    own = sum(c in _TURKISH for c in high)
    foreign = sum(c in _NOT_TURKISH for c in high)
    return own >= FEWEST and own >= 0.25 * len(high) and foreign <= 0.05 * own


def central_european(data: bytes, text: str) -> str | None:
    """The encoding of a text in one language of Central Europe or the Baltics, where no Western
    language has its letters. text: the data in Windows-1252.

    What both read alike is no matter; a text of several Western languages has letters that no
    single language of these has.
    """
    marks = _INSIDE.findall(text)
    if not marks or max(_covered(marks, codepage) for codepage in _WEST) >= _NOT_WESTERN:
        return None
    data = data[:MOST_BYTES]
    best: tuple[float, int, str] | None = None
    for letters, codecs in _EAST:
        for codec in codecs:
            other = _decoded(data, codec) or ""
            found = _INSIDE.findall(other)
            if len(marks) < _NOT_WESTERN * len(found):  # signs beside words would be letters
                continue
            n_own = sum(c.lower() in letters and c not in text for c in found)
            share = _covered(found, letters)
            if (
                len(found) >= _FEWEST_MARKS
                and n_own >= _FEWEST_OWN
                and share >= _OWN
                and (best is None or share > best[0])
            ):
                best = (share, n_own, codec)
    return None if best is None else best[2]


def _covered(marks: list[str], letters: str) -> float:
    return sum(mark.lower() in letters for mark in marks) / max(1, len(marks))


def candidates(data: bytes) -> list[str]:
    """Other encodings in which all that is inside of words is a letter, for a person to try."""
    data = data[:MOST_BYTES]
    found, seen = [], {data.decode("cp1252", "replace")}
    for codec in ("cp1252", "cp1250", "iso8859_2", "cp1257", "cp1254", "mac_roman", "cp850"):
        text = _decoded(data, codec)
        marks = _INSIDE.findall(text or "")
        if text is None or not marks or not all(map(str.isalpha, marks)):
            continue
        if codec == "cp1252" or text not in seen:
            found.append(codec)
            seen.add(text)
    return found


def east_asian(data: bytes) -> str | None:
    """The encoding of Chinese, Japanese or Korean text, None if it is none of that."""
    data = data[:MOST_BYTES]
    best: tuple[float, str] | None = None
    for codec, is_common in _EASTERN:
        text = _decoded(data, codec)
        high = re.findall(r"[^\x00-\x7f]", text or "")
        runs = re.findall(r"[^\x00-\x7f]+", text or "")
        if len(high) < FEWEST or len(high) < _RUN * len(runs):
            continue
        share = sum(map(is_common, high)) / len(high)
        if codec in _JAPANESE and len(_KANA.findall(text or "")) < 0.15 * len(high):
            continue
        if codec == "euc_kr" and len(_HANGUL.findall(text or "")) < 0.5 * len(high):
            continue
        if share >= _COMMON and (best is None or share > best[0]):
            best = (share, codec)
    return None if best is None else best[1]


def other_script(data: bytes) -> str | None:
    """The encoding of a text that Windows-1252 cannot be right for and that is not East Asian;
    None if no other makes words of it either."""
    data = data[:MOST_BYTES]
    ranked: list[tuple[float, int, str]] = []
    for script in _SCRIPTS:
        for codec in script.codecs:
            text = _decoded(data, codec)
            if text is not None:
                ranked.append((_likeness(text, script), -len(ranked), codec))
    best = max(ranked, default=None)
    return best[2] if best is not None and best[0] > _LIKE else None


def without_signs(text: str) -> str:
    """A text in Windows-1252 without signs that stand for themselves (£5, 30 m², ©2004), which
    say nothing of a language."""
    return _SIGN.sub(" ", text)


def western(text: str) -> bool:
    """Whether the letters beyond ASCII are those of Western languages."""
    return _likeness(text, _WESTERN) > _LIKE


def _likeness(text: str, script: _Script) -> float:
    """How far the characters beyond ASCII are what the script's languages write: 1 for their most
    frequent letters alone; less for rare ones, signs and capitals inside of words."""
    high = [c for c in text if c > "\x7f" and (c.isalpha() or c not in _PUNCTUATION)]
    if not high or 2 * sum(map(str.isalpha, high)) < len(high):
        return 0.0
    ranks = {c: 1 - at / (2 * len(script.letters)) for at, c in enumerate(script.letters)}
    total = sum(ranks.get(c.lower(), -1.0 if c.isalpha() else -0.5) for c in high)
    wrong = float(len(_ODD.findall(text)))
    for word in _WORD.findall(text):
        if not (word.islower() or word.isupper() or word[1:].islower()):
            wrong += sum(c.isupper() for c in word[1:])
        elif word.isupper():
            wrong += len(word) / 8  # all capitals: possible, but rare
        if not script.latin and not word.isascii() and re.search("[A-Za-z]", word):
            wrong += 2
    wrong += len(_FINAL.findall(text))
    return (total - wrong) / len(high)


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4 and len(data) == MOST_BYTES:  # the sample cuts a character
            return data[: error.start].decode(codec, "ignore")
        return None


def _common_in(codec: str, first: int, last: int, lead: tuple[int, ...]) -> Callable[[str], bool]:
    """Whether a character is an everyday one: its first byte in `codec` is in first..last, or one
    of the punctuation's (`lead`)."""

    def is_common(character: str) -> bool:
        try:
            code = character.encode(codec)
        except UnicodeEncodeError:
            return False
        return len(code) == 2 and (first <= code[0] <= last or code[0] in lead)

    return is_common


_JAPANESE = ("shift_jis", "euc_jp")
_EASTERN = (
    ("shift_jis", _common_in("shift_jis", 0x82, 0x97, (0x81,))),
    ("euc_jp", _common_in("euc_jp", 0xA4, 0xCF, (0xA1, 0xA3))),
    ("euc_kr", _common_in("euc_kr", 0xB0, 0xC8, (0xA1, 0xA3))),
    ("gb18030", _common_in("gb2312", 0xB0, 0xD7, (0xA1, 0xA3))),
    ("big5", _common_in("big5", 0xA4, 0xC6, (0xA1, 0xA2, 0xA3))),
)
