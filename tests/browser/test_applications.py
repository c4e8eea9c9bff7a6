"""The gallery in Chromium: cards with bars, a job that is opened, tried and left again."""

from collections.abc import Callable
from typing import Any

import pytest

from llmcore.applications import JOBS
from llmcore.applications.figures import keep_own
from llmcore.applications.measuring import measure

pytestmark = pytest.mark.browser


def test_a_card_is_opened_and_its_job_runs(
    app: Any, new_page: Callable[..., Any], shot: Callable[[Any, str], None], monkeypatch: Any
) -> None:
    monkeypatch.setenv("LLMLAB_HOME", str(app.home))
    keep_own(measure(JOBS["novel-text"], "base", 8))
    page = new_page("light")
    page.goto(f"{app.url}/applications")
    page.get_by_text("Machine translation", exact=True).wait_for()
    bars = page.locator(".scores")
    bars.first.wait_for()
    assert "Base model" in bars.first.inner_text() and "Kneser-Ney" in bars.first.inner_text()
    widths = [bar.bounding_box()["width"] for bar in bars.first.locator(".bar").all()]
    assert all(width > 20 for width in widths)
    shot(page, "applications")

    page.get_by_role("button", name="Try it: Novel text").click()
    page.get_by_role("button", name="Write on").wait_for()
    assert "job=novel-text" in page.url
    page.get_by_role("button", name="Write on").click()
    page.get_by_text("temperature 0.8, top-p 0.95, unedited").wait_for()
    page.get_by_text("Measured", exact=True).wait_for()
    shot(page, "applications-novel-text")
    page.get_by_role("button", name="All applications").click()
    page.get_by_role("button", name="Try it").first.wait_for()
    page.wait_for_url(lambda url: "job=" not in url)


def test_it_is_read_on_a_narrow_screen_and_in_the_dark(
    app: Any, new_page: Callable[..., Any], shot: Callable[[Any, str], None]
) -> None:
    page = new_page("dark")
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(f"{app.url}/applications")
    page.get_by_text("E-mail writing", exact=True).wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    shot(page, "applications-narrow")
