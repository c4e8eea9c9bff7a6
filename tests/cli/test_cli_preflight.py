"""`preflight`, and what `runs show` says of a curve."""

import math

from tiny import TEXT, pretrain_config, sentences

from llmcore.advice import preflight
from llmcore.execution import launch
from llmcore.files import json_line
from llmcore.runs import RunStore

ARGUMENTS = ("preflight", "--corpus", "shakespeare", "--preset", "tiny", "--tokenizer", "bytes")


def test_preflight_without_a_try_gives_sizes_and_no_speed(lab):
    found = lab(*ARGUMENTS, "--no-measure", "--steps", "10", "--json").json
    assert found["fits"] and found["problems"] == [] and found["tokens_per_s"] is None
    assert found["tokens"] == 10 * 16 * 128
    memory = found["memory"]
    assert memory.pop("peak") == sum(memory.values())
    assert set(memory) == {"weights", "gradients", "optimizer", "activations"}


def test_preflight_counts_the_parts_that_were_exchanged(lab):
    switches = ("--norm", "rms", "--feed-forward", "swiglu", "--position", "rope",
                "--n-kv-heads", "2")  # fmt: skip
    plain, modern = (
        lab(*ARGUMENTS, *added, "--no-measure", "--json").json["parameters"]
        for added in ((), switches)
    )
    # Without an embedding of positions, biases of the norms, half of keys and values.
    C, L, T = 64, 4, 128
    norms = (2 * L + 1) * C
    kept = L * (C * C + C)
    gelu, swiglu = L * (8 * C * C + 5 * C), L * 3 * C * 168
    assert plain - modern == T * C + norms + kept + gelu - swiglu


def test_preflight_tries_real_steps(lab):
    found = lab(*ARGUMENTS, "--d-model", "16", "--context-length", "16", "--json").json
    assert found["tokens_per_s"] > 50 and found["seconds"] > 0


def test_what_does_not_fit_names_the_flag_that_fixes_it(lab, monkeypatch):
    peak = lab(*ARGUMENTS, "--no-measure", "--json").json["memory"]["peak"]
    monkeypatch.setattr(preflight, "available_memory_bytes", lambda: peak - 1)
    found = lab(*ARGUMENTS, "--json").json
    assert not found["fits"] and found["problems"][0]["change"] == {"accumulation": 2}
    assert lab(*ARGUMENTS, "--no-measure", "--accumulation", "2", "--json").json["fits"]
    assert "will not fit" in lab(*ARGUMENTS, "--no-measure").out


def test_a_text_too_short_for_the_context_does_not_fit(lab, tmp_path):
    path = tmp_path / "short.txt"
    path.write_text(sentences(40))
    short = ("preflight", "--corpus", path, "--preset", "tiny", "--tokenizer", "bytes")
    found = lab(*short, "--context-length", 512, "--json").json
    (problem,) = found["problems"]
    assert not found["fits"] and found["seconds"] is None
    longest = problem["change"]["context_length"]
    assert f"at most {longest}," in problem["text"]
    again = lab(*short, "--context-length", longest, "--no-measure", "--json").json
    assert again["fits"] and again["problems"] == []
    path.write_text("abc\n")  # four bytes fit nothing
    found = lab(*short, "--json").json
    assert not found["fits"] and found["problems"][0]["change"] == {}


def test_the_vocabulary_that_a_short_text_gives_is_said(lab, tmp_path):
    path = tmp_path / "short.txt"
    path.write_text(sentences(60))
    asked = lab("preflight", "--corpus", path, "--preset", "tiny", "--vocab-size", 4096,
                "--no-measure", "--context-length", 16, "--json")  # fmt: skip
    small = lab("preflight", "--corpus", path, "--preset", "tiny", "--vocab-size", 300,
                "--no-measure", "--context-length", 16, "--json")  # fmt: skip
    assert "tokens, not 4,096" in asked.err and "tokens, not" not in small.err
    assert asked.json["parameters"] < small.json["parameters"] + 64 * 400


def test_runs_show_has_the_findings(lab):
    store = RunStore()
    run_id = store.mint_id("ill")
    directory = store.directory(run_id)
    launch.create(directory, pretrain_config(steps=200), TEXT.encode())
    (directory / "metrics.jsonl").write_text("".join(
        json_line({"v": 1, "attempt": 1, "split": "train", "step": step,
                   "loss": 2.5 + 3 * math.exp(-step / 30) + (1.5 if step > 100 else 0)})
        for step in range(1, 201)
    ))  # fmt: skip
    (finding,) = lab("runs", "show", run_id, "--json").json["findings"]
    assert finding["kind"] == "diverged" and finding["change"]["learning_rate"] < 3e-3
    assert "rises again" in lab("runs", "show", run_id).out
