"""The Dockerfile, as far as it can be tried without an engine: what it copies, and its commands."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from llmcore.paths import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
STEPS = [tuple(line.split(maxsplit=1)) for line in LINES if line.strip()]
IGNORED = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def arguments(name: str) -> list[str]:
    return [rest for step, rest in STEPS if step == name]


def copied() -> list[tuple[str, str]]:
    """(source, target folder or name) of each COPY."""
    found = []
    for rest in arguments("COPY"):
        *sources, target = rest.split()
        found += [(source, target if len(sources) == 1 else ".") for source in sources]
    return found


def is_ignored(path: str) -> bool:
    """By the patterns of .dockerignore; the last one that fits decides."""
    parts, ignored = Path(path).parts, False
    for line in IGNORED:
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(fnmatch(line, pattern) or fnmatch("/" + line, pattern[2:]) for line in above):
            ignored = not line.startswith("!")
    return ignored


def the_json(name: str) -> list[str]:
    """The command of a step in its exec form."""
    (rest,) = arguments(name)
    return json.loads(rest[rest.index("[") :])


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = [source for source, _ in copied()]
    assert {"app.py", "pages", "ui", "llmcore", "assets", ".streamlit"} <= set(sources)
    for source in sources:
        assert (PROJECT_ROOT / source).exists(), source
        assert not is_ignored(source), source
    for path in ("tests/conftest.py", ".git", "runs/x", ".venv/bin", "assets/screenshots/a.png",
                 "llmcore/__pycache__/a.pyc"):  # fmt: skip
        assert is_ignored(path), path
    assert not is_ignored("assets/runs/base/config.json") and not is_ignored("ui/page.py")


def test_it_runs_without_root_and_keeps_its_runs_in_a_volume() -> None:
    assert arguments("FROM") == ["python:3.11-slim"]
    (user,), (volume,) = arguments("USER"), arguments("VOLUME")
    assert user not in ("root", "0") and any(f"useradd --create-home {user}" in argument
                                             for argument in arguments("RUN"))  # fmt: skip
    assert f"LLMLAB_HOME={volume}" in arguments("ENV")
    assert any(f"install -d -o {user} {volume}" in argument for argument in arguments("RUN"))
    order = [step for step, _ in STEPS]
    assert order.index("USER") < order.index("CMD")


def test_one_port_everywhere() -> None:
    (port,) = arguments("EXPOSE")
    assert f"--server.port={port}" in the_json("CMD")
    assert f"127.0.0.1:{port}/_stcore/health" in " ".join(the_json("HEALTHCHECK"))
    assert f"-p 127.0.0.1:{port}:{port} " in TEXT


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder /app of the image."""
    root = tmp_path / "app"
    root.mkdir()
    for source, target in copied():
        path, place = PROJECT_ROOT / source, root / target
        if path.is_dir():
            shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, place)
    return root


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "LLMLAB_HOME": str(home), "LLMLAB_WARM": "0"}


def test_the_command_starts_the_app_and_the_health_check_finds_it(
    image: Path, environment: dict[str, str], wait_until: Callable[..., object]
) -> None:
    (port,) = arguments("EXPOSE")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = str(free.getsockname()[1])

    def here(name: str) -> list[str]:
        words = [word.replace(port, own).replace("0.0.0.0", "127.0.0.1") for word in the_json(name)]
        return [sys.executable, *words[1:]]

    check = here("HEALTHCHECK")
    assert subprocess.run(check, capture_output=True).returncode != 0  # nobody is there yet
    server = subprocess.Popen(here("CMD"), cwd=image, env=environment, stdout=subprocess.DEVNULL)
    try:

        def answers() -> bool:
            try:
                return urlopen(f"http://127.0.0.1:{own}/", timeout=2).status == 200
            except (URLError, ConnectionError):
                return False

        wait_until(answers, 60)
        assert subprocess.run(check, capture_output=True).returncode == 0
    finally:
        server.terminate()
        server.wait(20)


def test_what_is_copied_draws_the_first_page_and_runs_a_bundled_model(
    image: Path, environment: dict[str, str]
) -> None:
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception and app.title\n"
        "import llmcore, sys; print(llmcore.__file__)"
    )
    drawn = subprocess.run([sys.executable, "-c", code], cwd=image, env=environment, text=True,
                           capture_output=True, check=True)  # fmt: skip
    assert str(image) in drawn.stdout
    words = ["-m", "llmcore", "generate", "--model", "starter", "--prompt", "My lord, ",
             "--max-new-tokens", "4", "--json"]  # fmt: skip
    done = subprocess.run([sys.executable, *words], cwd=image, env=environment, text=True,
                          capture_output=True, check=True)  # fmt: skip
    assert len(json.loads(done.stdout)["ids"]) == 4
