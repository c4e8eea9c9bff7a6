"""Models found by name in caches and by directory, without importing them and without a network."""

import json
import os

import pytest

from llmcore import models
from llmcore.convert import locate
from llmcore.errors import DamagedError, LabError, NotFoundError


def cache_folder(root, repository, revision="a" * 40, refs=True):
    """The snapshot directory of a model in a cache with the hub's layout."""
    folder = root / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / revision
    snapshot.mkdir(parents=True)
    if refs:
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(revision)
    return snapshot


@pytest.fixture
def hub_cache(tmp_path):
    return tmp_path / "hf-home" / "hub"  # HF_HOME of the tests, see tests/conftest.py


def test_a_name_is_loaded_from_the_hubs_cache_and_listed(make_hf, hub_cache):
    make_hf(cache_folder(hub_cache, "openai-community/gpt2"))
    make_hf(cache_folder(hub_cache, "some-one/tiny-gpt2"), kind="GPT2ForSequenceClassification")
    loaded = models.load("gpt2")
    assert loaded.kind == "language" and loaded.ref == "gpt2" and loaded.step == 0
    assert models.load("openai-community/gpt2").model is loaded.model
    assert models.model_config("gpt2").n_heads == 3
    assert models.checkpoint_key("gpt2") == loaded.key
    entries = {entry.ref: entry.kind for entry in models.list_models()}
    assert entries["gpt2"] == "language" and entries["some-one/tiny-gpt2"] == "classifier"
    refs = [entry.ref for entry in models.list_models("language")]
    assert refs.index("gpt2") < refs.index("starter") and "some-one/tiny-gpt2" not in refs


def test_the_caches_are_found_by_hugging_faces_own_variables(make_hf, tmp_path, monkeypatch):
    make_hf(cache_folder(tmp_path / "elsewhere", "some-one/tiny"))
    with pytest.raises(NotFoundError):
        models.load("some-one/tiny")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    assert models.load("some-one/tiny").trunk.config.n_heads == 3
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert locate.cache_roots()[-1] == tmp_path / "xdg" / "huggingface" / "hub"


def test_the_revision_main_counts_then_the_newest_whole_one(make_hf, hub_cache):
    old = cache_folder(hub_cache, "some-one/tiny", "a" * 40)
    new = cache_folder(hub_cache, "some-one/tiny", "b" * 40, refs=False)
    make_hf(old, n_head=3)
    make_hf(new, n_head=2)
    os.utime(old, (1, 1))
    assert models.load("some-one/tiny").trunk.config.n_heads == 3
    (hub_cache / "models--some-one--tiny" / "refs" / "main").write_text("../../../../etc")
    assert models.load("some-one/tiny").trunk.config.n_heads == 2
    (new / "model.safetensors").unlink()
    assert models.load("some-one/tiny").trunk.config.n_heads == 3


def test_a_name_that_is_not_here_is_not_downloaded_but_says_how(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", None)
    for name in ("gpt2", "gpt2-xl", "some-one/tiny"):
        with pytest.raises(NotFoundError, match=f"import-model {name}"):
            models.load(name)
    with pytest.raises(NotFoundError, match="no model 'nothing'"):
        models.load("nothing")


def test_the_built_in_tokenizer_keeps_its_name(make_hf, hub_cache):
    make_hf(cache_folder(hub_cache, "openai-community/gpt2"))
    assert models.tokenizer_for("gpt2").vocab_size == 50257


def test_what_the_cache_holds_beside_gpt2_is_passed_over(make_hf, hub_cache):
    snapshot = cache_folder(hub_cache, "some-one/bert")
    make_hf(snapshot)
    config = json.loads((snapshot / "config.json").read_text())
    (snapshot / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    cache_folder(hub_cache, "some-one/empty")
    (cache_folder(hub_cache, "some-one/half") / "config.json").write_text("{half")
    assert locate.cached_models() == []


@pytest.mark.parametrize("name", ["", " ", "..", "../x", "a/../b", "a/b/c", "/etc", "a b", "a\\b"])
def test_names_never_lead_out_of_the_cache(name):
    assert locate.repositories(name) == []
    assert locate.find(name) is None


@pytest.mark.parametrize(
    "weight_map",
    [{}, None, [], {"wte.weight": "../x.safetensors"}, {"wte.weight": "model.bin"},
     {"wte.weight": "/etc/passwd"}, {"wte.weight": ".safetensors"}],
)  # fmt: skip
def test_an_index_names_plain_files_only(weight_map):
    with pytest.raises(DamagedError):
        locate.shard_names({"weight_map": weight_map})


def test_the_key_changes_with_the_weights(make_hf, tmp_path):
    make_hf(tmp_path)
    before = models.checkpoint_key(str(tmp_path))
    make_hf(tmp_path, n_layer=1)
    assert models.checkpoint_key(str(tmp_path)) != before
    with pytest.raises(LabError, match="holds no model"):
        models.load(str(tmp_path.parent))
