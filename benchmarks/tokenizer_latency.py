"""From the last key to the picture: the Tokenizer page on 100 kB of text, in real Chromium.

    python benchmarks/tokenizer_latency.py [--json] [--repeats 15] [--kilobytes 100] [--url URL]

Starts the app with an empty LLMLAB_HOME (or takes the one at --url), puts Shakespeare's text into
the field and types one letter at its start, so that the first token of every encoding changes. The
clock is the browser's own: from the `keydown` of the letter (or of Ctrl+Enter with --commit) to
the end of the frame after the last change that a MutationObserver sees in the drawn tokens. Prints
the median and the slowest of the repetitions, after one that is thrown away.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from chromium import find_chromium  # noqa: E402

from llmcore.data.corpora import load_corpus  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LETTERS = "XQZJKVXW"  # none merges with what begins the text
QUIET_MS = 700  # a picture that has not changed for this long is finished

PASTE = """text => {
  const field = document.querySelector("textarea");
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}"""

# One observer for each drawn part. A frame has ended when a task that its callback posts is run.
WATCH = """quiet => {
  const clock = window.labClock = { key: null, picture: null, quiet };
  const parts = [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
    .filter((root) => root?.querySelector(".text"));
  const drawn = () => {
    if (clock.key === null) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { clock.picture = performance.now(); };
      channel.port2.postMessage(null);
    });
  };
  for (const root of parts) {
    new MutationObserver(drawn).observe(root, { childList: true, subtree: true });
  }
  return parts.length;
}"""
ARM = """commit => {
  const clock = window.labClock;
  clock.key = clock.picture = null;
  const down = (event) => {
    if (commit && !(event.key === "Enter" && event.ctrlKey)) return;
    document.removeEventListener("keydown", down, true);
    clock.key = performance.now();
  };
  document.addEventListener("keydown", down, true);
  const field = document.querySelector("textarea");
  field.focus();
  field.setSelectionRange(0, 0);
}"""
DONE = """([letter]) => {
  const clock = window.labClock;
  if (clock.picture === null || performance.now() - clock.picture < clock.quiet) return false;
  const boxes = [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
    .filter(Boolean).flatMap((root) => [...root.querySelectorAll(".text")]);
  return boxes.every((box) => box.textContent.startsWith(letter)) && clock.picture - clock.key;
}"""


@contextmanager
def running_app() -> Iterator[str]:
    """The app on a free port with an empty home; gives its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "LLMLAB_HOME": home},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://localhost:{port}"
            wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the app did not answer within a minute")


def sample(n_bytes: int) -> str:
    """The first `n_bytes` of Shakespeare, cut at a whole character."""
    corpus = load_corpus("shakespeare").text.encode()
    return corpus[:n_bytes].decode("utf-8", "ignore")


def latencies(page: Page, commit: bool, repeats: int) -> list[float]:
    """Milliseconds of each repetition, the first thrown away."""
    measured = []
    for index in range(repeats + 1):
        letter = LETTERS[index % len(LETTERS)]
        page.evaluate(ARM, commit)
        page.keyboard.press(letter)
        if commit:
            page.keyboard.press("Control+Enter")
        handle = page.wait_for_function(DONE, arg=[letter], polling=100, timeout=60_000)
        measured.append(float(handle.json_value()))
    return measured[1:]


def measure(url: str, text: str, commit: bool, repeats: int) -> dict[str, Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{url}/tokenizer")
        page.locator(".text .token").first.wait_for()
        page.wait_for_timeout(8_000)  # the page imports torch in the background after 4 s
        page.evaluate(PASTE, text)
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(3_000)
        columns = page.evaluate(WATCH, QUIET_MS)
        values = latencies(page, commit, repeats)
        browser.close()
    return {
        "text_bytes": len(text.encode()),
        "drawn_parts": columns,
        "commit": "Ctrl+Enter" if commit else "typing",
        "repeats": repeats,
        "median_ms": round(statistics.median(values), 1),
        "slowest_ms": round(max(values), 1),
        "all_ms": [round(value, 1) for value in values],
        "load_average": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--kilobytes", type=int, default=100, help="of 1,000 bytes")
    parser.add_argument("--commit", action="store_true", help="press Ctrl+Enter, clock from there")
    parser.add_argument("--url", help="an app that runs already")
    arguments = parser.parse_args()
    text = sample(arguments.kilobytes * 1000)
    if arguments.url:
        result = measure(arguments.url, text, arguments.commit, arguments.repeats)
    else:
        with running_app() as url:
            result = measure(url, text, arguments.commit, arguments.repeats)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['text_bytes']:,} bytes, {result['commit']}: median {result['median_ms']} ms, "
            f"slowest {result['slowest_ms']} ms of {arguments.repeats} "
            f"(load average {result['load_average']})"
        )


if __name__ == "__main__":
    main()
