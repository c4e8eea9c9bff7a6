import doctest
import sys
import threading

from llmcore import cache
from llmcore.cache import SizedCache


def test_the_least_recently_used_are_dropped_beyond_the_limit():
    kept: SizedCache[str] = SizedCache(limit=20)
    for key in ("a", "b", "c"):
        kept.put(key, key.upper(), size=10)
        kept.get("a")
    assert kept.get("b") is None and kept.get("a") == "A" and kept.get("c") == "C"
    assert kept.size == 20 and len(kept) == 2


def test_a_value_that_takes_the_place_of_another_counts_once():
    kept: SizedCache[str] = SizedCache(limit=20)
    kept.put("a", "old", size=15)
    kept.put("b", "B", size=5)
    kept.put("a", "new", size=12)
    assert kept.get("a") == "new" and kept.get("b") == "B" and kept.size == 17


def test_one_value_beyond_the_limit_stays_alone():
    kept: SizedCache[str] = SizedCache(limit=20)
    kept.put("a", "A", size=5)
    kept.put("b", "B", size=100)
    assert kept.get("a") is None and kept.get("b") == "B" and kept.size == 100
    kept.clear()
    assert kept.get("b") is None and kept.size == len(kept) == 0


def test_many_threads_keep_the_sum_right():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads take turns inside of one call
    kept: SizedCache[int] = SizedCache(limit=50)
    begin = threading.Barrier(4)

    def put_many(thread: int) -> None:
        begin.wait()
        for number in range(3000):
            kept.put(str(number % 17), thread, size=1 + (number + thread) % 9)
            kept.get(str((number + thread) % 17))

    threads = [threading.Thread(target=put_many, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    assert kept.size == sum(size for _, size in kept._values.values()) <= 50


def test_the_example_in_the_docstring_holds():
    assert doctest.testmod(cache).failed == 0
