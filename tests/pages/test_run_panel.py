"""What the Pretrain page says before a run and about its curve: preflight, doctor, comparison."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from page_driver import button, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config
from written_runs import write_run

from llmcore.advice import preflight
from llmcore.execution import launch, process
from llmcore.execution.queue import RunQueue
from llmcore.files import json_line
from llmcore.runs import RunStore
from ui.marked import plain
from ui.run_panel.charts import no_point_words, what_does_not_compare
from ui.run_panel.feed import RunFeed
from ui.run_panel.live import SLOWEST_REFRESH_SECONDS, refresh_seconds
from ui.run_panel.replay import replay_data


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_WARM", "0")


def written(
    name: str, loss: Any, state: str = "done", burst_at: int = 0, n: int = 400, **train: Any
) -> str:
    """A run of 400 steps, `n` of them logged, whose loss is a function of progress 0..1.

    burst_at: the step whose gradient is 138 times that of the others."""
    store = RunStore()
    run_id = store.mint_id(name)
    directory = store.directory(run_id)
    launch.create(directory, pretrain_config(steps=400, **train), TEXT.encode())
    head = {"v": 1, "attempt": 1, "split": "train", "lr": 1e-3, "grad_norm": 1.0}
    (directory / "metrics.jsonl").write_text("".join(
        json_line({**head, "t": float(step), "step": step, "tokens": 64 * step,
                   "loss": loss(step / 400), **({"grad_norm": 138.0} if step == burst_at else {})})
        for step in range(1, n + 1)
    ))  # fmt: skip
    sample = {"v": 1, "attempt": 1, "type": "sample", "step": 400, "prompt": "the ", "text": "<b>x"}
    (directory / "events.jsonl").write_text(json_line(sample))
    status = json.loads((directory / "status.json").read_text())
    (directory / "status.json").write_text(json.dumps({**status, "state": state, "step": 400}))
    return run_id


def healthy(at: float) -> float:
    return 2.5 + 3.2 * math.exp(-6 * at)


def diverging(at: float) -> float:
    return healthy(at) if at < 0.5 else healthy(0.5) + 1.5


def test_one_step_that_threw_the_run_back_is_named_with_what_to_do() -> None:
    page = open_page("pretrain", written("stumbles", healthy, burst_at=37))
    text = shown(page)
    assert (
        "One step threw it back" in text and "At step 37 the norm of the gradient was 138" in text
    )
    assert "nothing unusual" not in text
    assert any("learning rate 0" in button.label for button in page.button)


def test_a_failed_run_promises_no_first_point() -> None:
    run_id = written("fails", healthy, state="failed", n=0)
    data = RunFeed(RunStore().open(run_id))
    data.refresh()
    assert no_point_words(RunStore().info(run_id), data) == "This run ended before its first point"
    broken = RunFeed(RunStore().open(written("breaks", lambda at: float("nan"))))
    broken.refresh()
    assert no_point_words(broken.run.info(), broken) == "What was measured is not a number"


def test_the_card_shows_memory_time_disk_and_the_chinchilla_ratio() -> None:
    text = shown(open_page("pretrain"))
    for words in ("parameters", "tokens per second", "on disk", "Chinchilla: 20", "of memory"):
        assert words in text


def test_what_does_not_fit_is_red_and_a_button_fixes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("pretrain")
    peaks: list[int] = []
    original = preflight.footprint

    def watched(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        peaks.append(found.peak)
        return found

    monkeypatch.setattr(preflight, "footprint", watched)
    page.run()
    monkeypatch.setattr(preflight, "available_memory_bytes", lambda: peaks[0] - 1)
    page.run()
    assert "will not fit" in page.error[0].value
    button(page, "Set gradient accumulation to 2").click().run()
    assert not page.error and not page.exception
    assert page.number_input(key="pretrain_parts_tiny").value == 2


def test_a_healthy_curve_gets_one_quiet_line() -> None:
    page = open_page("pretrain", written("well", healthy))
    assert not page.exception and not page.error
    assert "Curve doctor: nothing unusual" in shown(page)
    assert not [button for button in page.button if "run with" in button.label]


def test_a_finding_starts_a_new_run_with_its_one_change() -> None:
    run_id = written("ill", diverging)
    page = open_page("pretrain", run_id)
    assert "The training loss rises again" in shown(page)
    button(page, f"Start a run with {plain('learning rate 0.001')}").click().run()
    assert not page.exception and not page.error
    (new,) = [info for info in RunStore().list() if info.id != run_id and not info.example]
    before, after = RunStore().open(run_id).config, RunStore().open(new.id).config
    assert after.train == before.train.with_(learning_rate=1e-3) and after.model == before.model
    assert RunStore().open(new.id).stored_data().read_text() == TEXT
    assert page.query_params["run"] in (new.id, [new.id])


def test_while_another_trains_the_advice_is_queued() -> None:
    run_id = written("ill", diverging)
    written("live", healthy, state="running")
    page = open_page("pretrain", run_id)
    button(page, f"Queue a run with {plain('learning rate 0.001')}").click().run()
    assert not page.exception and not page.error and len(RunQueue().waiting()) == 1


def overlay(page: AppTest, run_id: str, others: list[str]) -> AppTest:
    return page.multiselect(key=f"pretrain_overlays_{run_id}").set_value(others).run()


def test_the_bar_of_a_run_that_finished_early_is_full() -> None:
    def bar(state: str) -> int:
        page = open_page("pretrain", write_run(state, state=state, step=13))
        return page.get("progress")[-1].proto.value

    assert bar("done") == 100 and bar("stopped") == 32


def test_compared_runs_show_only_where_they_differ() -> None:
    first, second = written("one", healthy), written("two", healthy, learning_rate=1e-4, seed=7)
    page = overlay(open_page("pretrain", first), first, [second])
    assert not page.exception and not page.error
    (table,) = [markdown.value for markdown in page.markdown if markdown.value.startswith("| |")]
    assert "lowest bits per byte" in table and "lowest validation loss" in table
    assert "learning\\_rate" in table and "seed" in table and "batch\\_size" not in table
    for key in ("tokens", "time", "step"):
        page.button_group(key="chart_axis").set_value(key).run()
        page.toggle(key="chart_log_x").set_value(key != "step").run()
        assert not page.exception and not page.error


@pytest.mark.parametrize(("settings", "says"), [
    ({"source", "seed"}, "nor their bits per byte"),
    ({"validation_source"}, "nor their bits per byte"),
    ({"vocab_size", "parameters"}, "bits per byte compare them"),
    ({"seed", "learning_rate"}, ""),
])  # fmt: skip
def test_figures_that_do_not_compare_are_said_to(settings: set[str], says: str) -> None:
    found = what_does_not_compare(settings)
    assert says in found and bool(found) == bool(says)


def test_torchrun_is_a_line_to_copy_and_not_a_button() -> None:
    page = open_page("pretrain")
    page.button_group(key="pretrain_where").set_value("torchrun").run()
    assert any(code.value.startswith("torchrun --standalone") for code in page.code)
    assert button(page, "Start training").disabled


def test_a_process_of_its_own_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = []
    monkeypatch.setattr(process, "_spawn", spawned.append)
    page = open_page("pretrain")
    page.button_group(key="pretrain_where").set_value("A process of its own").run()
    button(page, "Start training").click().run()
    assert not page.exception and not page.error
    assert [process.name for process in spawned] == [info.id for info in RunStore().list()
                                             if not info.example]  # fmt: skip


def test_replay_data_is_small_and_in_order() -> None:
    data = RunFeed(RunStore().open(written("well", healthy)))
    data.refresh()
    sent = replay_data(data)
    assert sent["train"][0][0] == 1 and sent["train"][-1][0] == 400 and len(sent["train"]) <= 600
    assert sent["samples"] == [[400, "the ", "<b>x"]]


@pytest.mark.parametrize(("step", "seconds"), [(2, 1), (74, 1), (125, 2), (200, 4), (400, 8)])
def test_a_live_run_is_drawn_ever_more_slowly(step: int, seconds: int) -> None:
    run_id = written("long", healthy, state="running")
    run = RunStore().open(run_id)
    path = run.directory / "metrics.jsonl"  # one step a second
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:step]))
    data = RunFeed(run)
    data.refresh()
    live = replace(run.info(), state="running")
    assert refresh_seconds(live, data) == seconds
    assert refresh_seconds(replace(live, state="done"), data) is None


def test_the_slowest_rhythm_is_kept_overnight() -> None:
    run_id = written("overnight", healthy)
    run = RunStore().open(run_id)
    path = run.directory / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json_line({**line, "t": 60 * line["t"]}) for line in lines))
    data = RunFeed(run)
    data.refresh()
    assert refresh_seconds(replace(run.info(), state="running"), data) == SLOWEST_REFRESH_SECONDS


def test_runs_of_one_name_and_minute_are_told_apart() -> None:
    """The browser sends the label of what was chosen."""
    older, newer = written("twin", healthy), written("twin", healthy)
    for place, run_id in enumerate((older, newer)):
        path = RunStore().open(run_id).directory / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": 1e9 + place}))
    page = open_page("pretrain", newer)
    chooser = page.selectbox(key="run_of_pretrain")
    assert len(set(chooser.options)) == len(chooser.options)
    chooser.set_value(older).run()
    assert not page.exception and page.selectbox(key="run_of_pretrain").value == older
