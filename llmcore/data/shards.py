"""Corpora larger than memory: tokenized once into files on disk, read by position.

A text file is cut into blocks of some megabytes, at line ends where no token can reach across.
Several processes encode a block each and write its ids as one plain binary file, aside and then
renamed, so that a preparation that is interrupted goes on where it stopped. `ShardedIds` reads
them through memory maps: only the pages that a batch touches are ever in memory.
"""

import hashlib
import itertools
import logging
import mmap
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from llmcore.errors import DamagedError, LabError
from llmcore.files import read_json, write_json_atomic
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.tokenizer import END_OF_TEXT

log = logging.getLogger(__name__)
INDEX = "index.json"
BLOCK_BYTES = 16 << 20
LOOK_BYTES = 1 << 16  # how far a cut may move to find a good place
LARGE_BYTES = 256 << 20  # a text file beyond that is read from shards
SAMPLE_BYTES = 32 << 20  # of a large file: what a tokenizer is trained on
VALIDATION_BLOCKS = 32  # a file is held out in so many places, spread evenly

Progress = Callable[[int, int], None]  # (blocks done, all blocks)


@dataclass(slots=True, frozen=True)
class Block:
    """Bytes [start, end) of the text file, and whether they are held out for validation."""

    start: int
    end: int
    held_out: bool


class ShardedIds(Sequence[int]):
    """Token ids in several files, as one long row of which any stretch can be read.

    `len`, a position and a slice without a step work as on an array; slices are copies.
    """

    def __init__(self, paths: Sequence[Path], dtype: type[np.unsignedinteger]) -> None:
        """Raises DamagedError where a file is missing or holds half an id."""
        self.dtype = np.dtype(dtype)
        self._paths = list(paths)
        sizes = []
        for path in self._paths:
            try:
                n_bytes = path.stat().st_size
            except OSError as error:
                raise DamagedError(f"{path} is missing: delete its folder and prepare anew.") from (
                    error
                )
            if n_bytes % self.dtype.itemsize:
                raise DamagedError(f"{path} ends in half a token: delete it and prepare anew.")
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
        """Where the ids [start, stop) lie: a shard, and the first and last (open) in it."""
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
) -> Shards:
    """The ids of a UTF-8 text file in `folder`, made where they are not there yet.

    validation: share of the blocks that is held out, at least one. `<|endoftext|>` parts
    documents. Memory stays bounded whatever the size of the file.
    Raises LabError for a file that is no UTF-8 text or has too few lines to hold any out.
    """
    signature = _signature(text, tokenizer, validation, block_bytes)
    if (found := _finished(folder, signature, tokenizer)) is not None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(folder / "tokenizer")
    blocks = plan_blocks(text, validation, block_bytes)
    key = hashlib.sha256(repr(signature).encode()).hexdigest()[:12]
    paths = [folder / f"{key}-{number:06d}.bin" for number in range(len(blocks))]
    jobs = [
        (str(text), str(folder / "tokenizer"), block.start, block.end, str(path))
        for block, path in zip(blocks, paths, strict=True)
        if not path.is_file()
    ]
    done = len(blocks) - len(jobs)
    for _ in _encoded(jobs, n_processes or os.cpu_count() or 1):
        done += 1
        if progress is not None:
            progress(done, len(blocks))
    write_json_atomic(folder / INDEX, {
        "v": 1, **signature,
        "blocks": [{"file": path.name, **asdict(block)}
                   for path, block in zip(paths, blocks, strict=True)],
    })  # fmt: skip
    finished = _finished(folder, signature, tokenizer)
    assert finished is not None
    return finished


