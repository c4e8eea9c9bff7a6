import json

from llmcore.runs.metrics import MetricsReader
from llmcore.runs.reader import LineTail


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


def test_a_resumed_run_overwrites_what_it_repeats_and_keeps_the_rest(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(line(step, loss=1.0, lr=0.5, t=step) for step in range(1, 201)))
    reader = MetricsReader(path)
    reader.refresh()
    with path.open("a") as file:
        file.write(line(150, attempt=2, loss=2.0, t=1000))
        file.write(line(151, attempt=2, loss=2.0, t=1001) + line(150, attempt=1, loss=9.0))
    assert reader.refresh()
    steps, losses = reader.arrays("train", "loss")
    assert steps.tolist() == list(range(1, 201)) and reader.count("train") == 200
    assert losses[148:152].tolist() == [1.0, 2.0, 2.0, 1.0]
    assert 150 not in reader.arrays("train", "lr")[0]  # the newer record has none


def test_a_step_between_known_ones_finds_its_place(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(line(2, loss=2.0) + line(6, loss=6.0) + line(4, attempt=2, loss=4.0))
    reader = MetricsReader(path)
    reader.refresh()
    assert reader.series("train", "loss") == ([2, 4, 6], [2.0, 4.0, 6.0])


def test_the_clock_leaves_out_the_time_between_attempts(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        line(1, t=10.0) + line(2, t=12.0) + line(3, attempt=2, t=900.0)
        + line(4, attempt=2, t=903.0)
    )  # fmt: skip
    reader = MetricsReader(path)
    reader.refresh()
    steps, seconds = reader.clock("train")
    assert steps.tolist() == [1, 2, 3, 4] and seconds.tolist() == [0.0, 2.0, 2.0, 5.0]
    steps, times = reader.newest_attempt("train", 10)
    assert steps.tolist() == [3, 4] and times.tolist() == [900.0, 903.0]


def test_a_refresh_reads_only_what_is_new(tmp_path, monkeypatch):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(line(step, loss=1.0) for step in range(1, 5001)))
    reader = MetricsReader(path)
    reader.refresh()
    parsed = []
    original = json.loads
    monkeypatch.setattr(json, "loads", lambda text: parsed.append(text) or original(text))
    with path.open("a") as file:
        file.write(line(5001, loss=0.5))
    assert reader.refresh() and len(parsed) == 1
    assert reader.last("train") == {"step": 5001, "attempt": 1, "loss": 0.5}
