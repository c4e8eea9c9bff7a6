"""Corpora larger than memory: tokenized once into files on disk, read by position.

A corpus is read piece by piece into blocks of some megabytes, which end with a document or, inside
of a long one, at a line end where no token can reach across. Several processes encode a block each
and write its ids as one plain binary file, aside and then renamed, so that a preparation that is
interrupted goes on where it stopped. `ShardedIds` reads them through memory maps: only the pages
that a batch touches are ever in memory.
"""

import hashlib
import logging
import mmap
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from llmcore.data.reading.amount import text_bytes
from llmcore.data.reading.documents import CorpusOptions, Piece, documents_of, read_pieces
from llmcore.errors import DamagedError, LabError
from llmcore.files import read_json, write_json_atomic
from llmcore.tokenizers import Tokenizer

log = logging.getLogger(__name__)
INDEX = "index.json"
BLOCK_BYTES = 16 << 20
LOOK_BYTES = 1 << 16  # how far a cut may move to find a good place
VALIDATION_BLOCKS = 32  # a file is held out in this many places, spread evenly

Progress = Callable[[int, int], None]  # (blocks done, all blocks)


@dataclass(slots=True, frozen=True)
class Block:
    """One file of ids: its name, the bytes of its text, and whether it is held out."""

    file: str
    n_bytes: int
    held_out: bool


