import json

import pytest

from llmcore.errors import DamagedError, LabError
from llmcore.files import json_line, read_json, tree_bytes, write_json_atomic
from llmcore.paths import child_of, slug


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json_atomic(path, {"n": 1})
    with pytest.raises(TypeError):
        write_json_atomic(path, {"n": object()})
    assert read_json(path) == {"n": 1}
    assert [one.name for one in tmp_path.iterdir() if one.name != "home"] == ["a.json"]


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
