"""Parquet and Arrow (Feather) files, a batch of rows at a time."""

import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from llmcore.data.reading.json_forms import say_named
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import CHUNK_ROWS, Chunk, Rows, unique_names
from llmcore.data.reading.source import Source
from llmcore.data.reading.values import is_missing
from llmcore.errors import LabError

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BATCH_BYTES = 1 << 30  # of one row group on its way to rows
STREAM = b"\xff\xff\xff\xff"  # Arrow's stream format, which the hub's library keeps on disk

_Batches = Iterator["pa.RecordBatch"]


def read_parquet(source: Source, notices: Notices) -> Rows:
    """The rows of a Parquet file, streamed. Nested columns stay lists and objects; numbers of
    classes become the names that the hub's library wrote beside them. Raises LabError."""
    return _read(source, notices, "parquet", _parquet)


def read_arrow(source: Source, notices: Notices) -> Rows:
    """The rows of an Arrow file, an Arrow stream or a Feather file, like `read_parquet`."""
    return _read(source, notices, "arrow", _arrow)


def _read(
    source: Source, notices: Notices, format: str,
    opened: Callable[[BinaryIO], tuple["pa.Schema", _Batches]],
) -> Rows:  # fmt: skip
    import pyarrow as pa

    file = source.open()
    if source.packed or not file.seekable():
        file = io.BytesIO(file.read())
    broken = (pa.ArrowException, OSError, ValueError, KeyError, MemoryError)
    try:
        schema, batches = opened(file)
        if not schema.names:
            raise ValueError("it has no columns")
        keep = [i for i, name in enumerate(schema.names) if name not in _indices(schema)]
        keep = keep or list(range(len(schema.names)))
        names = _class_names(schema)
    except broken as error:
        raise _damaged(source, format, error) from error
    columns = unique_names([schema.names[i] for i in keep])
    for column, known in names.items():
        if column in columns:
            say_named(notices, source.name, column, known)
    named = [names.get(schema.names[i]) for i in keep]

    def chunks() -> Iterator[Chunk]:
        number = 1
        try:
            for batch in batches:
                batch.validate(full=True)  # offsets that lead out of a damaged file end the process
                cells = [_cells(batch.column(i), known)
                         for i, known in zip(keep, named, strict=True)]  # fmt: skip
                rows = [list(row) for row in zip(*cells, strict=True)]
                yield Chunk(list(range(number, number + len(rows))), rows)
                number += len(rows)
        except broken as error:
            raise _damaged(source, format, error) from error
        finally:
            file.close()

    why = "it is a Parquet file" if format == "parquet" else "it is an Arrow file"
    rows = Rows(format, columns, True, chunks(), notices, why=why, unit="row")
    if not rows.sample():
        raise LabError(f"{source.name} has columns but no rows: give texts in it.")
    return rows


def _damaged(source: Source, format: str, error: BaseException) -> LabError:
    kind = "Parquet" if format == "parquet" else "Arrow"
    said = " ".join(str(error).split())[:200]
    return LabError(f"{source.name} cannot be read as a {kind} file ({said}): write it again.")


def _parquet(file: BinaryIO) -> tuple["pa.Schema", _Batches]:
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(file, pre_buffer=False)
    for i in range(parquet.metadata.num_row_groups):
        n_bytes = parquet.metadata.row_group(i).total_byte_size
        if n_bytes > MAX_BATCH_BYTES * 16:
            raise ValueError(f"a group of rows that unpacks to {n_bytes:,} bytes")
    return parquet.schema_arrow, parquet.iter_batches(batch_size=CHUNK_ROWS, use_threads=False)


def _arrow(file: BinaryIO) -> tuple["pa.Schema", _Batches]:
    import pyarrow as pa

    start = file.read(4)
    file.seek(0)
    if start == STREAM:
        stream = pa.ipc.open_stream(file)
        return stream.schema, _cut(iter(stream))
    if start == b"FEA1":
        raise ValueError("it is Feather of the first version, which Arrow gives up")
    reader = pa.ipc.open_file(file)
    return reader.schema, _cut(reader.get_batch(i) for i in range(reader.num_record_batches))


def _cut(batches: _Batches) -> _Batches:
    for batch in batches:
        for at in range(0, batch.num_rows, CHUNK_ROWS):
            yield batch.slice(at, CHUNK_ROWS)


def _cells(column: "pa.Array", known: list[str] | None) -> list[Any]:
    cells = column.to_pylist()
    if known is not None:
        last = len(known)
        cells = [known[cell] if type(cell) is int and 0 <= cell < last else cell for cell in cells]
    return [None if is_missing(cell) else cell for cell in cells]


# ---- what the writers keep in the schema


def _metadata(schema: "pa.Schema", key: bytes) -> dict[str, Any]:
    raw = (schema.metadata or {}).get(key)
    try:
        found = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _indices(schema: "pa.Schema") -> set[str]:
    """pandas' row numbers, which it writes as a column unless they just count."""
    columns = _metadata(schema, b"pandas").get("index_columns")
    names = (
        {column for column in columns if isinstance(column, str)}
        if isinstance(columns, list)
        else set()
    )
    return {name for name in names if name.startswith("__index_level_")}


def _class_names(schema: "pa.Schema") -> dict[str, list[str]]:
    """Column → names of its classes, as the hub's library keeps them."""
    info = _metadata(schema, b"huggingface").get("info")
    features = info.get("features") if isinstance(info, dict) else None
    found = {}
    for column, feature in features.items() if isinstance(features, dict) else ():
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            found[column] = names
    return found
