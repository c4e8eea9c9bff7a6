"""The page while a model trains in it, and what a watcher costs the training.

    .venv/bin/python benchmarks/page_while_training.py [--json] [--repeats 30] [--watch 20]

Starts the app with an empty LLMLAB_HOME and drives it in Chromium. First the wait from a key press
to the changed picture on the Playground (a slider that colours 100 tokens again), with nothing else
to do and while the preset `small` trains in the app's background thread: median and 95th
percentile, and the ratio of the latter (bar 1.5). Then the training's tokens per second with no
page open and with one open on its live panel, in turns, from metrics.jsonl: the share that the
watcher costs, as the median over turns of watched against the alone just before it. A machine that
others share wavers by more than the bar from turn to turn, so the processor time of the watcher
stands beside it (Linux): what the browser and the server's threads other than the training's use,
as a share of all cores. The panel draws a young run each second and slows down with the run's age,
so it is taken twice: in the run's first minutes, and when it has slowed down to its last rhythm,
after eight minutes, which is what a run of an hour costs (bar 5%).
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))
from chromium import find_chromium  # noqa: E402
from playground_latency import (  # noqa: E402
    FLAGS,
    PATIENCE_MS,
    move_slider,
    server,
    settled,
    write_text,
)

from llmcore.runs import Run  # noqa: E402
from ui.run_panel.live import PICTURES, SLOWEST_REFRESH_SECONDS  # noqa: E402

BARS = {"p95_ratio": 1.5, "watcher_share": 0.05}
TURNS, SLOW_TURNS = 4, 8
VIEW = {"width": 1360, "height": 900}


def waits(browser: Browser, url: str, repeats: int) -> list[float]:
    page = new_page(browser)
    write_text(page, url)
    values = [move_slider(page, number) for number in range(repeats + 1)][1:]
    page.close()
    return values


def new_page(browser: Browser) -> Page:
    page = browser.new_page(viewport=VIEW)
    page.set_default_timeout(PATIENCE_MS)
    return page


def start_training(browser: Browser, url: str, home: Path) -> Run:
    """`small`, from the Pretrain page, in the app's own thread."""
    page = new_page(browser)
    page.goto(f"{url}/pretrain")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    settled(page)
    page.get_by_text("Options", exact=True).click()
    small = page.get_by_role("option", name="small")
    for _ in range(10):  # the list may close again while the preflight card is drawn
        page.get_by_role("combobox", name="Size").click()
        page.wait_for_timeout(500)
        if small.is_visible():
            break
    small.click(timeout=5000)
    settled(page)
    page.get_by_role("button", name="Start training").click()
    end = time.monotonic() + 120
    while True:
        found = [Run(path.parent) for path in (home / "runs").glob("*/config.json")]
        if found and (found[0].metrics().last("train") or {}).get("step", 0) >= 5:
            break
        if time.monotonic() > end:
            raise SystemExit("the training did not start")
        time.sleep(0.2)
    page.close()
    return found[0]


def tokens_per_second(run: Run, seconds: float) -> float:
    """Tokens that the run learns from in about this time, by its own log: from a line of it that is
    written from now on to another, so that nothing that came before counts."""
    first = next_record(run)
    time.sleep(seconds)
    last = next_record(run)
    return (last["tokens"] - first["tokens"]) / (last["t"] - first["t"])


def next_record(run: Run) -> dict[str, Any]:
    metrics = run.metrics()
    known = metrics.last("train")["step"]
    while (newest := metrics.last("train"))["step"] == known:
        time.sleep(0.05)
        metrics.refresh()
    return newest


def watcher_cost(
    browser: Browser, url: str, run: Run, seconds: float, turns: int
) -> dict[str, list[float]]:
    """For each turn tokens per second alone and watched, and the watcher's share of the cores."""
    found: dict[str, list[float]] = {"alone": [], "watched": [], "cores": []}
    for _ in range(turns):
        found["alone"].append(tokens_per_second(run, seconds))
        page = new_page(browser)
        page.goto(f"{url}/pretrain?run={run.directory.name}")
        expect(page.get_by_role("link", name="Overview")).to_be_visible()
        page.wait_for_timeout(5000)  # drawn for the first time, which does not count
        before, began = processor_seconds(), time.monotonic()
        found["watched"].append(tokens_per_second(run, seconds))
        available = (os.cpu_count() or 1) * (time.monotonic() - began)
        found["cores"].append(watcher_seconds(before, processor_seconds()) / available)
        page.close()
        time.sleep(2)  # the server lets the session go
    return found


