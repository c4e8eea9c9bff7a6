"""One token through a model in one call of compiled C (`kernels.c`), if there is a C compiler.

torch spends longer on calling its parts than a small model takes to compute, and its product of a
matrix and one row does not keep up with memory. The C loops do: `kernels.c` is compiled once for
this machine, in the user's cache. Without a compiler everything goes through torch
(`llmcore.nn.decode`), slower and with the same numbers but for rounding.
"""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from llmcore.nn.attention import KVCache
from llmcore.nn.model import GPT, Block
from llmcore.nn.norms import RMSNorm
from llmcore.nn.positions import rotary_angles

log = logging.getLogger(__name__)

SOURCE = Path(__file__).with_name("kernels.c")
# Sums may be taken in any order, so that they are made eight or sixteen at a time. -ffast-math
# would do more than that: it also changes how the whole process rounds tiny numbers.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fassociative-math",
         "-fno-signed-zeros", "-ffp-contract=fast", "-fopenmp", "-shared", "-fPIC")  # fmt: skip
COMPILE_SECONDS = 120.0
BLOCK = 32
PRECISIONS = ("fp32", "bf16", "int8", "int4")
N_EXACT = 64  # best tokens whose scores are computed again in fp32
_lock = threading.Lock()
_loaded: "list[ctypes.CDLL | None]" = []


class Matrix(ctypes.Structure):
    """As in kernels.c, and so are the next three."""

    _fields_ = [("kind", ctypes.c_int64), ("rows", ctypes.c_int64), ("cols", ctypes.c_int64),
                ("weights", ctypes.c_void_p), ("scales", ctypes.c_void_p),
                ("least", ctypes.c_void_p), ("bias", ctypes.c_void_p)]  # fmt: skip


class Norm(ctypes.Structure):
    _fields_ = [("weight", ctypes.c_void_p), ("bias", ctypes.c_void_p)]


class Layer(ctypes.Structure):
    _fields_ = [("attention_norm", Norm), ("feed_forward_norm", Norm), ("qkv", Matrix),
                ("output", Matrix), ("up", Matrix), ("down", Matrix),
                ("q_norm", ctypes.c_void_p), ("k_norm", ctypes.c_void_p),
                ("turns", ctypes.c_int64)]  # fmt: skip


class Model(ctypes.Structure):
    _fields_ = [("n_layers", ctypes.c_int64), ("d_model", ctypes.c_int64),
                ("n_heads", ctypes.c_int64), ("kv_heads", ctypes.c_int64),
                ("d_head", ctypes.c_int64), ("d_inner", ctypes.c_int64),
                ("gated", ctypes.c_int64), ("eps", ctypes.c_float),
                ("layers", ctypes.POINTER(Layer)), ("final_norm", Norm),
                ("head", Matrix)]  # fmt: skip


def library() -> ctypes.CDLL | None:
    """The compiled functions; None if they cannot be had on this machine. The first call may
    compile, which takes some seconds. `LLMLAB_KERNELS=no` leaves them out."""
    with _lock:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _wanted() -> bool:
    return os.environ.get("LLMLAB_KERNELS", "") != "no" and _compiler() is not None


def _compiler() -> str | None:
    return shutil.which(os.environ.get("CC") or "cc") or shutil.which("gcc")


def _path() -> Path:
    """Another source, compiler, flags or machine is another file. It is code that this process
    runs, so it is among the user's own files and not in a home of the lab that several share."""
    machine = f"{_processor()} {_compiler()} {FLAGS}"
    digest = hashlib.sha256(SOURCE.read_bytes() + machine.encode()).hexdigest()[:16]
    general = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return general / "llm-lab" / f"step-{digest}.so"


