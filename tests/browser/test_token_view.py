"""Our own components in real Chromium: what AppTest cannot see."""

import pytest

pytestmark = pytest.mark.browser

# Sets a field as pasting does, half of an emoji included, which Playwright cannot type.
PASTE = """text => {
  const field = document.querySelector("textarea");
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}"""


def test_first_request_to_a_page_shows_the_lab_around_it(app, new_page, shot) -> None:
    """Must stay first: only a server that has never run app.py can go wrong here."""
    page = new_page()
    page.goto(f"{app.url}/tokenizer?text=Hello%20world")
    page.locator(".text .token").first.wait_for()
    page.get_by_role("link", name="Overview").wait_for()
    page.locator("textarea").wait_for()
    assert page.locator("textarea").input_value() == "Hello world"
    shot(page, "tokenizer-deep-link")


def test_pointing_links_text_ids_and_bytes_and_a_click_reaches_python(app, new_page) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/tokenizer?text=Hello%20world")
    # GPT-2 makes two tokens of it: "Hello" 15496 and " world" 995.
    left = page.locator(".view").first
    left.locator(".token[data-index='1']").hover()
    assert left.locator(".id[data-index='1']").get_attribute("class").endswith("hover")
    detail = left.locator(".detail").inner_text()
    assert "id 995" in detail and "20 77 6F 72 6C 64" in detail
    left.locator(".id[data-index='1']").click()
    page.get_by_text("of 50,257 in gpt2").wait_for()
    assert left.locator(".token[data-index='1']").get_attribute("class").count("chosen") == 1


def test_markup_of_a_text_stays_text(app, new_page) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer")
    page.locator(".text .token").first.wait_for()
    field = page.locator("textarea")
    field.fill("</script><img src=x onerror=document.title='pwned'><b>bold</b>")
    field.press("Control+Enter")
    page.locator(".text", has_text="bold").first.wait_for()
    assert page.locator(".text img, .text b").count() == 0
    assert page.title() != "pwned"


def test_half_an_emoji_does_not_break_the_connection(app, new_page) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer")
    page.locator(".text .token").first.wait_for()
    page.locator("textarea").wait_for()
    page.evaluate(f"() => ({PASTE})('half \\ud83c of it')")
    page.keyboard.press("Control+Enter")
    page.get_by_text("The text holds").wait_for()
    page.locator("textarea").fill("and on it goes")
    page.locator("textarea").press("Control+Enter")
    page.locator(".text", has_text="goes").first.wait_for()


def test_a_station_of_the_map_opens_its_page(app, new_page, shot) -> None:
    page = new_page()
    page.goto(app.url)
    page.locator("button.stage[data-stage=tokens]").wait_for()
    shot(page, "overview")
    page.locator("button.stage[data-stage=tokens]").click()
    page.get_by_role("heading", name="Tokenizer").wait_for()
    assert page.url.startswith(f"{app.url}/tokenizer")
