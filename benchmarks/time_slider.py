"""How long a step of the time slider takes on the Attention page, seen from the browser.

    .venv/bin/python benchmarks/time_slider.py [--json] [--repeats N] [--run RUN] [--url URL]

Starts the app with an empty LLMLAB_HOME, trains a small model there with many snapshots (or takes
--run), and drives the view Over time in Chromium. A measurement begins with the time stamp that the
browser gives the key press and ends with the frame behind the drawn snapshot, by a
MutationObserver. `first_s` is how long the view takes from opening until every snapshot is
ready; it is reported, without a limit. Exits with 1 where the median step misses its bar.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

from playground_latency import FLAGS, PATIENCE_MS, ROOT, find_chromium, server, settled, timed
from playwright.sync_api import Page, expect, sync_playwright

BAR_MS = 500.0
TRAINED_STEPS, SNAPSHOT_EVERY = 100, 10


def train(home: str) -> str:
    """A run of the lab's tiny preset with a dozen snapshots; returns its id."""
    command = [
        sys.executable, "-m", "llmcore", "pretrain", "--corpus", "conversations", "--steps",
        str(TRAINED_STEPS), "--snapshot-every", str(SNAPSHOT_EVERY), "--eval-every", "50", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "LLMLAB_HOME": home}, capture_output=True, check=True
    )
    return str(json.loads(done.stdout)["run"])


def open_view(page: Page, url: str, run: str) -> tuple[float, int]:
    """Opens Over time and waits for all frames; gives the seconds and the number of snapshots."""
    page.goto(f"{url}/attention?view=over_time&model={run}")
    began = time.perf_counter()
    expect(page.locator(".time .told")).to_contain_text("snapshot")
    expect(page.locator(".time .state")).to_have_text("")
    seconds = time.perf_counter() - began
    settled(page)
    slider = page.locator(".time .at")
    slider.focus()
    page.keyboard.press("Home")
    return seconds, int(slider.get_attribute("max") or 0) + 1


def step(page: Page, number: int, n_snapshots: int) -> float:
    """One snapshot on, or back where the end is reached; the picture tells when it is drawn."""
    forth = (number // (n_snapshots - 1)) % 2 == 0
    key = "ArrowRight" if forth else "ArrowLeft"
    # `data-step` is set last, behind all that is drawn.
    page.locator(".time").evaluate("(view) => { view.dataset.step = ''; }")
    return timed(page, ".time", "picture.dataset.step !== ''", lambda: page.keyboard.press(key))


def measure(page: Page, url: str, run: str, repeats: int) -> dict[str, object]:
    first_s, n_snapshots = open_view(page, url, run)
    if n_snapshots < 2:
        raise SystemExit(f"{run} has {n_snapshots} snapshot: nothing to move over")
    waits = [step(page, number, n_snapshots) for number in range(repeats + 1)][1:]
    median = statistics.median(waits)
    return {
        "name": "time_slider_step", "run": run, "snapshots": n_snapshots,
        "first_s": round(first_s, 1), "bar_ms": BAR_MS, "median_ms": round(median, 1),
        "worst_ms": round(max(waits), 1), "best_ms": round(min(waits), 1), "n": len(waits),
        "kept": median <= BAR_MS,
    }  # fmt: skip


@contextmanager
def prepared(arguments: argparse.Namespace):
    """Address of an app and the run to look at."""
    if arguments.url:
        yield arguments.url, arguments.run or "starter"
        return
    with tempfile.TemporaryDirectory() as home:
        run = arguments.run or train(home)
        with server(home) as url:
            yield url, run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--run", help="a run to look at, such as starter (default: a new one)")
    parser.add_argument("--url", help="an app that runs already")
    arguments = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, prepared(arguments) as (url, run):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        result = measure(page, url, run, arguments.repeats)
        browser.close()
    if arguments.json:
        print(json.dumps({"cores": os.cpu_count(), **result}))
    else:
        verdict = "kept" if result["kept"] else "MISSED"
        print(
            f"a step of the time slider, {result['snapshots']} snapshots of {run}: median "
            f"{result['median_ms']} ms ({result['best_ms']}-{result['worst_ms']}, n={result['n']}),"
            f" bar {BAR_MS:.0f} ms: {verdict}; all snapshots ready after {result['first_s']} s"
        )
    return 0 if result["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
