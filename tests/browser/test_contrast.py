"""Every text of every page can be read: the contrast that WCAG 2.2 asks for, in both themes and in
a narrow window; headings follow each other without a gap; nothing is asked from elsewhere."""

import itertools
from pathlib import Path

import pytest

from ui.navigation import CARDS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOK = "\n".join(
    line
    for line in (Path(__file__).parent / "contrast.js").read_text("utf-8").splitlines()
    if not line.startswith("//")
)
LEVELS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 400)])
def test_all_pages_can_be_read(app, new_page, scheme: str, width: int) -> None:
    page = new_page(scheme)
    page.set_viewport_size({"width": width, "height": 900})
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: elsewhere.append(request.url) if is_far(request.url, app.url) else None,
    )
    faults = []
    for name in CARDS:
        page.goto(f"{app.url}/{'' if name == 'overview' else name}")
        page.locator("h1").wait_for(timeout=90_000)
        page.locator('[data-test-script-state="notRunning"]').first.wait_for(
            state="attached", timeout=90_000
        )
        page.wait_for_timeout(600)  # what fades in
        faults += [f"{name}: {fault}" for fault in page.evaluate(LOOK)]
        levels = page.evaluate(LEVELS)
        gaps = [b for a, b in itertools.pairwise(levels) if b > a + 1]
        assert levels[0] == 1 and not gaps, f"{name}: headings {levels}"
    assert not faults, "\n".join(faults)
    assert not elsewhere


def is_far(url: str, own: str) -> bool:
    return url.startswith("http") and not url.startswith(own)
