"""Does what a run's config.json asks for, in whatever thread or process it is called."""

import errno
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError

from llmcore.config import RunConfig, TrainConfig
from llmcore.data.chosen import read_splits
from llmcore.device import choose_device
from llmcore.errors import LabError
from llmcore.execution.finetuning import begin, parent_of
from llmcore.execution.instructing import build_instruction
from llmcore.execution.pretraining_data import token_data
from llmcore.files import json_line, write_text_atomic
from llmcore.kinds import KINDS, experiment_of
from llmcore.runs.data_record import write_record
from llmcore.runs.run import CHECKPOINTS, PREDICTIONS, WORDS, Run
from llmcore.runs.state import RunInfo
from llmcore.runs.writer import RunWriter
from llmcore.tasks.building import classical_baselines, classification_task, random_weights
from llmcore.tasks.classification import ClassificationTask
from llmcore.tasks.pretraining import PretrainTask
from llmcore.train.control import FileControl, NeverStop
from llmcore.train.memory import kept_memory
from llmcore.train.sharding import must_shard, shard
from llmcore.train.sinks import NullSink, Sink
from llmcore.train.solver import HeadSolver, HeadTask
from llmcore.train.task import Outcome, Task
from llmcore.train.trainer import Trainer
from llmcore.train.world import ALONE, World

log = logging.getLogger(__name__)
OnRecord = Callable[[dict[str, Any]], None]

CLOSED = "the lab was closed: resume it where it stopped"
ENDED = "its process was ended from outside (SIGTERM): resume it where it stopped"


class Listening(RunWriter):
    """A writer that also tells a listener, such as the CLI's progress lines."""

    def __init__(self, directory: Path, backend: str, listener: OnRecord) -> None:
        self._listener = listener
        super().__init__(directory, backend)

    def metrics(self, step: int, split: str, **values: float) -> None:
        super().metrics(step, split, **values)
        self._listener({"step": step, "split": split, **values})

    def event(self, kind: str, step: int, **values: Any) -> None:
        super().event(kind, step, **values)
        self._listener({"step": step, "type": kind, **values})


def execute(
    directory: Path,
    backend: str,
    leave: threading.Event | None = None,
    on_record: OnRecord | None = None,
    world: World = ALONE,
) -> RunInfo:
    """Runs (or resumes) the run in `directory` to its end and returns its last info.

    world: the processes that train it together; this is the first of them, which alone writes.
    Raises whatever stopped it, after `failed` was written with the reason.
    """
    run = Run(directory)
    config = run.config
    writer = Listening(directory, backend, on_record or (lambda record: None))
    with writer, kept_memory(), _disk_trouble(run):
        if config.train.threads:
            torch.set_num_threads(config.train.threads)
        control = FileControl(directory, leave)
        write_record(run, config, writer)
        experiment = experiment_of(config.kind)
        if experiment is not None:
            if not world.is_alone:
                raise LabError("This run trains many small models: start it without torchrun.")
            task, outcome = None, experiment.load("run")(run, config, control, writer)
        else:
            task = build_task(run, config, writer, world)
            outcome = learner(task, config, directory / CHECKPOINTS, rate_changes(run), world).fit(
                control, writer
            )
        if task is not None and task.test_rows:
            lines = "".join(json_line(row) for row in task.test_rows)
            write_text_atomic(directory / PREDICTIONS, lines)
        writer.finish(
            outcome.state,
            outcome.step,
            reason=_reason(outcome, backend, leave),
            best_step=outcome.best_step,
            val_loss=outcome.val_loss,
        )
    return run.info()


def _reason(outcome: Outcome, backend: str, leave: threading.Event | None) -> str:
    """Why a run ended. A thread of the app is asked to leave only when the app itself ends, and a
    process may be ended from outside: then it was not the user who stopped the run."""
    if outcome.state != "stopped" or leave is None or not leave.is_set():
        return outcome.reason
    if backend == "thread":
        return CLOSED
    return ENDED if getattr(leave, "ended", False) else outcome.reason


def follow(directory: Path, world: World) -> None:
    """What every process but the first does: its share of each step, and nothing else."""
    run = Run(directory)
    config = run.config
    if experiment_of(config.kind) is not None:
        return  # the first process refuses it
    with kept_memory():
        task = build_task(run, config, NullSink(), world)
        changes = rate_changes(run)
        learner(task, config, directory / CHECKPOINTS, changes, world).fit(NeverStop(), NullSink())


