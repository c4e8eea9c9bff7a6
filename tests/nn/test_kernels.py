"""The compiled step computes what the model does, on every processor, in every precision."""

import ctypes
import platform
import subprocess

import pytest
import torch
from variant_shapes import FOREIGN, VARIANTS

from llmcore.config import ModelConfig
from llmcore.nn import kernels
from llmcore.nn.attention import KVCache
from llmcore.nn.decode import FastPass, fastest
from llmcore.nn.kernels import CompiledPass, fits, from_int4_blocks, int4_blocks, int8_blocks
from llmcore.nn.model import GPT

CONFIG = ModelConfig(vocab_size=97, context_length=40, n_layers=3, n_heads=4, d_model=64)
SHAPES = {"gpt2": {}} | VARIANTS | FOREIGN
IDS = torch.randint(0, 97, (1, 30), generator=torch.Generator().manual_seed(1))
SCRIPT_OF = {"x86_64": (["-mno-avx512f"], ["-mno-avx512f", "-mno-avx2", "-mno-avx"])}
# Flags that leave out what this processor has: the loops of older ones, and those of others.
OLDER = [[], *SCRIPT_OF.get(platform.machine(), ())]


def make(**changes) -> GPT:
    generator = torch.Generator().manual_seed(0)
    model = GPT(CONFIG.with_(**changes), generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def step() -> ctypes.CDLL:
    found = kernels.library()
    if found is None:
        pytest.skip("there is no C compiler")
    return found


def written(one, model: GPT) -> torch.Tensor:
    """The scores after each token, (T, V)."""
    cache = KVCache(model.config)
    with torch.inference_mode():
        return torch.stack([one(token, cache).clone() for token in IDS[0].tolist()])


@pytest.mark.parametrize("name", SHAPES)
def test_every_architecture_is_the_plain_model(step, name, monkeypatch):
    monkeypatch.setattr(KVCache, "FIRST", 7)  # the cache grows on the way
    model = make(**SHAPES[name])
    with torch.inference_mode():
        expected = model(IDS)[0]
    found = written(CompiledPass(model, "fp32", step), model)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(step, threads):
    model = make(**VARIANTS["all"])
    own = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = written(CompiledPass(model, "fp32", step), model)
    finally:
        torch.set_num_threads(own)
    assert torch.equal(found, written(CompiledPass(model, "fp32", step), model))


@pytest.mark.parametrize("flags", OLDER, ids=lambda flags: " ".join(flags) or "own")
@pytest.mark.parametrize("precision", kernels.PRECISIONS)
def test_each_precision_multiplies_by_its_own_numbers(
    step, tmp_path, monkeypatch, precision, flags
):
    """Against a model whose weights are what the precision keeps: only sums may differ."""
    if flags:
        monkeypatch.setattr(kernels, "FLAGS", (*kernels.FLAGS, *flags))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        step = kernels._load()
    model = make(**VARIANTS["all"], d_inner=96)
    assert fits(model, precision)
    found = written(CompiledPass(model, precision, step), model)
    kept = make(**VARIANTS["all"], d_inner=96)
    for block in kept.blocks:
        for linear in (block.attention.qkv, block.attention.output, block.feed_forward.up,
                       block.feed_forward.down):  # fmt: skip
            linear.weight.copy_(as_kept(linear.weight, precision))
    expected = written(FastPass(kept, "fp32"), kept)
    best = found.topk(20).indices  # the best ones' scores are exact
    torch.testing.assert_close(
        found.gather(1, best), expected.gather(1, best), rtol=1e-3, atol=2e-3
    )


def as_kept(weight: torch.Tensor, precision: str) -> torch.Tensor:
    if precision == "bf16":
        return weight.bfloat16().float()
    if precision == "int8":
        whole, scales = int8_blocks(weight)
        return (whole.unflatten(1, (-1, 32)) * scales[..., None]).flatten(1)
    if precision == "int4":
        return from_int4_blocks(*int4_blocks(weight))
    return weight


@pytest.mark.parametrize(("blocks", "share"), [(int8_blocks, 127 * 2), (int4_blocks, 15)])
def test_blocks_are_off_by_half_a_step_at_most(blocks, share):
    weight = torch.randn(5, 96) * torch.logspace(-3, 3, 5)[:, None]
    weight[3] = 0.0
    name = "int8" if blocks is int8_blocks else "int4"
    spread = weight.unflatten(1, (-1, 32))
    largest = (
        2 * spread.abs().amax(-1) if name == "int8" else spread.amax(-1) - spread.amin(-1)
    )  # fmt: skip
    error = (as_kept(weight, name) - weight).unflatten(1, (-1, 32)).abs().amax(-1)
    assert (error <= 0.501 * largest / share + 1e-9).all() and error.max() > 0


def test_rows_that_are_no_whole_blocks_go_through_torch(step):
    model = make(n_heads=3, d_model=48)
    assert isinstance(fastest(model, "fp32"), CompiledPass)
    assert not fits(model, "int8") and isinstance(fastest(model, "int8"), FastPass)


def test_a_model_that_reads_to_both_sides_is_left_to_torch():
    assert not fits(make(causal=False), "fp32")


@pytest.mark.parametrize("trouble", ["LLMLAB_KERNELS", "no compiler", "it fails", "it hangs"])
def test_without_a_compiler_torch_computes(monkeypatch, tmp_path, trouble):
    monkeypatch.setattr(kernels, "_loaded", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if trouble == "LLMLAB_KERNELS":
        monkeypatch.setenv("LLMLAB_KERNELS", "no")
    elif trouble == "no compiler":
        monkeypatch.setattr(kernels.shutil, "which", lambda name: None)
    elif trouble == "it fails":
        monkeypatch.setenv("CC", "false")
    else:

        def hangs(*command, **settings):
            raise subprocess.TimeoutExpired("cc", 1)

        monkeypatch.setattr(kernels.subprocess, "run", hangs)
    assert isinstance(fastest(make(), "fp32"), FastPass)
    assert list(tmp_path.rglob("*.so")) == []


def test_it_is_compiled_once(monkeypatch, tmp_path, step):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        monkeypatch.setattr(kernels, "_loaded", [])
        assert kernels.library() is not None
        made = [(path.name, path.stat().st_mtime_ns) for path in (tmp_path / "llm-lab").iterdir()]
    assert len(made) == 1
    monkeypatch.setattr(kernels, "_loaded", [])
    monkeypatch.setattr(kernels, "_compile", lambda path: pytest.fail("compiled again"))
    assert kernels.library() is not None


def test_another_processor_is_another_file(monkeypatch):
    own = kernels._path()
    assert kernels._path() == own
    monkeypatch.setattr(kernels, "_processor", lambda: "x86_64 flags: sse2")
    assert kernels._path() != own
