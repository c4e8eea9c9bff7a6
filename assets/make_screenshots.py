"""Takes the README's pictures from the running app: `make screenshots`.

Starts the app with a fresh LLMLAB_HOME, drives it in Chromium, and saves each page in light and
dark under assets/screenshots/. A training runs meanwhile, so the live pages show a live run.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "assets" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
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
    "applications": "applications",
    "runs": "runs",
}


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


def main() -> None:
    chromium = os.environ.get("LLMLAB_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "LLMLAB_HOME": home},
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            wait_for_server(url)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(f"{url}/pretrain")
            settle(page)
            page.get_by_role("button", name="Start training").click()
            page.wait_for_timeout(25_000)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                for name, path in PAGES.items():
                    page.goto(f"{url}/{path}?text={SENTENCE}")
                    settle(page, 8.0 if name == "attention" else 4.0)
                    if name == "playground":
                        page.get_by_role("button", name="Generate", exact=True).click()
                        settle(page, 6.0)
                    page.screenshot(path=str(TARGET / f"{name}-{scheme}.png"))
                    print(f"assets/screenshots/{name}-{scheme}.png")
        finally:
            browser.close()
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    main()
