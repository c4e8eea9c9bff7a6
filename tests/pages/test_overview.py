"""The Overview: empty, with a finished run, with a live one, with a store that is damaged."""

import json

import pytest
from streamlit.testing.v1 import AppTest
from written_runs import write_run

from llmcore.paths import PROJECT_ROOT, runs_dir
from llmcore.runs import RunStore
from ui.sidebar import live_infos, refresh_seconds


def overview() -> AppTest:
    return AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=30).run()


def map_of(app: AppTest) -> dict[str, dict[str, object]]:
    """The stations as the drawn map receives them, by name."""
    for element in app.main:
        found = _search(element, "stages")
        if found:
            return {stage["name"]: stage for stage in found}
    raise AssertionError("the map is not on the page")


def _search(element: object, key: str) -> list[dict[str, object]] | None:
    proto = getattr(element, "proto", None)
    text = getattr(proto, "bytes", b"")
    if text and key.encode() in text:
        return json.loads(text)[key]
    for child in getattr(element, "children", {}).values():
        found = _search(child, key)
        if found:
            return found
    return None


def captions(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption]


def test_empty_shows_map_steps_and_field() -> None:
    app = overview()
    assert not app.exception and not app.error
    assert app.title[0].value == "LLM Lab"
    stations = map_of(app)
    assert next(iter(stations)) == "text" and stations["instruct"]["state"] == "open"
    assert stations["instruct"]["page"] == "instructions"
    assert [name for name, station in stations.items() if station["state"] == "next"] == ["tokens"]
    assert "0 of 5 done" in captions(app)
    assert "Nothing is training now." in captions(app)


def test_finished_run_fills_its_stations() -> None:
    write_run("hamlet")
    stations = map_of(app := overview())
    assert stations["pretrain"]["state"] == "done"
    assert stations["base"]["status"] == "your best: 2.75 bits per byte on shakespeare"
    assert "1 of 5 done" in captions(app)


def on_text(run_id: str, text: bytes | None, bits: list[float], **data: object) -> None:
    """Lets a written run have learned from a text of its own, or from a built-in corpus."""
    directory = RunStore().directory(run_id)
    config = json.loads((directory / "config.json").read_text())
    config["data"].update({"source": "mine.txt", **data} if text is not None else data)
    (directory / "config.json").write_text(json.dumps(config))
    if text is not None:
        (directory / "data").mkdir()
        (directory / "data" / "mine.txt").write_bytes(text)
    line = {"v": 1, "attempt": 1, "t": 0.0, "split": "val", "loss": 2.5}
    (directory / "metrics.jsonl").write_text(
        "".join(json.dumps({**line, "step": n, "bits_per_byte": bit}) + "\n"
                for n, bit in enumerate(bits, 1))
    )  # fmt: skip


def test_the_best_is_one_of_the_same_text() -> None:
    """Bits per byte of another text, or of another share of it, are no better and no worse."""
    first, other, share, same, newest = (write_run(name) for name in "abcde")
    on_text(first, None, [1.0])
    on_text(other, b"another text", [1.2])
    on_text(share, b"a text", [1.3], validation=0.3)
    on_text(same, b"a text", [2.9, 2.5, 2.6])
    on_text(newest, b"a text", [2.8, 2.7])
    status = map_of(overview())["base"]["status"]
    assert status == "your best: 2.50 bits per byte on mine.txt"


def test_an_assistant_fills_the_last_station_which_leads_to_the_applications() -> None:
    assert map_of(overview())["use"]["page"] == "applications"
    assert map_of(overview())["use"]["status"] == "eight applications to try"
    write_run("answers", kind="instruct")
    assert map_of(overview())["use"]["state"] == "done"
    assert map_of(overview())["use"]["status"] == "your assistant answers"


def test_live_run_shows_in_map_and_sidebar() -> None:
    write_run("macbeth", state="running", step=10)
    app = overview()
    assert map_of(app)["pretrain"]["state"] == "live"
    assert map_of(app)["pretrain"]["status"] == "training, step 10 of 40"
    assert "Training now" in captions(app)


def test_the_strip_says_what_is_paused() -> None:
    write_run("macbeth", state="paused", step=10)
    assert "Paused" in captions(overview()) and "Training now" not in captions(overview())
    write_run("hamlet", state="running", step=10)
    app = overview()
    assert "Training now" in captions(app) and "Paused" not in captions(app)
    assert sorted("paused" in progress.proto.text for progress in app.get("progress")) == [
        False,
        True,
    ]


def test_damaged_run_does_not_take_the_page_down() -> None:
    broken = runs_dir() / "20260101-000000-broken-abcdef"
    broken.mkdir(parents=True)
    (broken / "config.json").write_text("{ not json", encoding="utf-8")
    app = overview()
    assert not app.exception and not app.error
    assert map_of(app)["pretrain"]["state"] == "open"


@pytest.mark.parametrize(("age", "seconds"), [(1, 2), (50, 5), (9_000, 10)])
def test_the_strip_is_drawn_more_slowly_for_runs_that_are_long_under_way(
    age: float, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run("macbeth", state="running", step=10)
    (live,) = live_infos()
    assert refresh_seconds([]) is None
    monkeypatch.setattr("ui.sidebar.time.time", lambda: live.created + age)
    assert refresh_seconds([live]) == seconds
