"""What one refresh of the live view costs the server: six runs of 100,000 logged steps.

    python benchmarks/live_view.py [--steps 100000] [--runs 6] [--refreshes 60] [--json]

Before each refresh every run logs one more step. A refresh is what the run panel does each second:
read what is new, examine the curve, build the loss chart with five overlays and the small charts,
and write them as the JSON that goes to the browser. Prints the median and the 95th percentile in
milliseconds (of the clock, and of the processor, which others on the machine do not disturb), the
bytes read and those sent, and the time of the first look, which reads it all.
"""

import argparse
import json
import logging
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import ui.run_panel.feed as feeds
from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.execution import launch
from llmcore.files import json_line
from llmcore.runs.run import EVENTS, METRICS, Run
from ui.run_panel.charts import AXES, View, loss_figure, small_figures

EVAL_EVERY = 500


class GrowingRun:
    """A run directory with the lines that a trainer would have written."""

    def __init__(self, directory: Path, steps: int, seed: int) -> None:
        shape = ModelConfig(d_model=64 + 16 * seed)
        train = TrainConfig(steps=2 * steps, seed=seed)
        config = RunConfig("pretrain", f"run {seed}", shape, train, DataConfig())
        self.run = launch.create(directory, config)
        self.step, self._random = 0, random.Random(seed)
        self._metrics, self._events = directory / METRICS, directory / EVENTS
        self.log(steps)

    def log(self, steps: int) -> None:
        lines, events = [], []
        for _ in range(steps):
            self.step += 1
            loss = 2.5 + 4 * math.exp(-self.step / 9000) + self._random.gauss(0, 0.08)
            head = {"v": 1, "attempt": 1, "t": self.step * 0.11, "step": self.step}
            lines.append(json_line({
                **head, "split": "train", "loss": loss, "lr": 1e-3, "tokens": self.step * 2048,
                "grad_norm": 0.5 + self._random.random() / 9, "tokens_per_s": 18_000.0,
            }))  # fmt: skip
            if self.step % EVAL_EVERY == 0:
                lines.append(json_line({
                    **head, "split": "val", "loss": loss, "perplexity": math.exp(loss),
                    "bits_per_byte": loss / 2,
                }))  # fmt: skip
                text = {"type": "sample", "prompt": "My lord, ", "text": "what says he? " * 20}
                events.append(json_line({**head, **text}))
        for path, new in ((self._metrics, lines), (self._events, events)):
            with path.open("a", encoding="utf-8") as file:
                file.write("".join(new))


def refresh(feed_of: Callable[[Run], feeds.RunFeed], runs: list[Run], view: View) -> int:
    """All that the panel does but hand it over; returns the bytes that it would send."""
    data = [feed_of(run) for run in runs]
    for trace in data:
        trace.refresh()
    data[0].findings()
    data[0].seconds_left(10**6)
    named = {f"run {place}": trace for place, trace in enumerate(data[1:])}
    figures = [loss_figure("run", data[0], named, view, "key"), *small_figures(data[0], "key")]
    return sum(len(figure.to_json()) for figure in figures)


def measured(n_steps: int, n_runs: int, n_refreshes: int) -> dict[str, Any]:
    feeds.FINDINGS_SECONDS = 0.0  # the dearest case: the doctor looks at every refresh
    with tempfile.TemporaryDirectory() as folder:
        growing = [
            GrowingRun(Path(folder) / str(number), n_steps, number) for number in range(n_runs)
        ]
        runs = [run.run for run in growing]
        known = {run.id: feeds.RunFeed(run) for run in runs}
        began = time.perf_counter()
        refresh(lambda run: known[run.id], runs, View())
        first = time.perf_counter() - began
        size = (runs[0].directory / METRICS).stat().st_size
        times, processor, sent = [], [], 0
        for place in range(n_refreshes):
            for run in growing:
                run.log(1)
            view = View(axis=list(AXES)[place % len(AXES)], log_y=place % 2 == 1)
            began, busy = time.perf_counter(), time.process_time()
            sent = refresh(lambda run: known[run.id], runs, view)
            times.append(1000 * (time.perf_counter() - began))
            processor.append(1000 * (time.process_time() - busy))
        grown = (runs[0].directory / METRICS).stat().st_size - size
    return {
        "steps": n_steps,
        "runs": n_runs,
        "first_look_s": round(first, 2),
        "refresh_ms_median": round(statistics.median(times), 1),
        "refresh_ms_p95": round(_p95(times), 1),
        "processor_ms_median": round(statistics.median(processor), 1),
        "processor_ms_p95": round(_p95(processor), 1),
        "bytes_read_each": n_runs * grown // n_refreshes,
        "bytes_sent": sent,
    }


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--refreshes", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit's about running without a browser
    values = measured(arguments.steps, arguments.runs, arguments.refreshes)
    if arguments.json:
        print(json.dumps(values))
        return
    print(
        f"{values['runs']} runs of {values['steps']:,} steps: a refresh takes "
        f"{values['refresh_ms_median']} ms (p95 {values['refresh_ms_p95']} ms; processor "
        f"{values['processor_ms_median']} ms, p95 {values['processor_ms_p95']} ms), reads "
        f"{values['bytes_read_each']:,} bytes, sends {values['bytes_sent']:,}; the first look took "
        f"{values['first_look_s']} s"
    )


if __name__ == "__main__":
    main()
