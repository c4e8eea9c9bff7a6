import json
import subprocess
import sys
import threading

import pytest

from llmcore.errors import DamagedError, LabError
from llmcore.files import (
    file_lock,
    json_line,
    locked_file,
    read_json,
    tree_bytes,
    write_json_atomic,
)
from llmcore.paths import PROJECT_ROOT, child_of, slug


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json_atomic(path, {"n": 1})
    with pytest.raises(TypeError):
        write_json_atomic(path, {"n": object()})
    assert read_json(path) == {"n": 1}
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["a.json"]


def test_non_finite_numbers_become_null_at_any_depth():
    record = json.loads(json_line({"a": [1.0, float("inf")], "b": {"c": float("nan")}}))
    assert record == {"a": [1.0, None], "b": {"c": None}, "nonfinite": True}
    assert "nonfinite" not in json.loads(json_line({"a": 1.0}))


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe{}", b"3"])
def test_what_is_no_json_object_is_damaged(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(DamagedError):
        read_json(path)


def test_slug_and_children_stay_inside(tmp_path):
    assert slug("Émile's 1st run!") == "emile-s-1st-run"
    assert slug("日本語") == "run"
    assert child_of(tmp_path, "a-b").parent == tmp_path.resolve()
    for bad in ("..", "a/b", "", "/x"):
        with pytest.raises(LabError):
            child_of(tmp_path, bad)
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(LabError, match="leads outside"):
        child_of(tmp_path, "link")


def test_tree_bytes_counts_files_below(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"12345")
    (tmp_path / "y").write_bytes(b"123")
    assert tree_bytes(tmp_path) == 8
    assert tree_bytes(tmp_path / "gone") == 0


HOLDER = """
import sys, time
from pathlib import Path
from llmcore.files import locked_file
with locked_file(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_locked_file_keeps_other_processes_and_threads_out_until_its_holder_is_gone(tmp_path):
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OSError):
            file_lock(path).acquire(blocking=False)
        entered = threading.Event()

        def enter() -> None:
            with locked_file(path):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    waiting.join(10)
    assert entered.is_set() and path.is_file()
    with locked_file(path), pytest.raises(OSError):
        file_lock(path).acquire(blocking=False)  # nor is a second holder of this process let in
