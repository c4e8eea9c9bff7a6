"""The classifier page in real Chromium: coloured tokens, a table of lines, a labelled file."""

import csv
import io
import re

import pytest

pytestmark = pytest.mark.browser

HOSTILE = "WIN <img src=x onerror=alert(1)> a prize"


def settled(page) -> None:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(state="attached")


def test_tokens_say_what_they_did_and_a_file_comes_back(app, new_page, shot) -> None:
    page = new_page()
    page.goto(f"{app.url}/classifier?view=try_it&run=starter-spam")
    box = page.get_by_label("Your texts, one a line")
    box.fill(HOSTILE)
    box.press("Control+Enter")
    tokens = page.locator(".moved .token")
    tokens.first.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(one => one.shadowRoot?.querySelector("
        "'.moved .tokens')?.textContent.startsWith('WIN <img'))"
    )
    assert page.locator(".moved img").count() == 0
    settled(page)
    tokens.nth(1).focus()
    assert re.search(r"(towards|away from) (ham|spam)", page.locator(".moved .said").inner_text())
    page.get_by_role("radio", name="Integrated gradients").click()
    page.get_by_text("The values add up to").wait_for()
    shot(page, "classifier-why")
    assert "view=try_it" in page.url

    page.get_by_text("Label a whole file").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": b"text\n=1+1 hello\nWIN a prize\n"}
    )
    page.get_by_role("button", name="Label the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download with labels").click()
    assert download.value.suggested_filename == "t-labelled.csv"
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["text"] for row in rows] == ["'=1+1 hello", "WIN a prize"]
    assert {row["label"] for row in rows} <= {"ham", "spam"}