def plan_blocks(text: Path, validation: float, block_bytes: int) -> list[Block]:
    """Cuts the file at line ends near every `block_bytes`; every so many blocks are held out."""
    size = text.stat().st_size
    block_bytes = max(1, min(block_bytes, -(-size // 2)))  # two at least
    cuts = [0]
    with text.open("rb") as file:
        while cuts[-1] + block_bytes < size:
            cuts.append(_good_cut(file, cuts[-1] + block_bytes, size))
    cuts.append(size)
    spans = [(a, b) for a, b in itertools.pairwise(cuts) if b > a]
    if len(spans) < 2:
        raise LabError(f"{text} has too few lines to hold any out for validation.")
    wanted = max(1, min(round(validation * len(spans)), VALIDATION_BLOCKS, len(spans) - 1))
    held = {round((k + 0.5) * len(spans) / wanted) - 1 for k in range(wanted)}
    held = {min(max(0, one), len(spans) - 1) for one in held}
    return [Block(a, b, place in held) for place, (a, b) in enumerate(spans)]


def _good_cut(file: Any, near: int, size: int) -> int:
    """A line end between two signs that are no space, where no token reaches across; else any
    line end; else the next beginning of a character."""
    file.seek(near)
    window = file.read(LOOK_BYTES)
    at = 0
    while (at := window.find(b"\n", at)) >= 0:
        before, after = window[at - 1 : at], window[at + 1 : at + 2]
        if at and before.strip() and after.strip() and before < b"\x80" and after < b"\x80":
            return near + at + 1
        at += 1
    if (line := window.find(b"\n")) >= 0:
        return near + line + 1
    for at, byte in enumerate(window):
        if byte & 0xC0 != 0x80:  # not inside a character of several bytes
            return near + at
    return min(size, near + len(window))


def _encoded(jobs: list[tuple[str, str, int, int, str]], n_processes: int) -> Iterator[None]:
    if n_processes == 1 or len(jobs) < 2:
        yield from map(_encode_block, jobs)
        return
    # Not forked: the caller may be a thread beside others that hold locks.
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_encode_block, jobs)


def _encode_block(job: tuple[str, str, int, int, str]) -> None:
    """Runs in a process of its own: reads its bytes, encodes them, writes aside and renames."""
    text, tokenizer_folder, start, end, target = job
    with open(text, "rb") as file:
        file.seek(start)
        data = file.read(end - start)
    try:
        block = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LabError(
            f"{text} is no UTF-8 text: byte {start + error.start} cannot be read. Convert it first."
        ) from None
    tokenizer = _tokenizer(tokenizer_folder)
    documents = block.split(END_OF_TEXT)
    ids = tokenizer.encode_documents(documents)
    last = len(ids) - 1  # the block goes on in the next: its end is no end of a document
    aside = Path(f"{target}.{os.getpid()}.tmp")
    ids[:last].tofile(aside)
    os.replace(aside, target)


_loaded: dict[str, Tokenizer] = {}


def _tokenizer(folder: str) -> Tokenizer:
    if folder not in _loaded:
        _loaded[folder] = Tokenizer.load(Path(folder))
    return _loaded[folder]


def sample_text(text: Path, n_bytes: int = SAMPLE_BYTES, pieces: int = 16) -> list[str]:
    """Stretches from all over a large file, to train a tokenizer on."""
    size = text.stat().st_size
    stretch = max(1, n_bytes // pieces)
    found = []
    with text.open("rb") as file:
        for piece in range(pieces):
            file.seek(piece * max(0, size - stretch) // max(1, pieces - 1))
            found.append(file.read(stretch).decode("utf-8", errors="ignore"))
    return found


def _signature(
    text: Path, tokenizer: Tokenizer, validation: float, block_bytes: int
) -> dict[str, Any]:
    stat = text.stat()
    return {
        "text": str(text.resolve()), "bytes": stat.st_size, "modified": stat.st_mtime_ns,
        "tokenizer": tokenizer.fingerprint, "validation": validation, "block_bytes": block_bytes,
    }  # fmt: skip


def _finished(folder: Path, signature: dict[str, Any], tokenizer: Tokenizer) -> Shards | None:
    """What an earlier preparation of the same file left; None where there is none, or it is
    damaged and has to be made again."""
    try:
        index = read_json(folder / INDEX)
        if any(index.get(key) != value for key, value in signature.items()):
            return None
        rows: dict[bool, list[Path]] = {True: [], False: []}
        n_bytes = 0
        for one in index["blocks"]:
            rows[bool(one["held_out"])].append(folder / str(one["file"]))
            n_bytes += (one["end"] - one["start"]) * bool(one["held_out"])
        dtype = tokenizer.dtype
        return Shards(ShardedIds(rows[False], dtype), ShardedIds(rows[True], dtype), n_bytes)
    except (DamagedError, KeyError, TypeError) as error:
        if (folder / INDEX).exists():
            log.warning("%s: made anew (%s)", folder, error)
        return None
