"""The Chat page with a tiny tuned and a tiny base model: send, stop, regenerate, edit, export."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from page_driver import button, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config

from llmcore import models
from llmcore.data.instructions import instructions_from_bytes
from llmcore.execution import launch
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.instructions import plan_instruct
from llmcore.runs import RunStore
from ui.chat.export import as_json, as_markdown
from ui.chat.talk import Exchange, Settings, Talk
from ui.marked import plain

ROWS = json.dumps([{"instruction": f"the cat {n}", "output": "sees"} for n in range(30)]).encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny base model, and one tuned on it, made once."""
    root = tmp_path_factory.mktemp("runs")
    base = root / RunStore.mint_id("base")
    launch.run_foreground(base, pretrain_config(), TEXT.encode())
    tuned = root / RunStore.mint_id("tuned")
    config = plan_instruct(
        "mine.json", str(base), table=ROWS, template="[[{system}\n]]{instruction}:", epochs=1,
        train_changes={"batch_size": 8, "threads": 1},
    )  # fmt: skip
    launch.run_foreground(tuned, config, ROWS)
    return base, tuned


@pytest.fixture
def base(made: tuple[Path, Path], home: Path) -> str:
    shutil.copytree(made[0], home / "runs" / made[0].name)
    return made[0].name


@pytest.fixture
def tuned(made: tuple[Path, Path], home: Path) -> str:
    shutil.copytree(made[1], home / "runs" / made[1].name)
    return made[1].name


@pytest.fixture(autouse=True)
def no_model_kept() -> None:
    models.clear_cache()


def opened(ref: str, **state: Any) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "chat.py"), default_timeout=60)
    page.query_params["model"] = ref
    for key, value in state.items():
        page.session_state[key] = value
    page.run()
    assert not page.exception and not page.error, [error.value for error in page.error]
    return page


def talk_of(page: AppTest, ref: str) -> Talk:
    return page.session_state["lab_chats"][ref]


def settled(page: AppTest, ref: str) -> AppTest:
    for exchange in talk_of(page, ref).exchanges:
        assert exchange.job is None or exchange.job.wait(30)
    page.run()
    assert not page.exception
    return page


def said(page: AppTest, ref: str, text: str) -> AppTest:
    page.chat_input[0].set_value(text).run()
    return settled(page, ref)


def test_a_question_is_answered_from_the_very_text_that_is_shown(tuned: str) -> None:
    page = said(opened(tuned), tuned, "the cat")
    (one,) = talk_of(page, tuned).exchanges
    assert one.read == "the cat:" and one.n_read and one.reason
    assert any(code.value == "the cat:" for code in page.code)
    assert "of 16 tokens used" in page.get("progress")[0].proto.text
    assert "finetuned on instructions" in shown(page)


def test_a_base_model_is_said_to_be_one_and_just_continues(base: str) -> None:
    page = opened(base)
    assert "base model: it continues a text, it does not answer" in shown(page)
    said(page, base, "the dog")
    (one,) = talk_of(page, base).exchanges
    assert one.read == "the dog"


def test_an_own_file_s_held_out_prompts_are_the_examples(tuned: str) -> None:
    page = opened(tuned)
    prompts = RunStore().open(tuned).events("answers")[-1]["rows"]
    labels = [button.label for button in page.button if button.key and "chat_example" in button.key]
    assert labels == [plain(row["prompt"]) for row in prompts[:3]] != []
    assert "For example:" in shown(page)


def test_history_is_read_until_it_falls_out_and_that_is_said(tuned: str) -> None:
    page = opened(tuned, **{f"chat_longest_{tuned}": 4})
    for n in range(3):
        said(page, tuned, f"cat {n}")
    last = talk_of(page, tuned).exchanges[-1]
    assert last.left_out > 0 and last.read.endswith("cat 2:")
    assert "is not read any more" in shown(page)


def test_a_long_message_loses_its_beginning_and_that_is_said(tuned: str) -> None:
    page = said(opened(tuned), tuned, "the old king sees the moon " * 8)
    assert talk_of(page, tuned).exchanges[0].n_cut > 0
    assert "tokens were not read" in shown(page)


