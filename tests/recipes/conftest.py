"""What most tests of runs begin with."""

from small_store import parent, store

__all__ = ["parent", "store"]
