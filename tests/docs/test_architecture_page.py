"""docs/architecture.md is held by the code: floors, kinds of run, files of a run and their keys."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_architecture import FLOORS
from tiny import TEXT, pretrain_config

from llmcore.config import LoraConfig
from llmcore.execution import launch
from llmcore.kinds import KINDS
from llmcore.paths import PROJECT_ROOT
from llmcore.runs.run import CONFIG, STATUS
from llmcore.runs.state import RunState
from llmcore.train.control import CONTROL_FILE, read_control, reset_control

PAGE = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OLD = sorted((PROJECT_ROOT / "tests" / "old_runs").glob("*.zip"))
ONLY_SOMETIMES = {"imported"}  # keys of config.json that a new run does not have
HEAD = {"v", "attempt", "t", "step"}  # of each line


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def names_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def keys(title: str) -> set[str]:
    return {name for row in rows(title) for name in names_in(row[0])}


def line_about(start: str) -> str:
    return next(line for line in PAGE.splitlines() if line.startswith(start))


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def kept(name: str) -> Iterator[str]:
    """The files of one name of the runs that earlier builds made, one of each kind."""
    for path in OLD:
        with zipfile.ZipFile(path) as packed:
            for member in packed.namelist():
                if member.endswith(f"/{name}"):
                    yield packed.read(member).decode("utf-8")


def test_floors_are_those_of_the_test() -> None:
    documented = [(int(row[0]), tuple(names_in(row[1]))) for row in rows(
        "Floors, and which way imports go")]  # fmt: skip
    assert documented == [(n, names) for n, names in enumerate(FLOORS, 1)][::-1]


def test_kinds_are_those_of_the_records() -> None:
    models = {"": "no model", "language": "a language model", "classifier": "a classifier"}
    assert rows("Kinds of run") == [
        [f"`{kind.name}`", kind.title, kind.page, models[kind.model],
         f"`{kind.experiment.key}`" if kind.experiment else "–"]
        for kind in KINDS.values()
    ]  # fmt: skip


def test_keys_of_config_json(tiny_run: Path) -> None:
    written = read(tiny_run / CONFIG)
    assert keys("config.json") - ONLY_SOMETIMES == set(written)
    for row in rows("config.json"):
        for name in names_in(row[0]):
            if isinstance(written.get(name), dict):
                assert names_in(row[1]) == list(written[name]), name
            if name == "lora":
                assert names_in(row[1]) == list(LoraConfig.__dataclass_fields__)


def test_keys_and_states_of_status_json(tiny_run: Path, tmp_path: Path) -> None:
    queued = launch.create(tmp_path / "run", pretrain_config(), TEXT.encode(), waiting=True)
    assert keys("status.json") == set(read(tiny_run / STATUS)) | set(queued.status())
    states = next(row[1] for row in rows("status.json") if row[0] == "`state`")
    assert names_in(states) == list(RunState)


def test_files_of_a_run_stand_in_the_table(tiny_run: Path) -> None:
    documented = {name.split("/")[0] for name in keys("A run directory")}
    assert {path.name for path in tiny_run.iterdir()} <= documented
    for path in OLD:
        with zipfile.ZipFile(path) as packed:
            assert {name.split("/")[1] for name in packed.namelist()} <= documented
    inside = next(row[1] for row in rows("A run directory") if "checkpoints" in row[0])
    full = max((tiny_run / "checkpoints").iterdir())
    assert set(names_in(inside)) == {path.name for path in full.iterdir()}


def lines_of(tiny_run: Path, name: str) -> Iterator[dict[str, Any]]:
    for text in [*kept(name), (tiny_run / name).read_text(encoding="utf-8")]:
        yield from map(json.loads, text.splitlines())


def test_keys_of_metrics(tiny_run: Path) -> None:
    about = line_about("- **Metrics**")
    documented = dict(
        zip(("train", "val"), re.findall(r"`(?:train|val)`: ([^.]*)\.", about), strict=True)
    )
    seen: dict[str, set[str]] = {"train": set(), "val": set()}
    for line in lines_of(tiny_run, "metrics.jsonl"):
        seen[line["split"]] |= line.keys() - HEAD - {"split"}
    assert {
        split: set(names_in(text)) - {"head_scores"} for split, text in documented.items()
    } == seen


def test_events_of_runs_and_their_keys(tiny_run: Path) -> None:
    about = line_about("- **Events**")
    plain, cells = about.split("Experiments:")
    documented = {
        name: set(names_in(inside))
        for names, inside in re.findall(r"((?:`\w+`,? ?)+)\(([^)]*)\)", plain)
        for name in names_in(names)
    }
    seen = set()
    for line in lines_of(tiny_run, "events.jsonl"):
        seen.add(line["type"])
        if line["type"] in documented:
            assert line.keys() - HEAD - {"type"} <= documented[line["type"]], line["type"]
    made = " ".join(
        path.read_text(encoding="utf-8") for path in (PROJECT_ROOT / "llmcore").rglob("*.py")
    )
    of_runs = set(documented) | {"paused", "continued"}
    assert set(re.findall(r"\.event\(\s*\"(\w+)\"", made)) == of_runs
    assert set(names_in(cells)) - {"llmcore/runs/events.py"} == seen - of_runs


def test_keys_of_control_data_and_states(tiny_run: Path, tmp_path: Path) -> None:
    reset_control(tmp_path)
    about = names_in(line_about("- `control.json`"))
    written = read(tmp_path / CONTROL_FILE)
    assert set(about) == {CONTROL_FILE, *written, "run", "pause", "stop"}
    assert read_control(tmp_path).keys() == written.keys() - {"v"}
    records = [json.loads(line) for line in kept("data.json")]
    stamps = [source for record in records for source in record["sources"].values()]
    documented = {"data.json", *records[0], *(key for stamp in stamps for key in stamp)}
    assert set(names_in(line_about("- `data.json`"))) == documented
    states = [json.loads(line) for line in kept("state.json")]
    states += [read(path) for path in tiny_run.glob("checkpoints/*/state.json")]
    documented = {"state.json", *(key for state in states for key in state)}
    assert set(names_in(line_about("- `state.json`"))) == documented


@pytest.mark.parametrize("name", ["base", "starter-spam"])
def test_bundled_references_are_told(name: str) -> None:
    first = rows('Model references, and the "@"')[0][0]
    assert name in names_in(first)
    assert set(names_in(first)) == {
        path.name for path in (PROJECT_ROOT / "assets" / "runs").iterdir()
    }
