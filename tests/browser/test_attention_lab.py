"""The Attention page in real Chromium: one head chosen anywhere is chosen everywhere."""

import re
import urllib.parse

import pytest

pytestmark = pytest.mark.browser

SENTENCE = "The king said to the queen: my queen, the king said so."


def settled(page) -> None:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(state="attached")


def opened(page, app, sentence: str = SENTENCE, **address: str) -> None:
    query = urllib.parse.urlencode({"model": "starter", "text": sentence, **address})
    page.goto(f"{app.url}/attention?{query}")
    page.get_by_text("The code behind this").wait_for(timeout=60_000)
    settled(page)


def chosen(page, head: str, **options) -> None:
    """Waits until the picture and the address say that this head is chosen."""
    page.locator(".heads .title", has_text=f"{head} ·").wait_for(**options)
    page.wait_for_url(re.compile(f"head={head}"))


def click_map(page, layer: int, head: int) -> None:
    """The middle of a head's small map, whose size follows the width of the column."""
    canvas = page.locator(".heads canvas")
    box = canvas.bounding_box()
    cell = (box["width"] - 28) / 4
    canvas.click(position={"x": 24 + cell * (head + 0.5), "y": 18 + cell * (layer + 0.5)})


def bertviz(page):
    return page.frame_locator("iframe").frame_locator("iframe")


def test_a_head_chosen_in_one_picture_is_chosen_in_all(app, new_page, shot) -> None:
    page = new_page()
    opened(page, app)
    click_map(page, 2, 1)
    chosen(page, "L2H1")
    page.get_by_role("radio", name="Head view").click()
    frame = bertviz(page)
    frame.locator("#layer").wait_for(timeout=30_000)
    assert frame.locator("#layer").input_value() == "2"
    boxes = frame.locator("svg > g rect[width='20']")
    # One square in full colour, the others light.
    assert len([c for c in boxes.evaluate_all("all => all.map(b => b.getAttribute('fill'))")
                if c.startswith("#")]) == 1  # fmt: skip
    # A key, as a person presses it: what a script does to the list is not told to the page.
    frame.locator("#layer").focus()
    page.keyboard.press("ArrowDown")
    chosen(page, "L3H1")
    boxes.nth(2).dblclick()
    chosen(page, "L3H2")
    click_map(page, 0, 3)
    chosen(page, "L0H3")
    frame.locator("#layer").wait_for()
    assert frame.locator("#layer").input_value() == "0"
    shot(page, "attention-head-view")
    settled(page)
    page.get_by_role("radio", name="Model view").click()
    frame.locator("text.detail", has_text="Layer 0, Head 3").wait_for(timeout=30_000)
    frame.locator("#attn_background_1_2").locator("xpath=..").locator("> rect").last.click()
    chosen(page, "L1H2")
    frame.locator("text.detail", has_text="Layer 1, Head 2").wait_for()
    shot(page, "attention-model-view")
    settled(page)
    page.get_by_role("radio", name="Heatmap").click()
    page.locator(".js-plotly-plot .heatmaplayer").first.wait_for()
    chosen(page, "L1H2")


def test_keys_and_tokens(app, new_page, shot) -> None:
    page = new_page("dark")
    opened(page, app, head="L0H0")
    page.locator(".heads canvas").focus()
    page.keyboard.press("ArrowDown")
    chosen(page, "L1H0")
    settled(page)
    token = page.locator(".heads .token").nth(3)
    token.click()
    page.wait_for_url(re.compile("token=3"))
    assert token.get_attribute("aria-selected") == "true"
    # What the text says of the token is its row of the heatmap.
    settled(page)
    assert "%" in page.locator(".heads .found").inner_text()
    page.get_by_role("radio", name="is looked at by").click()
    assert page.get_by_role("radio", name="is looked at by").get_attribute("aria-checked") == "true"
    # The same head and token in another view.
    page.get_by_role("radio", name="Layer by layer").click()
    page.locator(".lens button.chosen[data-at$=',3']").wait_for()
    shot(page, "attention-layers")


def test_parts_are_switched_off_and_on(app, new_page, shot) -> None:
    page = new_page()
    opened(page, app, view="off")

    def loss() -> str:
        return page.get_by_test_id("stMetricValue").first.inner_text()

    before = loss()
    page.locator("[data-part=L0MLP]").click()
    page.locator("[data-part=L0MLP].off").wait_for()
    page.wait_for_url(re.compile("off=L0MLP"))
    page.get_by_text("Without L0MLP").wait_for()
    settled(page)
    assert loss() != before
    shot(page, "attention-off")
    page.locator("[data-part=L0MLP]").click()
    page.get_by_text("All parts work").wait_for()
    settled(page)
    assert loss() == before
    page.get_by_role("button", name="Switch each off in turn").click()
    page.get_by_text("Heads, by effect").wait_for(timeout=60_000)
    assert page.locator("[data-part=L0H0]").inner_text() not in ("on", "off", "")


def test_html_and_figures_can_be_kept(app, new_page, wait_until) -> None:
    page = new_page()
    opened(page, app, head="L1H2")
    with page.expect_download() as download:
        page.get_by_role("button", name="Model view as HTML").click()
    file = download.value.path()
    saved = file.read_text()
    assert "http://" not in re.sub(r"http://www\.w3\.org/\S+", "", saved.split("<script")[0])
    alone = page.context.new_page()
    requests: list[str] = []
    alone.on("request", lambda one: requests.append(one.url))
    alone.set_content(saved)
    detail = alone.frame_locator("#view").locator("text.detail", has_text="Layer 1, Head 2")
    detail.wait_for(timeout=30_000)
    assert requests == []
    alone.close()
    for kind in ("SVG", "PNG"):
        page.get_by_role("radio", name=kind).click()
        settled(page)
        wait_until(lambda kind=kind: saved_figure(page).endswith(f".{kind.lower()}"), 20)


def saved_figure(page) -> str:
    """The name of the file that the camera of the first chart saves."""
    plot = page.locator(".js-plotly-plot").first
    plot.hover()
    with page.expect_download() as download:
        plot.locator(".modebar-btn").first.click()
    return download.value.suggested_filename


def test_hostile_text_stays_text(app, new_page) -> None:
    page = new_page()
    hostile = "<img src=x onerror=\"document.title='pwned'\"> </script><b>bold</b>"
    for view in ("look", "layers", "off", "types"):
        opened(page, app, hostile, view=view)
        assert "pwned" not in page.title()
        assert page.locator(".heads b, .lens b, .heads img, .lens img").count() == 0
