"""What a kill, a closed lab or a lost parent leaves of a run, and what is said of it."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import TEXT, pretrain_config, spam_table
from typer.testing import CliRunner

from llmcore import models
from llmcore.cli.app import app
from llmcore.errors import LabError, NotFoundError
from llmcore.execution import launch
from llmcore.files import whole_directory, whole_file, write_json_atomic, write_text_atomic
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore
from llmcore.runs.run import Run
from llmcore.runs.store import RUN_ID

OLD = (1e9, 1e9)


def put(path: Path, old: bool) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    if old:
        os.utime(path, OLD)
    return path


def test_files_have_the_rights_that_the_umask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write_text_atomic(tmp_path / "a.txt", "x")
        write_json_atomic(tmp_path / "a.json", {})
        with whole_file(tmp_path / "a.zip") as aside:
            aside.write_bytes(b"x")
        with whole_directory(tmp_path / "folder") as aside:
            write_json_atomic(aside / "config.json", {})
        run = launch.create(tmp_path / "run", pretrain_config(), TEXT.encode())
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if "home" not in path.parts]
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in files}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o640}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o750}
    assert run.directory / "config.json" in modes


def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path):
    old = [put(tmp_path / name, True) for name in (
        ".a.json.0123abcd.tmp", ".a.json.x_12abcd.tmp", ".a.json.abcdefgh.tmp",
    )]  # fmt: skip
    kept = [put(tmp_path / name, True) for name in (
        ".b.json.0123abcd.tmp", ".a.json.0123abcd.tmp.bak", ".a.json.tmp", "a.json.0123abcd.tmp",
        ".a.json.0123abcde.tmp", ".a-json.0123abcd.tmp",
    )]  # fmt: skip
    fresh = put(tmp_path / ".a.json.89abcdef.tmp", False)
    write_json_atomic(tmp_path / "a.json", {})
    assert not any(path.exists() for path in old) and fresh.exists()
    assert all(path.exists() for path in kept)


def test_a_folder_that_somebody_still_writes_into_stays(tmp_path):
    left = tmp_path / ".out.0123abcd.tmp"
    inner = put(left / "model.safetensors", False)
    os.utime(left, OLD)
    with whole_directory(tmp_path / "out"):
        pass
    assert inner.exists()
    os.utime(inner, OLD)
    os.utime(left, OLD)
    with whole_file(tmp_path / "out.zip") as aside:
        aside.write_bytes(b"")
    assert inner.exists()  # another name's
    (tmp_path / "out").rmdir()
    with whole_directory(tmp_path / "out"):
        pass
    assert not left.exists()


def test_a_run_is_there_whole_or_not_at_all(store, monkeypatch):
    run_id = store.mint_id("tiny")
    killed = store.root / f".{store.mint_id('killed')}.0123abcd.tmp"
    put(killed / "config.json", True)
    os.utime(killed, OLD)

    def kill(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(launch, "write_json_atomic", kill)
        with pytest.raises(KeyboardInterrupt):
            launch.create(store.directory(run_id), pretrain_config(), TEXT.encode())
    assert not store.directory(run_id).exists() and not killed.exists()
    assert [info.id for info in store.list() if not info.example] == []
    assert launch.create(store.directory(run_id), pretrain_config()).info().state == "queued"


def test_a_working_folder_that_cannot_be_replaced_is_filled(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()

    def busy(self):
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "rmdir", busy)
    assert launch.create(folder, pretrain_config(), TEXT.encode()).info().state == "queued"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "data", "status.json"]


def test_a_name_of_no_encoding_is_kept_with_a_replacement(tmp_path):
    """What comes from a command line may hold bytes that are no UTF-8."""
    config = pretrain_config().with_(name="caf\udce9")
    run = launch.create(tmp_path / "run", config, TEXT.encode())
    assert run.info().name == "caf\ufffd" and run.info().state == "queued"
    run.directory.joinpath("config.json").read_text(encoding="utf-8")


def test_a_new_run_that_fails_before_its_first_step_leaves_nothing(tmp_path, monkeypatch):
    from llmcore.cli import running
    from llmcore.execution import worker

    def broken(*_, **__):
        raise UnicodeEncodeError("utf-8", "\udce9", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(worker, "build_task", broken)
    with pytest.raises(UnicodeEncodeError):
        running.run_here(pretrain_config(), tmp_path / "run", TEXT.encode())
    assert not (tmp_path / "run").exists()


def test_a_closed_lab_is_not_the_user_and_the_run_goes_on(store):
    run_id = store.mint_id("long")
    launch.start(run_id, pretrain_config(steps=100_000), store, TEXT.encode())
    deadline = time.monotonic() + 60
    while store.info(run_id).step < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    launch.stop_all()
    info = store.info(run_id)
    assert info.state == "stopped" and info.reason.startswith("the lab was closed")
    assert info.can_resume
    launch.resume(run_id, store)
    while store.info(run_id).state != "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    store.request_stop(run_id)
    while store.info(run_id).is_live and time.monotonic() < deadline:
        time.sleep(0.05)
    assert store.info(run_id).reason == "stopped by you"


def test_ctrl_c_while_the_command_line_begins_is_one_line():
    for delay in (0.15, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", "import os, sys; os.write(1, b'x'); import runpy; "
             "sys.argv = ['x', 'runs', 'list']; runpy.run_module('llmcore', None, '__main__')"],
            cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stdout.read(1)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        answer, said = process.communicate(timeout=60)
        if answer:  # whole: what is left of the process may go as it likes
            assert answer.startswith("run ") and not said, (answer, said)
            assert process.returncode in (0, -signal.SIGINT)
        else:
            assert said.startswith("error: Interrupted") and said.count("\n") == 1, said
            assert process.returncode == 1


# ---- chains of adapters


@pytest.fixture
def chain(store) -> list[str]:
    """A base, an adapter of it, an adapter of that."""
    directory = store.directory(store.mint_id("base"))
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    made = [directory.name]
    for name in ("child", "grandchild"):
        config = plan_classify(
            "t.csv", made[-1], table=spam_table(), trainable="lora", epochs=1, name=name
        )
        run_id = store.mint_id(name)
        launch.run_foreground(store.directory(run_id), config, spam_table())
        made.append(run_id)
    return made


def test_a_whole_chain_of_adapters_needs_its_first_model(chain, store):
    base, child, grandchild = chain
    assert [info.id for info in models.adapters_of(base)] == [child, grandchild]
    assert [info.id for info in models.adapters_of(child)] == [grandchild]
    assert models.adapters_of(grandchild) == []
    run = CliRunner()
    asked = run.invoke(app, ["runs", "delete", base], input="n\n")
    said = str(asked.exception)
    assert asked.exit_code != 0 and "--yes" in said and child in said and grandchild in said
    assert store.open(base).info().state == "done" and store.info(grandchild).lost is None
    done = run.invoke(app, ["runs", "delete", base, "--yes"])
    assert done.exit_code == 0 and child in done.stderr and grandchild in done.stderr
    with pytest.raises(NotFoundError):
        store.open(base)

    assert store.info(child).lost.partition("@")[0] == base
    assert store.info(grandchild).lost.partition("@")[0] == base
    shown = json.loads(run.invoke(app, ["runs", "show", grandchild, "--json"]).stdout)
    assert shown["lost_parent"] == store.info(grandchild).lost
    assert "which is gone" in run.invoke(app, ["runs", "list"]).stdout

    models.clear_cache()
    with pytest.raises(LabError) as caught:
        models.load(grandchild)
    said = str(caught.value)
    assert said.startswith(f"Run {grandchild} keeps a LoRA adapter only, and {base}@")
    assert said.count("adapter only") == 1 and child not in said and said.count("(") == 1


def test_a_run_without_a_parent_loses_none(store):
    run_id = store.mint_id("plain")
    launch.run_foreground(store.directory(run_id), pretrain_config(), TEXT.encode())
    assert store.info(run_id).lost is None
    assert CliRunner().invoke(app, ["runs", "delete", run_id]).exit_code == 0


# ---- labels


def test_two_runs_of_one_second_and_name_are_told_apart(store, monkeypatch):
    monkeypatch.setattr(launch.time, "time", lambda: 1.75e9)
    for _ in range(2):
        launch.create(store.directory(store.mint_id("twin")), pretrain_config())
    infos = [info for info in store.list() if not info.example]
    labels = {f"{info.name} · {info.began}" for info in infos}
    assert len(labels) == 2
    assert all(RUN_ID.fullmatch(info.id) and info.began.endswith(info.id[-6:]) for info in infos)


def test_digits_of_other_scripts_make_no_run_id():
    assert RUN_ID.fullmatch("20260101-000000-x-abcdef")
    assert not RUN_ID.fullmatch("٢٠٢٦٠١٠١-000000-x-abcdef")
    assert Run(Path("/nowhere")).info().state == "damaged"
    assert RunStore.mint_id("ä")[:8].isascii()
