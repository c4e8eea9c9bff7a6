"""A disk that is full, a folder that cannot be written: loud, and nothing that stood is damaged."""

import json
import shutil
import subprocess
import sys

import pytest

CODE = """
import json, os, sys
sys.path[:0] = [".", "tests"]
from pathlib import Path
from tiny import TEXT, pretrain_config
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.runs import Run
from llmcore.execution.worker import execute

disk = Path(sys.argv[1])
config = pretrain_config(steps=60, checkpoint_every=5, eval_every=5)
launch.create(disk / "run", config, TEXT.encode())

def fills(record):
    if record.get("step") == 12 and record.get("split") == "train":
        with (disk / "filler").open("wb") as file:
            try:
                while True:
                    file.write(bytes(4096))
                    file.flush()
            except OSError:
                pass

sentence = ""
try:
    execute(disk / "run", "process", on_record=fills)
except LabError as error:
    sentence = str(error)
run = Run(disk / "run")
info = run.info()
first = {"sentence": sentence, "state": info.state, "error": info.error,
         "checkpoints": [found.step for found in run.checkpoints() if found.full],
         "steps": run.metrics().series("train", "loss")[0]}
(disk / "filler").unlink()
launch.run_foreground(disk / "run")
last = run.info()
print(json.dumps({**first, "then": last.state, "all": run.metrics().series("train", "loss")[0]}))
"""
MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$1" && shift && exec "$@"'


def _may_mount(folder):
    command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(folder), "true"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False).returncode == 0


def test_a_full_disk_fails_with_a_sentence_keeps_what_stood_and_resumes(tmp_path):
    if not _may_mount(tmp_path):
        pytest.skip("this system lets no small disk be mounted for the test")
    command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(tmp_path), sys.executable, "-c", CODE]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["state"] == "failed" and found["error"] == found["sentence"]
    assert found["sentence"].startswith("The disk is full; the checkpoint of step ")
    assert found["checkpoints"][-1] >= 10
    assert found["then"] == "done" and found["all"] == list(range(1, 61))
