"""LLM vs earlier NLP: empty, with finished runs written by hand, and started by its button."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from page_driver import button, open_page, shown
from streamlit.testing.v1 import AppTest
from written_tables import comparison, write_table_run

from llmcore.execution import launch
from llmcore.experiments import measured_tables
from llmcore.experiments.diverse_data.cells import MIX, DiverseMatrix
from llmcore.experiments.diverse_data.plan import plan_diverse
from llmcore.experiments.earlier_nlp.cells import PRETRAINED, ROWS, Comparison
from llmcore.experiments.earlier_nlp.plan import QUICK
from llmcore.experiments.earlier_nlp.words import answer_sentences
from llmcore.experiments.measured_tables import measured_table
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore
from ui.earlier_nlp.diverse import read_here


def table_of(page: AppTest) -> dict:
    found = _search(page.main, b'"columns"')
    assert found is not None, "the table is not on the page"
    return json.loads(found)


def _search(element: object, key: bytes) -> bytes | None:
    data = getattr(getattr(element, "proto", None), "bytes", b"")
    if data and key in data:
        return data
    children = getattr(element, "children", {}).values()
    return next(
        (inner for inner in map(lambda child: _search(child, key), children) if inner), None
    )


def test_on_arrival_it_shows_the_shipped_table_and_offers_to_measure_here() -> None:
    page = open_page("earlier-nlp")
    assert not page.exception and not page.error
    assert page.title[0].value == "LLM vs earlier NLP"
    assert "Measure it on this machine" in shown(page)
    assert button(page, "Compare them all").disabled is False
    assert (
        "two quiet cores" in shown(page) and "python -m llmcore compare-nlp" in page.code[-1].value
    )
    shipped = measured_table("compare-nlp")
    day = date.fromisoformat(shipped.day)
    words = shown(page).replace("\\", "")
    assert f"Measured for this page on {day.day} {day:%B} {day.year}" in words
    assert f"{shipped.machine.cpus} cores ({shipped.machine.cpu})" in words
    assert f"commit {shipped.commit}" in words and shipped.command in words
    kinds = {cell["kind"] for row in table_of(page)["rows"] for cell in row["cells"]}
    assert kinds == {"best", "score", "not", "writes"}
    assert answer_sentences(Comparison(shipped))[0] in words


def test_without_a_shipped_table_it_still_offers_the_measurement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(measured_tables, "MEASURED", tmp_path)
    page = open_page("earlier-nlp")
    assert not page.exception and not page.error and len(page.code) == 2
    assert button(page, "Compare them all").disabled is False


def test_diverse_data_shows_its_shipped_matrix_and_what_wasread_here() -> None:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "earlier-nlp.py"), default_timeout=90)
    page.query_params["view"] = "diverse"
    page.run()
    assert not page.exception and not page.error
    words = shown(page).replace("\\", "")
    assert "Measured for this page on" in words and "Train and test them" in words
    found = DiverseMatrix(measured_table("diverse-data"))
    assert list(page.dataframe[0].value["Trained on"]) == [*found.corpora, MIX]
    base = RunStore().open("base").config
    read = base.train.steps * base.train.batch_size * base.model.context_length
    here = dict(read_here(None))
    assert here == {"here: base, the pretrained model": read} | {
        f"here: {name}": model.words for name, model in found.trained.items()
    }


def test_a_table_that_begins_stands_there_with_open_cells() -> None:
    page = open_page("earlier-nlp", comparison("running", n_cells=0))
    kinds = [cell["kind"] for row in table_of(page)["rows"] for cell in row["cells"]]
    assert kinds.count("open") == 19 and kinds.count("not") == 6


def test_a_finished_comparison_says_first_where_the_earlier_model_wins() -> None:
    page = open_page("earlier-nlp", comparison())
    assert not page.exception and not page.error
    words = shown(page).replace("\\", "")
    first = next(line for line in words.splitlines() if line.startswith("**On "))
    assert first.startswith("**On spam, the earlier model wins: naive Bayes reaches 1.000")
    table = table_of(page)
    assert [column["earlier"] for column in table["columns"]] == [True, True, True, False, False]
    assert [row["title"] for row in table["rows"]] == list(ROWS.values())
    spam, _, next_word, story, _ = table["rows"]
    assert spam["cells"][1]["kind"] == "best" and spam["cells"][1]["head"] == "1.000"
    assert spam["cells"][0]["below"] == ["trained 0.5 s", "2.5 MB"]
    assert next_word["cells"][1]["kind"] == "not" and "next word" in next_word["cells"][1]["tell"]
    assert story["cells"][4]["below"] == ["80% known words", "copies 3 in a row"]
    samples = [code.value for code in page.code]
    assert "Once upon a time" in samples
    assert f"{PRETRAINED} <script>alert(1)</script> wrote" in samples
    assert "Not able: Bag of words" in words


def test_a_half_filled_table_shows_what_is_there_and_can_be_resumed() -> None:
    page = open_page("earlier-nlp", comparison("stopped", n_cells=3))
    assert not page.exception and not page.error
    kinds = [cell["kind"] for cell in table_of(page)["rows"][0]["cells"]]
    assert kinds == ["best", "open", "open", "open", "open"]
    assert button(page, "Resume") and not any(
        button.label == "Learning rate" for button in page.button
    )


def test_the_button_starts_the_run_that_is_shown_then(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def start(run_id, config, store=None, data=None):
        started.append(config)
        launch.create(store.directory(run_id), config)

    monkeypatch.setattr(launch, "start", start)
    page = open_page("earlier-nlp")
    page.toggle(key="compare_quick").set_value(True).run()
    button(page, "Compare them all").click().run()
    assert not page.exception and not page.error
    assert started[0].kind == "compare-nlp" and started[0].experiment == QUICK
    assert "0 of 19 cells" in page.get("progress")[0].proto.text.replace("\\", "")


def test_history_tells_each_model_and_the_timeline() -> None:
    file = PROJECT_ROOT / "pages" / "earlier-nlp.py"
    page = AppTest.from_file(str(file), default_timeout=90)
    page.query_params["view"] = "history"
    page.run()
    assert not page.exception and not page.error
    assert shown(page).count("What it cannot do, and why") == 3
    years = re.findall(r"^\| \*\*(\d{4})\*\* \| \*\*.+\*\* .+ \| .+ \|$", shown(page), re.MULTILINE)
    assert years == sorted(years) and "2017" in years and len(years) >= 10


def diverse() -> str:
    config = plan_diverse()
    scores = {"shakespeare": (2.2, 3.5, 3.6), "messages": (3.4, 2.6, 3.1),
              "conversations": (3.9, 3.4, 2.9), MIX: (2.5, 2.8, 2.5)}  # fmt: skip
    events = []
    for name, row in scores.items():
        events.append({"type": "trained", "corpus": name, "words": 1000, "corpus_bytes": 9,
                       "tokens_read": 5, "seconds": 61.0, "parameters": 7})  # fmt: skip
        events += [
            {"type": "score", "trained": name, "tested": test, "bits_per_byte": bits}
            for test, bits in zip(list(scores)[:3], row, strict=True)
        ]
    return write_table_run(config, events)


def test_the_matrix_of_a_run_in_the_address_is_shown_with_its_sentence() -> None:
    page = open_page("earlier-nlp", diverse())
    assert not page.exception and not page.error
    words = shown(page).replace("\\", "")
    assert "On its own corpus the specialist is better in 2 of 3 cases" in words
    assert "the model of the mix is best: 2.60 bits per byte against 3.03" in words
    table = page.dataframe[0].value
    assert list(table["Trained on"]) == ["shakespeare", "messages", "conversations", "mix"]
    assert "Brown et al. 2020" in words and "Llama 3, 2024" in words
