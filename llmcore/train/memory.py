"""The C library's allocator while a model trains, and what it keeps afterwards.

glibc asks the system again for every large tensor and gives it back when it is freed, and the
system fills each page with zeros: in a training step, which frees and takes the same tensors over
and over, that is a tenth of the time. While a run trains, freed memory is kept for the next step.
Elsewhere than on glibc nothing of this does anything.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # parameters of mallopt(3), with their defaults:
_DEFAULTS = {_TRIM_THRESHOLD: 128 << 10, _MMAP_MAX: 65_536}
_KEPT = {_TRIM_THRESHOLD: (1 << 31) - 1, _MMAP_MAX: 0}

_runs = 0
_lock = threading.Lock()


@contextmanager
def kept_memory() -> Iterator[None]:
    """Freed memory stays with the process until the last block of this kind ends."""
    global _runs
    with _lock:
        _runs += 1
        _set(_KEPT)
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                _set(_DEFAULTS)
                return_freed_memory()


def return_freed_memory() -> None:
    """Hands freed memory back to the system now."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _set(values: dict[int, int]) -> None:
    if (libc := _glibc()) is not None:
        for parameter, value in values.items():
            libc.mallopt(parameter, value)


def _glibc() -> ctypes.CDLL | None:
    try:
        libc = ctypes.CDLL("libc.so.6")
        return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
    except OSError:
        return None
