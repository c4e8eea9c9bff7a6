"""How long a run will take: measured on this machine if it trained that shape before."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcore.advice.preflight import guessed_speed, run_seconds
from llmcore.device import host_name
from ui.run_panel.feed import feed
from ui.state import store

if TYPE_CHECKING:
    from llmcore.config import RunConfig
    from llmcore.runs import RunInfo

MIN_STEPS = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    seconds: float
    measured: bool
    tokens_per_s: float


def estimate(config: "RunConfig", infos: list["RunInfo"]) -> Estimate:
    """Wall time of all steps. `measured` if an own run of the same shape and batch, on this
    machine, made at least MIN_STEPS steps; else from the operations that a token takes."""
    tokens = config.train.batch_size * config.model.context_length
    for info in infos:
        seconds = _measured_seconds_per_step(info, config)
        if seconds:
            return Estimate(config.train.steps * seconds, True, tokens / seconds)
    speed = guessed_speed(config.model)
    return Estimate(run_seconds(config.train.steps * tokens, speed), False, speed)


def _measured_seconds_per_step(info: "RunInfo", config: "RunConfig") -> float | None:
    if info.example or info.kind != config.kind or info.step < MIN_STEPS:
        return None
    run = store().open(info.id)
    same = (
        run.raw_config.get("host") == host_name()
        and run.config.model == config.model
        and run.config.train.batch_size == config.train.batch_size
        and run.config.train.device == config.train.device
    )
    return feed(run).seconds_per_step() if same else None
