"""Takes the pictures of README and docs/pages.md from the running app: `make screenshots`.

    python assets/make_screenshots.py [NAME ...] [--out DIR] [--home DIR]

Trains two small runs in a fresh LLMLAB_HOME, one of them with a learning rate that is too high,
starts the app there, drives it in Chromium, and saves each view in light and dark under
assets/screenshots/. A training runs meanwhile, so the live pages show a live run. Further views
(preflight, doctor, overlay, replay, queue, spam, curve) are taken in one scheme each.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "assets" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUESTION = "How do I add a suitcase to flight LH 452 from Rome to Oslo?"
SENTENCE = "The king said to the queen: attention is all you need, my queen."
PAGES = {
    "overview": "",
    "tokenizer": "tokenizer",
    "model": "model",
    "attention": "attention",
    "pretrain": "pretrain",
    "classifier": "classifier",
    "instructions": "instructions",
    "playground": "playground",
    "chat": "chat",
    "applications": "applications",
    "runs": "runs",
}
RUNS = {"well": [], "too-fast": ["--learning-rate", "1"]}
STEPS = 200


def train(home: Path) -> None:
    """The two finished runs of which the engine's views tell."""
    command = [sys.executable, "-m", "llmcore", "pretrain", "--corpus", "shakespeare"]
    command += ["--preset", "tiny", "--steps", str(STEPS), "--json"]
    for name, flags in RUNS.items():
        subprocess.run(
            [*command, "--name", name, *flags],
            cwd=ROOT,
            env={**os.environ, "LLMLAB_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def open_run(page: Page, url: str, home: Path, name: str) -> None:
    (run,) = (home / "runs").glob(f"*-{name}-*")
    page.goto(f"{url}/pretrain?run={run.name}")
    settle(page)


def wait_for_server(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the app did not start")


def settle(page: Page, seconds: float = 4.0) -> None:
    page.wait_for_selector("h1")
    page.wait_for_timeout(seconds * 1000)


def open_page(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/{PAGES[name]}?text={SENTENCE}")
    settle(page, 8.0 if name == "attention" else 4.0)
    if name == "playground":
        page.get_by_role("button", name="Generate", exact=True).click()
        settle(page, 6.0)
    if name == "chat":
        page.goto(f"{url}/chat?model=airline-support")
        settle(page)
        page.get_by_test_id("stChatInputTextArea").fill(QUESTION)
        page.keyboard.press("Enter")
        settle(page, 6.0)


def show(page: Page, text: str) -> None:
    """Scrolls so that the line with `text` stands near the top."""
    line = page.get_by_text(text).first
    line.evaluate("one => one.scrollIntoView({block: 'start'})")
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -90)
    page.wait_for_timeout(1500)


def preflight(page: Page, url: str, home: Path) -> None:
    page.goto(f"{url}/pretrain")
    settle(page, 2.0)
    page.get_by_text("Options", exact=True).click()
    base = page.get_by_role("option", name="base")
    for _ in range(10):  # a list that opens while the box above it still grows closes again
        page.get_by_role("combobox", name="Size").click()
        page.wait_for_timeout(1500)
        if base.is_visible():
            break
    base.click()
    settle(page, 12.0)
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -5000)
    page.wait_for_timeout(1000)


def doctor(page: Page, url: str, home: Path) -> None:
    open_run(page, url, home, "too-fast")
    show(page, "Run to show")


def overlay(page: Page, url: str, home: Path) -> None:
    open_run(page, url, home, "well")
    page.get_by_label("Compare with earlier runs").click()
    page.get_by_role("option", name="too-fast").first.click()
    page.keyboard.press("Escape")
    settle(page)
    show(page, "Run to show")


def replay(page: Page, url: str, home: Path) -> None:
    open_run(page, url, home, "well")
    page.get_by_text("Replay this run in 30 seconds").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(18_000)
    show(page, "Replay this run in 30 seconds")


def queue(page: Page, url: str, home: Path) -> None:
    """Two runs wait behind the one that trains."""
    for _ in range(2):
        page.goto(f"{url}/pretrain")
        settle(page)
        page.get_by_role("button", name="Add to queue").click()
        settle(page, 3.0)
    page.goto(f"{url}/runs")
    settle(page)
    page.mouse.move(640, 760)
    page.mouse.wheel(0, 600)
    page.wait_for_timeout(1500)


def spam(page: Page, url: str, home: Path) -> None:
    """A spam classifier from the button to a message of one's own. (Its test would show messages
    of the data set.)"""
    page.goto(f"{url}/classifier")
    settle(page)
    page.get_by_role("button", name="Train the spam classifier").click()
    done: list[Path] = []
    while not done:
        page.wait_for_timeout(2000)
        done = [path for path in (home / "runs").glob("*-classifier-*/status.json")
                if json.loads(path.read_text())["state"] == "done"]  # fmt: skip
    page.reload()
    settle(page)
    page.get_by_role("radio", name="Try it").click()
    settle(page)
    page.get_by_role("button", name="Congratulations").click()
    page.mouse.move(640, 840)  # away from what the button says of itself
    settle(page, 8.0)


def curve(page: Page, url: str, home: Path) -> None:
    """The learning curve that lies below `home`: drawing one takes most of an hour."""
    page.goto(f"{url}/classifier")
    settle(page)
    page.get_by_role("radio", name="How much data does it take?").click()
    settle(page)
    show(page, "Curve to show")


Taken = Callable[[Page, str, Path], None]
VIEWS: dict[str, tuple[str, Taken]] = {
    "preflight": ("light", preflight),
    "doctor": ("light", doctor),
    "overlay": ("dark", overlay),
    "replay": ("light", replay),
    "queue": ("dark", queue),
    "spam": ("dark", spam),
    "curve": ("light", curve),
}


def take(page: Page, url: str, home: Path, out: Path, wanted: list[str]) -> None:
    if "all" in wanted or set(wanted) & (PAGES.keys() | {"queue"}):
        page.goto(f"{url}/pretrain")
        settle(page)
        page.get_by_role("button", name="Start training").click()
        page.wait_for_timeout(25_000)
    shots = [(name, scheme, None) for scheme in ("light", "dark") for name in PAGES]
    shots += [(name, scheme, taken) for name, (scheme, taken) in VIEWS.items()]
    for name, scheme, taken in shots:
        if "all" not in wanted and name not in wanted:
            continue
        if name == "curve" and not list((home / "runs").glob("*-learning-curve-*")):
            print("curve: no learning curve lies there, see --home", flush=True)
            continue
        page.emulate_media(color_scheme=scheme)
        if taken is None:
            open_page(page, url, name)
        else:
            taken(page, url, home)
        page.screenshot(path=str(out / f"{name}-{scheme}.png"))
        print(out / f"{name}-{scheme}.png", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", default=["all"], help="the views; all by default")
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--home", type=Path, help="copy the runs below this LLMLAB_HOME first")
    asked = parser.parse_args()
    chromium = os.environ.get("LLMLAB_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    asked.out.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        if asked.home:
            shutil.copytree(asked.home / "runs", Path(home) / "runs")
        if "all" in asked.name or set(asked.name) & {"doctor", "overlay", "replay"}:
            train(Path(home))
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "LLMLAB_HOME": home},
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            wait_for_server(url)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(60_000)
            take(page, url, Path(home), asked.out, asked.name)
        finally:
            browser.close()
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    main()
