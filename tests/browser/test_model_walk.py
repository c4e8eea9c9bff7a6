"""Inside the model in real Chromium: the map, the arrow keys, a click on a number, the sliders."""

import pytest

pytestmark = pytest.mark.browser

TEXT = "The%20king%20said%20to%20the%20queen"


def settled(page) -> None:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(state="attached")


def opened(page, url: str, address: str) -> None:
    page.goto(f"{url}/model?model=starter&text={TEXT}&{address}")
    page.locator("canvas").first.wait_for()
    settled(page)


def heading(page, name: str) -> None:
    page.get_by_role("heading", name=name, exact=True).wait_for()


def test_map_keys_and_buttons_walk_through_the_model(app, new_page, shot) -> None:
    page = new_page()
    opened(page, app.url, "step=attention_in")
    heading(page, "LayerNorm")
    assert page.locator(".row[aria-current=step]").inner_text().startswith("LayerNorm")
    page.locator(".row[data-step=weights]").click()
    heading(page, "Softmax: attention weights")
    settled(page)
    page.locator("body").press("ArrowRight")
    heading(page, "Weighted sum of values")
    page.locator("body").press("ArrowLeft")
    heading(page, "Softmax: attention weights")
    settled(page)
    page.locator(".chip[data-layer='2']").click()
    page.get_by_text("in layer 2 (of 0 to 3)").wait_for()
    page.wait_for_function("location.search.includes('layer=2')")
    assert "step=weights" in page.url
    page.get_by_role("button", name="Next", exact=True).click()
    heading(page, "Weighted sum of values")
    # Letters that are typed into the text are no request to walk.
    settled(page)
    box = page.get_by_label("Your text")
    box.click()
    box.press("ArrowLeft")
    page.wait_for_timeout(500)
    heading(page, "Weighted sum of values")
    shot(page, "model-walk")


def test_a_click_on_a_cell_shows_how_it_arises(app, new_page, shot) -> None:
    page = new_page("dark")
    opened(page, app.url, "step=scores")
    canvas = page.locator("canvas").first
    canvas.hover(position={"x": 100, "y": 66 + 11})
    told = page.locator(".told")
    number = told.inner_text().rsplit(": ", 1)[1]
    assert told.inner_text().startswith("The 0, key token The")
    canvas.click(position={"x": 100, "y": 66 + 11})
    page.get_by_text("s of The 0, key The").wait_for()
    settled(page)
    result = page.locator(".katex-mathml annotation").last.text_content()
    assert result.endswith(f"= {number.replace('−', '-')}")
    page.wait_for_function("location.search.includes('token=0')")
    # The same by keys alone: down one row, and chosen by Enter.
    canvas.focus()
    canvas.press("ArrowDown")
    canvas.press("Enter")
    page.wait_for_function("location.search.includes('token=1')")
    heading(page, "Attention scores")
    shot(page, "model-score")


def test_tokens_that_are_markup_stay_text(app, new_page) -> None:
    page = new_page()
    page.goto(
        f"{app.url}/model?model=starter&step=weights&text=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    )
    page.locator("canvas").first.wait_for()
    settled(page)
    assert page.locator("img[src=x]").count() == 0


def test_a_slider_changes_the_billions(app, new_page, shot) -> None:
    page = new_page()
    page.goto(f"{app.url}/model?view=billions&shape=gpt3")
    page.get_by_text("174.6 billion").first.wait_for()
    settled(page)
    slider = page.get_by_role("slider", name="Layers")
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_text("176.4 billion").first.wait_for()
    settled(page)
    shot(page, "model-billions")
