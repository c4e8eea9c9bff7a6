"""The whole playground in real Chromium, with a tiny model that trains meanwhile."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect
from tiny import TEXT, pretrain_config

from llmcore.execution import launch
from llmcore.runs import Run, RunStore
from llmcore.train.checkpoint_index import list_checkpoints

pytestmark = pytest.mark.browser

PROMPT = "My lord, the king"
N_TOKENS = 14


def settled(page: Page) -> None:
    """Waits until the script has run to its end and nothing is written any more."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", re.compile("notRunning|stopped")
    )


def opened(page: Page, address: str) -> None:
    """A new session may be drawn twice, and what is clicked, or stands in the address, before the
    second time is lost: the page counts as open once it has stood still with its address kept."""
    for _ in range(4):
        page.goto(address)
        page.get_by_role("link", name="Overview").wait_for()
        expect(page.get_by_text("continues").first).to_be_visible()
        settled(page)
        page.wait_for_timeout(1_500)
        settled(page)
        if "model=" in page.url:
            return
    raise AssertionError(f"{address} does not keep its model: {page.url}")


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).first.click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def tokens_of(page: Page) -> list[str]:
    """What each token shows; one that holds a line break has a piece on either line."""
    return page.locator(".text .token").evaluate_all(
        "all => all.reduce((found, one) => {"
        " found[one.dataset.index] = (found[one.dataset.index] ?? '') + one.textContent;"
        " return found; }, [])"
    )


def fourth(page: Page) -> Locator:
    """The token at which the test branches."""
    return page.locator(".text .token[data-index='3']").first


def written(page: Page, n: int = N_TOKENS) -> list[str]:
    """The tokens, once the job has said why it ended and the last of the `n` is drawn: the sentence
    and the text arrive one after the other."""
    expect(page.get_by_text(re.compile(rf"^{n} tokens .* ended"))).to_be_visible()
    settled(page)
    expect(page.locator(f".text .token[data-index='{n - 1}']")).not_to_have_count(0)
    return tokens_of(page)


def last_step(app, run_id: str) -> int:
    newest = Run(app.home / "runs" / run_id).metrics().last("train")
    return newest["step"] if newest else 0


@pytest.fixture
def training(app, wait_until) -> str:
    """The id of a run in the app's store that trains in this process, with a checkpoint."""
    store = RunStore(app.home / "runs")
    run_id = store.mint_id("live")
    config = pretrain_config(steps=1_000_000, checkpoint_every=200, eval_every=200)
    launch.start(run_id, config, store, TEXT.encode())
    wait_until(lambda: list_checkpoints(store.directory(run_id) / "checkpoints"), 90)
    return run_id


@pytest.mark.timeout(300)
def test_every_token_is_a_decision(app, new_page, shot, training, wait_until) -> None:
    step_before = last_step(app, training)
    page = new_page()
    opened(page, f"{app.url}/playground?model={training}&text={PROMPT}")
    page.get_by_label("Tokens to write", exact=True).fill(str(N_TOKENS))
    page.get_by_label("Tokens to write", exact=True).press("Enter")
    settled(page)

    # Ctrl+Enter writes, and a click elsewhere meanwhile stops nothing.
    page.get_by_label("Prompt").press("Control+Enter")
    page.locator(".text .token").first.wait_for()
    page.get_by_text("Rank", exact=True).click()
    first = written(page)
    page.get_by_text("Probability", exact=True).click()
    settled(page)

    # The card of a token: rivals with logit, scaled logit and probability.
    fourth(page).hover()
    card = page.locator(".card")
    expect(card).to_be_visible()
    expect(card.locator(".names")).to_contain_text("÷ 0.80")
    expect(card.locator(".facts")).to_contain_text(re.compile(r"rank [\d,]+ of [\d,]+ · entropy"))
    assert card.locator(".row:not(.names)").count() >= 10
    shot(page, "playground-card")

    # A slider reads the kept scores again: at temperature 0 only the likeliest token has a chance.
    colours = page.locator(".text").first.inner_html()
    page.locator("input[name=temperature]").focus()
    page.keyboard.press("Home")
    expect(page.locator(".text .token.out").first).to_be_visible()
    expect(page.get_by_text("One token is left")).to_be_visible()
    assert page.locator(".text").first.inner_html() != colours and tokens_of(page) == first
    page.keyboard.press("End")
    expect(page.locator(".text .token.out")).to_have_count(0)

    # A click on a rival branches there; what stood before stays as a branch.
    fourth(page).hover()
    rival = card.locator("button.row").nth(1)
    label = rival.locator(".label").inner_text()
    rival.click()
    page.locator(".tree .row").nth(3).wait_for()
    branch = written(page)
    assert branch[:3] == first[:3] and branch[3:] != first[3:]
    assert branch[3] == label
    expect(page.locator(".tree .row.here")).to_have_count(1)

    # Branches are walked and named.
    rows = page.locator(".tree .row")
    rows.nth(2).locator(".segment").click()
    expect(fourth(page)).not_to_have_text(branch[3])
    assert tokens_of(page) == first
    rows.nth(3).locator(".rename").click()
    page.get_by_label("Name of the branch").fill("another way")
    page.get_by_label("Name of the branch").press("Enter")
    expect(page.locator(".tree .name:not([hidden])")).to_have_text("another way")
    page.locator(".tree .segment", has_text="another way").click()
    expect(fourth(page)).to_have_text(branch[3])
    shot(page, "playground-branches")

    # Another page and back: the branch is there, and the run trains on.
    go(page, "Runs")
    settled(page)
    go(page, "Playground")
    expect(fourth(page)).to_have_text(branch[3])
    assert tokens_of(page) == branch
    expect(page.locator(".tree .name:not([hidden])")).to_have_text("another way")

    # The branch is taken away again; all the while the run has trained.
    page.locator(".tree .row", has_text="another way").locator(".remove").click()
    expect(page.locator(".tree .row")).to_have_count(2)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    assert last_step(app, training) > step_before


@pytest.mark.timeout(120)
def test_the_keyboard_reaches_card_and_branch(app, new_page) -> None:
    page = new_page("dark")
    opened(page, f"{app.url}/playground?model=starter&text={PROMPT}")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text(re.compile(r"tokens/s · "))).to_be_visible()
    settled(page)
    page.locator(".text .token").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card .head")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".text .token.chosen")).to_have_count(1)
    expect(page.locator(".choice .told")).to_contain_text("the selected token")
    before = tokens_of(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".tree .row")).to_have_count(4)
    began = time.monotonic()
    while tokens_of(page) == before and time.monotonic() - began < 20:
        page.wait_for_timeout(100)
    assert tokens_of(page)[:1] == before[:1]