def _processor() -> str:
    """What tells this processor's instructions: a file made for another one would end the process
    at the first that it does not know."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
        kept = [line for line in lines.splitlines() if line.startswith(("model name", "flags",
                "Features", "CPU part"))]  # fmt: skip
    except OSError:
        kept = [platform.processor(), platform.node()]
    return " ".join([platform.machine(), *kept])


def _load() -> ctypes.CDLL | None:
    if not _wanted():
        return None
    path = _path()
    try:
        if not path.is_file():
            _compile(path)
        found = ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError) as error:
        log.info("no compiled kernels (%s): torch is used", error)
        return None
    found.step.restype = None
    found.step.argtypes = [ctypes.POINTER(Model), ctypes.c_void_p, ctypes.c_void_p,
                           ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p,
                           ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]  # fmt: skip
    return found


def _compile(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [str(_compiler()), *FLAGS, str(SOURCE), "-o", str(made), "-lm"]
        subprocess.run(command, check=True, capture_output=True, timeout=COMPILE_SECONDS)
        os.replace(made, path)


class CompiledPass:
    """`llmcore.nn.decode.FastPass` in C: the model for one more token of one text.

    "fp32" reads the model's own weights; the others read copies, made here. "int8" and "int4"
    keep blocks of 32 numbers with a scale (int4 with a least value too), as llama.cpp's Q8_0 and
    Q4_1 do. Threads may share it: what a call needs is its own.
    """

    def __init__(self, model: GPT, precision: str, step: ctypes.CDLL) -> None:
        """model: one that `decode.can_be_fast`, and `fits` with the precision."""
        config = model.config
        self._step, self._kept = step.step, list[object]()  # what C points to must stay
        kind = PRECISIONS.index(precision)
        self.token_embedding = model.token_embedding.weight
        rotary = config.position == "rope"
        self.position_embedding = None if rotary else model.position_embedding.weight
        angles = rotary_angles(torch.arange(config.context_length), config) if rotary else None
        self._cosines = None if angles is None else angles.cos().contiguous()  # (T, D / 2)
        self._sines = None if angles is None else angles.sin().contiguous()
        layers = (Layer * config.n_layers)(*(self._layer(block, kind) for block in model.blocks))
        self._model = Model(
            config.n_layers, config.d_model, config.n_heads, config.kv_heads, config.d_head,
            config.d_feed_forward, config.feed_forward == "swiglu", config.norm_eps, layers,
            self._norm(model.final_norm), self._matrix(model.head, kind),
        )  # fmt: skip
        self._kept.append(layers)
        wide = max(config.d_model, config.d_heads, config.d_feed_forward)
        self._scratch = (2 * config.d_model + config.d_qkv + config.d_heads
                         + 2 * config.d_feed_forward + wide // BLOCK)  # fmt: skip
        self._n_heads, self._vocab_size = config.n_heads, config.vocab_size
        self._exact_head = model.head.weight if precision != "fp32" else None

    def __call__(self, token: int, cache: KVCache) -> Tensor:
        """(V,) scores of what follows `token`, which follows what the cache holds."""
        position = cache.length
        x = self.token_embedding[token].detach().clone()  # (C,)
        if self.position_embedding is not None:
            x += self.position_embedding[position]
        store = cache.room_for(1)  # (L, 2, 1, H_kv, room, D)
        room = store.size(-2)
        scratch = torch.empty(self._scratch + self._n_heads * room)
        logits = torch.empty(self._vocab_size)
        cosines = None if self._cosines is None else self._cosines[position].data_ptr()
        sines = None if self._sines is None else self._sines[position].data_ptr()
        self._step(ctypes.byref(self._model), x.data_ptr(), store.data_ptr(), room, position,
                   cosines, sines, logits.data_ptr(), scratch.data_ptr(),
                   torch.get_num_threads())  # fmt: skip
        cache.advance(1)
        return logits if self._exact_head is None else exact_best(logits, x, self._exact_head)

    def _layer(self, block: Block, kind: int) -> Layer:
        attention, inner = block.attention, block.feed_forward
        norms = (attention.q_norm, attention.k_norm) if attention.qk_norm else ()
        q_norm, k_norm = (self._pointer(norm.weight) for norm in norms) if norms else (None, None)
        return Layer(
            self._norm(block.attention_norm), self._norm(block.feed_forward_norm),
            self._matrix(attention.qkv, kind), self._matrix(attention.output, kind),
            self._matrix(inner.up, kind), self._matrix(inner.down, kind),
            q_norm, k_norm, attention.rotary is not None,
        )  # fmt: skip

    def _norm(self, norm: nn.LayerNorm | RMSNorm) -> Norm:
        bias = None if isinstance(norm, RMSNorm) else self._pointer(norm.bias)
        return Norm(self._pointer(norm.weight), bias)

    def _matrix(self, linear: nn.Linear, kind: int) -> Matrix:
        weight = linear.weight.detach()
        bias = None if linear.bias is None else self._pointer(linear.bias)
        scales = least = None
        if kind == PRECISIONS.index("bf16"):
            weight = weight.bfloat16()
        elif kind == PRECISIONS.index("int8"):
            weight, scales = int8_blocks(weight)
        elif kind == PRECISIONS.index("int4"):
            weight, scales, least = int4_blocks(weight)
        return Matrix(
            kind, *linear.weight.shape, self._pointer(weight),
            None if scales is None else self._pointer(scales),
            None if least is None else self._pointer(least), bias,
        )  # fmt: skip

    def _pointer(self, tensor: Tensor) -> int:
        tensor = tensor.detach()
        assert tensor.is_contiguous(), "parameters are, and so are copies"
        self._kept.append(tensor)
        return tensor.data_ptr()


def exact_best(logits: Tensor, x: Tensor, head: Tensor) -> Tensor:
    """The scores (V,) with the best ones computed again in fp32 from the state x (C,).

    bf16 sums are rounded to 8 bits, a step of 1/16 at a score of 10: enough to swap the best two.
    """
    best = logits.topk(min(N_EXACT, len(logits))).indices
    logits[best] = head[best] @ x
    return logits


def fits(model: GPT, precision: str) -> bool:
    """Whether `CompiledPass` computes this model: blocks need whole rows."""
    if precision not in PRECISIONS or not model.config.causal:
        return False
    widths: Sequence[int] = [wide for wide, _ in model.config.linear_shapes().values()]
    return precision in ("fp32", "bf16") or all(width % BLOCK == 0 for width in widths)


def int8_blocks(weight: Tensor) -> tuple[Tensor, Tensor]:
    """(n_out, n_in) -> int8 (n_out, n_in) and scales (n_out, n_in / 32): weight ≈ int8 · scale."""
    blocks = weight.unflatten(1, (-1, BLOCK))
    scales = (blocks.abs().amax(-1) / 127).clamp_min(1e-30)
    whole = (blocks / scales[..., None]).round().to(torch.int8)
    return whole.flatten(1).contiguous(), scales.contiguous()


def int4_blocks(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(n_out, n_in) -> bytes (n_out, n_in / 2), scales and least values (n_out, n_in / 32):
    weight ≈ whole · scale + least. A byte holds number i of its block and number i + 16."""
    blocks = weight.unflatten(1, (-1, BLOCK))
    least, most = blocks.amin(-1), blocks.amax(-1)
    scales = ((most - least) / 15).clamp_min(1e-30)
    whole = ((blocks - least[..., None]) / scales[..., None]).round().clamp(0, 15).to(torch.uint8)
    low, high = whole.chunk(2, dim=-1)
    return (low | high << 4).flatten(1).contiguous(), scales.contiguous(), least.contiguous()


def from_int4_blocks(pairs: Tensor, scales: Tensor, least: Tensor) -> Tensor:
    """What `int4_blocks` gave as numbers again, (n_out, n_in)."""
    halves = pairs.unflatten(1, (-1, BLOCK // 2))
    whole = torch.cat([halves & 15, halves >> 4], dim=-1)
    return (whole * scales[..., None] + least[..., None]).flatten(1)