def processor_seconds() -> dict[tuple[str, str], float]:
    """Of each thread of the server and of the browser, by (whose, thread). Linux only."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            whose = next(
                (name for name in ("streamlit", "chrom") if name.encode() in command), None
            )
            for thread in (process / "task").iterdir() if whose else ():
                numbers = (thread / "stat").read_text().rsplit(")", 1)[1].split()
                found[whose, thread.name] = (int(numbers[11]) + int(numbers[12])) / ticks
        except OSError:  # it has just ended
            continue
    return found


def watcher_seconds(before: dict[tuple[str, str], float], after: dict[tuple[str, str], float]
                    ) -> float:  # fmt: skip
    """What both used between, without the threads that train: the busiest, one for each core."""
    used = {process: seconds - before.get(process, 0.0) for process, seconds in after.items()}
    server = sorted((used[process] for process in used if process[0] == "streamlit"), reverse=True)
    browser = sum(used[process] for process in used if process[0] == "chrom")
    return browser + sum(server[os.cpu_count() or 1 :])


def lost(rates: dict[str, list[float]]) -> float:
    """The share of its tokens per second that a watched training loses."""
    return 1 - statistics.median(
        watched / alone for alone, watched in zip(rates["alone"], rates["watched"], strict=True)
    )


def wait_for_age(run: Run, seconds: float) -> None:
    """Until the run has trained so long."""
    while run.metrics().clock("train")[1][-1] < seconds:
        time.sleep(1)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--watch", type=float, default=20, help="seconds of each turn")
    asked = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as home,
        server(Path(home)) as url,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        idle = waits(browser, url, asked.repeats)
        run = start_training(browser, url, Path(home))
        busy = waits(browser, url, asked.repeats)
        young = watcher_cost(browser, url, run, asked.watch, TURNS)
        wait_for_age(run, SLOWEST_REFRESH_SECONDS * PICTURES)
        old = watcher_cost(browser, url, run, asked.watch, SLOW_TURNS)
        browser.close()
    alone, watched = (statistics.median(old[name]) for name in ("alone", "watched"))
    result = {
        "cores": os.cpu_count(),
        "idle_median_ms": round(statistics.median(idle)), "idle_p95_ms": round(p95(idle)),
        "training_median_ms": round(statistics.median(busy)), "training_p95_ms": round(p95(busy)),
        "p95_ratio": round(p95(busy) / p95(idle), 2),
        "tokens_per_s_alone": round(alone), "tokens_per_s_watched": round(watched),
        "young_watcher_share": round(lost(young), 3),
        "watcher_share": round(lost(old), 3),
        "young_watcher_cores": round(statistics.median(young["cores"]), 3),
        "watcher_cores": round(statistics.median(old["cores"]), 3),
    }  # fmt: skip
    if asked.json:
        print(json.dumps(result))
    else:
        print(
            f"key to picture: idle median {result['idle_median_ms']}, p95 {result['idle_p95_ms']} "
            f"ms; while training {result['training_median_ms']} and {result['training_p95_ms']} "
            f"ms: p95 {result['p95_ratio']} times (bar {BARS['p95_ratio']})\n"
            f"training: {alone:,.0f} tokens/s alone, {watched:,.0f} watched: "
            f"{result['watcher_share']:.1%} for the watcher (bar {BARS['watcher_share']:.0%}), "
            f"who uses {result['watcher_cores']:.1%} of the cores' time; in its first minutes "
            f"{result['young_watcher_share']:.1%} and {result['young_watcher_cores']:.1%}"
        )
    return 0 if all(result[name] <= bar for name, bar in BARS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
