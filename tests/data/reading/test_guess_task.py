"""`inspect` without a task: what a table is for, by its columns."""

import csv
import io

import pytest

from llmcore.data.reading.inspect import guess_task
from llmcore.data.reading.open import open_rows, source_of
from llmcore.data.reading.report import Notices

TEXT = "a sentence of several words, number {}"
CASES = {
    "text,label": "classify", "question,answer": "instruct", "q,a": "instruct",
    "target,ids,date,flag,user,text": "classify", "prompt,completion": "instruct",
    "prompt,completion,label": "instruct", "prompt,type": "classify",
    "problem,solution": "instruct", "user,assistant": "instruct", "text,url": "corpus",
    "id,text": "corpus", "sentence,question,label": "classify",
    "instruction,input,output": "instruct",
    "prompt,chosen,rejected": "instruct", "query,intent": "classify",
    "Nr,Frage,Antwort": "instruct", "tweet,target": "classify", "title,abstract,topic": "classify",
    "context,response": "instruct",
}  # fmt: skip
LABELS = ("label", "target", "flag", "type", "intent", "topic")
NUMBERS = ("id", "ids", "Nr")


def table(columns: list[str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for i in range(24):
        row = []
        for number, name in enumerate(columns):
            text = f"https://example.org/{i}" if name == "url" else TEXT.format(7 * i + number)
            text = (
                str(i)
                if name in NUMBERS
                else f"user{i}"
                if name == "user" and "ids" in columns
                else text
            )
            row.append(("yes", "no", "maybe")[i % 3] if name in LABELS else text)
        writer.writerow(row)
    return out.getvalue().encode()


@pytest.mark.parametrize("columns", CASES)
def test_the_task_is_guessed_by_the_columns(columns: str) -> None:
    rows = open_rows(source_of(table(columns.split(",")), "t.csv"), Notices())
    assert guess_task(rows) == CASES[columns]


def test_a_file_of_one_json_line_is_json_lines_by_its_name() -> None:
    for name, format in (("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("a.json", "json")):
        rows = open_rows(source_of(b'{"text": "hello there", "label": "a"}\n', name), Notices())
        assert (rows.format, rows.columns) == (format, ["text", "label"])