def test_regenerate_takes_another_seed_and_not_at_temperature_0(tuned: str) -> None:
    page = said(opened(tuned), tuned, "the cat")
    assert button(page, "Regenerate").disabled
    page.slider(key=f"chat_temperature_{tuned}").set_value(1.5).run()
    button(page, "Regenerate").click().run()
    settled(page, tuned)
    (one,) = talk_of(page, tuned).exchanges
    assert (one.question, one.seed) == ("the cat", 1)


def test_edit_and_resend_replaces_what_followed(tuned: str) -> None:
    page = said(said(opened(tuned), tuned, "first"), tuned, "second")
    page.button(key=f"chat_edit_{tuned}_0").click().run()
    page.text_area(key=f"chat_rewrite_{tuned}_0").set_value("the dog")
    button(page, "Send again").click().run()
    settled(page, tuned)
    assert [exchange.question for exchange in talk_of(page, tuned).exchanges] == ["the dog"]
    page.button(key=f"chat_edit_{tuned}_0").click().run()
    button(page, "Cancel").click().run()
    assert talk_of(page, tuned).editing is None


def test_an_answer_goes_on_while_one_is_elsewhere_and_can_be_stopped(
    tuned: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = said(opened(tuned), tuned, "one")
    talk = talk_of(page, tuned)

    class Job:
        """A job that writes until somebody stops it."""

        state, reason, error, node_id, n_tokens, tokens_per_s = "running", None, None, 0, 3, 9.0

        class tree:
            text = staticmethod(lambda node: "half an <b>ans")

        def stop(self) -> None:
            self.state, self.reason = "stopped", "stopped"

        def wait(self, timeout: float) -> bool:
            return True

    talk.exchanges.append(Exchange("two", job=Job(), context_length=16, model="tiny"))
    page.run()
    assert button(page, "Stop") and "half an <b>ans" in shown(page)
    page.selectbox(key="chat_model").set_value(base).run()  # a click elsewhere
    assert talk_of(page, tuned).live
    page.selectbox(key="chat_model").set_value(tuned).run()
    button(page, "Stop").click().run()
    assert "stopped by you" in shown(page) and not talk_of(page, tuned).live
    assert talk_of(page, tuned).exchanges[-1].answer == "half an <b>ans"


def test_each_model_keeps_its_own_history_and_clear_forgets_it(tuned: str, base: str) -> None:
    page = said(opened(tuned), tuned, "the cat")
    page.selectbox(key="chat_model").set_value(base).run()
    assert "Nothing was said yet" in shown(page)
    page.selectbox(key="chat_model").set_value(tuned).run()
    assert len(talk_of(page, tuned).exchanges) == 1
    button(page, "Clear").click().run()
    assert not talk_of(page, tuned).exchanges and "Nothing was said yet" in shown(page)


def test_system_prompt_stands_before_what_is_read(tuned: str) -> None:
    page = opened(tuned, **{f"chat_longest_{tuned}": 4})
    page.text_area(key=f"chat_system_{tuned}").set_value("Hi").run()
    said(page, tuned, "cat")
    assert talk_of(page, tuned).exchanges[0].read == "Hi\ncat:"


def test_errors_are_one_sentence(tuned: str) -> None:
    page = opened(tuned)
    page.chat_input[0].set_value("   ").run()
    assert only_error(page) == plain("The message is empty: write what you want to ask.")


def test_without_any_model_the_page_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from llmcore import paths

    monkeypatch.setattr(paths, "BUNDLED_RUNS", tmp_path / "none")
    assert "train one in the Build section" in only_error(open_page("chat"))


def test_export_can_be_read_again_and_marks_stay_text() -> None:
    talk = Talk(Settings(system="Be nice."))
    talk.exchanges = [Exchange("a *b*?", answer="# <b>c</b>\n    d", reason="length", model="m")]
    read = instructions_from_bytes(as_json(talk, "run").encode(), "chat.json").rows
    assert read[0].system == "Be nice." and read[0].last.output == "# <b>c</b>\n    d"
    page = as_markdown(talk, "run")
    assert "a \\*b\\*?" in page and "\\# \\<b\\>c\\</b\\>" in page
    assert "\u00a0\u00a0\u00a0\u00a0d" in page
