"""The app, started as a user starts it, and a real Chromium that drives it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import find_chromium

from llmcore.paths import PROJECT_ROOT

TORCH_AT_EXIT = re.compile(
    r"Exception ignored in: <finalize object[^\n]*\n(?:[^\n]*\n){1,4}?[^\n]*"
    r"torch/library.py\", line \d+, in _del_library\n(?: [^\n]*\n)?TypeError[^\n]*\n?"
)
# A browser that goes while the server answers it.
GONE_BROWSER = re.compile(
    r"Traceback \(most recent call last\):\n(?:(?!Traceback )[^\n]*\n)*?"
    r"starlette\.websockets\.WebSocketDisconnected:[^\n]*\n?"
)

SHOTS = Path(__file__).parent / "shots"
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


class App:
    """One server process on a free port, with its own LLMLAB_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = home / "server.log"

    def start(self) -> None:
        """Returns once the server answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port",
                   str(self.port), "--server.headless", "true"]  # fmt: skip
        environment = {**os.environ, "LLMLAB_HOME": str(self.home)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).read()
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"the app did not answer within 60 s: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """As a power cut would: no chance to save."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    made = App(tmp_path_factory.mktemp("app-home"))
    made.start()
    yield made
    made.stop()
    # A server that stops while torch is still being imported: torch 2.13's own finalizers fail.
    printed = GONE_BROWSER.sub("", TORCH_AT_EXIT.sub("", made.log.read_text()))
    assert "Traceback" not in printed, printed[-4000:]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # machines that do other work as well take their time
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_FLAGS, headless=True
        )
        yield started
        started.close()


@pytest.fixture
def new_page(browser: object) -> Iterator[Callable[..., object]]:
    """`new_page("dark")` opens a tab of its own that fails the test on a JavaScript error."""
    contexts, errors = [], []

    def open_page(scheme: str = "light") -> object:
        context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture
def shot() -> Callable[[object, str], None]:
    """Saves what one sees as tests/browser/shots/NAME.png, to be looked at."""
    SHOTS.mkdir(exist_ok=True)

    def save(page: object, name: str) -> None:
        page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)

    return save
