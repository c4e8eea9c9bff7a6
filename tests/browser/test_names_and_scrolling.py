"""By keyboard and by ear: no two buttons or links of one name do different things on a page, and
every box that scrolls can be reached, has a role and a name, and scrolls with the arrow keys."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from written_runs import write_run

from ui.attention import VIEWS as ATTENTION
from ui.classifier import VIEWS as CLASSIFIER
from ui.model import VIEWS as MODEL
from ui.navigation import CARDS
from ui.playground import VIEWS as PLAYGROUND
from ui.tokenizer import VIEWS as TOKENIZER

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTS = {"attention": ATTENTION, "classifier": CLASSIFIER, "model": MODEL,
         "playground": PLAYGROUND, "tokenizer": TOKENIZER}  # fmt: skip
# Boxes that scroll, wherever they are: [what it is, whether it can be focused, role, name].
BOXES = """() => {
  const found = [];
  const look = (root) => root.querySelectorAll("*").forEach((box) => {
    if (box.shadowRoot) look(box.shadowRoot);
    const style = getComputedStyle(box);
    const scrolls = (way, size) => /auto|scroll/.test(style[`overflow${way}`]) &&
      box[`client${size}`] > 0 && box[`scroll${size}`] > box[`client${size}`] + 1;
    // The page itself scrolls by keyboard, and Streamlit's tables and fields have their own keys.
    if (!box.checkVisibility() || !(scrolls("Y", "Height") || scrolls("X", "Width"))) return;
    if (box.closest("[data-testid=stDataFrame], [data-testid=stMultiSelect]")) return;
    if (box.matches("textarea, main, [data-testid=stSidebarContent]")) return;
    const name = box.getAttribute("aria-label") ?? "";
    const role = box.getAttribute("role") ?? box.tagName;
    found.push([`${box.tagName} ${box.className}`, box.tabIndex, role, name]);
  });
  look(document);
  return found;
}"""
# What tells two links apart, and what belongs to a widget: [href, whether Streamlit's own tools].
OF_NODE = """function () {
  const tools = this.closest("[data-testid=stElementToolbar], .modebar, [data-testid=stSelectbox],"
    + " [data-testid=stMultiSelect], [data-testid=stNumberInput], [data-testid=stTooltipIcon],"
    + " [data-testid=stHeadingWithActionElements]");
  return [this.href ?? null, Boolean(tools)];
}"""


def settled(page: Any) -> None:
    page.locator("h1").first.wait_for(timeout=90_000)
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(
        state="attached", timeout=90_000
    )
    page.wait_for_timeout(400)


def names_twice(page: Any) -> list[str]:
    """Buttons of one name, and links of one name that lead to different places, as the browser
    tells them to a screen reader."""
    devtools = page.context.new_cdp_session(page)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for node in devtools.send("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in ("button", "link"):
            continue
        reference = {"backendNodeId": node["backendDOMNodeId"]}
        handle = devtools.send("DOM.resolveNode", reference)["object"]["objectId"]
        answer = devtools.send(
            "Runtime.callFunctionOn",
            {"objectId": handle, "functionDeclaration": OF_NODE, "returnByValue": True},
        )
        href, tools = answer["result"]["value"]
        if not tools:
            found[role, node["name"]["value"]].append(href or f"button {len(found)}")
    devtools.detach()
    twice = [
        f"{role} {name!r}"
        for (role, name), places in found.items()
        if len(places) > 1 and (role == "button" or len(set(places)) > 1)
    ]
    return twice + [f"a {role} without a name" for role, name in found if not name.strip()]


def unreachable(page: Any) -> list[str]:
    return [
        f"{what}: tabindex {index}, role {role}, name {name!r}"
        for what, index, role, name in page.evaluate(BOXES)
        if index < 0 or not name or role == "DIV"
    ]


def addresses() -> list[str]:
    pages = ["" if name == "overview" else name for name in CARDS]
    views = [f"{name}?view={view}" for name, known in PARTS.items() for view in [*known][1:]]
    return [*pages, *views, "applications?job=translation", "runs?run=starter"]


@pytest.mark.parametrize("width", [1280, 400])
def test_names_tell_what_they_open_and_boxes_can_be_reached(app, new_page, width: int) -> None:
    page = new_page()
    page.set_viewport_size({"width": width, "height": 800})
    faults = []
    for address in addresses():
        page.goto(f"{app.url}/{address}")
        settled(page)
        faults += [f"{address}: {fault}" for fault in [*names_twice(page), *unreachable(page)]]
    assert not faults, "\n".join(faults)


def many(n: int) -> list[dict[str, str]]:
    rows = ({"prompt": f"What does box {i} hold?", "expected": "apples"} for i in range(n))
    return [row | {"answer": f"box {i}"} for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("kind", "page_name", "event", "name"),
    [
        ("instruct", "instructions", {"type": "answers", "rows": many(30)},
         "Answers to held-out prompts"),
        ("pretrain", "pretrain", {"type": "sample", "prompt": "The", "text": " end\n" * 60},
         "What the model writes"),
    ],
)  # fmt: skip
def test_a_scrolling_box_is_scrolled_by_keyboard(
    app, new_page, shot, monkeypatch: pytest.MonkeyPatch, kind, page_name, event, name
) -> None:
    monkeypatch.setenv("LLMLAB_HOME", str(app.home))
    run_id = write_run(f"many {kind}", kind=kind)
    events = Path(app.home) / "runs" / run_id / "events.jsonl"
    line = {"v": 1, "attempt": 1, "t": 1.0, "step": 10, **event}
    events.write_text(json.dumps(line) + "\n", encoding="utf-8")
    page = new_page()
    page.goto(f"{app.url}/{page_name}?run={run_id}")
    settled(page)
    box = page.get_by_role("region", name=name)
    box.wait_for()
    page.wait_for_function(
        "(box) => box.scrollHeight > box.clientHeight + 50", arg=box.element_handle()
    )
    box.focus()
    assert box.evaluate("(box) => box === document.activeElement")
    page.keyboard.press("End")
    page.wait_for_function(
        "(box) => box.scrollTop + box.clientHeight > box.scrollHeight - 5", arg=box.element_handle()
    )
    assert not unreachable(page)
    shot(page, f"scroll-{kind}")
