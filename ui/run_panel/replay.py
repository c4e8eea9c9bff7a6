"""A finished run played back in half a minute: the loss falls and the samples appear."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from llmcore.plots import theme
from llmcore.plots.training import Curve, smooth, thin
from ui.components import payload, registered
from ui.run_panel.feed import RunFeed

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

SECONDS = 30
MAX_POINTS = 600
MAX_SAMPLE = 2000  # characters of one sample that are sent
MIN_POINTS = 3
_WRITTEN = ("prompt", "text")


def replay(info: "RunInfo", data: RunFeed) -> None:
    """Nothing while the run trains. All data goes to the browser once; it plays there by itself."""
    if info.is_live or data.metrics.count("train") < MIN_POINTS:
        return
    with st.expander("Replay this run in 30 seconds", icon=":material/replay:"):
        registered("replay")(key=f"replay_{info.id}", data=payload(replay_data(data)))


def replay_data(data: RunFeed) -> dict[str, Any]:
    """train, val: [[step, loss], …]; samples: [[step, prompt, text], …] by rising step."""
    train = data.curve("train", "loss")
    steps, values = train.arrays()
    mean = smooth(values, max(1, len(values) // 60))
    samples = sorted(data.samples, key=lambda sample: int(sample.get("step", 0)))
    return {
        "seconds": SECONDS,
        "train": _points(Curve(steps, mean)),
        "val": _points(data.curve("val", "loss")),
        "samples": [
            [
                int(sample.get("step", 0)),
                *(str(sample.get(key, ""))[:MAX_SAMPLE] for key in _WRITTEN),
            ]
            for sample in samples
        ],
        "colours": {"train": theme.TRAIN, "val": theme.VALIDATION},
    }


def _points(curve: Curve) -> list[list[float]]:
    steps, values = thin(*curve.arrays(), limit=MAX_POINTS)
    known = np.isfinite(values)
    return [[int(x), round(float(y), 4)] for x, y in zip(steps[known], values[known], strict=True)]
