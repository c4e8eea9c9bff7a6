"""Parquet, Arrow and Feather: values as they are, names of classes, flat memory, one sentence."""

import contextlib
import datetime as dt
import gzip
import io
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from llmcore.data.reading.arrow import read_arrow, read_parquet
from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import source_at, source_of
from llmcore.data.reading.values import cell_text
from llmcore.errors import LabError

TABLE = pa.table({"text": ["a film", "a play", None], "label": [1, 0, -1]})
NAMED = TABLE.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": {
    "text": {"dtype": "string", "_type": "Value"},
    "label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}})})  # fmt: skip
EXPECTED = [("a film", 1), ("a play", 0), (None, -1)]


def parquet_of(table, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def stream_of(table, new=pa.ipc.new_stream) -> bytes:
    buffer = io.BytesIO()
    with new(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def feather_of(table) -> bytes:
    buffer = io.BytesIO()
    feather.write_feather(table, buffer)
    return buffer.getvalue()


def read(data, reader=read_parquet, name="x"):
    notices = Notices()
    rows = reader(source_of(data, name), notices)
    return rows, [tuple(record.values()) for _, record in rows.records()], notices.texts()


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (parquet_of(TABLE), read_parquet),
        (gzip.compress(parquet_of(TABLE)), read_parquet),
        (parquet_of(TABLE, compression="zstd", row_group_size=1), read_parquet),
        (stream_of(TABLE), read_arrow),
        (stream_of(TABLE, pa.ipc.new_file), read_arrow),
        (feather_of(TABLE), read_arrow),
    ],
)
def test_all_forms_give_the_same_rows(data, reader) -> None:
    rows, cells, notices = read(data, reader)
    assert (rows.columns, rows.header, cells, notices) == (["text", "label"], True, EXPECTED, [])


def test_numbers_of_classes_get_their_names() -> None:
    for data, reader in ((parquet_of(NAMED), read_parquet), (stream_of(NAMED), read_arrow)):
        _, cells, notices = read(data, reader)
        assert cells == [("a film", "pos"), ("a play", "neg"), (None, -1)]
        assert notices == ["The numbers in the column 'label' of x are the classes neg, pos, as "
                           "the file says (0 is 'neg')."]  # fmt: skip


def test_values_of_many_types_become_their_texts() -> None:
    turns = [[{"role": "user", "content": "Hi"}]]
    table = pa.table({
        "f": [1.0], "nan": [float("nan")], "d": [Decimal("1.50")], "t": [dt.date(2026, 1, 2)],
        "b": [True], "bytes": [b"a film"], "list": [["pos"]], "messages": turns,
        "c": pa.array(["x"]).dictionary_encode(), "u": pa.array(["y"], pa.large_string()),
    })  # fmt: skip
    found = dict(zip(table.column_names, read(parquet_of(table))[1][0], strict=True))
    assert found.pop("messages") == turns[0]
    assert {key: cell_text(item) for key, item in found.items()} == {
        "f": "1", "nan": None, "d": "1.50", "t": "2026-01-02", "b": "true", "bytes": "a film",
        "list": "pos", "c": "x", "u": "y",
    }  # fmt: skip


def test_row_numbers_of_pandas_are_no_column(tmp_path) -> None:
    frame = pd.DataFrame({"text": ["a film", "a play"], "label": [1, 0]}, index=[7, 3])
    frame.to_parquet(tmp_path / "x.parquet")
    assert read((tmp_path / "x.parquet").read_bytes())[0].columns == ["text", "label"]


def test_memory_stays_flat(tmp_path) -> None:
    texts = np.char.add("a text with some words in it ", np.arange(200_000).astype(str))
    pq.write_table(pa.table({"text": texts}), tmp_path / "x.parquet", row_group_size=10_000)
    before, peak = pa.total_allocated_bytes(), 0
    rows = read_parquet(source_at(tmp_path / "x.parquet"), Notices())
    n = 0
    for chunk in rows.take():
        n += len(chunk.rows)
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert n == 200_000 and peak < 4 << 20


@pytest.mark.parametrize("reader", [read_parquet, read_arrow])
def test_damage_is_one_sentence(reader) -> None:
    data = parquet_of(NAMED) if reader is read_parquet else stream_of(NAMED, pa.ipc.new_file)
    for cut in range(0, len(data) - 1, 61):
        with pytest.raises(LabError, match="cannot be read as a"):
            read(data[:cut], reader)
    for at in range(0, len(data), 7):
        changed = data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]
        with contextlib.suppress(LabError):
            read(changed, reader)


def test_the_first_feather_is_refused() -> None:
    with pytest.raises(LabError, match="Feather of the first version"):
        read(b"FEA1" + bytes(60) + b"FEA1", read_arrow)


def test_no_rows_are_one_sentence() -> None:
    with pytest.raises(LabError, match="has columns but no rows"):
        read(parquet_of(TABLE.slice(0, 0)))
