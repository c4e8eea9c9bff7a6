"""Fixtures that tests of several pages share."""

from pathlib import Path

import pytest
from small_store import tiny_language_model

from llmcore import models, paths


@pytest.fixture
def trained(tiny_run: Path) -> str:
    """The reference of a tiny language model that learned for a few steps, in the test's store."""
    models.clear_cache()
    return tiny_language_model(tiny_run, "tiny").id


@pytest.fixture
def without_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is bundled must not decide what these tests see."""
    monkeypatch.setattr(paths, "BUNDLED_RUNS", tmp_path / "bundled")
    monkeypatch.setenv("LLMLAB_WARM", "0")
    models.clear_cache()
