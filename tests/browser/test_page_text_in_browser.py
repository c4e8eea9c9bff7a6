"""Names, samples, classes and prompts that look like Markdown, HTML or an address reach every page
as they are: no link, picture, icon or arrow is made of them, and the browser asks nobody else."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest

from llmcore.paths import BUNDLED_RUNS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Each begins with a mark, so that it is found again: what follows must be the rest, letter by
# letter, or cut off with an ellipsis. A run's name has at most 80 characters.
PICTURE = "Q7 ![x](http://far.test/i.png) -> http://far.test :material/home: a@far.test end"
SIGNS = "Q8 :smile: a -- b >= c :red[x] $x$ `c` <b>b</b> **b** www.far.test <- end"
CLASS = "Q9 <a href='http://far.test'>l</a> -> b end"
SAMPLE = "Q6 ![x](http://far.test/j.png) -- :streamlit: *e* https://far.test [l](//far.test) end"
TEXTS = (PICTURE, SIGNS, CLASS, SAMPLE)
PAGES = (
    "runs?run={one}",
    "playground?model={one}&text={sample}",
    "pretrain?run={one}",
    "attention?model={one}&text={sample}",
    "model?model={one}&text={sample}",
    "tokenizer?text={sample}",
    "chat?model={one}",
    "classifier?run={two}",
    "classifier?model={two}&view=try_it&text={sample}",
    "earlier-nlp",
    "applications",
    "instructions",
    "",
)
# All that a person reads: texts of the page, of components and of figures, and values of fields.
READ = """() => {
  const parts = [];
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) parts.push(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (["STYLE", "SCRIPT", "TEMPLATE"].includes(node.tagName)) continue;
      if ("value" in node && typeof node.value === "string") parts.push("\\n" + node.value + "\\n");
      if (node.shadowRoot) walk(node.shadowRoot);
      const block = !getComputedStyle(node).display.startsWith("inline");
      if (block) parts.push("\\n");
      walk(node);
      if (block) parts.push("\\n");
    }
  };
  walk(document.body);
  return parts.join("");
}"""
MADE = """() => {
  const found = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      const address = [node.getAttribute("href"), node.getAttribute("src"),
        node.getAttribute("xlink:href")].join(" ");
      if (address.includes("far.test") || node.getAttribute("aria-label") === "home icon" ||
          node.getAttribute("alt") === "Streamlit logo") {
        found.push(node.outerHTML.slice(0, 200));
      }
    }
  };
  walk(document);
  return found;
}"""


def hostile_run(home: Path, bundled: str, name: str, **replaced: str) -> str:
    """A copy of a bundled run under another name, with other texts in its JSON files."""
    run_id = f"20260101-000000-{bundled}-abc123"
    folder = home / "runs" / run_id
    shutil.copytree(BUNDLED_RUNS / bundled, folder)
    (folder / "name.txt").write_text(name + "\n")
    for path in [*folder.rglob("*.json"), *folder.rglob("*.jsonl")]:
        text = path.read_text("utf-8")
        for old, new in replaced.items():
            text = text.replace(json.dumps(old), json.dumps(new))
        path.write_text(text, "utf-8")
    events = folder / "events.jsonl"
    lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    for line in lines:
        if line["type"] in {"sample", "notice"}:
            line["text"] = SAMPLE
    events.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return run_id


def test_every_page_shows_the_text_and_makes_nothing_of_it(app, new_page) -> None:
    one = hostile_run(app.home, "starter", PICTURE)
    two = hostile_run(app.home, "starter-spam", SIGNS, ham=CLASS)
    page = new_page()
    far: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((app.url, "data:", "blob:")) else
            far.append(r.url))  # fmt: skip
    shown: set[str] = set()
    for address in PAGES:
        page.goto(f"{app.url}/{address.format(one=one, two=two, sample=quote(SAMPLE))}")
        page.locator("h1").wait_for(timeout=90_000)
        page.locator('[data-test-script-state="notRunning"]').first.wait_for(
            state="attached", timeout=90_000
        )
        page.wait_for_timeout(800)
        read = page.evaluate(READ).replace("·", " ")  # how token views show a blank
        for text in TEXTS:
            for rest in read.split(text[:2])[1:]:
                rest = (text[:2] + rest).split("\n")[0]
                whole = rest.startswith(text) or is_cut(rest, text)
                assert whole, f"{address}: {rest[:120]!r} instead of {text!r}"
                shown.add(text)
        assert not page.evaluate(MADE), address
    assert shown == set(TEXTS)
    assert not far


def is_cut(rest: str, text: str) -> bool:
    """With an ellipsis, or at the end of a token that stands alone."""
    return text.startswith(re.split(r"…|\.\.\.", rest)[0].rstrip())
