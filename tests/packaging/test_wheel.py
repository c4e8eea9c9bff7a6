"""`pip install .`: what the wheel holds, and that the lab works from where it is installed."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from llmcore.paths import PROJECT_ROOT

NOT_NEEDED = (
    ".*",
    "tests",
    "docs",
    "benchmarks",
    "screenshots",
    "build",
    "*.egg-info",
    "__pycache__",
)
PAGE = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from llmcore import paths
page = AppTest.from_file(str(paths.PROJECT_ROOT / "pages" / "runs.py"), default_timeout=90).run()
assert not page.exception, page.exception
assert page.title[0].value == "Runs"
print(paths.__file__, paths.lab_home(), sep="\\n")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignore = shutil.ignore_patterns(*NOT_NEEDED)
    for part in ("llmcore", "ui", "pages", "assets"):
        shutil.copytree(PROJECT_ROOT / part, source / part, ignore=ignore)
    shutil.copytree(PROJECT_ROOT / ".streamlit", source / ".streamlit")
    for pattern in ("*.py", "*.toml", "*.txt"):
        for path in PROJECT_ROOT.glob(pattern):
            shutil.copy(path, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def tracked(folder: str, *endings: str) -> set[str]:
    paths = (PROJECT_ROOT / folder).rglob("*")
    return {path.relative_to(PROJECT_ROOT).as_posix() for path in paths if path.suffix in endings}


def test_the_wheel_holds_code_pages_components_and_what_is_bundled(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = tracked("llmcore", ".py") | tracked("ui", ".py", ".js", ".css", ".html")
    app = tracked("pages", ".py") | tracked("assets/instructions", ".jsonl", ".md", ".txt")
    app |= tracked("assets/runs", ".safetensors", ".json", ".jsonl", ".txt")
    app |= tracked("assets/measured", ".json") | {"app.py", ".streamlit/config.toml"}
    app |= {"assets/applications.json", "assets/base-card.md", "assets/icon.svg"}
    assert code | {f"llmlab/{name}" for name in app} <= names
    assert {name.split("/")[0] for name in names} == {"llmcore", "ui", "llmlab"}
    assert not [name for name in names if "setup.py" in name or "make_" in name]


def test_the_wheel_asks_for_what_the_requirements_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    asked = [line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist" in line]
    written = (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert asked == [line.split()[0] for line in written if "==" in line]


@pytest.mark.slow
def test_command_and_pages_work_from_where_they_are_installed(wheel: Path, tmp_path: Path) -> None:
    target, user = tmp_path / "site", tmp_path / "user"
    user.mkdir()
    pip("install", "--target", str(target), str(wheel))
    environment = {**os.environ, "PYTHONPATH": str(target), "HOME": str(user)}
    environment["USERPROFILE"] = str(user)
    del environment["LLMLAB_HOME"]

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    llmlab = str(target / "bin" / "llmlab")
    shown = run(sys.executable, llmlab, "--help")
    assert "pretrain" in shown and "Usage: llmlab" in shown
    assert "base" in run(sys.executable, llmlab, "runs", "list")
    where, home = run(sys.executable, "-c", PAGE).split()
    assert Path(where).is_relative_to(target)
    assert Path(home) == user / "llm-lab"
