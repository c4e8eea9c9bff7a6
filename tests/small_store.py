"""Fixtures of tests that need runs: a store, and a small language model in it."""

import pytest
from tiny import TEXT, pretrain_config

from llmcore import models
from llmcore.runs import RunStore, launch


@pytest.fixture
def store():
    models.clear_cache()
    return RunStore()


@pytest.fixture
def parent(store):
    directory = store.directory(store.mint_id("parent"))
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    return store.open(directory.name)
