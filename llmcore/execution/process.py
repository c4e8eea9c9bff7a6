"""Runs in their own process, which goes on when the app that started it ends.

The process is the command line's `pretrain --resume DIR`, so what it does is what a shell would do.
Its output goes to log.txt in the run's directory.
"""

import logging
import os
import shlex
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from llmcore import paths
from llmcore.choices import PRETRAIN_DATA, PRETRAIN_MODEL, PRETRAIN_TRAIN
from llmcore.config import DataConfig, RunConfig
from llmcore.errors import DamagedError
from llmcore.execution import launch
from llmcore.files import read_json, write_json_atomic
from llmcore.presets import DEFAULT_PRESET, preset_named
from llmcore.recipes.common import with_rhythm
from llmcore.runs.run import STATUS, Run
from llmcore.runs.state import RunState
from llmcore.runs.store import RunStore
from llmcore.settings import flags_for
from llmcore.train.control import reset_control

log = logging.getLogger(__name__)
LOG = "log.txt"
LAST_BYTES = 4096  # of the log, searched for why a process ended
_lock = threading.Lock()


def start_process(
    run_id: str, config: RunConfig, store: RunStore | None = None, data: bytes | None = None
) -> None:
    """Starts a new run in its own process and returns at once; idempotent by id."""
    directory = (store or RunStore()).directory(run_id)
    with _lock:
        if directory.exists():
            return
        launch.create(directory, config, data)
        _spawn(directory)


def resume_process(
    run_id: str, store: RunStore | None = None, accept_changed: bool = False
) -> None:
    """Continues a stopped, failed or interrupted run in its own process (accept_changed: also
    if its data has changed)."""
    run = (store or RunStore()).open(run_id)
    with _lock:
        launch.check_resumable(run, accept_changed)
        _spawn(run.directory)


def _spawn(directory: Path) -> None:
    """Until the new process writes the status itself, the run reads as queued and handed over."""
    reset_control(directory)
    launch.write_queued(directory, read_json(directory / STATUS), handed=True)
    command = [sys.executable, "-m", "llmcore", "pretrain", "--resume", str(directory.resolve())]
    environment = {**os.environ, "LLMLAB_HOME": str(paths.lab_home())}
    # Its own session: neither Ctrl-C in the app's terminal nor the app's end reaches it.
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    flags |= getattr(subprocess, "DETACHED_PROCESS", 0)
    with (directory / LOG).open("ab") as output:
        process = subprocess.Popen(
            command, cwd=paths.CODE_ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True, creationflags=flags,
        )  # fmt: skip
    threading.Thread(
        target=_wait_for_end,
        args=(process, directory),
        name=f"llmlab-wait-{directory.name}",
        daemon=True,
    ).start()


def _wait_for_end(process: "subprocess.Popen[bytes]", directory: Path) -> None:
    """Waits for the end, so that a dead process does not look alive to us, its parent; says so
    if it died before it could write anything."""
    status = process.wait()
    try:
        written = read_json(directory / STATUS)
        if written.get("state") == RunState.QUEUED and written.get("handed"):
            reason = f"Its process ended before it began ({_last_words(directory, status)})."
            error = {"type": "ProcessError", "message": reason, "traceback": ""}
            written |= {"state": RunState.FAILED, "reason": reason, "error": error}
            write_json_atomic(directory / STATUS, written)
    except (OSError, DamagedError):  # deleted meanwhile
        log.info("the end of %s was not written down", directory.name, exc_info=True)


def _last_words(directory: Path, status: int) -> str:
    with (directory / LOG).open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - LAST_BYTES))
        lines = file.read().decode("utf-8", "replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:300] if said else f"exit status {status}"


def torchrun_command(config: RunConfig, n_processes: int = 2) -> str:
    """The command line that trains the same configuration on several processes of one machine."""
    place = f"torchrun --standalone --nproc-per-node {n_processes} -m llmcore"
    return f"{place} {pretrain_command(config)}"


def pretrain_command(config: RunConfig) -> str:
    """`pretrain …` with all that differs from what the preset gives, as a shell takes it."""
    preset = preset_named(config.preset or DEFAULT_PRESET)
    words = ["pretrain", "--corpus", config.data.source, "--preset", preset.name]
    if config.tokenizer:
        words += ["--tokenizer", config.tokenizer]
    elif config.model.vocab_size != preset.model.vocab_size:
        words += ["--vocab-size", str(config.model.vocab_size)]
    words += flags_for(config.data, DataConfig(config.data.source), PRETRAIN_DATA)
    words += ["--as-text"] if config.data.read_as == "text" else []
    words += flags_for(config.model, preset.model, PRETRAIN_MODEL)
    usual = with_rhythm(preset.train, {"steps": config.train.steps})
    words += flags_for(config.train, replace(usual, steps=preset.train.steps), PRETRAIN_TRAIN)
    return shlex.join(words)


def is_own_process(run: Run) -> bool:
    """Whether this run was written by its own process, so that a resume begins one again."""
    return run.backend() == "process"
