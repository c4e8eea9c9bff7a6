"""What a page has already read of a run's growing files, so that a refresh reads only the rest."""

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from llmcore.experiments.induction.emergence import appears_at
from llmcore.plots.training import Curve, Mark, RunCurves
from llmcore.runs.metrics import MetricsReader
from llmcore.runs.reader import EventTail
from llmcore.runs.run import EVENTS, METRICS

if TYPE_CHECKING:
    from llmcore.advice.doctor_rules import Finding
    from llmcore.runs import Run

_FEEDS = "lab_feeds"
MAX_FEEDS = 12
KEPT_SAMPLES = 40
# Steps over which the speed is taken: enough to cover an evaluation, few enough to follow change.
SPEED_WINDOW = 200
MIN_PACE_STEPS = 3
FINDINGS_SECONDS = 5.0  # between two looks of the curve doctor


class RunFeed:
    """One run as a page sees it. `refresh` is cheap and may be called every second."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.metrics = MetricsReader(run.directory / METRICS)
        self._events = EventTail(run.directory / EVENTS, run.info().kind)
        self.samples: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.result: dict[str, Any] | None = None
        self.train_tokens: int | None = None
        self._peak: float | None = None
        self._marks: list[Mark] = []
        self._findings: list[Finding] = []
        self._examined: tuple[int, float] = (0, -FINDINGS_SECONDS)  # records, when

    def refresh(self) -> None:
        self.metrics.refresh()
        for event in self._events.read_new():
            self._take(event)
        self.samples, self.answers = _newest(self.samples), _newest(self.answers)

    def _take(self, event: dict[str, Any]) -> None:
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
            self._peak = float(event["value"])
            self._marks.append(Mark(int(event["step"]), f"learning rate {self._peak:.3g}"))
        elif kind == "early_stop":
            self._marks.append(Mark(int(event["best_step"]), "best: it stopped improving here"))
        elif kind == "data":
            self.train_tokens = event.get("train_tokens")

    def curve(self, split: str, key: str, axis: str = "step") -> Curve:
        steps, values = self.metrics.arrays(split, key)
        return Curve(self.places(steps, axis), values)

    def curves(self, name: str, axis: str = "step") -> RunCurves:
        train, validation = (self.curve(split, "loss", axis) for split in ("train", "val"))
        return RunCurves(name, train, validation)

    def marks(self, axis: str = "step") -> list[Mark]:
        """Changed settings, an early end, and where induction heads appeared, on that axis."""
        made = [*self._marks, *self._appeared()]
        places = self.places(np.array([mark.step for mark in made]), axis).tolist()
        return [Mark(at, mark.label) for at, mark in zip(places, made, strict=True)]

    def _appeared(self) -> list[Mark]:
        step = appears_at(*self.metrics.arrays("val", "head_induction"))
        return [] if step is None else [Mark(step, "induction heads appear")]

    def places(self, steps: np.ndarray, axis: str) -> np.ndarray:
        """Where steps are on an axis of `step`, `tokens` read, or `time` trained in minutes."""
        if axis == "step" or not len(steps):
            return steps
        if axis == "tokens":
            known, there = self.metrics.arrays("train", "tokens")
        else:
            known, seconds = self.metrics.clock("train")
            there = seconds / 60
        return np.interp(steps, known, there) if len(known) else steps * np.nan

    def findings(self) -> "list[Finding]":
        """What the curve doctor says, looked at again every few seconds if there is news."""
        n, at = self._examined
        count = self.metrics.count("train") + self.metrics.count("val")
        if count != n and time.monotonic() - at >= FINDINGS_SECONDS:
            from llmcore.advice.doctor import curves_from, examine

            self._findings = examine(curves_from(
                self.run.config, self.metrics, self.peak, self.train_tokens
            ))  # fmt: skip
            self._examined = (count, time.monotonic())
        return self._findings

    @property
    def peak(self) -> float:
        """The peak of the learning rate's schedule that the run follows now."""
        return self.run.config.train.learning_rate if self._peak is None else self._peak

    def last(self, split: str, key: str) -> float | None:
        """The newest number of that name, or None before the first."""
        record = self.metrics.last(split)
        return record.get(key) if record else None

    @property
    def step(self) -> int:
        return max((int(self.last(split, "step") or 0) for split in ("train", "val")), default=0)

    def seconds_per_step(self) -> float | None:
        """Pace of the newest steps of the newest attempt, evaluations included."""
        steps, times = self.metrics.newest_attempt("train", SPEED_WINDOW)
        if not len(steps):
            return None
        done, took = int(steps[-1] - steps[0]), float(times[-1] - times[0])
        return took / done if done >= MIN_PACE_STEPS and took > 0 else None

    def seconds_left(self, steps: int) -> float | None:
        """Remaining time at the present pace; None before there is one."""
        pace = self.seconds_per_step()
        return None if pace is None else max(0, steps - self.step) * pace

    def seconds_trained(self) -> float:
        """Time from the first record to the last, summed over attempts."""
        _, seconds = self.metrics.clock("train")
        return float(seconds[-1]) if len(seconds) else 0.0


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
