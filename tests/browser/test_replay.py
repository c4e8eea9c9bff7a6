"""A finished run plays back in the browser, without the server."""

import json
import math

import pytest
from tiny import TEXT, pretrain_config

from llmcore.execution import launch
from llmcore.files import json_line
from llmcore.runs import RunStore

pytestmark = pytest.mark.browser


@pytest.fixture
def finished(app) -> str:
    """A run as the trainer leaves it: 60 steps and three samples, one of them markup."""
    run_id = RunStore.mint_id("replayed")
    directory = app.home / "runs" / run_id
    launch.create(directory, pretrain_config(steps=60), TEXT.encode())
    head = {"v": 1, "attempt": 1, "t": 0.0}
    (directory / "metrics.jsonl").write_text("".join(
        json_line({**head, "split": "train", "step": step, "loss": 3 + 2 * math.exp(-step / 20)})
        for step in range(1, 61)
    ))  # fmt: skip
    (directory / "events.jsonl").write_text("".join(
        json_line({**head, "type": "sample", "step": step, "prompt": "the ", "text": text})
        for step, text in ((1, "noise"), (30, "<img src=x onerror=alert(1)>"), (60, "cat sees."))
    ))  # fmt: skip
    status = json.loads((directory / "status.json").read_text())
    (directory / "status.json").write_text(json.dumps({**status, "state": "done", "step": 60}))
    return run_id


def test_a_run_plays_and_can_be_put_anywhere(app, new_page, finished) -> None:
    page = new_page()
    page.goto(f"{app.url}/pretrain?run={finished}")
    page.get_by_text("Replay this run").click()
    told, sample = page.locator(".replay .told"), page.locator(".replay .sample")
    told.filter(has_text="step 60").wait_for()
    assert sample.inner_text() == "the cat sees."
    page.locator(".replay .at").fill("500")
    told.filter(has_text="step 30").wait_for()
    assert "<img" in sample.inner_text() and page.locator(".replay img").count() == 0
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    told.filter(has_not_text="step 30").wait_for()
