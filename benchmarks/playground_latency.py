"""How long a person waits on the Playground and inside the model, seen from the browser.

    .venv/bin/python benchmarks/playground_latency.py [--json] [--repeats N] [--only NAME]

Starts the app with an empty LLMLAB_HOME and drives it in Chromium. A measurement begins with the
time stamp that the browser gives the key press and ends with the frame behind the first change of
the picture, by a MutationObserver: Python's clock is not asked. `base` writes; the first round of
each measurement is not counted. Exits with 1 where a median misses its bar.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from chromium import find_chromium  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 120_000
TOKENS = 100

# Waits for the next press of a key anywhere, then for `changed` to hold after a mutation of the
# picture, then for the frame that shows it; gives the milliseconds between the two.
STOPWATCH = """(picture, condition) => {
  const changed = new Function("picture", "before", `return ${condition}`);
  window.waited = new Promise((resolve) => {
    window.addEventListener("keydown", function pressed(event) {
      if (event.key === "Control") return;
      window.removeEventListener("keydown", pressed, true);
      const began = event.timeStamp;
      const before = picture.innerHTML;
      const look = () => {
        if (!changed(picture, before)) return;
        observer.disconnect();
        requestAnimationFrame(() => {
          const channel = new MessageChannel();  // a task behind the frame: it is painted
          channel.port1.onmessage = () => resolve(performance.now() - began);
          channel.port2.postMessage(null);
        });
      };
      const observer = new MutationObserver(look);
      const all = { attributes: true, childList: true, characterData: true, subtree: true };
      observer.observe(picture, all);
    }, true);
  });
}"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One wait: `prepare` opens the page, `once` gives its milliseconds."""

    name: str
    what: str
    bar_ms: float
    prepare: Callable[[Page, str], None]
    once: Callable[[Page, int], float]


def settled(page: Page) -> None:
    state = "data-test-script-state"
    expect(page.get_by_test_id("stApp")).to_have_attribute(state, "notRunning")


def timed(page: Page, picture: str, condition: str, press: Callable[[], None]) -> float:
    """Milliseconds from the key that `press` presses to `condition` on the picture."""
    page.locator(picture).first.evaluate(STOPWATCH, condition)
    press()
    return float(page.evaluate("() => window.waited"))


def open_playground(page: Page, url: str) -> None:
    page.goto(f"{url}/playground?text=The%20king%20said&model=base")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()  # the lab around the page
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    settled(page)


def write_text(page: Page, url: str) -> None:
    """A text of TOKENS tokens, so that a slider has something to colour."""
    open_playground(page, url)
    field = page.get_by_label("Tokens to write")
    field.fill(str(TOKENS))
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("tokens/s ·")).to_be_visible()
    settled(page)
    page.locator("input[name=temperature]").focus()


def move_slider(page: Page, number: int) -> float:
    """From 0.80 up to 1.00 and back: several tokens change their colour either way."""
    key = "PageUp" if number % 2 else "PageDown"
    return timed(page, ".text", "picture.innerHTML !== before", lambda: page.keyboard.press(key))


def first_token(page: Page, number: int) -> float:
    """A prompt that the model has not seen, and Ctrl+Enter."""
    prompt = f"My lord, number {number} of the"
    page.get_by_label("Prompt").fill(prompt)
    seen = (
        f"picture.querySelector('.prompt')?.textContent.includes('{number}') && "
        "picture.querySelectorAll('.token').length > 0"
    )
    waited = timed(page, ".text", seen, lambda: page.keyboard.press("Control+Enter"))
    expect(page.get_by_text("tokens/s ·")).to_be_visible()
    settled(page)
    return waited


def open_walk(page: Page, url: str) -> None:
    """64 tokens, and a step whose tensor has 64 x 768 numbers."""
    words = "%20".join(["The king said to the queen"] * 16).replace(" ", "%20")
    page.goto(f"{url}/model?model=base&step=attention_in&text={words}")
    expect(page.locator("canvas").first).to_be_visible()
    settled(page)
    page.locator("body").focus()


def next_step(page: Page, number: int) -> float:
    """An arrow key, on to queries, keys and values and back: the new tensor is drawn."""
    key = "ArrowLeft" if number % 2 else "ArrowRight"
    changed = "picture.innerHTML !== before"
    waited = timed(page, ".tensors", changed, lambda: page.keyboard.press(key))
    settled(page)
    return waited


MEASUREMENTS = (
    Measurement(
        "playground_slider",
        f"a slider of the Playground to the changed colours of {TOKENS} tokens",
        300.0,
        write_text,
        move_slider,
    ),
    Measurement(
        "playground_first_token",
        "Ctrl+Enter to the first token of base on the screen",
        300.0,
        open_playground,
        first_token,
    ),
    Measurement(
        "model_step",
        "an arrow key on the page Inside the model to the next step's 64 x 768 numbers",
        300.0,
        open_walk,
        next_step,
    ),
)


@contextmanager
def server(home: Path) -> Iterator[str]:
    """The app on a free port with `home` as its LLMLAB_HOME; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "LLMLAB_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://localhost:{port}"
    try:
        _await_answer(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await_answer(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            if time.monotonic() > end:
                raise SystemExit("the app did not start") from None
            time.sleep(0.1)


def measure(page: Page, url: str, one: Measurement, repeats: int) -> dict[str, object]:
    one.prepare(page, url)
    waits = [one.once(page, number) for number in range(repeats + 1)][1:]
    median = statistics.median(waits)
    return {
        "name": one.name, "what": one.what, "bar_ms": one.bar_ms, "median_ms": round(median, 1),
        "worst_ms": round(max(waits), 1), "best_ms": round(min(waits), 1), "n": len(waits),
        "kept": median <= one.bar_ms,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--only", choices=[measurement.name for measurement in MEASUREMENTS])
    parser.add_argument("--url", help="an app that runs already")
    arguments = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    wanted = [
        measurement for measurement in MEASUREMENTS if arguments.only in (None, measurement.name)
    ]
    return report(wanted, arguments)


def report(wanted: Sequence[Measurement], arguments: argparse.Namespace) -> int:
    """Measures and prints, a page for each; 1 where a median misses its bar, else 0.

    arguments: `url` (None starts an app with an empty LLMLAB_HOME), `repeats` and `json`.
    """
    results = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with server(Path(home)) if not arguments.url else _given(arguments.url) as url:
            for wanted_one in wanted:
                page = browser.new_page(viewport={"width": 1360, "height": 900})
                page.set_default_timeout(PATIENCE_MS)
                results.append(measure(page, url, wanted_one, arguments.repeats))
                page.close()
                if not arguments.json:
                    print(_line(results[-1]), flush=True)
        browser.close()
    if arguments.json:
        print(json.dumps({"cores": os.cpu_count(), "measurements": results}))
    return 0 if all(result["kept"] for result in results) else 1


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


def _line(result: dict[str, object]) -> str:
    verdict = "kept" if result["kept"] else "MISSED"
    return (
        f"{result['what']:<66} median {result['median_ms']:7.1f} ms "
        f"({result['best_ms']}-{result['worst_ms']}, n={result['n']}), "
        f"bar {result['bar_ms']:.0f} ms: {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
