"""Pretrain's architecture switches, and the view Which learns faster?"""

from typing import Any

import pytest
from page_driver import button, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config

from llmcore import models, paths
from llmcore.execution import launch
from llmcore.experiments.variants.cells import trainings
from llmcore.experiments.variants.plan import plan_variants
from llmcore.experiments.variants.settings import ARCHITECTURES
from llmcore.files import json_line
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore
from llmcore.runs.writer import RunWriter

ENDS = {"gpt2": 3.0, "rope": 2.6, "rms": 2.99, "swiglu": 2.9, "gqa": 3.2, "all": 2.5}


@pytest.fixture(autouse=True)
def without_examples(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(paths, "BUNDLED_RUNS", tmp_path / "bundled")
    monkeypatch.setenv("LLMLAB_WARM", "0")
    models.clear_cache()


def written(n_done: int = 8, state: str = "done") -> str:
    """A comparison whose looks stand in its events; n_done of its 8 trainings are done."""
    config, store = plan_variants(), RunStore()
    run_id = store.mint_id(config.name)
    directory = store.directory(run_id)
    launch.create(directory, config)
    with RunWriter(directory, "thread") as writer:
        for name, seed in trainings(config.experiment)[:n_done]:
            key: dict[str, Any] = {"variant": name, "seed": seed}
            for step, bits in ((1, 4.2), (100, 3.6), (200, ENDS[name] + 0.01 * seed)):
                writer.event("look", 1, **key, tokens=2048 * step, bits_per_byte=bits,
                             tokens_per_s=20_000.0)  # fmt: skip
            writer.event("variant", 1, **key)
        writer.finish(state, n_done)
    return run_id


def opened(view: str, run_id: str | None = None) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "pretrain.py"), default_timeout=90)
    page.query_params["view"] = view
    if run_id:
        page.query_params["run"] = run_id
    return page.run()


def table(page: AppTest) -> Any:
    return page.dataframe[0].value


def test_empty_it_offers_the_comparison() -> None:
    page = opened("variants")
    assert not page.exception and not page.error
    assert "the same data, the same tokens" in shown(page)
    assert not button(page, "Train and compare").disabled
    assert "8 trainings of a quarter million parameters" in shown(page)
    page.segmented_control(key="variants_seeds").set_value(3).run()
    assert "18 trainings" in shown(page)


def test_a_whole_comparison_says_what_is_more_than_luck() -> None:
    run_id = written()
    page = open_page("pretrain", run_id)  # the run in the address brings its view
    assert not page.exception and not page.error
    words = shown(page).replace("\\", "")
    assert "**After 409,600 tokens, ahead of GPT-2 (3.010 bits per byte)" in words
    assert "All together 2.500 (-0.510), RoPE 2.600" in words
    assert "Behind GPT-2 by more than luck: GQA" in words
    assert "Too near to tell from luck: RMSNorm." in words
    rows = table(page)
    assert list(rows["Architecture"]) == [
        "GPT-2", "RoPE", "RMSNorm", "SwiGLU", "GQA", "All together"
    ]  # fmt: skip
    assert list(rows["vs GPT-2"])[:2] == ["", "-0.410"] and rows["Seeds"].iloc[0] == 3
    assert list(rows["Full KV cache"])[:5:4] == ["262 kB", "131 kB"]
    assert "not reached" in list(rows["Tokens to GPT-2's end"])
    page.segmented_control(key=f"variants_chart_{run_id}").set_value("Ahead of GPT-2").run()
    assert not page.exception and "the difference may be luck" in shown(page)


def test_a_link_to_a_run_of_the_other_view_shows_it_on_the_page_that_is_open() -> None:
    comparison, trained = written(), RunStore.mint_id("tiny")
    launch.create(RunStore().directory(trained), pretrain_config(), TEXT.encode())
    page = opened("variants", comparison)
    del page.query_params["view"]
    page.query_params["run"] = trained
    page.run()
    assert not page.exception and page.session_state["pretrain_view"] == "train"
    assert page.query_params["run"] in (trained, [trained])
    page.segmented_control(key="pretrain_view").set_value("variants").run()
    assert not page.exception and page.session_state["pretrain_view"] == "variants"
    assert page.query_params["run"] in (comparison, [comparison])


def test_a_stopped_comparison_shows_what_is_there_and_can_be_resumed() -> None:
    run_id = written(3, "stopped")
    page = opened("variants", run_id)
    assert not page.exception and not page.error
    assert len(table(page)) == 3 and "more than luck" not in shown(page)
    assert button(page, "Resume")
    empty = opened("variants", written(0, "stopped"))
    assert not empty.exception and not empty.error and not empty.dataframe


def test_the_button_starts_what_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def start(run_id: str, config: Any, store: Any, data: bytes | None = None) -> None:
        started.append(config)
        launch.create(store.directory(run_id), config, data)

    monkeypatch.setattr(launch, "start", start)
    page = opened("variants")
    page.number_input(key="variants_steps").set_value(50)
    page.segmented_control(key="variants_seeds").set_value(2)
    button(page, "Train and compare").click().run()
    assert not page.exception
    (config,) = started
    assert (config.kind, config.train.steps) == ("variants", 13)
    assert (config.experiment.n_seeds, config.experiment.part_steps) == (2, 50)
    assert config.experiment.variants == ARCHITECTURES
    assert "0 of 13 trainings" in str([progress.proto for progress in page.get("progress")])


def test_the_switches_reach_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(launch, "start", lambda *given: started.append(given[1]))
    page = opened("train")
    assert "**tiny** model on **shakespeare**" in shown(page)
    page.segmented_control(key="pretrain_position").set_value("rope").run()
    assert "**tiny** model with **RoPE** on" in shown(page)
    button(page, "All four, as in Llama").click().run()
    assert "with **RoPE, RMSNorm, SwiGLU, GQA** on" in shown(page)
    button(page, "Start training").click().run()
    assert not page.exception
    model = started[0].model
    assert (model.position, model.norm, model.feed_forward, model.n_kv_heads) == (
        "rope", "rms", "swiglu", 2
    )  # fmt: skip
    button(page, "GPT-2's parts").click().run()
    assert "**tiny** model on **shakespeare**" in shown(page)


def test_damaged_events_are_no_traceback() -> None:
    run_id = written(2, "stopped")
    events = RunStore().directory(run_id) / "events.jsonl"
    events.write_text(json_line({"type": "look", "variant": 7}) + '{"type": "look"')
    page = opened("variants", run_id)
    assert not page.exception and not page.error and not page.dataframe
