"""The Playground page: every view with a tiny trained model, and what goes wrong in words."""

from pathlib import Path

import pytest
from page_driver import button, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT

from llmcore import models
from llmcore.generation import SamplingConfig
from llmcore.nn.model import GPT
from llmcore.paths import PROJECT_ROOT
from ui.playground import VIEWS, sampling
from ui.playground.bench import Bench

PROMPT = "the cat "
BENCHES = "lab_playground_benches"


def opened(ref: str, view: str = "write", text: str = PROMPT, **state: object) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "playground.py"), default_timeout=60)
    page.query_params["model"] = ref
    page.session_state["lab_text"] = text
    page.session_state["playground_view"] = view
    for key, value in state.items():
        page.session_state[key] = value
    page.run()
    assert not page.exception
    return page


def benches(page: AppTest) -> list[Bench]:
    return list(page.session_state[BENCHES].values()) if BENCHES in page.session_state else []


def written(page: AppTest, label: str = "Generate") -> AppTest:
    """Presses a button and waits until all jobs have ended."""
    button(page, label).click().run()
    for bench in benches(page):
        assert bench.job is None or bench.job.wait(30)
    page.run()
    assert not page.exception and not page.error, [error.value for error in page.error]
    return page


def test_a_prompt_is_continued_and_every_token_is_kept(trained: str) -> None:
    page = opened(trained, playground_length=12)
    assert not page.error and "continues" in shown(page)
    assert not benches(page)
    written(page)
    (bench,) = benches(page)
    assert bench.tree.prompt == PROMPT and len(bench.path()) == 12
    assert "12 tokens" in shown(page) and "How this token was chosen" in shown(page)
    assert trained in page.code[0].value and "'--prompt=the cat '" in page.code[1].value


def test_the_same_seed_keeps_one_branch_and_another_adds_one(trained: str) -> None:
    page = written(written(opened(trained, playground_length=12)))
    (bench,) = benches(page)
    assert len(bench.tree.leaves()) == 1
    written(page, "Another seed")
    assert page.number_input(key="playground_seed").value == 1
    assert len(bench.tree.leaves()) == 2
    written(page, "Continue")
    assert len(bench.path()) == 24


def test_an_empty_prompt_starts_behind_an_end_of_text(trained: str) -> None:
    page = written(opened(trained, text="", playground_length=4))
    assert benches(page)[0].tree.prompt == ""
    assert len(benches(page)[0].path()) >= 1


