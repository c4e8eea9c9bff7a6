"""What a case of a public data set or an export is, and how its file is written."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Case:
    """about: what a person would call it. data: the file, or a folder's (a zip's) files by path.
    taken: examples, texts or documents; None if a column has to be chosen, 0 if no row can be
    learned from, -1 where the file is refused. first: the first example, (system, turns), or the
    first text with its label, or the documents; of a refusal a word of its sentence. task: what it
    is for; guess: what is said without one, None if both are right."""

    about: str
    name: str
    data: bytes | Mapping[str, bytes]
    taken: int | None = None
    first: Any = None
    left_out: int = 0
    notices: tuple[str, ...] = ()
    task: str = "instruct"
    guess: str | None = "instruct"
    roles: dict[str, str | None] = field(default_factory=dict)
    classes: dict[str, int] | None = None
    splits: dict[str, int] | None = None


Make = Callable[[int], Any]


def jl(make: Make, n: int = 12) -> bytes:
    return "".join(json.dumps(make(i), ensure_ascii=False) + "\n" for i in range(n)).encode()


def js(make: Make, n: int = 12) -> bytes:
    return json.dumps([make(i) for i in range(n)], ensure_ascii=False, indent=1).encode()


def cs(head: list[str], make: Make, n: int = 12) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows(make(i) for i in range(n))
    return file.getvalue().encode()


def pqt(make: Make, n: int = 12) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([make(i) for i in range(n)]), buffer)
    return buffer.getvalue()


def xl(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
