"""Freed memory stays while a run trains and goes back afterwards (glibc only)."""

import platform
import resource
import sys

import pytest
import torch

from llmcore.train.memory import kept_memory

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="glibc's allocator"
)
MEGABYTES = 64


def page_faults(repeats: int = 5) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(repeats):
        torch.ones(MEGABYTES << 18).sum()  # takes the memory, touches it and frees it
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_the_same_memory_is_taken_again_without_asking_the_system():
    outside = page_faults()
    with kept_memory():
        page_faults(1)
        inside = page_faults()
    assert inside < outside / 10


def test_it_goes_back_when_the_last_run_ends():
    with kept_memory():
        with kept_memory():
            page_faults(1)
        held = resident_bytes()
        assert page_faults(1) < 100  # another run goes on: nothing was given back
    assert resident_bytes() < held - (MEGABYTES << 20) // 2