def test_a_slider_reads_again_without_the_model(
    trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = written(opened(trained, playground_length=12))
    (bench,) = benches(page)
    path = bench.path()
    before, _ = bench.read(path, SamplingConfig(temperature=0.8), range(12))
    monkeypatch.setattr(GPT, "hidden", lambda *_: pytest.fail("the model ran"))
    page.session_state[sampling.AT] = {"temperature": 0}
    page.run()
    assert not page.exception and not page.error
    after, known = bench.read(path, SamplingConfig(temperature=0.0), range(12))
    assert known == list(range(12))
    assert set(after.probability.tolist()) <= {0.0, 1.0}
    assert before.probability.tolist() != after.probability.tolist()
    assert before.natural.tolist() == after.natural.tolist()


def test_a_text_of_other_settings_can_be_drawn_again(trained: str) -> None:
    page = written(opened(trained, playground_length=12))
    again = "Draw again with these settings"

    def offered() -> bool:
        return any(button.label == again for button in page.button)

    assert not offered()
    page.session_state[sampling.AT] = {"temperature": 0}
    page.run()
    assert offered() and "The text was drawn with temperature 0.80" in shown(page).replace("\\", "")
    (bench,) = benches(page)
    first = bench.path()[-1].id
    written(page, again)
    assert not offered()
    assert bench.job.sampling.temperature == 0.0 and len(bench.path()) == 12
    # Of a branch that one walks to, the settings are its own.
    bench.walk(first)
    page.run()
    assert offered()
    page.session_state[sampling.AT] = {}
    page.run()
    assert not offered()
    page.number_input(key="playground_seed").set_value(7).run()
    assert "The text was drawn with seed 0." in shown(page)
    # A text whose end alone was drawn with other settings is drawn again as well.
    page.number_input(key="playground_seed").set_value(0).run()
    page.session_state[sampling.AT] = {"temperature": 20}
    page.run()
    written(page, "Continue")
    assert offered() and "temperature 0.80" in shown(page).replace("\\", "")


def test_a_branch_keeps_the_old_one_and_goes_on_with_the_token(trained: str) -> None:
    page = written(opened(trained, playground_length=12))
    (bench,) = benches(page)
    old = [node.id for node in bench.path()]
    place = bench.path()[4]
    other = next(i for i in range(40, 300) if i != place.token)
    bench.write(SamplingConfig(max_new_tokens=8), place.parent, first_token=other)
    assert bench.job.wait(30)
    page.run()
    assert not page.exception and not page.error
    new = bench.path()
    assert [node.id for node in new[:4]] == old[:4] and new[4].token == other
    assert len(bench.tree.leaves()) == 2 and "Branches" in shown(page)
    bench.remove(new[4].id)
    page.run()
    assert not page.error and [node.id for node in bench.path()] == old


def test_the_text_stays_when_one_comes_back(trained: str) -> None:
    page = written(opened(trained, playground_length=6))
    for view in ("compare", "cache", "write"):
        page.session_state["playground_view"] = view
        page.run()
        assert not page.exception and not page.error
    assert "6 tokens" in shown(page)


def test_two_models_write_from_one_prompt(trained: str) -> None:
    page = written(opened(trained, "compare", playground_length=6, playground_against="starter"))
    names = [bench.loaded.card["name"] for bench in benches(page)]
    assert len(names) == 2 and len(set(names)) == 2
    assert all(len(bench.path()) == 6 for bench in benches(page))


def test_an_older_checkpoint_can_be_asked(trained: str) -> None:
    page = opened(trained, playground_length=4)
    choice = page.selectbox(key="playground_checkpoint_first")
    assert choice.options == [
        "best: step 8",
        "newest: step 8",
        "step 8",
        "step 5",
        "step 2",
        "step 1",
    ]
    choice.set_value("2").run()
    written(page)
    assert benches(page)[-1].loaded.step == 2


def test_a_text_is_scored_by_several_models(trained: str) -> None:
    page = opened(trained, "score", text=TEXT[:200])
    assert not page.error
    table = page.dataframe[0].value
    assert len(table) >= 2 and (table["Bits per byte"] > 0).all()
    assert "knows this text best" in shown(page)
    assert len(page.get("plotly_chart")) == 1


def test_what_cannot_be_scored_is_said(trained: str) -> None:
    page = opened(trained, "score", text="  ")
    assert "no text to score" in page.info[0].value
    assert "20,000 bytes" in only_error(opened(trained, "score", text="word " * 5000))


def test_the_cache_is_measured_at_a_click(trained: str) -> None:
    page = opened(trained, "cache", playground_cache_length=32)
    assert "Nothing is measured yet" in page.info[0].value
    button(page, "Measure now").click().run()
    assert not page.exception and not page.error
    assert [metric.label for metric in page.metric][:3] == ["With the cache", "Without", "Speed-up"]
    assert "2 (key and value) × 2 layers × 2 heads × 8 numbers × 4 bytes" in shown(page)


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [(["x" * 101], "1 to 100 characters"), ([str(i) for i in range(9)], "at most 8")],
)
def test_bad_stop_strings_are_one_sentence_and_the_page_stays(
    trained: str, stops: list[str], sentence: str
) -> None:
    page = opened(trained, playground_stop=stops)
    button(page, "Generate").click().run()
    assert sentence in only_error(page)
    assert len(page.code) == 2 and button(page, "Generate")


def test_a_stop_string_ends_the_text(trained: str) -> None:
    page = written(opened(trained, playground_length=60, playground_stop=["e"]))
    (bench,) = benches(page)
    assert bench.job.reason == "stop string" and "e" not in bench.tree.text(bench.here)
    assert "ended at a stop string" in shown(page)


@pytest.mark.parametrize("view", VIEWS)
def test_no_model_is_one_sentence(view: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(models, "list_models", lambda kind=None: [])
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "playground.py"), default_timeout=60)
    page.session_state["playground_view"] = view
    page.run()
    assert not page.exception
    said = [element.value for kind in (page.error, page.info) for element in kind]
    assert len(said) == 1 and "model" in said[0]


def test_markup_in_a_prompt_stays_text(trained: str) -> None:
    page = written(opened(trained, text="</script><img src=x>\x00\u202e", playground_length=3))
    assert len(benches(page)[0].path()) >= 1


def test_the_page_opens_by_itself() -> None:
    page = open_page("playground")
    assert not page.exception and not page.error
    assert page.title[0].value == "Playground"
