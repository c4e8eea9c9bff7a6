"""Fixtures of tests that need runs: a store, and a small language model in it."""

import shutil
from pathlib import Path

import pytest

from llmcore import models
from llmcore.runs import Run, RunStore


@pytest.fixture
def store():
    models.clear_cache()
    return RunStore()


@pytest.fixture
def parent(store, tiny_run):
    return tiny_language_model(tiny_run)


def tiny_language_model(tiny_run: Path, name: str = "parent") -> Run:
    """A copy of the run of the fixture `tiny_run` in the test's own store."""
    store = RunStore()
    directory = store.directory(store.mint_id(name))
    shutil.copytree(tiny_run, directory, dirs_exist_ok=True)
    return store.open(directory.name)
