"""GPT-2's printable signs for bytes, in which byte-level vocabularies are written down."""


def byte_characters() -> dict[int, str]:
    """GPT-2's printable stand-in for each byte: itself if printable, else from U+0100 on.

    Radford et al. 2019 store tokens as text this way; `byte_characters()[32] == "Ġ"`.
    """
    printable = [b for b in range(256) if chr(b).isprintable() and chr(b) != " "]
    rest = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + n) for n, b in enumerate(rest)}
