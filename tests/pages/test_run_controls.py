"""What the buttons of a run do to a real training thread, and the queue on the Runs page."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_driver import button, only_error, open_page, shown
from tiny import TEXT, pretrain_config

from llmcore.config import DataConfig
from llmcore.execution import launch
from llmcore.execution.queue import RunQueue
from llmcore.runs import RunStore

Wait = Callable[..., Any]


@pytest.fixture
def live(wait_until: Wait, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LLMLAB_WARM", "0")
    store = RunStore()
    run_id = store.mint_id("live")
    launch.start(run_id, pretrain_config(steps=1_000_000), store, TEXT.encode())
    wait_until(lambda: store.info(run_id).step > 2, 60)
    return run_id


def test_a_live_run_is_paused_given_another_rate_and_continued(live: str, wait_until: Wait) -> None:
    store = RunStore()
    page = open_page("pretrain", live)
    button(page, "Pause").click().run()
    wait_until(lambda: store.info(live).state == "paused")
    page.run()
    assert [button.label for button in page.button].count("Continue") == 1
    page.text_input(key=f"rate_{live}").set_value("0.0005").run()
    button(page, "Apply").click().run()
    assert "0.0005, from the next step on" in page.toast[0].value
    button(page, "Continue").click().run()
    wait_until(lambda: store.open(live).events("setting"))
    assert store.open(live).events("setting")[0]["value"] == 0.0005
    wait_until(lambda: store.info(live).state == "running")
    assert button(page.run(), "Pause")
    assert not page.exception and not page.error


@pytest.mark.parametrize(
    ("typed", "sentence"), [("fast", "is not a learning rate"), ("12", "at most 10")]
)
def test_a_rate_that_cannot_be_is_one_sentence(live: str, typed: str, sentence: str) -> None:
    page = open_page("pretrain", live)
    page.text_input(key=f"rate_{live}").set_value(typed).run()
    button(page, "Apply").click().run()
    assert sentence in only_error(page)


def test_while_one_trains_another_is_queued_moved_and_taken_out(live: str) -> None:
    page = open_page("pretrain")
    page.button_group(key="pretrain_text_kind").set_value("Paste").run()
    page.text_area(key="pretrain_pasted").set_value(TEXT).run()
    page.selectbox(key="pretrain_tokenizer").set_value("bytes").run()
    button(page, "Add to queue").click().run()
    assert not page.exception and not page.error
    (first,) = RunQueue().waiting()
    second = RunStore.mint_id("second")
    RunQueue().add(second, pretrain_config(), TEXT.encode())
    assert button(page, "Take out of the queue")

    runs = open_page("runs")
    assert not runs.exception and "Waiting for their turn" in shown(runs)
    runs.button(key=f"Sooner_{second}").click().run()
    assert RunQueue().waiting() == [second, first]
    runs.button(key=f"out_{second}").click().run()
    assert RunQueue().waiting() == [first] and RunStore().info(second).state == "stopped"


@pytest.mark.parametrize("name", ["pretrain", "runs"])
def test_data_that_has_changed_can_be_accepted_on_the_page(
    name: str, tmp_path: Path, wait_until: Wait
) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(TEXT)
    store = RunStore()
    directory = store.directory(store.mint_id("grown"))
    config = replace(pretrain_config(steps=12), data=DataConfig(source=str(corpus)))

    def stop(record: dict[str, Any]) -> None:
        if record.get("split") == "train" and record["step"] == 5:
            store.request_stop(directory.name)

    launch.run_foreground(directory, config, None, stop)
    corpus.write_text(TEXT + TEXT)
    page = open_page(name, directory.name)
    button(page, "Resume").click().run()
    assert "has changed since run" in page.error[0].value
    assert store.info(directory.name).state == "stopped"
    assert "The best model is chosen again" in shown(page)
    button(page, "Go on with the changed data").click().run()
    assert not page.exception and not page.error
    wait_until(lambda: store.info(directory.name).state == "done", 60)
    assert "has changed" in str(store.open(directory.name).events("notice"))
    assert "Go on with the changed data" not in [button.label for button in page.run().button]
