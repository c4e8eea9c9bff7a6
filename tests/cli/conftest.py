"""`lab("tokenize", "hello", "--json")`: one command in this process, with what it printed."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from llmcore.cli import main


@dataclass(frozen=True)
class Finished:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output; fails on anything around it."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> str:
        """The one error line; fails if there is none, or a traceback, or an answer."""
        lines = [line for line in self.err.splitlines() if line.startswith("error:")]
        assert self.status in {1, 2}, (self.status, self.out, self.err)
        assert len(lines) == 1 and self.err.splitlines()[-1] == lines[0], self.err
        assert "Traceback" not in self.err and "Unexpected" not in lines[0], self.err
        assert self.out == ""
        return lines[0]


Lab = Callable[..., Finished]


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    def call(*arguments: object, stdin: bytes = b"") -> Finished:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Finished(status, printed.out, printed.err)

    before = _torch_threads()
    yield call
    if before is not None or _torch_threads() is not None:
        sys.modules["torch"].set_num_threads(before or os.cpu_count() or 1)


def _torch_threads() -> int | None:
    """`--threads` sets the number for the whole process, so it has to be put back."""
    return sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None