class ShardedIds(Sequence[int]):
    """Token ids in several files, as one long row of which any stretch can be read.

    `len`, a position and a slice without a step work as on an array; slices are copies.
    """

    def __init__(self, paths: Sequence[Path], dtype: type[np.unsignedinteger]) -> None:
        """Raises DamagedError if a file is missing or holds half an id."""
        self.dtype = np.dtype(dtype)
        self._paths = list(paths)
        sizes = []
        for path in self._paths:
            try:
                n_bytes = path.stat().st_size
            except OSError as error:
                raise DamagedError(
                    f"{path} is missing: delete its folder and prepare again."
                ) from error
            if n_bytes % self.dtype.itemsize:
                raise DamagedError(f"{path} ends in half a token: delete it and prepare again.")
            sizes.append(n_bytes // self.dtype.itemsize)
        self._ends = np.cumsum(sizes, dtype=np.int64).tolist()
        self._maps: dict[int, tuple[mmap.mmap, np.ndarray]] = {}  # the file, and its ids (n,)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                raise ValueError("a row of shards is read in one direction, without gaps")
            return self._stretch(start, stop)
        at = int(place) + (len(self) if place < 0 else 0)
        if not 0 <= at < len(self):
            raise IndexError(f"position {place} is outside of {len(self)} tokens")
        return self._stretch(at, at + 1)[0]

    def will_need(self, starts: Iterable[int], length: int) -> None:
        """Asks the system to read `length` ids from each start on, and does not wait for the disk:
        a step can compute while the windows of the next one arrive."""
        if not hasattr(mmap.mmap, "madvise"):  # Windows
            return
        for start in starts:
            for shard, first, last in self._parts(start, min(start + length, len(self))):
                begin = first * self.dtype.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
                end = last * self.dtype.itemsize
                self._map(shard)[0].madvise(mmap.MADV_WILLNEED, begin, end - begin)

    def _stretch(self, start: int, stop: int) -> np.ndarray:
        parts = [self._map(shard)[1][a:b] for shard, a, b in self._parts(start, stop)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=self.dtype)

    def _parts(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Where the ids [start, stop) are: a shard, and the first and last (open) in it."""
        shard = bisect_right(self._ends, start)
        while start < stop:
            before = self._ends[shard - 1] if shard else 0
            until = min(stop, self._ends[shard])
            yield shard, start - before, until - before
            start, shard = until, shard + 1

    def _map(self, shard: int) -> tuple[mmap.mmap, np.ndarray]:
        if shard not in self._maps:
            with self._paths[shard].open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._maps[shard] = (mapped, np.frombuffer(mapped, dtype=self.dtype))
        return self._maps[shard]


@dataclass(slots=True, frozen=True)
class Shards:
    """A prepared text: ids to train and to validate on, and the bytes of the latter."""

    train: ShardedIds
    validation: ShardedIds
    validation_bytes: int


def prepare_shards(
    text: Path,
    tokenizer: Tokenizer,
    folder: Path,
    validation: float = 0.01,
    n_processes: int | None = None,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
    options: CorpusOptions = CorpusOptions(),
) -> Shards:
    """The ids of a corpus (a file or a folder) in `folder`, made if they are not there yet.

    validation: share of the blocks that is held out, at least one. options: how the corpus is
    read. Memory stays bounded whatever its size. Raises LabError for what cannot be read or is
    too little to hold any out.
    """
    signature = _signature(text, tokenizer, validation, block_bytes, options)
    if (found := _finished(folder, signature, tokenizer)) is not None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(folder / "tokenizer")
    total = text_bytes(text)
    # Two blocks at least, also of characters of four bytes.
    block_bytes = max(1, min(block_bytes, total // 12))
    key = hashlib.sha256(repr(signature).encode()).hexdigest()[:12]
    sizes: list[int] = []
    jobs = _jobs(text, options, block_bytes, folder, key, sizes)
    for done, _ in enumerate(_encoded(jobs, n_processes or os.cpu_count() or 1), start=1):
        if progress is not None:
            progress(done, max(len(sizes), -(-total // block_bytes)))
    if len(sizes) < 2:
        raise LabError(f"{text} has too few lines to hold any out for validation.")
    if progress is not None:
        progress(len(sizes), len(sizes))
    held = held_out_places(len(sizes), validation)
    blocks = [
        Block(_file_name(key, place), n_bytes, place in held) for place, n_bytes in enumerate(sizes)
    ]
    write_json_atomic(folder / INDEX, {"v": 2, **signature, "blocks": list(map(asdict, blocks))})
    finished = _finished(folder, signature, tokenizer)
    assert finished is not None
    return finished


def held_out_places(n_blocks: int, validation: float) -> set[int]:
    """Which of the blocks are held out: evenly spread, one at least."""
    wanted = max(1, min(round(validation * n_blocks), VALIDATION_BLOCKS, n_blocks - 1))
    held = {round((k + 0.5) * n_blocks / wanted) - 1 for k in range(wanted)}
    return {min(max(0, place), n_blocks - 1) for place in held}


def _file_name(key: str, place: int) -> str:
    return f"{key}-{place:06d}.bin"


def _jobs(
    text: Path, options: CorpusOptions, block_bytes: int, folder: Path, key: str, sizes: list[int]
) -> Iterator["_Job | None"]:
    """What is to be encoded, a block at a time; None for a block that an earlier preparation has
    finished. `sizes` grows by the bytes of each block."""
    pieces, _ = read_pieces(text, text.name, options)
    for place, block in enumerate(blocks_of(pieces, block_bytes)):
        sizes.append(sum(len(piece.text.encode("utf-8", "replace")) for piece in block))
        target = folder / _file_name(key, place)
        parts = [(piece.text, piece.ends) for piece in block]
        yield None if target.is_file() else (parts, str(folder / "tokenizer"), str(target))


def blocks_of(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    """Pieces in blocks of about `size` characters, which end with a document where one ends near,
    else inside of a long one at a place that no token reaches across."""
    block: list[Piece] = []
    n = 0
    for piece in pieces:
        block.append(piece)
        n += len(piece.text)
        while n >= size + min(size, LOOK_BYTES) or (n >= size and block[-1].ends):
            whole = block[-1].ends and n < 2 * size
            head, block = (block, []) if whole else _cut(block, size)
            yield head
            n = sum(len(document.text) for document in block)
            if not block:
                break
    if any(document.text for document in block):
        yield block


def _cut(block: list[Piece], size: int) -> tuple[list[Piece], list[Piece]]:
    """The first `size` characters or a little more, and the rest."""
    before = at = 0
    while before + len(block[at].text) < size:
        before += len(block[at].text)
        at += 1
    piece = block[at]
    cut = good_cut(piece.text, size - before)
    if cut >= len(piece.text):
        return block[: at + 1], block[at + 1 :]
    head, tail = Piece(piece.text[:cut], False), Piece(piece.text[cut:], piece.ends)
    return [*block[:at], head], [tail, *block[at + 1 :]]


def good_cut(text: str, near: int) -> int:
    """A line end behind `near` between two signs that are no space, where no token reaches
    across; else any line end, else a space, else `near` itself."""
    window = text[near : near + LOOK_BYTES]
    at = 0
    while (at := window.find("\n", at)) >= 0:
        before, after = window[at - 1 : at], window[at + 1 : at + 2]
        if at and before.strip() and after.strip() and before.isascii() and after.isascii():
            return near + at + 1
        at += 1
    if (line := window.find("\n")) >= 0:
        return near + line + 1
    return near + max(0, window.find(" "))


_Job = tuple[list[tuple[str, bool]], str, str]  # pieces, the tokenizer's folder, the file to write


def _encoded(jobs: Iterator[_Job | None], n_processes: int) -> Iterator[None]:
    """One None for each block that is on disk. A few blocks at a time are in memory."""
    if n_processes == 1:
        for job in jobs:
            if job is not None:
                _encode_block(job)
            yield None
        return
    # Not forked: the caller may be a thread beside others that hold locks.
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[None]] = deque()
        for job in jobs:
            if job is None:
                yield None
                continue
            waiting.append(pool.submit(_encode_block, job))
            if len(waiting) > n_processes:
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()


def _encode_block(job: _Job) -> None:
    """Runs in its own process: encodes its pieces, writes aside and renames."""
    parts, tokenizer_folder, target = job
    pieces = [Piece(text, ends) for text, ends in parts]
    open_ended = not pieces[-1].ends
    documents = documents_of([*pieces, Piece("", True)] if open_ended else pieces)
    ids = _tokenizer(tokenizer_folder).encode_documents(documents)
    last = len(ids) - open_ended  # a document that goes on in the next block has no end here
    aside = Path(f"{target}.{os.getpid()}.tmp")
    ids[:last].tofile(aside)
    os.replace(aside, target)


_loaded: dict[str, Tokenizer] = {}


def _tokenizer(folder: str) -> Tokenizer:
    if folder not in _loaded:
        _loaded[folder] = Tokenizer.load(Path(folder))
    return _loaded[folder]


def _signature(
    text: Path, tokenizer: Tokenizer, validation: float, block_bytes: int, options: CorpusOptions
) -> dict[str, Any]:
    stats = [
        path.stat() for path in (text.rglob("*") if text.is_dir() else [text]) if path.is_file()
    ]
    return {
        "text": str(text.resolve()), "bytes": sum(file.st_size for file in stats),
        "modified": max((file.st_mtime_ns for file in stats), default=0), "files": len(stats),
        "tokenizer": tokenizer.fingerprint, "validation": validation, "block_bytes": block_bytes,
        "options": asdict(options),
    }  # fmt: skip


def _finished(folder: Path, signature: dict[str, Any], tokenizer: Tokenizer) -> Shards | None:
    """What an earlier preparation of the same file left; None if there is none, or it is
    damaged and has to be made again."""
    try:
        index = read_json(folder / INDEX)
        if any(index.get(key) != value for key, value in signature.items()):
            return None
        rows: dict[bool, list[Path]] = {True: [], False: []}
        n_bytes = 0
        for block in index["blocks"]:
            rows[bool(block["held_out"])].append(folder / str(block["file"]))
            n_bytes += int(block["n_bytes"]) * bool(block["held_out"])
        dtype = tokenizer.dtype
        return Shards(ShardedIds(rows[False], dtype), ShardedIds(rows[True], dtype), n_bytes)
    except (DamagedError, KeyError, TypeError) as error:
        if (folder / INDEX).exists():
            log.warning("%s: made again (%s)", folder, error)
        return None
