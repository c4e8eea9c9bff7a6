"""Files in the shapes of public data sets and exports are read as their owners mean them."""

import zipfile
from pathlib import Path

import pytest

from llmcore.data.reading.documents import read_documents
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.labels import ReadingOptions, read_labels
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import Notices, ReadingReport
from llmcore.data.reading.roles import label_roles
from llmcore.data.reading.turns import read_turns
from llmcore.errors import LabError
from tests.data.reading import public_folders, public_instructions, public_more
from tests.data.reading.public_case import Case

CASES = [*public_instructions.CASES, *public_folders.CASES, *public_more.CASES]


def _put(case: Case, folder: Path) -> Path:
    path = folder / case.name
    if isinstance(case.data, bytes):
        path.write_bytes(case.data)
    elif case.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in case.data.items():
                packed.writestr(name, data)
    else:
        for name, data in case.data.items():
            inner = path / name
            inner.parent.mkdir(parents=True, exist_ok=True)
            inner.write_bytes(data)
    return path


def _first(case: Case, path: Path):
    """What is learned: the first example, the first labelled text, or the documents."""
    if case.task == "instruct":
        rows = open_rows(path, Notices(), roles="instructions")
        row = read_turns(rows, name=case.name)[0][0]
        turns = [(turn.instruction, *([turn.input] if turn.input else []), turn.output)
                 for turn in row.turns]  # fmt: skip
        return row.system, tuple(turns)
    if case.task == "corpus":
        documents = list(read_documents(path, case.name)[0])
        return documents[0] if isinstance(case.first, str) else documents
    rows = open_rows(path, Notices())
    roles = label_roles(rows, case.name, None, None, rows.notices)
    report = ReadingReport(case.name, "classify", rows.format, notices=rows.notices)
    report.roles = roles.names(rows.columns)
    found = read_labels(rows, roles, report, ReadingOptions(), keep=True)
    return found.texts[0], found.labels[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about.replace(" ", "-"))
def test_a_public_shape_is_read_as_its_owner_means(case: Case, tmp_path: Path) -> None:
    path = _put(case, tmp_path)
    if case.taken == -1:
        with pytest.raises(LabError, match=case.first) as refused:
            inspect(path, case.task)
        assert str(refused.value).endswith(".")
        return
    report = inspect(path, case.task)
    said = report.notices.texts()
    assert bool(report.asks) == (case.taken is None), said
    assert {notice.kind for notice in report.notices} >= set(case.notices), said
    assert {role: report.roles.get(role) for role in case.roles} == case.roles
    if case.guess is not None:
        assert inspect(path).task == case.guess
    if case.taken is None:
        return
    counts = report.to_dict()["rows"]
    assert (counts["taken"], counts["left_out"]) == (case.taken, case.left_out), said
    assert counts["read"] == counts["taken"] + counts["left_out"]
    if case.classes is not None:
        assert report.classes == case.classes, said
    if case.splits is not None:
        assert report.splits == case.splits, said
    if case.first is not None:
        assert _first(case, path) == case.first
