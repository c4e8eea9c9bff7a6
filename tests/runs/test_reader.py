import json

from llmcore.runs.reader import LineTail, MetricsReader


def line(step, split="train", attempt=1, **values):
    return json.dumps({"v": 1, "attempt": attempt, "step": step, "split": split, **values}) + "\n"


def test_tail_stops_at_the_last_newline_and_goes_on_from_there(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"a": 1}\n{"a": 2')
    tail = LineTail(path)
    assert tail.read_new() == [{"a": 1}]
    assert tail.read_new() == []
    with path.open("a") as file:
        file.write('}\n{"a": 3}\n')
    assert tail.read_new() == [{"a": 2}, {"a": 3}]


def test_torn_and_foreign_lines_are_skipped(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"a": 1}\n{"a": \n[1, 2]\n\xff\n{"a": 4}\n', encoding="latin-1")
    assert LineTail(path).read_new() == [{"a": 1}, {"a": 4}]


def test_missing_file_has_no_lines(tmp_path):
    assert LineTail(tmp_path / "none.jsonl").read_new() == []


def test_highest_attempt_counts_for_each_split_and_step(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        line(1, loss=5.0) + line(2, loss=4.0) + line(2, split="val", loss=4.5)
        + line(2, attempt=2, loss=3.9) + line(3, attempt=2, loss=3.0)
    )  # fmt: skip
    reader = MetricsReader(path)
    assert reader.refresh()
    assert not reader.refresh()
    assert reader.series("train", "loss") == ([1, 2, 3], [5.0, 3.9, 3.0])
    assert reader.series("val", "loss") == ([2], [4.5])
    assert reader.last("train")["step"] == 3 and reader.last("test") is None


def test_null_values_are_left_out_of_a_series(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(line(1, loss=1.0) + line(2, loss=None) + line(3, loss=0.5))
    reader = MetricsReader(path)
    reader.refresh()
    assert reader.series("train", "loss") == ([1, 3], [1.0, 0.5])
