"""The Applications page: the gallery, a job with its model, without one, and what goes wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from page_driver import button, component, only_error, open_page, shown
from streamlit.testing.v1 import AppTest

from llmcore.applications import JOBS, figure_of, held_out
from llmcore.applications.background import measurement
from llmcore.applications.figures import keep_bundled, keep_own, weights_hash
from llmcore.applications.measuring import measure
from llmcore.data import chosen
from llmcore.data.everyday import everyday_rows
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes import instructions
from llmcore.runs import RunStore
from ui.applications.looks import why, written

pytestmark = pytest.mark.usefixtures("bundle")


def open_job(name: str, **query: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "applications.py"), default_timeout=90)
    for key, value in {"job": name, **query}.items():
        page.query_params[key] = value
    return page.run()


def finish(page: AppTest) -> AppTest:
    """Waits for the answer that is being written."""
    for made in page.session_state["lab_application_tries"].values():
        assert made.job is None or made.job.wait(60)
    return page.run()


def test_the_gallery_shows_eight_cards_and_says_what_is_missing() -> None:
    page = open_page("applications")
    assert not page.exception and not page.error
    text = shown(page)
    assert all(f"**{job.title}**" in text and job.what in text for job in JOBS.values())
    labels = [button.label for button in page.button]
    assert (
        sum(label.startswith("Try it: ") for label in labels) == 3
        and sum(label.startswith("Open: ") for label in labels) == 5
    )  # two texts, translation
    assert text.count("No model here has learned this yet") == 5
    assert text.count("no model yet") == 5 and text.count("not measured yet") == 3


def test_a_card_shows_its_figure_beside_the_trivial_method_and_the_verdict() -> None:
    figure = measure(JOBS["translation"], "translation", 6)
    keep_own(figure)
    page = open_page("applications")
    assert not page.exception and not page.error
    assert "not at this size" in shown(page) and "6 of 1,280 rows" in shown(page)
    bars = (component(page, "score_bars") or b"").decode()
    assert '"mine.json lora"' in bars and figure.baseline in bars


def test_a_score_on_generated_rows_says_so_beside_a_real_failure() -> None:
    figure = replace(
        measure(JOBS["translation"], "translation", 6), score=90.0, gain_low=1.0,
        own_words=[
            {"question": "Hello?", "input": "", "answer": "right", "right": "right"},
            {"question": "Into *French*", "input": "My dog", "answer": "Cadeau", "right": "Chien"},
        ],
    )  # fmt: skip
    assert figure.works
    keep_own(figure)
    for page in (open_page("applications"), open_job("translation")):
        text = shown(page)
        assert "works in its own wording" in text and "badge[works]" not in text
    assert "Into \\*French\\* My dog" in shown(open_page("applications"))
    assert "Cadeau" in shown(open_page("applications"))
    (table,) = [frame.value for frame in open_job("translation").dataframe]
    assert list(table["A right answer"]) == ["right", "Chien"]


def test_a_figure_of_other_weights_is_not_shown() -> None:
    figure = measure(JOBS["translation"], "translation", 6)
    keep_bundled(replace(figure, weights="those of an earlier model"))
    assert component(open_page("applications"), "score_bars") is None
    keep_bundled(figure)
    assert component(open_page("applications"), "score_bars") is not None


def test_a_click_opens_the_job_with_its_model_and_back() -> None:
    page = open_page("applications")
    page.button(key="app_open_translation").click().run()
    assert not page.exception and not page.error
    assert page.query_params["job"] in ("translation", ["translation"])
    assert page.selectbox(key="applications_model").value == "translation"
    page.button_group(key="app_switch").set_value("novel-text").run()
    assert page.selectbox(key="applications_model").value == "base"
    button(page, "All applications").click().run()
    assert (
        not page.exception
        and sum(button.label.startswith("Try it: ") for button in page.button) == 3
    )


def test_a_held_out_example_is_answered_and_compared() -> None:
    page = open_job("translation")
    row = everyday_rows(held_out(JOBS["translation"]), "translation")[0]
    assert page.text_input(key="app_ask_translation_0").value == row.last.instruction
    assert page.text_area(key="app_about_translation_0").value == row.last.input
    button(page, "Answer").click().run()
    page = finish(page)
    assert not page.exception and not page.error
    (made,) = page.session_state["lab_application_tries"].values()
    assert made.about == row.last.input and made.question == row.last.instruction
    assert made.read.endswith(f"{row.last.input[-24:]}:")
    assert "not the expected answer" in shown(page)
    assert row.last.output.split()[0] in shown(page).replace("\\", "")
    button(page, "Another example").click().run()
    assert page.text_input(key="app_ask_translation_1").value


def test_words_of_one_s_own_have_no_expected_answer_and_are_escaped() -> None:
    page = open_job("translation")
    page.text_area(key="app_about_translation_0").set_value("<b>a *cat*</b>")
    button(page, "Answer").click().run()
    page = finish(page)
    assert not page.exception and "nobody wrote down what is right" in shown(page)
    page.text_input(key="app_ask_translation_0").set_value("  ")
    button(page, "Answer").click().run()
    assert "The text is empty" in only_error(page)


def test_a_text_is_gone_on_with_and_again_differently() -> None:
    page = open_job("novel-text")
    assert page.text_area(key="app_ask_novel-text_0").value == JOBS["novel-text"].prompts[0]
    seeds = []
    for _ in range(2):
        button(page, "Write on").click().run()
        page = finish(page)
        assert not page.exception and not page.error
        (made,) = page.session_state["lab_application_tries"].values()
        seeds.append((made.seed, made.answer))
    assert seeds[0][0] == 0 and seeds[1][0] == 1 and seeds[0][1] != seeds[1][1]


def test_this_model_is_measured_on_a_click(wait_until, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmcore.applications import background

    monkeypatch.setattr(background.start_measuring, "__defaults__", (6,))
    page = open_job("translation")
    button(page, "Measure this model").click().run()
    assert not page.exception
    going = measurement(JOBS["translation"], "translation")
    assert going is not None
    wait_until(lambda: not going.is_live)
    page.run()
    assert not page.exception and not page.error
    assert "It does not beat the trivial method" in shown(page)
    assert figure_of(JOBS["translation"], weights_hash("translation")) == going.result
    assert "Measure this model" not in [button.label for button in page.button]


def test_a_failed_measurement_is_one_sentence(monkeypatch: pytest.MonkeyPatch, wait_until) -> None:
    import llmcore.applications.measuring as measuring
    from llmcore.errors import LabError

    def fails(*_: object) -> None:
        raise LabError("The rows are gone: put them back.")

    monkeypatch.setattr(measuring, "measure", fails)
    page = open_job("translation")
    button(page, "Measure this model").click().run()
    going = measurement(JOBS["translation"], "translation")
    wait_until(lambda: not going.is_live)
    page.run()
    assert only_error(page).replace("\\", "") == "The rows are gone: put them back."


def test_a_missing_model_is_trained_with_one_click(wait_until, monkeypatch) -> None:
    small = chosen.load_builtin("general")
    small.train, small.validation, small.test = small.train[:32], small.validation[:4], []
    monkeypatch.setattr(chosen, "load_builtin", lambda name: small)
    monkeypatch.setattr(instructions, "MOST_EPOCHS", 1)
    page = open_job("summaries")
    assert not page.exception and "No model here has learned this yet" in shown(page)
    button(page, "Train it now").click().run()
    assert not page.exception and not page.error
    (info,) = [info for info in RunStore().list() if not info.example]
    assert info.kind == "instruct" and "run" not in page.query_params
    wait_until(lambda: not RunStore().info(info.id).is_live, 60)
    assert RunStore().info(info.id).state == "done", RunStore().info(info.id).error
    page = open_job("summaries")
    assert page.selectbox(key="applications_model").value == info.id
    assert "Train it now" not in [button.label for button in page.button]


def test_a_classifier_of_something_else_is_refused_in_one_sentence(home: Path) -> None:
    from written_runs import write_run

    from llmcore import models
    from llmcore.models import Loaded

    spam = write_run("spam", kind="classify")
    real = models.load
    fake = Loaded(spam, spam, real("base").model, real("base").tokenizer, ["ham", "spam"], 1,
                  {"corpus": "sms-spam"})  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load", lambda ref: fake if ref == spam else real(ref))
        page = open_job("sentiment", model=spam)
        assert "sorts other classes than moods" in only_error(page).replace("\\", "")


def test_an_unknown_job_is_said_and_all_are_shown() -> None:
    page = open_job("<b>cooking</b>")
    assert not page.exception and "There is no job" in page.warning[0].value
    assert "<b>" not in page.warning[0].value
    assert sum(button.label.startswith("Try it: ") for button in page.button) == 3


def test_the_code_of_an_assistant_is_shown(bundle: Path) -> None:
    page = open_job("translation")
    codes = "\n".join(code.value for code in page.code)
    assert "assistant = load_assistant('translation')" in codes
    assert "python -m llmcore evaluate --model translation" in codes


@pytest.mark.parametrize("name", ["chat", "playground", "attention"])
def test_a_bundled_adapter_opens_on_other_pages_too(name: str) -> None:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / f"{name}.py"), default_timeout=90)
    page.query_params["model"] = "translation"
    page.run()
    assert not page.exception and not page.error
    chosen = [selectbox.value for selectbox in page.selectbox if selectbox.label == "Model"]
    assert chosen and chosen[0] == "translation"


def test_verdicts_give_their_evidence() -> None:
    figure = measure(JOBS["translation"], "translation", 6)
    exact = replace(figure, metric="exact_match", baseline="b", n=80)
    assert "does not beat" in why(replace(exact, gain_low=-0.1))
    weak = why(replace(exact, score=0.2, gain=0.2, gain_low=0.1, gain_high=0.3))
    assert (
        "20.0% is below 50.0%: of little use" in weak
        and "+20.0 points, 95% interval +10.0 to +30.0" in weak
    )
    strong = why(replace(exact, score=0.9, gain=0.9, gain_low=0.8, gain_high=0.95))
    assert strong.startswith("It beats the trivial method **b**") and "n = 80" in strong
    assert written("chrf", 64.52) == "64.5" and written("bits_per_byte", 2.0818) == "2.082"
