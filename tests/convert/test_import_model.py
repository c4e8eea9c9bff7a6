"""A GPT-2 becomes a run that the whole lab opens, or nothing at all."""

import json

import pytest
import torch
from convert.gguf_vocabulary import write_whole_gguf
from convert.llama_models import made
from safetensors.torch import load_file
from tiny import spam_table

from llmcore import models
from llmcore.convert import gpt2, import_model, verify
from llmcore.convert.hf_tokenizer import write_tokenizer
from llmcore.convert.import_model import locate
from llmcore.errors import LabError, StateError
from llmcore.execution import launch
from llmcore.interpret.attention import attend
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore
from llmcore.tokenizers import train_bpe


@pytest.fixture
def store():
    models.clear_cache()
    return RunStore()


@pytest.fixture
def source(make_hf, tmp_path):
    """The directory of a random GPT-2 with a tokenizer of its own."""
    directory = tmp_path / "tiny-gpt2"
    make_hf(directory)
    write_tokenizer(train_bpe([spam_table().decode()], 300), directory, 32)
    return directory


def make(store, source, name=None):
    directory = store.directory(store.mint_id(name or "imported"))
    return import_model.import_model(locate(str(source)), directory, name)


def test_the_run_has_the_weights_and_all_that_the_lab_asks_for(store, source, transformers):
    made = make(store, source)
    assert made.max_abs_logit_difference <= 1e-4 and made.notices == []
    info = store.info(made.run.id)
    assert (info.kind, info.state, info.step, info.name) == ("pretrain", "done", 0, "tiny-gpt2")
    notices = [event["text"] for event in made.run.events("notice")]
    assert notices == [f"Imported from {source}."]
    loaded = models.load(made.run.id)
    assert loaded.tokenizer.vocab_size == 300 and loaded.step == 0
    theirs = load_file(source / "model.safetensors")
    assert torch.equal(
        loaded.model.blocks[1].attention.qkv.weight,
        theirs["transformer.h.1.attn.c_attn.weight"].T,
    )
    assert made.parameters == made.run.config.model.n_parameters()
    assert made.run.id in [entry.ref for entry in models.list_models("language")]
    assert attend(loaded.model, loaded.tokenizer, "call now").weights.shape[:2] == (2, 3)


def test_it_can_be_finetuned(store, source):
    made = make(store, source, "my gpt")
    config = plan_classify("t.csv", made.run.id, table=spam_table(), epochs=1)
    info = launch.run_foreground(store.directory(store.mint_id("c")), config, spam_table())
    assert info.state == "done" and models.load(info.id).labels == ["ham", "spam"]
    assert store.info(made.run.id).name == "my gpt"


def test_a_classifier_becomes_a_classifying_run(store, make_hf, tmp_path):
    make_hf(tmp_path / "c", kind="GPT2ForSequenceClassification", id2label={0: "a", 1: "b"})
    made = make(store, tmp_path / "c")
    assert made.max_abs_logit_difference <= 1e-4
    loaded = models.load(made.run.id)
    assert loaded.labels == ["a", "b"]
    assert models.classify_texts(loaded, ["hello"])[0]["label"] in {"a", "b"}


def test_without_transformers_the_difference_is_unknown_and_said(store, source, monkeypatch):
    monkeypatch.setattr(verify, "find_spec", lambda name: None)
    made = make(store, source)
    assert made.max_abs_logit_difference is None
    assert any("transformers is not installed" in notice for notice in made.notices)


def test_a_wrong_mapping_leaves_nothing(store, source, monkeypatch):
    original = gpt2._read

    def turned(files, full, name, where):
        tensor = original(files, full, name, where)
        return tensor.flip(0) if name.hf == "h.1.attn.c_proj.weight" else tensor

    monkeypatch.setattr(gpt2, "_read", turned)
    with pytest.raises(LabError, match="differ by .* from those of its source.*nothing was kept"):
        make(store, source)
    assert list(store.root.iterdir()) == []


def test_a_folder_that_holds_something_is_refused(store, source, tmp_path):
    with pytest.raises(StateError, match="not empty"):
        import_model.import_model(locate(str(source)), source)
    assert json.loads((source / "config.json").read_text())["model_type"] == "gpt2"


def test_a_model_without_ids_for_bytes_says_so_where_text_is_read(store, make_hf, tmp_path):
    make_hf(tmp_path / "few", vocab_size=99)
    made = make(store, tmp_path / "few")
    assert "99 tokens are too few" in made.notices[0]
    loaded = models.load(made.run.id)
    with pytest.raises(LabError, match="token id 116 but the model knows 99"):
        attend(loaded.model, loaded.tokenizer, "the cat")
    config = plan_classify("t.csv", made.run.id, table=spam_table(), epochs=1)
    with pytest.raises(LabError, match="knows 99 tokens but its tokenizer has 257"):
        launch.run_foreground(store.directory(store.mint_id("c")), config, spam_table())


@pytest.mark.parametrize("name", ["llama 3.1", "qwen2", "qwen3", "mistral"])
def test_a_llama_shaped_folder_becomes_a_run(store, tmp_path, transformers, name):
    tokenizer = train_bpe([spam_table().decode()], 300)
    source = tmp_path / "their-model"
    theirs = made(transformers, name, vocab_size=304, eos_token_id=tokenizer.eot_id)
    theirs.save_pretrained(source)
    write_tokenizer(tokenizer, source, 64)
    found = make(store, source)
    assert found.architecture == name.split()[0] and found.max_abs_logit_difference <= 1e-4
    assert any("304 rows of embeddings but its tokenizer 300" in notice for notice in found.notices)
    loaded = models.load(found.run.id)
    assert loaded.model.config == found.run.config.model and loaded.tokenizer.vocab_size == 300
    assert attend(loaded.model, loaded.tokenizer, "call now").weights.shape[:2] == (3, 6)


def test_a_gguf_file_becomes_a_run_in_half_precision(store, tmp_path, transformers):
    path = tmp_path / "Some Model.gguf"
    write_whole_gguf(transformers, path)
    found = make(store, path)
    assert found.architecture == "llama" and found.run.name() == "Some Model"
    assert found.max_abs_logit_difference == 0.0  # it holds fp32
    loaded = models.load(found.run.id)
    assert loaded.tokenizer.encode("the") == [259, 104]
    assert loaded.tokenizer.eot_id == 0 and loaded.tokenizer.ends == {0, 2}
    assert models.resolve(str(path)).load().tokenizer.fingerprint == loaded.tokenizer.fingerprint


def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_read(
    store, source, monkeypatch
):
    monkeypatch.setattr("llmcore.convert.foreign.available_memory_bytes", lambda: 1000)
    with pytest.raises(LabError, match="only 0.0 GB are free"):
        make(store, source)
    assert list(store.root.iterdir()) == []
