"""Chat and what the loss sees, in real Chromium: an answer streams, text stays text."""

import pytest

pytestmark = pytest.mark.browser

READY = '[data-test-script-state="notRunning"]'
ROLES = """() => {
  const root = [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
    .find((one) => one?.querySelector(".token.answer"));
  const text = (role) => [...root.querySelectorAll(`.token.${role}`)].map((one) => one.textContent);
  return { prompt: text("prompt").join(""), answer: text("answer").join(""), end: text("end") };
}"""


def test_an_answer_streams_goes_on_elsewhere_and_is_there_again(app, new_page, shot) -> None:
    page = new_page()
    page.goto(f"{app.url}/chat?model=starter")
    box = page.get_by_placeholder("Begin a text")
    box.wait_for(timeout=60_000)
    page.locator(READY).wait_for(state="attached", timeout=60_000)
    box.fill("The <b>king</b> *said*")
    box.press("Enter")
    page.get_by_text("The <b>king</b> *said*").first.wait_for(timeout=60_000)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="Runs").first.wait_for()
    page.get_by_role("link", name="Chat", exact=True).click()
    page.get_by_role("button", name="Regenerate").wait_for(timeout=60_000)
    page.get_by_text("The <b>king</b> *said*").first.wait_for()
    page.get_by_text("tokens used").wait_for()
    assert page.locator("[data-testid=stChatMessage] b").count() == 0
    shot(page, "chat")


def test_what_the_loss_sees_is_drawn_by_role(app, new_page, shot) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/instructions")
    page.locator(".token.answer").first.wait_for(timeout=60_000)
    seen = page.evaluate(ROLES)
    assert seen["prompt"].startswith("Q:") and seen["prompt"].endswith("A:")
    assert len(seen["answer"]) > 10 and seen["end"] == ["end"]
    shot(page, "what-the-loss-sees")
