r"""Whatever happens to a file, the lab's own error is all that a reader lets out.

A few hundred cases in each test run; all of them with

    LLMLAB_MUTATIONS=100000 nice -n 10 .venv/bin/python -m pytest tests/mutation -s \
        --basetemp /dev/shm/mutations

The cases are numbered from LLMLAB_MUTATIONS_FROM on (0), so that another night tries others. One
that fails names its reader and number: add both to FOUND, which is tried each time.
"""

import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mutation.mutator import mutated
from mutation.readers import READERS, Reader

from llmcore.errors import LabError

CASES = int(os.environ.get("LLMLAB_MUTATIONS", "540"))  # in all
FIRST = int(os.environ.get("LLMLAB_MUTATIONS_FROM", "0"))
MAX_SECONDS, MAX_BYTES = 10.0, 500 << 20
FOUND: tuple[tuple[str, int], ...] = (
    ("zip", 30), ("figures", 80), ("saved tokenizer", 0), ("run", 2867), ("run", 3005),
    ("experiments", 1681), ("files in a zip", 3047), ("hub folder, two files", 385),
    ("hub folder, two files", 487), ("mails", 10356), ("intents", 10174), ("workbook", 815),
)  # fmt: skip


class Slow(BaseException):
    """Not an Exception: no reader may take it for damage."""


@contextmanager
def limited() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Slow(f"more than {MAX_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def written(reader: Reader, folder: Path) -> dict[str, bytes]:
    files = reader.files()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return files


def outcome_of(name: str, number: int, folder: Path, files: dict[str, bytes]) -> str:
    """`read` or `refused`; fails the test where anything else comes out."""
    reader = READERS[name]
    rng = random.Random(f"{name} {number}")
    damaged = rng.choice(reader.names())
    (folder / damaged).write_bytes(mutated(files[damaged], rng))
    case = f"({name!r}, {number}), which damages {damaged}"
    before = peak_bytes()
    try:
        with limited():
            reader.read(folder)
        outcome = "read"
    except LabError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000, f"{case}: {str(error)[:300]!r}"
        outcome = "refused"
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise AssertionError(f"{case}: {type(error).__name__}: {str(error)[:300]}") from error
    assert peak_bytes() - before < MAX_BYTES, f"{case}: {(peak_bytes() - before) >> 20} MB"
    for file, data in files.items():  # a reader may write, too
        if file == damaged or not (folder / file).is_file():
            (folder / file).write_bytes(data)
    return outcome


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    files = written(READERS[name], folder)
    READERS[name].read(folder)  # whole: the reader reads it
    files = written(READERS[name], folder)
    outcomes, failures, began = {"read": 0, "refused": 0}, [], time.perf_counter()
    for number in range(FIRST, FIRST - (-CASES // len(READERS))):
        try:
            outcomes[outcome_of(name, number, folder, files)] += 1
        except AssertionError as error:
            failures.append(str(error))
            print(f"\n{error}")
            files = written(READERS[name], folder)
    seconds = time.perf_counter() - began
    print(f"\n{name:<24} {sum(outcomes.values()):>7,} cases: {outcomes['refused']:,} refused, "
          f"{outcomes['read']:,} read, {len(failures)} failed, {seconds:.1f} s")  # fmt: skip
    assert not failures, "\n".join(failures[:20])


@pytest.mark.parametrize(("name", "number"), FOUND)
def test_what_was_found_stays_fixed(name: str, number: int, tmp_path: Path) -> None:
    outcome_of(name, number, tmp_path / "case", written(READERS[name], tmp_path / "case"))
