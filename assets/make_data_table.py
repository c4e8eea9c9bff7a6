"""Makes the table of `docs/data.md` again: each shape of `data_shapes` is inspected for real.

python assets/make_data_table.py          # writes docs/data.md
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


from assets.data_shapes import SHAPES, Shape  # noqa: E402
from assets.set_shapes import LISTED  # noqa: E402
from llmcore.data.reading.inspect import inspect  # noqa: E402
from llmcore.data.reading.report import ReadingReport  # noqa: E402
from llmcore.errors import LabError  # noqa: E402

PAGE = ROOT / "docs" / "data.md"
BEGIN, END = "<!-- table: made by assets/make_data_table.py -->", "<!-- end of the table -->"


def put(shape: Shape, folder: Path) -> Path:
    """The shape as a file or a folder on disk."""
    if isinstance(shape.data, bytes):
        path = folder / shape.name
        path.write_bytes(shape.data)
        return path
    for name, data in shape.data.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / shape.name


def inspected(shape: Shape) -> ReadingReport | LabError:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return inspect(put(shape, Path(folder)), shape.task)
        except LabError as error:
            return error


def row(shape: Shape) -> str:
    """A line of the table: shape, what it was taken for, and all that the lab says."""
    found = inspected(shape)
    if isinstance(found, LabError):
        return f"| {shape.about} (`{shape.name}`) | refused | {_cell(str(found))} |"
    named = {role: f"`{column}`" if column else "**asked**" for role, column in found.roles.items()}
    roles = ", ".join(f"{role}: {column}" for role, column in named.items())
    encoding = f", {found.encoding}" if found.encoding else ""
    taken = f"{found.read + found.lost:,} read" + ("" if found.asks else f", {found.taken:,} taken")
    read_as = f"{found.task}: {found.format}{encoding}; {roles or 'no columns'}; {taken}"
    said = " ".join(found.notices.texts()) or "nothing to say"
    return f"| {shape.about} (`{shape.name}`) | {_cell(read_as)} | {_cell(said)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def table() -> str:
    head = "| shape of the file | what `inspect` takes it for | what it says |\n| --- | --- | --- |"
    return "\n".join([head, *map(row, (*SHAPES, *LISTED))])


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
