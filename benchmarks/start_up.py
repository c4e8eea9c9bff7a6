"""How long a user waits for the lab to start, against another checkout of it.

    python benchmarks/start_up.py --against PATH [--rounds 9] [--pages 5]

Three waits, ours and the other's in turn: `--help`, `runs list` (an empty home) and the first page:
from the start of the server until Chromium shows the Overview's own text. Beside the wall clock
stands the processor time of the process (of the server without the browser), which a busy machine
disturbs less. Figures are medians; the first round warms the disk cache and is not counted.
"""

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "tests"))
from chromium import find_chromium  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FIRST_WORDS = "Your first ten minutes"
PATIENCE_SECONDS = 60

Seconds = tuple[float, float]  # by the wall clock, of the processor


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(words: list[str], checkout: Path, environment: dict[str, str]) -> Seconds:
    before, began = children_seconds(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "llmcore", *words],
        cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began, children_seconds() - before


def first_page(browser: Browser, checkout: Path, environment: dict[str, str]) -> Seconds:
    """Processor time is that of the server up to the moment at which the page is seen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
         "--server.port", str(port)],
        cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
        page.goto(f"http://localhost:{port}")
        expect(page.get_by_text(FIRST_WORDS).first).to_be_visible()
        return time.perf_counter() - began, processor_seconds(server.pid)
    finally:
        page.close()
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)


def wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).read()
            return
        except OSError:
            if time.monotonic() > end:
                raise SystemExit(f"{address} did not answer") from None
            time.sleep(0.02)


def processor_seconds(pid: int) -> float:
    """User and system time of a running process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(name: str, measure: Callable[[Path], Seconds], other: Path, rounds: int) -> None:
    found: dict[Path, list[Seconds]] = {HERE: [], other: []}
    for number in range(rounds + 1):
        for checkout in (HERE, other) if number % 2 else (other, HERE):
            seconds = measure(checkout)
            if number:
                found[checkout].append(seconds)
    for what, at in (("wall", 0), ("processor", 1)):
        ours, theirs = (
            statistics.median(seconds[at] for seconds in found[checkout])
            for checkout in (HERE, other)
        )
        print(f"{name:<12}{what:<10} {ours:6.2f} s against {theirs:6.2f} s: {ours / theirs:.2f} "
              f"times", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="another checkout")
    parser.add_argument("--rounds", type=int, default=9, help="of each command")
    parser.add_argument("--pages", type=int, default=5, help="rounds of the first page")
    arguments = parser.parse_args()
    other = arguments.against.resolve()
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        environment = {**os.environ, "LLMLAB_HOME": home, "PYTHONPATH": ""}
        for words in (["--help"], ["runs", "list"]):
            measure = partial(run, words, environment=environment)
            compare(" ".join(words), measure, other, arguments.rounds)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        measure = partial(first_page, browser, environment=environment)
        compare("first page", measure, other, arguments.pages)
        browser.close()


if __name__ == "__main__":
    main()
