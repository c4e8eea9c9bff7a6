"""A new kind of experiment touches its own folder and its record, and nothing else: here is one."""

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import typer
from page_driver import open_page

from llmcore import kinds
from llmcore.cli.experiments import add_experiments
from llmcore.config import RunConfig
from llmcore.execution import launch
from llmcore.kinds import Experiment, Kind
from llmcore.runs import RunStore

FOLDER = {
    "settings.py": """
        from dataclasses import dataclass

        from llmcore.settings import Checked, setting


        @dataclass(slots=True, frozen=True)
        class CoinConfig(Checked):
            sides: tuple[str, ...] = setting(("head", "tail"), "what may come up")
            n_throws: int = setting(3, "how often the coin is thrown", 1, 100)

            def __post_init__(self) -> None:
                self.check_bounds()
                object.__setattr__(self, "sides", tuple(self.sides))
    """,
    "plan.py": '''
        from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
        from new_kind.settings import CoinConfig


        def plan(changes, name, train_changes):
            """Throw a coin."""
            coin = CoinConfig().with_(**changes)
            train = TrainConfig(steps=coin.n_throws).with_(**train_changes)
            return RunConfig("coin", name or "a coin", ModelConfig(), train, DataConfig("none"),
                             experiment=coin)
    ''',
    "run.py": """
        import random

        from llmcore.background import Stopped
        from llmcore.experiments.table import TableWork


        def run(run, config, control, sink):
            coin, done = config.experiment, run.events("throw")
            work = TableWork(run, control, sink, len(done))
            try:
                for number in range(len(done), coin.n_throws):
                    work.begin(f"Throw {number + 1}")
                    side = random.Random(number).choice(coin.sides)
                    work.end("throw", side=side)
            except Stopped:
                return work.outcome(stopped=True)
            return work.outcome(stopped=False)
    """,
    "answer.py": """
        def answer(run):
            sides = [event["side"] for event in run.events("throw")]
            return {"sides": sides}, ", ".join(sides)


        def line(event):
            return f"it shows {event['side']}" if event.get("type") == "throw" else None
    """,
}
RECORD = Kind("coin", "A thrown coin", "earlier-nlp", experiment=Experiment(
    "coin", "new_kind.settings:CoinConfig", "new_kind.run:run", "new_kind.answer:answer",
    "new_kind.answer:line", plan="new_kind.plan:plan",
))  # fmt: skip


@pytest.fixture
def coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new_kind"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, code in FOLDER.items():
        (folder / name).write_text(dedent(code), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(kinds.KINDS, "coin", RECORD)
    yield
    for name in [module for module in sys.modules if module.split(".")[0] == "new_kind"]:
        del sys.modules[name]


def command(*arguments: str) -> None:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    add_experiments(app)
    typer.main.get_command(app).main(list(arguments), standalone_mode=False)


def test_a_new_kind_has_a_command_with_its_settings_as_flags(coin, capsys) -> None:
    command("coin", "--n-throws", "4", "--sides", "one", "--name", "mine", "--json")
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["sides"] == ["one"] * 4 and answer["state"] == "done"
    assert "4/4  it shows one" in printed.err
    (info,) = [info for info in RunStore().list() if info.name == "mine"]
    written = json.loads((info.directory / "config.json").read_text(encoding="utf-8"))
    assert written["coin"] == {"sides": ["one"], "n_throws": 4} and "experiment" not in written
    assert RunConfig.from_dict(written) == RunStore().open(info.id).config


def test_its_flags_have_help_and_bounds(coin, capsys) -> None:
    command("coin", "--help")
    shown_help = " ".join(capsys.readouterr().out.split())
    assert "how often the coin is thrown" in shown_help and "1<=x<=100" in shown_help
    with pytest.raises(typer.BadParameter, match="less than or equal to 100"):
        command("coin", "--n-throws", "101")


def test_it_runs_in_a_thread_goes_on_and_stands_in_runs(coin, wait_until) -> None:
    from new_kind.plan import plan

    store = RunStore()
    run_id = store.mint_id("thread")
    launch.start(run_id, plan({"n_throws": 5}, "in a thread", {}), store)
    wait_until(lambda: not store.info(run_id).is_live, 60)
    assert store.info(run_id).state == "done" and len(store.open(run_id).events("throw")) == 5
    app = open_page("runs")
    assert not app.exception
    table = app.dataframe[0].value
    assert ("in a thread", "A thrown coin") in set(zip(table["Name"], table["Kind"], strict=True))
