"""A guided tour in real Chromium: the first one from the Overview to its end."""

import pytest

from llmcore.models import default_model, tokenizer_for

pytestmark = pytest.mark.browser
TEXT = "My antidisestablishmentarian friend drinks coffee."


def settled(page) -> None:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(state="attached")


def step(page, title: str) -> None:
    """Waits until the card asks for this step."""
    page.locator(".st-key-tour_what strong", has_text=title).first.wait_for()
    settled(page)


def test_the_first_tour_from_start_to_end(app, new_page, shot) -> None:
    page = new_page()
    page.goto(app.url)
    page.locator(".st-key-tour_tokens button").click()
    page.get_by_role("heading", name="Tokenizer").wait_for()
    step(page, "Type a sentence")
    shot(page, "tour-begun")
    page.get_by_label("Your text").fill(TEXT)
    step(page, "Compare two encodings")
    box = page.get_by_role("combobox", name="Tokenizers")
    box.fill("Bytes")
    page.get_by_role("option", name="Bytes").click()
    step(page, "A token that is a whole word")

    def token(text: str):
        return page.locator(".column").first.locator(".token", has_text=text).first

    # A piece is no whole word: the step must stay.
    token("idis").click()
    page.get_by_text("of 50,257 in gpt2").wait_for()
    settled(page)
    step(page, "A token that is a whole word")
    token("friend").click()
    step(page, "A token that is a piece")
    token("idis").click()
    step(page, "What the model gets")

    page.reload()
    step(page, "What the model gets")
    assert "tour=tokens.5" in page.url
    page.get_by_role("button", name="Ids").click()
    step(page, "Open the merges")
    page.get_by_role("radio", name="Merges").click()
    step(page, "Step through a word")
    page.locator(".tree-view .main").click()
    field = page.get_by_label("Your answer")
    field.wait_for()
    shot(page, "tour-question")

    n_tokens = len(tokenizer_for(default_model()).encode(TEXT))
    field.fill(str(n_tokens + 1))
    field.press("Enter")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Not yet.").wait_for()
    field.fill(str(n_tokens))
    field.press("Enter")
    page.get_by_role("button", name="Check").click()
    page.get_by_text(f"became {n_tokens} tokens").wait_for()
    shot(page, "tour-done")
    page.get_by_role("button", name="Back to the Overview").click()
    page.get_by_text("1 of 6 done").wait_for()
    page.locator(".st-key-tour_tokens button", has_text="Again").wait_for()
    assert page.locator(".st-key-tour_card").count() == 0 and "tour=" not in page.url
    settled(page)
    shot(page, "tours-on-overview")


def test_the_card_follows_over_pages_and_can_be_ended(app, new_page, shot) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/tokenizer?tour=attention.1")
    page.get_by_role("button", name="Open Inside the model").wait_for()
    shot(page, "tour-elsewhere-dark")
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="Runs").wait_for()
    page.get_by_role("button", name="Open Inside the model").click()
    page.get_by_role("heading", name="Inside the model").wait_for()
    step(page, "Queries, keys, values")
    page.get_by_role("button", name="End tour").click()
    page.locator(".st-key-tour_card").wait_for(state="detached")
    assert "tour=" not in page.url
    page.get_by_role("link", name="Tokenizer").click()
    page.get_by_role("heading", name="Tokenizer").wait_for()
    assert page.locator(".st-key-tour_card").count() == 0


def test_the_card_hides_no_control_that_it_names(app, new_page) -> None:
    """The tabs can be clicked wherever they stand in the window, but for its lower edge."""
    page = new_page()
    page.goto(f"{app.url}/tokenizer?tour=tokens.6")
    page.locator(".st-key-tour_card").get_by_text("Choose the view").wait_for()
    settled(page)
    merges = page.get_by_role("radio", name="Merges")
    for offset in (0, 90, 160):  # from the top of the window; 0: not scrolled
        merges.evaluate(
            """(tab, offset) => {
              const page = document.querySelector(".stMain");
              page.scrollTop = offset && tab.getBoundingClientRect().top + page.scrollTop - offset;
            }""",
            offset,
        )
        covered = merges.evaluate(
            """(tab) => {
              const box = tab.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return top !== tab && !tab.contains(top) && !top?.contains(tab);
            }"""
        )
        assert not covered, offset
    # At the end of the page the card stands below everything.
    page.locator(".stMain").evaluate("(page) => { page.scrollTop = page.scrollHeight; }")
    code = page.get_by_text("The code behind this").bounding_box()
    card = page.locator(".st-key-tour_card").bounding_box()
    assert code["y"] + code["height"] <= card["y"]
