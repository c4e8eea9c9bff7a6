"""`classify` on files and streams, in each of its three forms of output."""

import gzip
import json
import random
import signal
import subprocess
import sys

import pytest

from llmcore.cli import classifying
from llmcore.paths import PROJECT_ROOT

MODEL = ("--model", "starter-spam")
TEXTS = ["WIN a free prize, call now", "", "see you at home"]


@pytest.fixture
def write(tmp_path):
    def put(name: str, text: str):
        path = tmp_path / name
        path.write_text(text)
        return path

    return put


def test_a_file_of_each_kind_gives_the_same_answers(lab, write):
    rows = [{"text": text} for text in TEXTS]
    files = [
        write("a.txt", "\n".join(TEXTS)),
        write("a.jsonl", "\n".join(map(json.dumps, rows))),
        write("a.csv", "n,text\n" + "\n".join(f'{i},"{t}"' for i, t in enumerate(TEXTS))),
    ]
    answers = [lab("classify", *MODEL, "--file", path, "--json").json["results"] for path in files]
    assert answers[0] == answers[1] == answers[2]
    assert [row["label"] in {"spam", "ham"} for row in answers[0]] == [True, False, True]
    piped = lab("classify", *MODEL, "-", "--json", stdin="\n".join(TEXTS).encode())
    assert piped.json["results"] == answers[0] and "Line 2 is empty" in piped.err


def test_json_lines_are_numbered_and_say_the_same(lab, write):
    path = write("a.txt", "\n".join(TEXTS))
    whole = lab("classify", *MODEL, "--file", path, "--json").json["results"]
    lines = lab("classify", *MODEL, "--file", path, "--jsonl").out.splitlines()
    found = [json.loads(line) for line in lines]
    assert [row.pop("line") for row in found] == [1, 2, 3] and found == whole
    plain = lab("classify", *MODEL, "--file", path).out.splitlines()
    assert plain[0].startswith(f"{whole[0]['label']}\t") and plain[1] == "-" and len(plain) == 3


def test_json_is_whole_or_nothing_and_waits_on_disk_when_it_is_long(lab, write, monkeypatch):
    monkeypatch.setattr(classifying, "SPOOL_CHARACTERS", 100)
    good = write("a.txt", "\n".join(["hello there"] * 50))
    assert len(lab("classify", *MODEL, "--file", good, "--json").json["results"]) == 50
    draw = random.Random(0)
    packed = gzip.compress("\n".join(str(draw.random()) for _ in range(20_000)).encode())
    bad = write("b.txt.gz", "")
    bad.write_bytes(packed[:-1000])
    assert "damaged gzip" in lab("classify", *MODEL, "--file", bad, "--json").error


def test_a_broken_line_is_left_out_and_said(lab, write):
    bad = write("b.jsonl", '{"text": "a"}\n' * 3 + "broken\n" + '{"text": "b"}\n')
    made = lab("classify", *MODEL, "--file", bad, "--json")
    assert len(made.json["results"]) == 4 and "line 4" in made.err


def test_notices_about_lines_are_few(lab, write):
    said = lab("classify", *MODEL, "--file", write("a.txt", "\n" * 40 + "hello"), "--json").err
    assert said.count("is empty") == classifying.SAID_LINES and "40 lines in all" in said


def test_arguments_that_do_not_go_together(lab, write):
    path = write("a.txt", "hi")
    for arguments in ((), ("hi", "--file", path), ("hi", "--text-column", "x"),
                      ("hi", "--json", "--jsonl")):  # fmt: skip
        outcome = lab("classify", *MODEL, *arguments)
        assert outcome.error and outcome.status == 2
    assert "no file" in lab("classify", *MODEL, "--file", "nothing.txt").error


def test_answers_come_while_the_input_is_still_open():
    """A pipe that never ends gets its first answers: nothing waits for the whole."""
    command = [sys.executable, "-m", "llmcore", "classify", *MODEL, "-", "--jsonl"]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write("hello there\n" * 3000)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["line"] == 1
        finally:
            process.kill()


def test_each_line_that_is_typed_gets_its_answer_at_once_and_ctrl_c_ends_it():
    command = [sys.executable, "-m", "llmcore", "classify", *MODEL, "-", "--jsonl"]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            for number, text in enumerate(["hello there", "", "WIN a prize", "ok"], start=1):
                process.stdin.write(text + "\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["line"] == number
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert "Fatal" not in said and "Traceback" not in said
