"""Values kept in memory up to a limit on the sum of their sizes; the least recently used go."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class SizedCache(Generic[V]):
    """The most recently used values whose sizes (bytes, say) sum up to at most `limit`.

    Safe for many threads. The newest value stays even if it alone is larger than the limit:
    whoever put it is about to use it.

    >>> cache = SizedCache(limit=2)
    >>> for key in "abc":
    ...     cache.put(key, key.upper())
    >>> cache.get("a"), cache.get("c"), cache.size
    (None, 'C', 2)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size(self) -> int:
        """The sum of the sizes of all values that are kept."""
        return self._size

    def get(self, key: str) -> V | None:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: str, value: V, size: int = 1) -> None:
        """Adds a value, in the place of an older one of the same key, and drops the least
        recently used ones beyond the limit."""
        with self._lock:
            if key in self._values:
                self._size -= self._values.pop(key)[1]
            self._values[key] = (value, size)
            self._size += size
            while self._size > self.limit and len(self._values) > 1:
                self._size -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._size = 0
