"""What a page has already read of a run's growing files, so that a refresh reads only the rest."""

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.plots.training import Curve, Mark, RunCurves

if TYPE_CHECKING:
    from llmcore.runs import Run

_FEEDS = "lab_feeds"
MAX_FEEDS = 12
KEPT_SAMPLES = 40
# Steps over which the speed is taken: enough to cover an evaluation, few enough to follow change.
SPEED_WINDOW = 200
MIN_PACE_STEPS = 3


class RunFeed:
    """One run as a page sees it. `refresh` is cheap and may be called every second."""

    def __init__(self, run: "Run") -> None:
        from llmcore.runs.reader import LineTail, MetricsReader
        from llmcore.runs.run import EVENTS, METRICS

        self.run = run
        self.metrics = MetricsReader(run.directory / METRICS)
        self._events = LineTail(run.directory / EVENTS)
        self.samples: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.result: dict[str, Any] | None = None
        self.step_saved: int | None = None
        self.marks: list[Mark] = []

    def refresh(self) -> None:
        self.metrics.refresh()
        for event in self._events.read_new():
            kind = event.get("type")
            if kind == "sample":
                self.samples.append(event)
            elif kind == "answers":
                self.answers.append(event)
            elif kind in {"notice", "warning"} and event.get("text"):
                self.notices.append(str(event["text"]))
            elif kind == "result":
                self.result = event
            elif kind == "setting" and event.get("name") == "learning_rate":
                self.marks.append(Mark(int(event["step"]), f"learning rate {event['value']:.3g}"))
            elif kind == "early_stop":
                self.marks.append(Mark(int(event["best_step"]), "best: it stopped improving here"))
            elif kind == "checkpoint":
                self.step_saved = event.get("step")
        self.samples, self.answers = _newest(self.samples), _newest(self.answers)

    def curve(self, split: str, key: str) -> Curve:
        return Curve(*self.metrics.series(split, key))

    def curves(self, name: str) -> RunCurves:
        return RunCurves(name, self.curve("train", "loss"), self.curve("val", "loss"))

    def last(self, split: str, key: str) -> float | None:
        """The newest number of that name, or None before the first."""
        record = self.metrics.last(split)
        return record.get(key) if record else None

    @property
    def step(self) -> int:
        return max((int(self.last(split, "step") or 0) for split in ("train", "val")), default=0)

    def seconds_per_step(self) -> float | None:
        """Pace of the newest steps of the newest attempt, evaluations included."""
        records = self.metrics.records("train")[-SPEED_WINDOW:]
        if not records:
            return None
        newest = records[-1]
        same = [one for one in records if one.get("attempt") == newest.get("attempt")]
        done, took = newest["step"] - same[0]["step"], newest["t"] - same[0]["t"]
        return took / done if done >= MIN_PACE_STEPS and took > 0 else None

    def seconds_left(self, steps: int) -> float | None:
        """Remaining time at the present pace; None before there is one."""
        pace = self.seconds_per_step()
        return None if pace is None else max(0, steps - self.step) * pace

    def seconds_trained(self) -> float:
        """Time from the first record to the last, summed over attempts."""
        spans: dict[int, tuple[float, float]] = {}
        for record in self.metrics.records("train"):
            attempt, t = record.get("attempt", 1), float(record.get("t", 0.0))
            first, last = spans.get(attempt, (t, t))
            spans[attempt] = (min(first, t), max(last, t))
        return sum(last - first for first, last in spans.values())


def _newest(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest ones, and the first: it shows where the model began."""
    return events if len(events) <= KEPT_SAMPLES else events[:1] + events[-KEPT_SAMPLES + 1 :]


def feed(run: "Run") -> RunFeed:
    """The feed of a run, kept for this session; the least recently used are dropped."""
    feeds: OrderedDict[str, RunFeed] = st.session_state.setdefault(_FEEDS, OrderedDict())
    key = str(run.directory)
    found = feeds.get(key) or RunFeed(run)
    feeds[key] = found
    feeds.move_to_end(key)
    while len(feeds) > MAX_FEEDS:
        feeds.popitem(last=False)
    found.refresh()
    return found


def duration(seconds: float) -> str:
    """`duration(3725) == "1 h 2 min"`; two units at most."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} min {rest:02d} s" if minutes < 10 else f"{minutes} min"
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours < 48 else f"{hours // 24} days"


def when(created: float) -> str:
    """Local date and minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(created))
