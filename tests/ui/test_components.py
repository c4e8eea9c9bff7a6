"""JavaScript and style sheets of the components: node's tests, the bundles, the colours."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from llmcore.colours import RUST, SEQUENTIAL, SERIES, css_variables
from llmcore.paths import PROJECT_ROOT
from ui.components import bundle, packed
from ui.token_text import plain_label

COMPONENTS = PROJECT_ROOT / "ui" / "components"
NODE_TESTS = PROJECT_ROOT / "tests" / "js"
# Shared files: no component is named after them.
SHARED = {"dom", "pictures", "tokens", "token_column"}
TOKENS = (
    b"", b" the", b"\n", b"a\r\nb", b"\t\t", "é".encode(), "é".encode()[:1], b"\xf0\x9f", b"\x80a",
    "\u00a0\ufeff\u200d".encode(), "日本".encode(), b"\x00\x7f", "\u2028".encode(), b"\xed\xa0\x80",
)  # fmt: skip


def test_node_runs_the_tests_of_the_javascript(tmp_path: Path) -> None:
    """Their own, and that both languages agree on bytes that Python packs and on tokens."""
    node = shutil.which("node")
    if node is None:
        words = "no node found: install it (Debian: `apt install nodejs`)"
        if os.environ.get("LLMLAB_REQUIRE_NODE") == "1":
            pytest.fail(f"LLMLAB_REQUIRE_NODE=1, but {words}", pytrace=False)
        pytest.skip(words)
    bundles = tmp_path / "bundles"
    bundles.mkdir()
    for path in COMPONENTS.glob("*.js"):
        if path.stem not in SHARED:
            (bundles / f"{path.stem}.mjs").write_text(bundle(path.stem)["js"], "utf-8")
    message = packed(
        {"name": "tökén"},
        b"a\nb",
        np.array([1, 70000], np.uint32).tobytes(),
        np.array([0.5, -2], np.float32).tobytes(),
    )
    environment = {
        **os.environ,
        "LAB_BUNDLES": str(bundles),
        "LAB_PACKED": message.hex(),
        "LAB_TOKENS": json.dumps([[token.hex(), plain_label(token)] for token in TOKENS]),
    }
    files = sorted(str(path) for path in NODE_TESTS.glob("*.test.mjs"))
    assert len(files) >= 4
    command = [node, "--test", "--test-reporter=tap", *files]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"^# skipped 0$", done.stdout, re.M), done.stdout[-2000:]
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.M)[1]) > 25


def test_a_bundle_holds_what_its_files_import_once_and_before_them() -> None:
    found = bundle("token_view")
    places = [found["js"].index(start) for start in
              ("export function element(", "export class Lines", "export class Column",
               "export default function")]  # fmt: skip
    assert places == sorted(places)
    assert found["js"].count("export function element(") == 1
    assert not re.search(r"^import ", found["js"], re.M)
    assert found["css"].index("--petrol: 18, 133, 126;") < found["css"].index(".c0 {")
    assert ".c0 {" not in bundle("copy_link")["css"]
    assert set(bundle("well_formed")) == {"js"}
    assert set(bundle("field_map")) == {"html", "css"}


def test_css_variables_are_the_colours_of_the_figures() -> None:
    found = css_variables()
    assert len(found) == len(SERIES) + 2
    for name, colour in zip(found, (*SERIES, RUST), strict=False):
        assert "#" + "".join(f"{int(n):02X}" for n in found[name].split(", ")) == colour
    assert found["sequential"] == "0 0.04, 0.25 0.3, 0.5 0.58, 1 1"
    assert len(SEQUENTIAL) == 4


def written(text: str) -> set[str]:
    """All colours that a text types, as `#RRGGBB`.

    >>> sorted(written("a #0b6e69; rgba(18, 133, 126, 0.2) [209,122,27] #fff"))
    ['#0B6E69', '#12857E', '#D17A1B']
    """
    found = {match.upper() for match in re.findall(r"#[0-9a-fA-F]{6}\b", text)}
    for numbers in re.findall(r"\b(\d{1,3}),? ?(\d{1,3}),? ?(\d{1,3})\b", text):
        found.add("#" + "".join(f"{int(number):02X}" for number in numbers))
    return {item for item in found if len(item) == 7}


def typed_colours(room: str, own: set[str]) -> dict[str, set[str]]:
    """The colours among `own` that files of a folder type, by file; of files that type none."""
    kinds = {".js", ".css", ".html", ".py"}
    paths = [path for path in (PROJECT_ROOT / room).rglob("*") if path.suffix in kinds]
    assert len(paths) > 100
    found = {str(path): written(path.read_text("utf-8")) & own for path in paths}
    return {path: typed for path, typed in found.items() if typed}


def test_colours_are_typed_once() -> None:
    """Style sheets have them as variables, canvases by `channels`, Python from llmcore.colours;
    those of .streamlit/config.toml come as `--st-…` or by `ui.components`."""
    settings = (PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    series = {*SERIES, RUST}
    assert not typed_colours("ui", series | set(re.findall(r"#[0-9A-F]{6}", settings)))
    palette = str(PROJECT_ROOT / "llmcore" / "colours.py")
    assert typed_colours("llmcore", series) == {palette: series}


def test_comments_of_components_name_files_that_exist() -> None:
    for path in COMPONENTS.iterdir():
        named = set(re.findall(r"\b(?:ui|llmcore)/[\w/]+\.py\b", path.read_text("utf-8")))
        assert not {name for name in named if not (PROJECT_ROOT / name).is_file()}, path.name


def test_variables_of_style_sheets_exist() -> None:
    """A variable that nobody sets would silently leave its part without a colour."""
    for path in sorted(COMPONENTS.glob("*.js")):
        texts = bundle(path.stem)
        text = texts.get("css", "") + texts["js"]
        used = set(re.findall(r"var\((--(?!st-)[\w-]+)\s*[,)]", text))
        used |= {f"--{match}" for match in re.findall(r'channels\(\w+, "(\w+)"\)', text)}
        known = set(re.findall(r"(--[\w-]+)\s*:", text))
        known |= {f"--{match}" for match in re.findall(r'setProperty\("--([\w-]+)"', text)}
        assert used <= known, path.name


def test_scripts_reach_the_browser_as_bundles_only() -> None:
    """A script that is handed over as it stands in its file cannot import another one."""
    for path in (PROJECT_ROOT / "ui").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.name != "__init__.py" and "components.v2.component(" in source:
            assert "**bundle(" in source, f"{path} gives a component its files by hand"
