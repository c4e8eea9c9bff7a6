"""A new user's first ten minutes in real Chromium, each step ending in a picture."""

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from llmcore.files import read_json
from llmcore.runs import Run

pytestmark = pytest.mark.browser

SENTENCE = "My own sentence: attention is all you need! 🎉"
MESSAGE = "URGENT! You have won a 1 week FREE membership, call 09061701461 now to claim your prize"
STEPS = 400


def runs(app, kind: str) -> list[Path]:
    found = []
    for path in sorted((app.home / "runs").glob("*/config.json")):
        if json.loads(path.read_text())["kind"] == kind:
            found.append(path.parent)
    return found


def last_step(run: Path) -> int:
    """The newest step of which a number is on disk; 0 before the first."""
    newest = Run(run).metrics().last("train")
    return newest["step"] if newest else 0


def settled(page: Page) -> None:
    """Waits until the script has run to its end."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", re.compile("notRunning|stopped"), timeout=60_000
    )


def no_error(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).first.click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def type_text(page: Page, label: str, text: str) -> None:
    settled(page)  # until then, what was on the page before may stand beside what is new
    box = page.get_by_label(label)
    box.fill(text)
    box.press("Control+Enter")
    settled(page)


@pytest.mark.timeout(600)
def test_the_first_ten_minutes(app, new_page, shot, wait_until):
    page = new_page()
    page.goto(app.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Your first ten minutes")).to_be_visible()
    shot(page, "1-overview")

    # A sentence and its tokens.
    go(page, "Tokenizer")
    type_text(page, "Your text", SENTENCE)
    column = page.locator(".column").first
    tokens = column.locator(".token")
    expect(tokens.filter(has_text="attention").first).to_be_visible()
    tokens.filter(has_text="attention").first.hover()
    expect(column.locator(".detail")).to_contain_text("id 3241")
    shot(page, "2-tokens")
    no_error(page)

    # The same sentence follows to the attention page, with the next token and its rivals.
    go(page, "Attention")
    expect(page.get_by_role("textbox").first).to_have_value(SENTENCE)
    expect(page.locator(".heads .token", has_text="attention")).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="Head view").click()
    lines = page.frame_locator("iframe").frame_locator("iframe").locator("svg line")
    expect(lines.first).to_be_attached(timeout=60_000)
    expect(page.get_by_text("What comes next")).to_be_visible()
    shot(page, "3-attention")
    no_error(page)

    # Pretraining on Shakespeare starts with one click.
    go(page, "Pretrain")
    page.get_by_text("Options", exact=True).click()
    page.get_by_role("spinbutton", name="Steps").fill(str(STEPS))
    page.get_by_role("spinbutton", name="Steps").press("Enter")
    settled(page)
    page.get_by_role("button", name="Start training").click()
    began = time.monotonic()
    run = wait_until(lambda: runs(app, "pretrain"), 20)[0]
    wait_until(lambda: last_step(run) >= 1, 60)
    print(f"first metrics {time.monotonic() - began:.2f} s after the click")
    expect(page.get_by_text(re.compile(rf"Step [\d,]+ of {STEPS}"))).to_be_visible(timeout=30_000)
    page.locator(".lab-live-chart").first.scroll_into_view_if_needed()  # drawn where it is seen
    expect(page.locator(".lab-live-chart .scatterlayer .trace").first).to_be_attached()

    # A prompt while it trains.
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("My lord, the king ")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text(re.compile(r"step [\d,]+ answered"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text("My lord, the king ").first).to_be_visible()
    assert read_json(run / "status.json")["state"] == "running"
    shot(page, "4-pretrain-live")
    no_error(page)

    # The run survives a reload, and a second tab sees it.
    step = last_step(run)
    page.reload()
    expect(page.get_by_text(re.compile(rf"Step [\d,]+ of {STEPS}"))).to_be_visible()
    second = new_page("dark")
    second.goto(f"{app.url}/pretrain")
    expect(second.get_by_text(re.compile(rf"Step [\d,]+ of {STEPS}"))).to_be_visible()
    shot(second, "5-second-tab-dark")
    second.close()
    page.close()
    wait_until(lambda: last_step(run) > step, 60)  # and it goes on with no tab at all

    # The spam classifier.
    page = new_page()
    page.goto(f"{app.url}/classifier")
    page.get_by_role("button", name="Train the spam classifier").click()
    classifier = wait_until(lambda: runs(app, "classify"), 30)[0]
    wait_until(lambda: last_step(classifier) >= 1, 90)
    shot(page, "6-classifier-live")
    wait_until(lambda: read_json(classifier / "status.json")["state"] == "done", 420)
    expect(page.get_by_text("On texts that it never saw")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Naive Bayes", exact=True)).to_be_visible()
    expect(page.get_by_text("Always ham", exact=True)).to_be_visible()
    page.get_by_role("radio", name="Try it").click()
    answering = page.get_by_role("combobox", name="Classifier")
    expect(answering).to_have_value(re.compile("Spam messages"))  # the run that just ended
    type_text(page, "Your texts, one a line", MESSAGE)
    expect(page.get_by_role("heading", level=2, name="spam")).to_be_visible(timeout=30_000)
    shot(page, "7-classified")
    no_error(page)

    # Everything is in the list of runs, and the steps are noticed.
    go(page, "Runs")
    shot(page, "8-runs")
    no_error(page)
    page.goto(app.url)
    expect(page.get_by_text("5 of 5 done")).to_be_visible()
    shot(page, "9-overview-done")


@pytest.mark.timeout(600)
def test_a_killed_server_leaves_an_interrupted_run_that_resumes(app, new_page, shot, wait_until):
    before = set(runs(app, "pretrain"))
    for earlier in before:  # beside a live run, a start is folded away
        wait_until(lambda run=earlier: read_json(run / "status.json")["state"] != "running", 300)
    page = new_page()
    page.goto(f"{app.url}/pretrain")
    settled(page)
    page.get_by_role("button", name="Start training").click()
    run = wait_until(lambda: set(runs(app, "pretrain")) - before, 20).pop()
    wait_until(lambda: (run / "checkpoints").is_dir() and last_step(run) >= 3, 90)
    app.kill()
    app.start()
    step = last_step(run)
    page = new_page()
    page.goto(f"{app.url}/pretrain?run={run.name}")
    expect(page.get_by_text("Interrupted").first).to_be_visible()
    shot(page, "10-interrupted")
    page.get_by_role("button", name="Resume").click()
    wait_until(lambda: last_step(run) > step, 90)
    expect(page.get_by_text("Training").first).to_be_visible()
    page.get_by_role("button", name="Stop and save").click()
    wait_until(lambda: read_json(run / "status.json")["state"] == "stopped", 60)
    expect(page.get_by_text("Stopped").first).to_be_visible()
