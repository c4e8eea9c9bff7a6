"""The time slider in real Chromium: it moves, plays to its end, and draws what it was given."""

import pytest

pytestmark = pytest.mark.browser
SNAPSHOTS = 4  # of the bundled starter


@pytest.fixture
def page(app, new_page):
    page = new_page()
    page.set_default_timeout(90_000)
    page.goto(f"{app.url}/attention?view=over_time&model=starter")
    view = page.locator(".time")
    view.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some((one) => one.shadowRoot?.querySelector("
        "'.time .state')?.textContent === '') || document.querySelector('.time .state')"
        "?.textContent === ''"
    )
    return page


def painted(page) -> str:
    """The picture of the enlarged head."""
    return page.locator(".time .one canvas").evaluate("(canvas) => canvas.toDataURL()")


def test_the_slider_moves_and_every_part_changes(page, shot) -> None:
    told, slider = page.locator(".time .told"), page.locator(".time .at")
    assert f"snapshot {SNAPSHOTS} of {SNAPSHOTS}" in told.inner_text()
    assert page.locator(".time .head").count() == 16
    last, sample = painted(page), page.locator(".time .sample p").inner_text()
    shot(page, "time_slider_last")
    slider.focus()
    page.keyboard.press("Home")
    assert told.inner_text().startswith("step 1 · snapshot 1")
    assert painted(page) != last
    assert page.locator(".time .sample p").inner_text() != sample
    assert page.locator(".time .next li").count() == 8
    assert page.locator(".time .lens li").count() == 5
    shot(page, "time_slider_first")


def test_play_goes_to_the_end_and_stops_there(page) -> None:
    play = page.locator(".time .play")
    play.click()
    assert play.inner_text() == "Pause"
    told = page.locator(".time .told")
    page.wait_for_function(
        "(one) => one.textContent.includes('snapshot 2')", arg=told.element_handle()
    )
    page.wait_for_function("(one) => one.textContent === 'Play'", arg=play.element_handle())
    assert f"snapshot {SNAPSHOTS} of" in told.inner_text()
    play.click()
    play.click()  # again: it waits where it is
    assert play.inner_text() in {"Play", "Continue"}


def test_a_click_on_a_head_enlarges_it_and_a_pointer_reads_it(page) -> None:
    before = painted(page)
    chosen = page.locator(".time .head[aria-pressed=true]")
    assert chosen.count() == 1
    other = page.locator(".time .head[aria-pressed=false]").first
    name = other.get_attribute("aria-label")
    other.click()
    assert page.locator(".time .one figcaption").inner_text() == name
    assert painted(page) != before
    canvas = page.locator(".time .one canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.22, "y": box["height"] * 0.9})
    assert "looks at" in page.locator(".time .pointed").inner_text()


def test_dark_is_drawn_too(app, new_page, shot) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/attention?view=over_time&model=starter")
    page.locator(".time .head").first.wait_for()
    shot(page, "time_slider_dark")
    ink = page.locator(".time").evaluate("(view) => getComputedStyle(view).color")
    assert ink == "rgb(227, 235, 238)"
