"""The views Over time and Induction of the Attention page, on runs that really trained."""

import pytest
from page_driver import button, component, shown, unpacked
from streamlit.testing.v1 import AppTest

from llmcore.execution import launch
from llmcore.execution.queue import RunQueue
from llmcore.experiments.induction import plan as induction
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore
from llmcore.runs.run import Run

PAGE = str(PROJECT_ROOT / "pages" / "attention.py")
SMALL = {"steps": 6, "batch_size": 4, "eval_every": 3, "eval_batches": 1, "warmup_steps": 1,
         "checkpoint_every": 6, "snapshot_every": 3, "log_every": 1}  # fmt: skip


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(induction, "TRAIN", induction.TRAIN.with_(**SMALL))


def opened(view: str, ref: str = "starter", text: str = "the cat sees") -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=120)
    page.query_params["model"] = ref
    page.query_params["view"] = view
    page.session_state["lab_text"] = text
    return page.run()


def filled(page: AppTest, wait_until) -> tuple[dict, list[bytes]]:
    """What the slider was given once every frame is made."""

    def all_made():
        page.run()
        data = component(page, "over_time")
        if data is None:
            return None
        header, weights = unpacked(data)
        return (header, weights) if all(frame["made"] for frame in header["frames"]) else None

    return wait_until(all_made, 120)


def test_every_snapshot_reaches_the_browser(trained: str, wait_until) -> None:
    page = opened("over_time", trained)
    header, weights = filled(page, wait_until)
    assert not page.exception and not page.error
    steps = [checkpoint.step for checkpoint in RunStore().open(trained).checkpoints()]
    assert [frame["step"] for frame in header["frames"]] == steps
    n_tokens = len(header["labels"])
    cells = header["layers"] * header["heads"] * n_tokens * (n_tokens + 1) // 2
    assert [len(weight) for weight in weights] == [cells] * len(steps)
    assert weights[0][0] == 255  # the first token has only itself to look at
    last = header["frames"][-1]
    assert len(last["lens"]) == header["layers"] + 1 and len(last["scores"]) == 5
    assert len(last["answers"]) == 8 and not header["classifier"]
    assert len(header["kinds"]) == 5


def test_a_run_with_one_snapshot_says_so_and_how_to_get_more(trained: str, wait_until) -> None:
    page = opened("over_time", "base")
    assert not page.exception
    # Nothing would move there, so the run with most snapshots is opened.
    assert page.session_state["attention_over_time_run"] != "base"
    assert "kept one snapshot only" in "".join(caption.value for caption in page.caption)
    page.selectbox(key="attention_over_time_run").set_value("base").run()
    assert "--snapshot-every" in page.info[0].value
    page.selectbox(key="attention_over_time_run").set_value(trained)
    header, _ = filled(page, wait_until)
    assert len(header["frames"]) >= 4 and not page.info


def test_the_slider_follows_the_model_picker(trained: str, wait_until) -> None:
    page = opened("over_time", "starter")
    assert page.session_state["attention_over_time_run"] == "starter"
    page.selectbox(key="attention_model").set_value(trained).run()
    assert page.session_state["attention_over_time_run"] == trained


def test_hostile_text_is_data_and_not_markup(trained: str, wait_until) -> None:
    text = "</script><script>alert(1)</script>"
    header, _ = filled(opened("over_time", trained, text), wait_until)
    assert header["prompt"] == text and any("<" in label for label in header["labels"])


def test_damaged_snapshots_are_one_sentence(trained: str, wait_until) -> None:
    run = RunStore().open(trained)
    for checkpoint in run.checkpoints():
        checkpoint.weights.write_bytes(b"nonsense")
    page = opened("over_time", trained)
    wait_until(lambda: page.run().error, 60)
    assert not page.exception and len(page.error) == 1
    assert len(page.code) == 2


def test_without_a_text_the_slider_asks_for_one() -> None:
    page = opened("over_time", text="")
    assert not page.exception and "Type a sentence" in page.info[0].value


def test_induction_before_and_after_a_run(quick, wait_until) -> None:
    page = opened("induction", text="")
    assert not page.exception and "Nothing was trained here yet" in page.info[0].value
    page.checkbox(key="induction_control").uncheck().run()
    button(page, "Start the experiment").click().run()
    assert not page.exception and not page.error
    runs = [info for info in RunStore().list() if not info.example]
    assert len(runs) == 1 and Run(runs[0].directory).config.train.head_scores
    wait_until(lambda: RunStore().info(runs[0].id).state == "done", 120)
    page.run()
    assert not page.exception and not page.error
    values = {metric.label: metric.value for metric in page.metric}
    assert values["Induction heads appear"] == "not yet"
    score = float(values["Best induction score"])
    assert score == pytest.approx(
        Run(runs[0].directory).metrics().last("val")["head_induction"], abs=0.006
    )
    assert "No head reached 50%" in shown(page)


def test_the_control_waits_in_the_queue(quick) -> None:
    page = opened("induction")
    button(page, "Start the experiment").click().run()
    assert not page.exception and not page.error
    layers = [
        Run(info.directory).config.model.n_layers for info in RunStore().list() if not info.example
    ]
    assert sorted(layers) == [1, 2]
    waiting = RunQueue().waiting()
    assert [Run(RunStore().directory(run_id)).config.model.n_layers for run_id in waiting] == [1]


def test_the_finished_run_opens_over_time(quick, wait_until) -> None:
    run_id = RunStore.mint_id("induction")
    launch.run_foreground(RunStore().directory(run_id), induction.plan_induction())
    page = opened("induction")
    button(page, "Look at its heads over time").click().run()
    assert not page.exception and not page.error
    assert page.session_state["attention_view"] == "over_time"
    assert page.session_state["attention_over_time_run"] == run_id
    header, _ = filled(page, wait_until)
    assert header["prompt"] == induction.PROMPT
