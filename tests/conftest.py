"""Fixtures that every test shares: a home of its own, no run left behind, a browser or a skip."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import NO_BROWSER, find_chromium

from llmcore.device import share_cores

share_cores()  # before any test imports torch


# What `make check` runs (marker `fast`), chosen by measuring: folders and files whose tests take
# seconds together.
FAST = (
    "classical", "nn", "plots", "runs", "test_architecture.py", "test_config.py",
    "test_docstring_examples.py", "test_files.py", "test_presets.py", "test_schema.py",
    "test_texts.py",
)  # fmt: skip


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m fast` the other folders are not even imported."""
    tests = Path(__file__).parent
    if config.option.markexpr != "fast" or not collection_path.is_relative_to(tests):
        return None
    parts = collection_path.relative_to(tests).parts
    return True if parts and parts[0] not in FAST else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks by folder: `page` in tests/pages, `integration` in its own, `fast` in FAST."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).parts[0]
        if place in ("pages", "integration"):
            item.add_marker("page" if place == "pages" else place)
        slow = any(item.get_closest_marker(name) for name in ("slow", "browser"))
        if place in FAST and not slow:
            item.add_marker("fast")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and find_chromium() is None:
        if os.environ.get("LLMLAB_REQUIRE_BROWSER") == "1":
            pytest.fail(f"LLMLAB_REQUIRE_BROWSER=1, but {NO_BROWSER}", pytrace=False)
        pytest.skip(NO_BROWSER)


@pytest.fixture
def chromium() -> str:
    """Path of the Chromium that tests marked `browser` drive."""
    path = find_chromium()
    assert path is not None, "mark this test with @pytest.mark.browser"
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary LLMLAB_HOME, so that no test ever meets the user's own runs; nor the models in
    the cache of Hugging Face."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("LLMLAB_HOME", str(folder))
    monkeypatch.setenv("LLMLAB_REAL_MODEL", "no")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    for variable in ("HF_HUB_CACHE", "HF_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running(home: Path) -> Iterator[None]:
    """Stops what a test left alive (runs, generations, measurements); empties Streamlit's caches.

    Only modules that the test itself imported are touched: a test of the tokenizers pays nothing.
    """
    yield
    background = sys.modules.get("llmcore.background")
    if background is not None:
        background.stop_all()
    caching = sys.modules.get("streamlit.runtime.caching")
    if caching is not None:
        caching.cache_data.clear()
        caching.cache_resource.clear()


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of `tiny.pretrain_config()` on `tiny.TEXT`, trained once. Take a copy of it:
    `small_store.tiny_language_model`."""
    from tiny import TEXT, pretrain_config

    from llmcore.execution import launch

    directory = tmp_path_factory.mktemp("trained") / "run"
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    return directory


@pytest.fixture(scope="module")
def made_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base model and an assistant beside it, trained once for the tests of a file."""
    from tiny_bundle import make_bundle

    folder = tmp_path_factory.mktemp("bundle")
    make_bundle(folder)
    return folder


@pytest.fixture
def bundle(made_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those models instead of the bundled ones, and no bundled figures."""
    from tiny_bundle import use_bundle

    use_bundle(made_bundle, monkeypatch)
    monkeypatch.setattr("llmcore.paths.ASSETS", tmp_path)
    monkeypatch.setenv("LLMLAB_WARM", "0")
    return made_bundle


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """`wait_until(condition, timeout)` returns the condition's first true value, or fails."""

    def wait(condition: Callable[[], Any], timeout: float = 30.0, message: str = "") -> Any:
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() >= end:
                pytest.fail(message or f"nothing within {timeout:g} s: {condition}")
            time.sleep(0.05)

    return wait
