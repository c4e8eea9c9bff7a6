"""GGUF files: the header, every type of number, and the logits of transformers."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from convert.llama_models import ids, logits_of, made, write_gguf

from llmcore.convert.foreign import architecture, read_model, stored_precision
from llmcore.convert.gguf_header import TYPES, GgufFile
from llmcore.convert.locate import find
from llmcore.errors import DamagedError, LabError

gguf = pytest.importorskip("gguf")
CLOSE = {"rtol": 1e-4, "atol": 2e-5}
# Family -> llama.cpp's architecture. "llama heads" has q and k of another width than the stream.
FILES = {
    "llama": "llama", "llama tied": "llama", "llama 3.1": "llama", "llama biases": "llama",
    "llama heads": "llama", "qwen2": "qwen2", "qwen3": "qwen3",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_logits_are_those_of_transformers(transformers, tmp_path, name):
    changes = {}
    if name == "llama 3.1":  # llama.cpp's files hold factors; the settings are always these
        rope = dict(made(transformers, name).config.rope_parameters)
        changes = {"rope_parameters": rope | {"original_max_position_embeddings": 8192,
                                              "rope_theta": 500_000.0}}  # fmt: skip
    theirs = made(transformers, name, **changes)
    path = tmp_path / "model.gguf"
    write_gguf(theirs, path, FILES[name])
    foreign = find(str(path))
    model, labels = read_model(foreign)
    assert labels is None and architecture(foreign) == FILES[name]
    assert (foreign.config.rope_scaling is not None) == (name == "llama 3.1")
    with torch.no_grad():
        torch.testing.assert_close(model(ids()), logits_of(theirs), **CLOSE)


def test_smollm3_skips_every_fourth_turn(transformers, tmp_path):
    layers = {"num_hidden_layers": 5, "no_rope_layers": [1, 1, 1, 0, 1]}
    theirs = made(transformers, "smollm3", **layers, no_rope_layer_interval=4)
    write_gguf(theirs, tmp_path / "model.gguf", "smollm3")
    with torch.no_grad():
        ours = read_model(find(str(tmp_path / "model.gguf")))[0](ids())
        torch.testing.assert_close(ours, logits_of(theirs), **CLOSE)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_numbers_are_those_of_the_gguf_package(tmp_path, kind):
    """Two tensors, so that the second one's place in the file is seen too."""
    type_ = gguf.GGMLQuantizationType[kind]
    block, size = gguf.GGML_QUANT_SIZES[type_]
    rng, path = np.random.default_rng(0), tmp_path / "model.gguf"
    writer, expected = gguf.GGUFWriter(path, "llama"), {}
    for name, rows in (("one", 3), ("two", 5)):
        values = rng.normal(size=(rows, 2 * max(block, 16))).astype(np.float32)
        try:
            raw = gguf.quants.quantize(values, type_)
        except NotImplementedError:  # the package only reads this one: any bytes are numbers
            raw = rng.integers(0, 60, (rows, values.shape[1] // block * size), dtype=np.uint8)
        writer.add_tensor(name, raw, raw_dtype=type_)
        expected[name] = gguf.quants.dequantize(raw, type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file = GgufFile(path)
    for name, values in expected.items():
        found = file.read(name)
        assert found.shape == values.shape and found.dtype == torch.float32
        np.testing.assert_array_equal(found.numpy(), values.astype(np.float32))


@pytest.mark.parametrize(("kind", "worst"), [("Q8_0", 0.04), ("BF16", 0.01), ("F16", 0.002)])
def test_a_narrower_file_is_the_same_model_but_for_rounding(transformers, tmp_path, kind, worst):
    theirs = made(transformers, "qwen3", hidden_size=64, intermediate_size=96, head_dim=32)
    path = tmp_path / "model.gguf"
    write_gguf(theirs, path, "qwen3", kind)
    foreign = find(str(path))
    with torch.no_grad():
        ours, expected = read_model(foreign)[0](ids()), logits_of(theirs)
    difference = (ours - expected).abs().max() / expected.abs().max()
    assert 0 < difference < worst
    assert stored_precision(foreign) == {"BF16": "bf16"}.get(kind, "fp16")


def test_metadata_of_every_type_is_read(tmp_path):
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    values = {
        "a.uint8": 7, "a.int8": -7, "a.uint16": 700, "a.int16": -700, "a.uint32": 70_000,
        "a.int32": -70_000, "a.uint64": 1 << 40, "a.int64": -(1 << 40), "a.float32": 0.5,
        "a.float64": 0.1, "a.bool": True, "a.string": "Grüße 😀",
    }  # fmt: skip
    for key, value in values.items():
        getattr(writer, f"add_{key.split('.')[1]}")(key, value)
    writer.add_array("a.texts", ["one", "zwei", ""])
    writer.add_array("a.numbers", [3, 1, 2])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = GgufFile(path).metadata
    assert {key: found[key] for key in values} == values
    assert found["a.texts"] == ["one", "zwei", ""] and found["a.numbers"] == [3, 1, 2]


@pytest.fixture
def file(transformers, tmp_path) -> Path:
    path = tmp_path / "model.gguf"
    write_gguf(made(transformers, "llama"), path, "llama")
    return path


def test_a_file_that_is_cut_short_is_said(file):
    whole = file.read_bytes()
    for n_bytes in (0, 3, 20, 200, 2000, len(whole) - 8):
        file.write_bytes(whole[:n_bytes])
        with pytest.raises(DamagedError, match="not copied or downloaded completely|cannot be read|"
                                               "no GGUF file"):  # fmt: skip
            read_model(find(str(file)))


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (4, struct.pack("<I", 1), "version 1"),
        (4, struct.pack(">I", 3), "version 50,331,648"),
        (8, struct.pack("<Q", 1 << 60), "claims"),
        (16, struct.pack("<Q", 1 << 60), "claims"),
        (24, struct.pack("<Q", 1 << 60), "text of"),
    ],
)
def test_counts_are_checked_before_memory_is_taken(file, at, value, words):
    data = bytearray(file.read_bytes())
    data[at : at + len(value)] = value
    file.write_bytes(data)
    with pytest.raises(LabError, match=words):
        find(str(file))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"general.architecture": "gemma"}, "architecture 'gemma'"),
        ({"llama.rope.scaling.type": "yarn"}, "RoPE scaling 'yarn'"),
        ({"llama.expert_count": 8}, "expert_count 8"),
        ({"llama.rope.dimension_count": 4}, "dimension_count 4"),
        ({"llama.block_count": "three"}, "not a whole number"),
        ({"llama.embedding_length": None}, "embedding_length"),
        ({"split.count": 3}, "one of 3 parts"),
    ],
)
def test_what_the_lab_does_not_compute_is_refused_by_name(file, monkeypatch, change, words):
    read = GgufFile.__init__

    def changed(self, path):
        read(self, path)
        kept = self.metadata | change
        self.metadata = {key: item for key, item in kept.items() if item is not None}
        self._check_whole()

    monkeypatch.setattr(GgufFile, "__init__", changed)
    with pytest.raises(LabError, match=words):
        find(str(file)).config  # noqa: B018
