"""bertviz's views in real Chromium with the network off."""

from collections.abc import Iterator

import numpy as np
import pytest

from llmcore.interpret.bertviz_html import view_html

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>document.title='pwned'</script><img src=x onerror=document.title='p'>"
LABELS = ["The", " cat", "\n", HOSTILE, " cat", "<!--<script>"]


@pytest.fixture
def page(chromium: str) -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        context = browser.new_context(viewport={"width": 800, "height": 700}, offline=True)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: page.problems.append(request.url))
        yield page
        browser.close()


def causal(n_layers: int, n_heads: int) -> np.ndarray:
    n_tokens = len(LABELS)
    weights = np.tril(np.ones((n_layers, n_heads, n_tokens, n_tokens)))
    return weights / weights.sum(-1, keepdims=True)


def show(page, view: str, **options):
    """The inner frame once its first lines are drawn."""
    page.set_content(view_html(view, causal(2, 3), LABELS, **options))
    frame = page.frames[-1]
    frame.wait_for_selector("svg[viewBox] line", state="attached")
    return frame


@pytest.mark.parametrize("dark", [False, True])
def test_head_view_draws_and_follows_a_token(page, dark: bool) -> None:
    frame = show(page, "head", dark=dark)
    assert frame.locator("svg line").count() == 3 * len(LABELS) ** 2  # one layer at a time
    texts = frame.locator("#left text").all_text_contents()
    assert texts[:3] == ["The", "·cat", "↵"] and texts[3].startswith("</script")
    ink = frame.evaluate("getComputedStyle(document.querySelector('#left text')).fill")
    assert ink == ("rgb(227, 235, 238)" if dark else "rgb(23, 36, 45)")
    frame.hover("#left g g:nth-child(5) text")
    assert frame.locator("line[visibility=visible]").count() == 3 * len(LABELS)
    frame.select_option("#layer", "1")
    frame.wait_for_selector("svg[viewBox] line", state="attached")
    assert (page.title(), frame.title()) == ("", "")
    assert page.problems == []


def test_model_view_draws_all_heads_and_enlarges_one(page) -> None:
    frame = show(page, "model")
    assert frame.locator("svg line").count() == 2 * 3 * len(LABELS) ** 2
    frame.locator(".attn_background").nth(4).locator("xpath=..").click()
    assert "Layer 1, Head 1" in frame.locator(".detail").all_text_contents()
    drawing = frame.evaluate("document.querySelector('svg').getBoundingClientRect().width")
    assert drawing <= 800
    assert (page.title(), frame.title()) == ("", "")
    assert page.problems == []


def test_frame_grows_with_its_content_and_cannot_reach_the_page(page) -> None:
    frame = show(page, "head")
    page.wait_for_function(
        "h => document.getElementById('view').clientHeight >= h",
        arg=frame.evaluate("document.body.scrollHeight"),
    )
    reach = "() => { try { return String(parent.document.title); } catch (e) { return e.name; } }"
    assert frame.evaluate(reach) == "SecurityError"
    assert page.problems == []