def learner(
    task: Task,
    config: RunConfig,
    directory: Path | None,
    rate_changes: Sequence[tuple[int, float]] = (),
    world: World = ALONE,
) -> Trainer | HeadSolver:
    """What takes a task to its end: the training loop, or the solver of a probe's head."""
    if config.reads_layers:
        return HeadSolver(cast(HeadTask, task), config.train, directory, world)
    return Trainer(task, config.train, directory, rate_changes, world)


_DISK_TROUBLE = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "The disk quota is used up",
    errno.EROFS: "The run's folder can only be read",
    errno.EACCES: "The run's folder may not be written",
    errno.EIO: "The disk does not answer",
}


@contextmanager
def _disk_trouble(run: Run) -> Iterator[None]:
    """Turns an error of the disk into a sentence that names what is safe and what to do."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        what = _disk_words(error)
        if what is None:
            raise
        full = [checkpoint.step for checkpoint in run.checkpoints() if checkpoint.full]
        kept = f"the checkpoint of step {full[-1]} is whole" if full else "no checkpoint was saved"
        raise LabError(f"{what}; {kept}: make room, then resume the run.") from error


def _disk_words(error: Exception) -> str | None:
    if isinstance(error, OSError):
        return _DISK_TROUBLE.get(error.errno or 0)
    found = re.search(r"os error (\d+)", str(error))  # safetensors writes through Rust
    return _DISK_TROUBLE.get(int(found[1])) if found else None


def _device(train: TrainConfig, world: World) -> str:
    return world.device(choose_device(train.device))


def rate_changes(run: Run) -> list[tuple[int, float]]:
    """What the user set the peak learning rate to in earlier attempts, by first step.

    Of two changes the later one counts, and it ends those that an earlier attempt had ahead."""
    changes: list[tuple[int, float]] = []
    for event in run.events("setting"):
        if event.get("name") == "learning_rate":
            step = int(event["step"])
            changes = [change for change in changes if change[0] < step] + [
                (step, float(event["value"]))
            ]
    return changes


def build_task(run: Run, config: RunConfig, writer: Sink, world: World = ALONE) -> Task:
    """The task that a run's configuration describes, on this process's device.

    The first process builds first: what it downloads, encodes and trains is there for the others.
    """
    config = replace(config, train=config.train.with_(device=_device(config.train, world)))
    builders: dict[str, Callable[[Run, RunConfig, Sink], Task]] = {
        "pretrain": build_pretraining,
        "classify": build_classification,
        "instruct": build_instruction,
    }
    with world.first_goes_ahead():
        task = builders[config.kind](run, config, writer)
    if isinstance(task, PretrainTask):
        device = config.train.device
        if must_shard(config.model, config.train, world):
            shard(task.model, device, world)
        else:
            task.model.to(device)
        if config.train.compile:
            for block in task.model.blocks:
                block.compile()
    return task


# Pretraining ------------------------------------------------------------------------------


def build_pretraining(run: Run, config: RunConfig, writer: Sink) -> PretrainTask:
    tokenizer, data = token_data(run, config, writer)
    model = random_weights(config)
    return PretrainTask(
        model, tokenizer, data, config.train, config.train.device, config.sample_prompt
    )


# Classification ---------------------------------------------------------------------------


def build_classification(run: Run, config: RunConfig, writer: Sink) -> ClassificationTask:
    stored = run.stored_data()
    table = stored.read_bytes() if stored else None
    splits = read_splits(config.data, config.train.seed, table)
    parent = parent_of(run, config)
    task, notices = classification_task(config, splits, parent.trunk, parent.tokenizer)
    if task.votes is not None:
        task.votes[1].save(run.directory / WORDS)
    for notice in splits.notices + notices:
        writer.event("notice", 0, text=notice)
    begin(run, config, task, parent, writer)
    task.baselines = classical_baselines(splits)
    return task


def check_runnable(config: RunConfig) -> None:
    """What only torch can tell before a start. Raises LabError."""
    choose_device(config.train.device)
    if KINDS[config.kind].finetunes and config.parent is None:
        raise LabError("A finetune needs a model to start from: choose one.")
