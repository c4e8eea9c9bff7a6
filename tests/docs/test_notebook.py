"""docs/first_steps.ipynb does what it says: its cells are executed in order, with few steps."""

import ast
import json
import re
import sys
from typing import Any

import numpy as np
import pytest

from llmcore.paths import PROJECT_ROOT

PATH = PROJECT_ROOT / "docs" / "first_steps.ipynb"
NOTEBOOK = json.loads(PATH.read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
SMALL = {"steps": 40}  # instead of what the cell tagged `parameters` sets


def run_cell(cell: dict[str, Any], names: dict[str, Any]) -> Any:
    """Executes a cell as Jupyter does; returns the value of its last line, where it has one."""
    tree = ast.parse("".join(cell["source"]), cell["id"])
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, cell["id"], "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
    return None


def test_the_notebook_has_the_form_of_one_and_holds_no_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(ids)) == len(ids) > 20
    for cell in CODE:
        assert cell["outputs"] == [] and cell["execution_count"] is None
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in CODE) == 1


def test_its_links_lead_somewhere() -> None:
    for cell in NOTEBOOK["cells"]:
        for link in re.findall(r"\]\(([\w.-]+)\)", "".join(cell["source"])):
            assert (PATH.parent / link).is_file(), link


def test_every_cell_runs_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PATH.parent)  # where Jupyter starts it
    monkeypatch.setattr(sys, "path", list(sys.path))
    names: dict[str, Any] = {"__name__": "__main__"}
    values = []
    for cell in CODE:
        values.append(run_cell(cell, names))
        if "parameters" in cell["metadata"].get("tags", []):
            assert names.keys() >= SMALL.keys()
            names.update(SMALL)
    printed = capsys.readouterr().out

    assert names["project"] == PROJECT_ROOT
    assert b"".join(map(names["gpt2"].token_bytes, names["ids"])).decode() == names["text"]
    assert len(names["own"].encode(names["text"])) > len(names["ids"])
    _, losses = names["metrics"].arrays("train", "loss")
    assert names["language"].info().step == SMALL["steps"] and losses[-1] < losses[0] - 1
    accuracies = {name: score["accuracy"] for name, score in names["scores"].items()}
    assert accuracies["this classifier"] > accuracies["always ham"]
    labels = next(value for value in values if isinstance(value, list) and "ham" in value)
    assert labels == ["spam", "ham"]
    record, lens = names["record"], names["lens"]
    np.testing.assert_allclose(record.weights.sum(-1), 1, rtol=1e-4)
    assert lens.ids.shape == (3, len(record.ids), 5)
    shown = values[-1]
    assert shown["blocks.1.attention.weights"] == (1, 4, len(record.ids), len(record.ids))
    assert "bits per byte" in printed and "after layer 2" in printed
