"""Our own components in real Chromium: what AppTest cannot see."""

import re
from urllib.parse import urlencode

import pytest

from llmcore.tokenizers import builtin_tokenizer
from ui.token_text import plain_label

pytestmark = pytest.mark.browser

# Sets a field as pasting does, half of an emoji included, which Playwright cannot type.
PASTE = """text => {
  const field = document.querySelector("textarea");
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}"""

# The visible text of each token, also of one that goes on in the next line.
TOKEN_TEXTS = """() => {
  const root = [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
    .find((one) => one?.querySelector(".token"));
  const texts = [];
  root.querySelectorAll(".token").forEach((span) => {
    texts[span.dataset.i] = (texts[span.dataset.i] ?? "") + span.textContent;
  });
  return texts;
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


def test_pointing_links_the_columns_and_a_click_reaches_python(app, new_page) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/tokenizer?text=Hello%20world&encodings=gpt2,bytes,cl100k_base")
    # GPT-2 makes two tokens of it: "Hello" 15496 and " world" 995.
    gpt2, each, cl100k = (page.locator(".column").nth(place) for place in range(3))
    gpt2.locator("[data-i='1']").hover()
    assert each.locator(".linked").all_inner_texts() == list(" world")
    assert cl100k.locator(".linked").all_inner_texts() == [" world"]
    assert gpt2.locator(".hover").count() == 1 and gpt2.locator(".linked").count() == 0
    detail = gpt2.locator(".detail").inner_text()
    assert "id 995" in detail and "20 77 6F 72 6C 64" in detail
    assert "6 tokens from 6" in each.locator(".detail").inner_text()
    gpt2.locator("[data-i='1']").click()
    page.get_by_text("of 50,257 in gpt2").wait_for()
    assert "chosen" in gpt2.locator("[data-i='1']").get_attribute("class")
    page.get_by_role("button", name="became its tokens").click()
    page.locator(".tree-view .piece", has_text="·world").wait_for()


def test_the_columns_are_walked_by_keyboard(app, new_page) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer?text=Hello%20world%0Aand%20on&encodings=gpt2,bytes")
    gpt2, each = (page.locator(".column").nth(place) for place in range(2))
    gpt2.locator(".token").first.wait_for()
    gpt2.locator(".text").focus()
    assert "id 15496" in gpt2.locator(".detail").inner_text()
    page.keyboard.press("ArrowRight")
    assert "id 995" in gpt2.locator(".detail").inner_text()
    assert each.locator(".linked").count() == len(" world")
    page.keyboard.press("ArrowDown")
    assert "token 5 " in gpt2.locator(".detail").inner_text()  # " on", below " world"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_text("15,496").wait_for()
    active = gpt2.locator(".text").get_attribute("aria-activedescendant")
    assert gpt2.locator(f"#{active}").inner_text() == "Hello"


def test_typing_moves_the_picture_without_ctrl_enter(app, new_page) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer?text=one&encodings=gpt2,bytes")
    page.locator(".text .token").first.wait_for()
    page.locator("textarea").click()
    page.keyboard.press("End")
    page.keyboard.type(" two")
    page.locator(".text", has_text="one two").nth(1).wait_for()
    page.wait_for_url("**text=one*two*")
    assert page.locator("textarea").evaluate("(area) => area.matches(':focus')")


def test_a_long_text_is_drawn_in_part_and_scrolls_to_its_end_in_step(app, new_page) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer?text=x&encodings=gpt2,bytes")
    page.locator(".text .token").first.wait_for()
    text = "".join(f"{line} and so the story goes on\n" for line in range(3_000)) + "The end"
    page.locator("textarea").wait_for()
    page.evaluate(PASTE, text)
    gpt2, each = (page.locator(".column").nth(place) for place in range(2))
    gpt2.locator(".count", has_text=re.compile(r"\d\d,\d{3}")).wait_for()
    assert page.locator(".token").count() < 8_000
    gpt2.locator(".text").hover()
    page.mouse.wheel(0, 10_000_000)
    gpt2.locator(".text .line", has_text="The end").wait_for()
    each.locator(".text .line", has_text="The end").wait_for()
    assert page.locator(".token").count() < 8_000
    # What is typed comes into sight.
    page.locator("textarea").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Once ")
    gpt2.locator(".text .line", has_text="Once 0 and").wait_for()
    assert gpt2.locator(".text").evaluate("(box) => box.scrollTop") == 0


ODD = "a\u00a0b\tc\r\n\u200d\ufeff\u202e\x00\x1b\x85é語👩🏽‍🚀\u2028\u3000ﬁ"


@pytest.mark.parametrize("encoding", ["gpt2", "bytes", "cl100k_base"])
def test_the_browser_shows_bytes_as_python_does(app, new_page, encoding) -> None:
    tokenizer = builtin_tokenizer(encoding)
    page = new_page()
    address = urlencode({"text": ODD, "encodings": encoding, "show": "whitespace"})
    page.goto(f"{app.url}/tokenizer?{address}")
    page.locator(".text .token").first.wait_for()
    parts = page.evaluate(TOKEN_TEXTS)
    assert parts == [plain_label(tokenizer.token_bytes(id)) for id in tokenizer.encode(ODD)]


def test_each_token_has_its_id_below_it(app, new_page, shot) -> None:
    page = new_page()
    text = "Hello world\n  and on"
    page.goto(
        f"{app.url}/tokenizer?{urlencode({'text': text, 'encodings': 'gpt2', 'show': 'ids'})}"
    )
    box = page.locator(".text")
    box.locator(".token").first.wait_for()
    ids = builtin_tokenizer("gpt2").encode(text)
    assert box.locator(".number").all_inner_texts() == [str(id) for id in ids]
    # A token of spaces alone shows what it is; the line break ends the row, as in the text.
    assert [text.strip() for text in box.locator(".piece").all_inner_texts()] == [
        "Hello", "world", "↵", "·", "and", "on",
    ]  # fmt: skip
    assert box.locator(".line").count() == 2
    bottom, top = box.evaluate(  # both at once: what stands above may still be growing
        """(box) => {
            const [piece, number] = [".piece", ".number"].map((one) =>
                box.querySelector(`.token:first-child ${one}`).getBoundingClientRect());
            return [piece.bottom, number.top];
        }"""
    )
    assert top >= bottom - 2
    # What a screen reader says of the token that the arrows have come to.
    box.focus()
    page.keyboard.press("ArrowRight")
    active = box.get_attribute("aria-activedescendant")
    assert box.locator(f"#{active}").get_attribute("aria-label") == "·world, id 995"
    page.get_by_role("option", name="·world, id 995").wait_for()
    page.set_viewport_size({"width": 400, "height": 800})
    assert box.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    shot(page, "tokenizer-ids-narrow")


def test_a_copied_link_brings_back_text_tokenizers_and_view(app, new_page) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "naïve + 100% & more"
    address = urlencode({"text": text, "encodings": "bytes,gpt2", "show": "ids"})
    page.goto(f"{app.url}/tokenizer?{address}")
    page.locator(".text .token").first.wait_for()

    def copied() -> str:
        page.get_by_role("button", name="Copy link").click()
        page.get_by_text("Copied.").wait_for()
        return page.evaluate("() => navigator.clipboard.readText()")

    other = new_page()
    other.goto(copied())
    other.locator(".column .name", has_text="GPT-2").wait_for()
    assert other.locator(".column .name").all_inner_texts() == ["Bytes", "GPT-2"]
    assert other.locator("textarea").input_value() == text
    assert other.locator(".number").count() > 0
    page.locator("textarea").fill("too long " * 100)
    page.locator("textarea").press("Control+Enter")
    page.get_by_text("The text is too long for a link").wait_for()
    assert "text=" not in copied() and "encodings=bytes" in copied()


def test_merges_play_step_by_step(app, new_page, shot) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer?view=merges&encoding=gpt2&word=%20unbelievably%20so")
    tree = page.locator(".tree-view")
    tree.locator(".piece").first.wait_for()
    assert tree.locator(".piece").all_inner_texts() == ["·unbelievably", "·so"]
    assert tree.locator(".step").inner_text() == "merge 12 of 12"
    tree.get_by_role("button", name="To the start").click()
    assert tree.locator(".part").all_inner_texts() == list("·unbelievably")
    assert tree.locator(".node:not(.later)").count() == 13
    lowest = tree.locator(".rivals li.lowest span").inner_text()
    ranks = [
        int(all_inner_text.replace(",", ""))
        for all_inner_text in tree.locator(".rivals li span").all_inner_texts()
    ]
    assert len(ranks) > 5 and int(lowest.replace(",", "")) == min(ranks)
    tree.get_by_role("button", name="One step on").click()
    assert tree.locator(".node:not(.later)").count() == 14
    shot(page, "merges")
    tree.get_by_role("button", name="Play").click()
    tree.get_by_text("merge 3 of 12").wait_for()
    tree.get_by_role("button", name="Pause").click()
    tree.get_by_role("slider").fill("12")
    assert tree.locator(".part").all_inner_texts() == ["·unbelievably"]
    tree.locator(".piece").nth(1).click()
    assert tree.locator(".step").inner_text() == "merge 2 of 2"
    page.locator(".column .token").nth(1).click()
    tree.locator(".piece", has_text="·quick").wait_for()


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
    page.locator('[data-test-script-state="notRunning"]').wait_for()
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
