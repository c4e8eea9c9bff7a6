"""A user's own instructions in Chromium: uploaded, learned from, scored, and asked."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from llmcore.files import read_json

pytestmark = pytest.mark.browser

ASKED = [(f"What does box {n} hold?", f"Box {n} holds apples.") for n in range(40)]
ALPACA = json.dumps([{"instruction": ask, "output": say} for ask, say in ASKED])
CHAT = "\n".join(
    json.dumps({"messages": [{"role": "user", "content": ask},
                             {"role": "assistant", "content": say}]})
    for ask, say in ASKED
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "scheme"),
    [("my-alpaca.json", ALPACA, "light"), ("my-chat.jsonl", CHAT, "dark")],
)
def test_a_file_of_instructions_end_to_end(
    name: str, content: str, scheme: str, app: Any, new_page: Callable[..., Any],
    shot: Callable[[Any, str], None], wait_until: Callable[..., Any],
) -> None:  # fmt: skip
    page = new_page(scheme)
    page.set_default_timeout(60_000)
    page.goto(f"{app.url}/instructions")
    page.get_by_role("radio", name="My own file").click()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content.encode()}
    )
    page.get_by_text("29 examples to train").wait_for()
    page.get_by_text("Options", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("3")
    epochs.press("Enter")
    page.get_by_text("3 epochs, 6 steps").wait_for()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"run=\d{8}-"))  # an example's id is its name
    run = page.url.partition("run=")[2].partition("&")[0]
    status = app.home / "runs" / run / "status.json"
    wait_until(lambda: read_json(status)["state"] not in {"queued", "running"}, 300)
    assert read_json(status)["state"] == "done"
    page.goto(f"{app.url}/instructions?run={run}")
    page.get_by_text("On instructions that it never saw").wait_for()
    page.get_by_text("The worst answers first").scroll_into_view_if_needed()
    shot(page, f"instructions-{name.partition('.')[0]}")
    page.get_by_label("Your prompt").fill("What does box 7 hold?")
    page.get_by_role("button", name="Answer", exact=True).click()
    page.get_by_text("After", exact=True).wait_for()
    page.get_by_text("Use it in your code").click()
    page.get_by_text("assistant = load_assistant(").first.wait_for()
