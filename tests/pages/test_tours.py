"""The tours on the Overview, the card above a page, and the question at the end."""

import pytest
from page_driver import button, shown
from streamlit.testing.v1 import AppTest

from llmcore.models import default_model, tokenizer_for
from llmcore.paths import PROJECT_ROOT
from ui.state import DEFAULT_TEXT
from ui.tours import kept
from ui.tours.all_tours import TOURS


def opened(page: str | None = None, tour: str | None = None) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    if tour:
        app.query_params["tour"] = tour
    app.run()
    return app.switch_page(f"pages/{page}.py").run() if page else app


def badges(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown if "-badge[" in markdown.value)


def test_the_tours_follow_the_stages_and_show_progress() -> None:
    kept.begin("attention")
    kept.mark_step("attention", "qkv")
    kept.begin("tokens")
    kept.mark_answered("tokens")
    app = opened()
    assert not app.exception
    labels = {name: app.button(key=f"tour_{name}").label for name in TOURS}
    assert list(labels.values()) == [
        "Again: tour 1",
        "Go on: tour 2",
        *(f"Start: tour {n}" for n in (3, 4, 5, 6)),
    ]
    assert "1 of 6 done" in shown(app)
    assert "1 of 7 steps" in badges(app)
    from ui.navigation import CARDS
    from ui.overview.stages import stages

    order = [stage.name for stage in stages([], set(), None)]
    places = [order.index(tour.stage) for tour in TOURS.values()]
    assert places == sorted(places)
    assert all(step.page in CARDS for tour in TOURS.values() for step in tour.steps)


def test_without_a_tour_nothing_is_drawn_or_imported() -> None:
    import subprocess
    import sys

    code = (
        "import logging, os, sys; logging.disable(logging.CRITICAL)\n"
        "os.environ['LLMLAB_WARM'] = '0'\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "app.switch_page('pages/runs.py').run()\n"
        "assert not app.exception\n"
        "print('ui.tours.card' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_start_puts_the_card_above_the_pages() -> None:
    app = opened()
    app.button(key="tour_tokens").click().run()
    assert app.query_params["tour"] == "tokens.1"
    app.switch_page("pages/runs.py").run()
    assert "**First tokens and merges** · step 1 of 7" in shown(app)
    assert button(app, "Open Tokenizer")
    assert app.query_params["tour"] == "tokens.1"
    app.switch_page("pages/tokenizer.py").run()
    assert "Open Tokenizer" not in [button.label for button in app.button]


def test_a_step_goes_on_by_itself_and_back() -> None:
    app = opened("tokenizer", "tokens.1")
    assert app.button(key="tour_back").disabled
    app.text_area(key="tokenizer_text").set_value("A sentence that is my own.").run()
    assert "step 2 of 7" in shown(app) and "Done: Type a sentence" in badges(app)
    assert kept.kept_of("tokens").done == ["type"]
    app.button(key="tour_back").click().run()
    assert "step 1 of 7" in shown(app)
    button(app, "Next").click().run()
    button(app, "Skip").click().run()
    assert "step 3 of 7" in shown(app)
    assert kept.kept_of("tokens").done == ["type"]  # a skipped step is not done


def test_what_was_done_before_is_said_and_not_jumped_over() -> None:
    app = opened("tokenizer", "tokens.6")
    app.segmented_control(key="tokenizer_view").set_value("merges").run()
    assert "step 7 of 7" in shown(app)
    app.button(key="tour_back").click().run()
    app.button(key="tour_back").click().run()
    button(app, "Skip").click().run()
    assert "step 6 of 7" in shown(app) and "Done" in badges(app)


def test_the_question_helps_and_ends_the_tour() -> None:
    app = opened("tokenizer", "tokens.8")
    assert "the question" in shown(app)
    right = len(tokenizer_for(default_model()).encode(DEFAULT_TEXT))
    app.number_input(key="tour_answer_tokens").set_value(right + 1)
    app.button(key="tour_check").click().run()
    assert "Not yet. Open **Compare**" in shown(app)
    assert not kept.kept_of("tokens").answered
    app.number_input(key="tour_answer_tokens").set_value(right)
    app.button(key="tour_check").click().run()
    assert kept.kept_of("tokens").answered
    assert f"became {right} tokens" in shown(app)
    button(app, "Next tour: Scores, attention and the mask").click().run()
    assert "step 1 of 7" in shown(app)
    button(app, "End tour").click().run()
    assert "tour" not in app.query_params and "step 1 of 7" not in shown(app)


def test_a_question_of_choice() -> None:
    app = opened("attention", "attention.8")
    choice = app.radio(key="tour_answer_attention")
    choice.set_value("It saves half of the multiplications.").run()
    app.button(key="tour_check").click().run()
    assert "Not yet. The scores are computed first" in shown(app)


@pytest.mark.parametrize("address", ["nonsense", "tokens.99", "tokens.x", "<b>.1", "tokens.-3"])
def test_any_address_is_taken(address: str) -> None:
    app = opened("runs", address)
    assert not app.exception and not app.error
    assert ("First tokens" in shown(app)) == address.startswith("tokens")


def test_a_question_about_nothing_is_one_sentence() -> None:
    app = opened("pretrain", "overfit.8")
    assert not app.exception
    assert [error.value for error in app.error] == [
        "There is no run of this tour any more\\. Go back to the step that starts it\\."
    ]


@pytest.mark.parametrize("content", ["{", "[]", '{"tokens": 3}', '{"tokens": {"done": [1, "x"]}}'])
def test_a_damaged_file_hurts_nobody(content: str) -> None:
    kept.tours_path().parent.mkdir(parents=True, exist_ok=True)
    kept.tours_path().write_text(content, encoding="utf-8")
    app = opened("tokenizer", "tokens.1")
    assert not app.exception and "step 1 of 7" in shown(app)


def test_the_way_to_a_view_opens_it() -> None:
    app = opened("attention", "induction.5")
    assert app.segmented_control(key="attention_view").value == "look"
    button(app, "Show that view").click().run()
    assert not app.exception
    assert app.segmented_control(key="attention_view").value == "off"


def test_a_step_gives_the_text_that_it_needs() -> None:
    app = opened("pretrain", "overfit.1")
    button(app, "Paste a short one for me").click().run()
    assert not app.exception and not app.error
    assert app.segmented_control(key="pretrain_text_kind").value == "Paste"
    assert len(app.text_area(key="pretrain_pasted").value) > 2_000
    assert "step 2 of 7" in shown(app)
