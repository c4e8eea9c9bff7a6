"""A file's bytes in blocks of whole lines, for those who need no text to count its rows."""

from collections import deque
from collections.abc import Iterator

from llmcore.data.reading.decoding import Encoding
from llmcore.data.reading.source import Source

LONGEST_HELD = 1 << 20  # bytes of one line; a longer one comes in parts


class WholeLines(Iterator[bytes]):
    """Blocks of bytes that end with a line (the last one as the file ends). A block can be given
    back, and comes again. whole: no line had to be cut so far."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.whole = True
        self.held: deque[bytes] = deque()
        self._blocks = self._cut(blocks)

    def __next__(self) -> bytes:
        return self.held.popleft() if self.held else next(self._blocks)

    def give_back(self, blocks: list[bytes]) -> None:
        self.held.extendleft(reversed(blocks))

    def _cut(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        tail = b""
        for block in blocks:
            cut = block.rfind(b"\n") + 1
            if not cut and len(tail) > LONGEST_HELD:
                self.whole = False
                yield tail + block
                tail = b""
                continue
            if cut:
                yield tail + block[:cut]
                tail = b""
            tail += block[cut:]
        if tail:
            yield tail


def whole_lines(source: Source, encoding: Encoding) -> WholeLines | None:
    """None unless the file's bytes are its text in UTF-8, without a mark, with `\\n` in its line
    ends."""
    if encoding.codec != "utf-8" or encoding.way != "strict" or encoding.skip:
        return None
    return WholeLines(source.blocks()) if b"\n" in source.head() else None
