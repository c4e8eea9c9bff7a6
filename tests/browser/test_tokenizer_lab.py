"""The tokenizer lab in real Chromium: train one, watch its merges, pretrain with it."""

import pytest

pytestmark = pytest.mark.browser


def settled(page) -> None:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(state="attached")


def test_a_tokenizer_is_trained_and_chosen_for_pretraining(app, new_page, shot) -> None:
    page = new_page()
    page.goto(f"{app.url}/tokenizer?view=train&text=It%27s%202024%2C%20don%27t%20stop")
    page.locator(".rule").first.wait_for()
    settled(page)
    # The pieces are those of the person's text: only GPT-2's rule keeps 2024 whole.
    assert page.locator(".rule[data-rule=gpt2] .piece", has_text="2024").count() == 1
    assert page.locator(".rule[data-rule=lab] .piece", has_text="2024").count() == 0
    page.locator(".rule[data-rule=gpt2] input").focus()
    page.keyboard.press("Space")
    page.locator(".rule.chosen[data-rule=gpt2]").wait_for()
    settled(page)
    size = page.get_by_role("spinbutton", name="Vocabulary size")
    size.fill("400")
    size.press("Enter")
    settled(page)
    page.get_by_role("button", name="Train the tokenizer").click()
    page.get_by_text("GPT-2's · trained in").wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=".tiktoken").click()
    assert download.value.suggested_filename == "shakespeare-400.tiktoken"
    assert len(download.value.path().read_text().splitlines()) == 399
    shot(page, "tokenizer-train")
    page.get_by_role("button", name="Pretrain with it").click()
    page.get_by_role("heading", name="Pretrain").wait_for()
    page.get_by_text("in tokens of shakespeare-400").wait_for()


def test_the_window_moves_without_the_server(app, new_page, shot) -> None:
    page = new_page("dark")
    page.goto(f"{app.url}/tokenizer?view=pairs&text=one%20two%20three%20four%20five%20six%20seven")
    page.locator(".grid .cell.target").first.wait_for()
    settled(page)

    def row(kind: str) -> list[str]:
        return page.locator(f".grid .cell.{kind} b").all_inner_texts()

    first = row("input"), row("target")
    assert first[0][1:] == first[1][:-1]
    page.get_by_label("Next window").click()
    assert row("input") == first[1]
    assert page.locator(".stair").count() == 4
    assert page.locator(".stair").nth(2).locator(".piece").all_inner_texts()[:3] == row("input")[:3]
    page.get_by_label("Window", exact=True).press("End")
    assert page.get_by_text("window").filter(has_text="of").count() >= 1
    shot(page, "tokenizer-pairs")
