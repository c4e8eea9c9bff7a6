"""--tensorboard, with a stand-in for torch's writer and, where it is installed, the real one."""

import sys
import time
import types
from typing import ClassVar

import pytest
from tiny import TEXT, pretrain_config

from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.runs.tensorboard import TensorBoardLog, check_tensorboard, continued_log
from llmcore.train.control import write_control


class Recorder:
    made: ClassVar[list["Recorder"]] = []

    def __init__(self, folder, purge_step=None, flush_secs=None):
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.scalars, self.texts = [], []
        Recorder.made.append(self)

    def add_scalar(self, tag, value, step):
        self.scalars.append((tag, step, value))

    def add_text(self, tag, text, step):
        self.texts.append((tag, step, text))

    def close(self):
        self.closed = True


@pytest.fixture
def stand_in(monkeypatch):
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Recorder
    import torch.utils

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(torch.utils, "tensorboard", module, raising=False)
    Recorder.made = []
    return Recorder


def test_a_real_run_writes_losses_rate_norm_and_samples(stand_in, tmp_path):
    events = TensorBoardLog(tmp_path / "run")
    launch.run_foreground(tmp_path / "run", pretrain_config(), TEXT.encode(), events)
    events.close()
    (writer,) = stand_in.made
    assert writer.closed and writer.folder == str(tmp_path / "run" / "tensorboard")
    assert writer.purge_step == 1
    steps = [step for tag, step, _ in writer.scalars if tag == "loss/train"]
    assert steps == list(range(1, 9))
    tags = {tag for tag, _, _ in writer.scalars}
    assert {"loss/val", "optimizer/learning_rate", "optimizer/grad_norm"} <= tags
    assert not any("step" in tag.split("/")[0] for tag in tags)
    assert [step for _, step, _ in writer.texts] == [1, 4, 8]
    assert writer.texts[0][2].startswith("    the ")


def test_a_resumed_run_goes_on_with_its_log(stand_in, store):
    """On the command line and in a thread of the app alike."""
    from llmcore.cli.running import resume_here

    run_id = store.mint_id("tb")
    directory = store.directory(run_id)

    def until(step):
        return lambda record: (
            write_control(directory, "stop") if record.get("step") == step else None
        )

    launch.run_foreground(directory, pretrain_config(steps=12), TEXT.encode(), until(4))
    assert stand_in.made == []  # no flag, no folder, no log
    (directory / "tensorboard").mkdir()
    launch.resume(run_id, store)
    deadline = time.monotonic() + 60
    while store.info(run_id).is_live and time.monotonic() < deadline:
        time.sleep(0.05)
    assert store.info(run_id).state == "done"
    (log,) = stand_in.made
    assert log.closed and min(step for tag, step, _ in log.scalars if tag == "loss/train") > 4

    other = store.directory(store.mint_id("cli"))
    launch.run_foreground(other, pretrain_config(steps=12), TEXT.encode(), lambda record: (
        write_control(other, "stop") if record.get("step") == 4 else None
    ))  # fmt: skip
    (other / "tensorboard").mkdir()
    resume_here(other.name)
    assert len(stand_in.made) == 2 and stand_in.made[1].closed


def test_a_resume_without_the_package_goes_on_without_a_log(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    import torch.utils

    monkeypatch.delattr(torch.utils, "tensorboard", raising=False)
    (tmp_path / "tensorboard").mkdir()
    assert continued_log(tmp_path) is None


def test_a_log_that_cannot_be_written_ends_and_not_the_run(stand_in, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "no space")

    monkeypatch.setattr(Recorder, "add_scalar", refuse)
    events = TensorBoardLog(tmp_path)
    events({"step": 1, "split": "train", "loss": 1.0})
    events({"step": 2, "split": "train", "loss": 1.0})
    events.close()


def test_a_missing_package_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    import torch.utils

    monkeypatch.delattr(torch.utils, "tensorboard", raising=False)
    with pytest.raises(LabError, match="pip install tensorboard"):
        TensorBoardLog(tmp_path)


def test_the_real_package_reads_what_was_written(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    check_tensorboard()
    events = TensorBoardLog(tmp_path)
    events({"step": 3, "split": "val", "loss": 2.5})
    events.close()
    read = EventAccumulator(str(tmp_path / "tensorboard"))
    read.Reload()
    assert [(scalar.step, scalar.value) for scalar in read.Scalars("loss/val")] == [(3, 2.5)]
