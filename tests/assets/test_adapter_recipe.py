"""The recipe of the assistants, on a few rows beside the starter model."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_bundle import make_assistant, make_base, use_bundle

from assets import adapter_card, bundling, make_adapters
from llmcore import load_assistant
from llmcore.files import read_json, tree_bytes
from llmcore.models import list_models
from llmcore.presets import PRESETS
from llmcore.recipes.instructions import ASSISTANT_LORA


def test_the_recipe_is_a_command_of_the_lab_and_its_adapter_fits() -> None:
    words = make_adapters.command("translation", Path("/x/run"))
    assert words[:5] == ["finetune", "--task", "instruct", "--data", "translation"]
    assert words[words.index("--model") + 1] == "base" and "lora" in words
    n_bytes = 2 * ASSISTANT_LORA.n_parameters(PRESETS["base"].model)  # in half precision
    assert n_bytes < 0.85 * make_adapters.MAX_BYTES


def test_train_starts_resumes_and_leaves_a_finished_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(make_adapters, "lab", lambda words: asked.append(list(words)))
    make_adapters.train(["finetune"], tmp_path)
    (tmp_path / "config.json").write_text("{}")
    for state in ("interrupted", "done"):
        (tmp_path / "status.json").write_text(json.dumps({"state": state}))
        make_adapters.train(["finetune"], tmp_path)
    assert asked == [["finetune"], ["runs", "resume", str(tmp_path)]]


@pytest.mark.slow
def test_an_adapter_is_trained_bundled_loaded_and_its_card_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "mine.json"
    rows = [{"instruction": f"What about {n}?", "output": f"It is {n}."} for n in range(30)]
    data.write_text(json.dumps(rows))
    run = tmp_path / "run"
    more = ("--epochs", "1", "--batch-size", "8", "--threads", "1")
    words = make_adapters.command(str(data), run, "starter", more)
    make_adapters.train(words, run)
    target = tmp_path / "bundled" / "mine"
    n_bytes = make_adapters.bundle_adapter(run, target, "My assistant")
    assert n_bytes == tree_bytes(target) < make_adapters.MAX_BYTES
    (weights,) = target.rglob("*.safetensors")
    assert all(name.rpartition(".")[2] in {"lora_a", "lora_b"} for name in load_file(weights))
    kept = "".join(path.read_text() for path in target.rglob("*.json*"))
    assert str(tmp_path) not in kept and '"pid"' not in kept
    assert not (target / "data").exists() and not (target / "predictions.jsonl").exists()

    assistant = load_assistant(str(target))
    assert assistant.follows_instructions and len(assistant.answer(["What about 3?"], 4)) == 1
    path = tmp_path / "card.md"
    adapter_card.write_card("mine", "My assistant", run, target, words, path)
    card = path.read_text()
    assert card.startswith("# My assistant\n") and "A LoRA adapter of `starter` (rank 32" in card
    scores = bundling.lab_json(["evaluate", "--model", str(target), "--data", str(data)])
    assert f"| all | {scores['n']:,} | {scores['exact_match']:.1%} |" in card
    assert f"Loss of the expected answers: {scores['loss']:.4f}" in card
    assert str(tmp_path) not in card and "5 held-out prompts" in card


def test_a_bundled_adapter_is_listed_and_only_one_beside_a_bundled_model_is_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bundle"
    use_bundle(folder, monkeypatch)
    monkeypatch.setattr(make_adapters, "BUNDLE", folder)
    make_base(folder)
    make_assistant(folder)
    entries = {entry.ref: entry for entry in list_models("language")}
    assert entries["translation"].example and entries["translation"].label.endswith("(bundled)")

    run = folder / "translation"
    with pytest.raises(SystemExit, match="keeps whole weights, no adapter"):
        make_adapters.bundle_adapter(folder / "base", tmp_path / "x", "x")
    monkeypatch.setattr(make_adapters, "MAX_BYTES", 100)
    with pytest.raises(SystemExit, match="at most 100 may"):
        make_adapters.bundle_adapter(run, tmp_path / "x", "x")
    assert not (tmp_path / "x").exists()
    for state in run.rglob("state.json"):
        state.write_text(state.read_text().replace('"base@8"', '"20260101-000000-mine-abcdef@8"'))
    with pytest.raises(SystemExit, match="does not come with the lab"):
        make_adapters.bundle_adapter(run, tmp_path / "x", "x")
    status = read_json(run / "status.json")
    (run / "status.json").write_text(json.dumps({**status, "state": "stopped"}))
    with pytest.raises(SystemExit, match="finish it first"):
        make_adapters.bundle_adapter(run, tmp_path / "x", "x")
