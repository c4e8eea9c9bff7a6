"""Writes the built-in instruction sets: `python assets/make_instructions.py [NAME ...]`.

Each set is made by its generator in instructions_gen from a fixed seed, so the files come out
byte for byte the same. What the test splits hold out stands on the cards beside them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from instructions_gen import airline, general, translation
from instructions_gen.names import CITIES, LAST_NAMES, MEN, WOMEN
from instructions_gen.phrases import Rows

FOLDER = Path(__file__).resolve().parent / "instructions"
SEED = 20
GENERATORS: dict[str, Callable[[int], Rows]] = {
    "airline-support": airline.make,
    "translation": translation.make,
    "general": general.make,
}
KEYS = ("instruction", "input", "output", "group", "holdout")


def files_of(name: str) -> dict[str, str]:
    """The set's files: {file name: content}. Training rows carry no `group`: nothing reads it."""
    files = {}
    for split, rows in GENERATORS[name](SEED).items():
        keys = KEYS if split == "test" else KEYS[:3]
        lines = [
            json.dumps({key: row[key] for key in keys if row.get(key)}, ensure_ascii=False)
            for row in rows
        ]
        files[f"{name}-{split}.jsonl"] = "\n".join(lines) + "\n"
    return files


def common_names() -> str:
    """The names that are not invented, one word a line: what a page shows first has no others."""
    lists = (WOMEN, MEN, LAST_NAMES, CITIES)
    words = {word for some in lists for name in some for word in name.split()}
    return "\n".join(sorted(words)) + "\n"


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "names.txt").write_text(common_names(), encoding="utf-8")
    for name in names or GENERATORS:
        for file, content in files_of(name).items():
            (FOLDER / file).write_text(content, encoding="utf-8")
            print(f"{file}: {content.count(chr(10)):,} rows, {len(content.encode()):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
