import json
import shutil

import pytest
from small_store import tiny_language_model
from tiny import pretrain_config, spam_table
from written_runs import write_run

from llmcore import models
from llmcore.errors import LabError, NotFoundError
from llmcore.execution import launch
from llmcore.models import reference
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore


@pytest.fixture
def store():
    models.clear_cache()
    return RunStore()


@pytest.fixture
def trained(store, tiny_run):
    return tiny_language_model(tiny_run, "tiny")


def test_a_run_is_found_by_id_by_step_by_latest_and_by_directory(trained):
    by_id = models.load(trained.id)
    assert by_id.kind == "language" and by_id.step == trained.info().best_step
    assert models.load(f"{trained.id}@latest").step == 8
    assert models.load(f"{trained.id}@5").step == 5
    assert models.load(str(trained.directory)).step == by_id.step


def test_the_same_checkpoint_is_loaded_once_and_a_new_one_again(trained):
    first = models.load(trained.id)
    assert models.load(trained.id).model is first.model
    checkpoint = trained.checkpoint("best")
    data = checkpoint.weights.read_bytes()
    checkpoint.weights.unlink()
    checkpoint.weights.write_bytes(data)
    assert models.load(trained.id).model is not first.model


def test_what_does_not_exist_is_refused_with_what_does(trained, tmp_path):
    with pytest.raises(NotFoundError, match="no model 'nothing'"):
        models.load("nothing")
    with pytest.raises(LabError, match="no checkpoint at step 3: it has 1, 2, 5, 8"):
        models.load(f"{trained.id}@3")
    with pytest.raises(LabError, match="No model was named"):
        models.load(" ")
    foreign = tmp_path / "hf"
    foreign.mkdir()
    (foreign / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(LabError):
        models.load(str(foreign))


def test_a_run_without_a_checkpoint_is_no_model_yet(store):
    run = launch.create(store.directory(store.mint_id("queued")), pretrain_config())
    assert run.id not in [entry.ref for entry in models.list_models()]
    with pytest.raises(LabError, match="no checkpoint yet"):
        models.load(run.id)


def test_models_of_one_name_are_told_apart_by_the_second_in_which_they_began(store):
    ids = [write_run("twin"), write_run("twin"), write_run("other")]
    for place, run_id in enumerate(ids):
        path = store.directory(run_id) / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": 1e9 + place}))
    labels = {entry.ref: entry.label for entry in models.list_models()}
    assert labels[ids[0]] != labels[ids[1]]
    assert labels[ids[0]].startswith("twin · step 40 · 2001-09-09")
    assert labels[ids[2]] == "other · step 40"


def test_a_classifier_keeps_its_labels_and_its_parent(trained, store):
    config = plan_classify("t.csv", trained.id, table=spam_table(), epochs=1)
    info = launch.run_foreground(store.directory(store.mint_id("c")), config, spam_table())
    loaded = models.load(info.id)
    assert loaded.labels == ["ham", "spam"] and loaded.kind == "classifier"
    assert loaded.card["parent"] == trained.id
    entries = {entry.ref: entry.kind for entry in models.list_models()}
    assert entries[info.id] == "classifier" and entries[trained.id] == "language"
    rows = models.classify_texts(loaded, ["WIN a prize now call 12345 free", "are you home"])
    assert len(rows) == 2 and set(rows[0]["probabilities"]) == {"ham", "spam"}
    with pytest.raises(LabError, match="not a classifier"):
        models.classify_texts(models.load(trained.id), ["hello"])


def test_a_damaged_weights_file_is_one_sentence(trained):
    trained.checkpoint("best").weights.write_bytes(b"nonsense")
    with pytest.raises(LabError) as caught:
        models.load(trained.id)
    assert "\n" not in str(caught.value)


def test_the_cache_drops_the_least_recently_used_beyond_its_bytes(trained, monkeypatch):
    first = models.load(trained.id)
    size = sum(parameter.numel() * 4 for parameter in first.model.parameters())
    assert reference._cache.size == size
    monkeypatch.setattr(reference._cache, "limit", 2 * size)
    for step in (5, 8):
        models.load(f"{trained.id}@{step}")
        assert models.load(trained.id).model is first.model
    assert reference._cache.size <= 2 * size


def test_tokenizers_are_named_like_models(trained):
    assert models.tokenizer_for("bytes").vocab_size == 257
    own = models.tokenizer_for(trained.id)
    assert own.fingerprint == models.tokenizer_for(str(trained.directory / "tokenizer")).fingerprint


def test_a_reference_means_the_same_weights_when_the_best_moves_on(trained):
    reference = models.resolve(trained.id)
    step, key = reference.step, reference.key
    assert (step, key) == (trained.info().best_step, models.load(trained.id).key)
    assert reference.run is not None and reference.run.id == trained.id
    assert reference.config == trained.config.model
    assert reference.tokenizer().fingerprint == models.tokenizer_for(trained.id).fingerprint
    assert reference.pinned == f"{trained.id}@{step}"
    shutil.rmtree(trained.checkpoint("best").directory)
    assert models.resolve(trained.id).step != step and (reference.step, reference.key) == (
        step,
        key,
    )


def test_a_reference_is_opened_once_for_all_that_is_asked_of_it(trained, monkeypatch):
    opened = []
    real = RunStore.open
    monkeypatch.setattr(RunStore, "open", lambda self, ref: opened.append(ref) or real(self, ref))
    reference = models.resolve(trained.id)
    n_opened = len(opened)
    loaded = reference.load()
    assert loaded.key == reference.key and loaded.trunk.config == reference.config
    assert reference.tokenizer() and reference.load() is loaded and len(opened) == n_opened


def test_what_was_read_and_not_loaded_is_not_kept(trained):
    reference = models.snapshot(trained, trained.checkpoint("latest"))
    assert reference.read().step == 8 and reference.read() is not reference.read()
    assert reference.load() is reference.load() and reference.ref == f"{trained.id}@8"


def test_a_folder_with_the_sign_in_its_path_is_a_reference(trained, tmp_path):
    place = str(tmp_path / "me@work" / "run")
    shutil.copytree(trained.directory, place)
    assert models.resolve(place).step == trained.info().best_step
    assert models.resolve(f"{place}@5").pinned == f"{place}@5"
