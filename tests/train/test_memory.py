"""Freed memory stays while a run trains and goes back afterwards (glibc only)."""

import json
import platform
import subprocess
import sys

import pytest

# In a process of its own: what other tests left on the heap decides what an allocation costs.
CODE = """
import json, resource
import torch
from llmcore.train.memory import kept_memory

def page_faults(repeats=10):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(repeats):
        torch.ones(64 << 18).sum()  # takes 64 MB, touches them and frees them
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

outside = page_faults()
with kept_memory():
    with kept_memory():
        page_faults(2)
        inside = page_faults()
    between = page_faults()
    held = resident()
print(json.dumps([outside, inside, between, held - resident()]))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="glibc's allocator"
)
def test_memory_is_taken_again_without_asking_and_goes_back_when_the_last_run_ends():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    outside, inside, between, given_back = json.loads(done.stdout)
    # Not zero: where the heap is in pieces, an allocation now and then finds none large enough.
    assert inside < outside / 3
    assert between < outside / 3  # another run goes on: nothing was given back
    assert given_back > 32 << 20
