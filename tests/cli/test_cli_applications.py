"""`applications list` and `applications measure`: where figures go, and what goes wrong."""

import json

import pytest
from tiny_bundle import ROWS

from llmcore.applications.figures import bundled_figures, own_path
from llmcore.files import read_json

pytestmark = pytest.mark.usefixtures("bundle")


def test_the_list_says_who_serves_what(lab) -> None:
    jobs = {job["job"]: job for job in lab("applications", "list", "--json").json["jobs"]}
    assert len(jobs) == 8
    assert jobs["translation"]["model"] == "translation" and jobs["novel-text"]["model"] == "base"
    assert jobs["summaries"]["model"] is None and jobs["translation"]["figure"] is None
    assert "not yet" in lab("applications", "list").out


def test_a_part_goes_into_the_cache_and_the_whole_into_the_repository(
    lab, tmp_path, monkeypatch
) -> None:
    from llmcore.applications import jobs, measuring

    rows = jobs.held_out(jobs.JOBS["translation"])[::64]
    monkeypatch.setattr(measuring, "held_out", lambda job: rows)
    (part,) = lab("applications", "measure", "--job", "translation", "--n", 5, "--json").json[
        "figures"
    ]
    assert (part["n"], part["n_all"]) == (5, len(rows)) and part["baselines"]
    assert part["works"] is False and part["beats_baseline"] is False
    assert own_path().is_file() and not bundled_figures()
    said = lab("applications", "measure", "--job", "translation")
    assert "not at this size" in said.out and "nearest neighbour" in said.out
    kept = read_json(tmp_path / "applications.json")["figures"]["translation"]
    assert kept["n"] == len(rows) and kept["command"].endswith("--model translation")
    (listed,) = [job for job in lab("applications", "list", "--json").json["jobs"]
                 if job["job"] == "translation"]  # fmt: skip
    assert listed["figure"]["n"] == len(rows)


def test_a_bundled_adapter_generates_and_is_evaluated_by_its_name(lab, tmp_path) -> None:
    made = lab("generate", "--model", "translation", "--instruction", "Put it into French.",
               "--input", "the cat 3", "--max-new-tokens", 4, "--json").json  # fmt: skip
    assert made["prompt"] == "Put it into French. the cat 3:" and len(made["ids"]) <= 4
    data = tmp_path / "mine.json"
    data.write_text(json.dumps(ROWS))
    scores = lab("evaluate", "--model", "translation", "--data", data, "--json").json
    assert scores["n"] == len(ROWS) and {"exact_match", "chrf", "loss"} <= set(scores)


def test_another_model_never_writes_into_the_repository(lab) -> None:
    made = lab("applications", "measure", "--job", "translation", "--model", "base", "--n", 4)
    assert made.status == 0 and not bundled_figures()


def test_jobs_without_a_model_are_said_and_left_out(lab) -> None:
    said = lab("applications", "measure", "--job", "summaries", "--json")
    assert said.json == {"figures": []} and "--data general --train lora" in said.err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--job", "cooking"), "There is no job 'cooking'"),
        (("--job", "translation", "--model", "nowhere"), "There is no model 'nowhere'"),
        (("--job", "translation", "--n", 1), "--n"),
    ],
)
def test_what_cannot_be_is_one_line(lab, arguments, part) -> None:
    assert part in lab("applications", "measure", *arguments).error
