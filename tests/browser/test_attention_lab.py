"""The Attention page in real Chromium: one head chosen anywhere is chosen everywhere."""

import itertools
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
    # A key, as a person presses it: what a script does to the list is not reported to the page.
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
    alone.on("request", lambda request: requests.append(request.url))
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


# Of 48 tokens: more labels than there is room for.
LONG = (
    "The old man came in, shook the rain from his coat and asked for a cup of tea with honey, "
    "because the night had been long and very cold."
)
# Where the labels of a chart's axes stand, and how high their letters are.
TICKS = """plot => ["x", "y"].map((axis) => [...plot.querySelectorAll(`.${axis}tick text`)]
    .map((one) => { const box = one.getBoundingClientRect();
      const at = axis === "y" ? box.top + box.height / 2 : box.left + box.width / 2;
      return [at, parseFloat(getComputedStyle(one).fontSize), one.textContent]; }))"""


@pytest.mark.parametrize("width", [1360, 400])
def test_labels_of_a_long_text_stand_apart_and_a_pointer_reads_the_rest(
    app, new_page, width: int
) -> None:
    page = new_page()
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, app, LONG)
    page.get_by_role("radio", name="Heatmap").click()
    plot = page.locator(".js-plotly-plot", has=page.locator(".heatmaplayer .hm")).first
    plot.wait_for()
    settled(page)
    page.wait_for_timeout(1000)  # Plotly draws once more when its container has its width
    for ticks in plot.evaluate(TICKS):
        assert len(ticks) > 8
        gaps = [b - a for a, b in itertools.pairwise(sorted(at for at, *_ in ticks))]
        assert min(gaps) >= 0.9 * ticks[0][1], (width, min(gaps), ticks[:3])
    plot.scroll_into_view_if_needed()
    area = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(area["x"] + 0.1 * area["width"], area["y"] + 0.3 * area["height"], steps=5)
    hover = plot.locator(".hoverlayer text", has_text="of the attention")
    hover.wait_for()
    assert "→" in hover.text_content()


def test_switches_keep_their_words_when_they_show_a_number(app, new_page) -> None:
    page = new_page()
    opened(page, app, view="off")
    switches = page.locator(".parts button")
    switches.nth(2).click()
    settled(page)
    page.get_by_role("button", name="Switch each off in turn").click()
    page.locator(".parts button span").first.wait_for(timeout=60_000)
    words = [all_inner_text.splitlines() for all_inner_text in switches.all_inner_texts()]
    assert [word[0] for word in words[:4]] == ["on", "on", "off", "on"]
    assert {word[0] for word in words} == {"on", "off"} and {len(word) for word in words} == {1, 2}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_button_under_the_pointer_keeps_its_colour_and_can_be_read(
    app, new_page, scheme: str
) -> None:
    page = new_page(scheme)
    page.goto(f"{app.url}/playground?model=starter")
    button = page.get_by_role("button", name="Generate").first
    button.wait_for(timeout=60_000)
    settled(page)
    colours = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    calm, _ = button.evaluate(colours)
    button.hover()
    page.wait_for_timeout(600)
    ground, ink = button.evaluate(colours)
    assert ground != calm
    assert contrast(ground, ink) >= 4.5 and contrast(ground, calm) < 2  # a shade, not black


def contrast(one: str, other: str) -> float:
    """Of two colours such as `rgb(9, 90, 86)`, as WCAG 2.2 defines it."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return float(sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
