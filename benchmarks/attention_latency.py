"""How long a person waits on the Attention page, seen from the browser.

    .venv/bin/python benchmarks/attention_latency.py [--json] [--repeats N] [--only NAME]

As benchmarks/playground_latency.py, whose stopwatch it uses: from the browser's own time stamp of
the key to the frame behind the change. `base` is looked at; each round has a text, a head or a
part that was not seen before, so that no cache answers. The first round is not counted. Exits with
1 where a median misses its bar.
"""

import argparse
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from playground_latency import (  # noqa: E402
    PATIENCE_MS,
    Measurement,
    report,
    settled,
    timed,
)

WORDS = ("king", "queen", "lord", "lady", "man", "woman", "boy", "girl")
N_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of exactly N_TOKENS tokens of `base`, each another one."""

    made: tuple[str, ...]

    @classmethod
    def of(cls, n: int) -> "Texts":
        from llmcore.models import tokenizer_for

        tokenizer = tokenizer_for("base")
        texts = []
        for number in range(n):
            word = WORDS[number % len(WORDS)]
            ids = tokenizer.encode(f"Number {number}: the {word} said to the other {word}. " * 20)
            texts.append(tokenizer.decode_bytes(ids[:N_TOKENS]).decode())
        return cls(tuple(texts))


def opened(page: Page, url: str, text: str, **address: str) -> None:
    query = urllib.parse.urlencode({"model": "base", "text": text, **address})
    page.goto(f"{url}/attention?{query}")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    expect(page.get_by_text("The code behind this")).to_be_visible()
    settled(page)


def measurements(texts: Texts) -> tuple[Measurement, ...]:
    def new_text(page: Page, number: int) -> float:
        """Ctrl+Enter on another text, until its last words stand in the picture."""
        field = page.get_by_label("Text", exact=True)
        field.fill(texts.made[number + 1])
        seen = f"picture.textContent.includes('Number {number + 1}:')"
        return _settled_after(page, ".heads .text", seen, "Control+Enter")

    def next_head(page: Page, number: int) -> float:
        """An arrow key on the maps, until what that head gives to which token is said."""
        page.locator(".heads canvas").focus()
        key = ("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft")[number % 4]
        if number == 0:
            page.keyboard.press("ArrowDown")
            settled(page)
        # The line empties at once and is filled when the weights of the new head have come.
        changed = "picture.innerHTML !== before && picture.textContent.includes('%')"
        return _settled_after(page, ".heads .found", changed, key)

    def part_off(page: Page, number: int) -> float:
        """Enter on a switch, until the loss and the bars without that head stand."""
        page.locator(f"[data-part=L{number // 4 % 6}H{number % 4}]").focus()
        changed = "picture.textContent !== before.replace(/<[^>]*>/g, '')"
        picture = "[data-testid=stMetricValue]"
        return _settled_after(page, picture, changed, "Enter")

    return (
        Measurement(
            "attention_text", f"a new text of {N_TOKENS} tokens to its attention in base", 1000.0,
            lambda page, url: opened(page, url, texts.made[0]), new_text,
        ),
        Measurement(
            "attention_head", "a head of base chosen to its weights on the text", 500.0,
            lambda page, url: opened(page, url, texts.made[0]), next_head,
        ),
        Measurement(
            "attention_off", "a head of base switched off to the loss without it", 500.0,
            lambda page, url: opened(page, url, texts.made[0], view="off"), part_off,
        ),
    )  # fmt: skip


def _settled_after(page: Page, picture: str, changed: str, key: str) -> float:
    waited = timed(page, picture, changed, lambda: page.keyboard.press(key))
    settled(page)
    return waited


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--only", help="the name of one measurement")
    parser.add_argument("--url", help="an app that runs already")
    arguments = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    texts = Texts.of(arguments.repeats + 2)
    wanted = [
        measurement
        for measurement in measurements(texts)
        if arguments.only in (None, measurement.name)
    ]
    if not wanted:
        parser.error(f"there is no measurement {arguments.only!r}")
    return report(wanted, arguments)


if __name__ == "__main__":
    sys.exit(main())
