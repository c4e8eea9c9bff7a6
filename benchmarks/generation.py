"""Tokens per second at batch 1: the lab's decoder beside transformers' `generate`, same weights.

    python benchmarks/generation.py [--shape gpt2|base] [--turns 48] [--agreement 32]
        [--threads N] [--quick] [--json]

`gpt2` is GPT-2's 124M shape with random weights, `base` the bundled model. All contestants go on
with the same prompt greedily, each with its own cache, and take turns of a few tokens within one
run of transformers' `generate`, which a streamer holds meanwhile. A turn's ratio is to
transformers' own turn beside it, so that whatever else the machine does meets both; shown are
medians, and the quartiles of the ratios.

Every token reads all matrices once. Beside the speed stands what that is in bytes a second, and
its share of the speed at which `torch.sum` reads memory, measured in the same turns (keys, values
and what stays in the processor's cache are not counted).

Agreement is with the lab's plain fp32 path, over several prompts: how many tokens of a greedy
text are the same ones (`same text`: after one other token all may differ), and how often the
likeliest next token is the same after the same text, drawn at temperature 1 (`same next`).

OMP_WAIT_POLICY is PASSIVE, as in the app; set it to ACTIVE outside to compare.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `python -m llmcore`; before torch loads

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation.streamers import BaseStreamer
from transformers.utils import logging as its_logging

from llmcore import models
from llmcore.convert.gpt2 import hf_weights
from llmcore.convert.gpt2_config import write_config
from llmcore.errors import LabError
from llmcore.generation.reader import Reader
from llmcore.nn.decode import DECODE_PRECISIONS, NextLogits
from llmcore.nn.model import GPT
from llmcore.presets import preset_named

TRANSFORMERS, PLAIN = "transformers generate", "llmcore plain"
FAST = {precision: f"llmcore fast {precision}" for precision in DECODE_PRECISIONS}
BYTES = {
    TRANSFORMERS: 4, PLAIN: 4, FAST["fp32"]: 4, FAST["bf16"]: 2, FAST["int8"]: 1, FAST["int4"]: 0.5,
}  # fmt: skip
TURN = {"gpt2": 8, "base": 24}  # tokens; more where a model fits into the processor's cache
PROMPT_LENGTH = 16
SUM_BYTES = 256 << 20
BASE_PROMPTS = (
    "The king has sent", "I think that we", "Hello, my name is", "What is the capital",
    "Thanks for the", "It was a dark night", "Call now to win", "My flight was",
)  # fmt: skip


class Contestant:
    """Goes on greedily from where it stands, with a cache of its own."""

    def __init__(self, passes: NextLogits, prompt: list[int]) -> None:
        self.decoder, self.ids = Reader(passes.model, passes=passes), list(prompt)
        self.take(1)  # reads the prompt

    def take(self, n_tokens: int) -> float:
        """Seconds for n more tokens."""
        began = time.perf_counter()
        for _ in range(n_tokens):
            self.ids.append(int(self.decoder.next_logits(self.ids).argmax()))
        return time.perf_counter() - began


class Turns(BaseStreamer):
    """Holds `generate` after every `turn` tokens, while the others take theirs."""

    def __init__(self, turn: int, others: dict[str, Callable[[], float]]) -> None:
        self.turn, self.others = turn, others
        self.seconds: dict[str, list[float]] = {name: [] for name in (TRANSFORMERS, *others)}
        self.n_put = 0
        self.resumed = 0.0

    def put(self, value: Tensor) -> None:
        """Called with the prompt, then with each token; the first one comes with the prompt."""
        now = time.perf_counter()
        n_tokens = self.n_put - 1
        self.n_put += 1
        if n_tokens > 0 and n_tokens % self.turn == 0:
            self.seconds[TRANSFORMERS].append(now - self.resumed)
            names = list(self.others)
            first = len(self.seconds[TRANSFORMERS]) % len(names)
            for name in names[first:] + names[:first]:  # no one always comes first
                self.seconds[name].append(self.others[name]())
        if n_tokens % self.turn == 0:
            self.resumed = time.perf_counter()

    def end(self) -> None:
        pass


def as_transformers(model: GPT) -> GPT2LMHeadModel:
    """The same weights in transformers' class; no token ends a text."""
    config = write_config(model.config, eot_id=0, labels=None)
    config |= {"bos_token_id": None, "eos_token_id": None, "attn_pdrop": 0.0}
    theirs = GPT2LMHeadModel(GPT2Config(**config))
    weights = {name: value.contiguous() for name, value in hf_weights(model).items()}
    theirs.load_state_dict(weights, strict=False)
    theirs.tie_weights()
    return theirs.eval().requires_grad_(False)


def their_greedy(
    theirs: GPT2LMHeadModel, prompt: list[int], n: int, streamer: BaseStreamer | None = None
) -> list[int]:
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        made = theirs.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, do_sample=False,
            use_cache=True, pad_token_id=0, streamer=streamer,
        )  # fmt: skip
    return made[0, len(prompt) :].tolist()


def all_passes(model: GPT) -> dict[str, NextLogits]:
    """The lab's contestants."""
    passes = {FAST[precision]: NextLogits(model, precision) for precision in FAST}
    plain = NextLogits(model)
    plain.fast = None
    return {PLAIN: plain, **passes}


def raced(
    model: GPT, theirs: GPT2LMHeadModel, prompts: list[list[int]], turn: int, n_turns: int
) -> dict[str, list[float]]:
    """Seconds of every turn of every contestant, and of one sum over SUM_BYTES of memory."""
    memory = torch.ones(SUM_BYTES // 4)

    def read_memory() -> float:
        began = time.perf_counter()
        memory.sum()
        return time.perf_counter() - began

    passes = all_passes(model)
    in_a_text = (model.config.context_length - PROMPT_LENGTH - 1) // turn  # no window slides
    seconds: dict[str, list[float]] = {}
    text = 0
    while n_turns > 0:
        prompt = prompts[text % len(prompts)]
        others: dict[str, Callable[[], float]] = {"memory": read_memory}
        for name, own in passes.items():
            writer = Contestant(own, prompt)
            writer.take(2)
            others[name] = lambda writer=writer: writer.take(turn)
        here = min(n_turns, in_a_text, 12)
        turns = Turns(turn, others)
        their_greedy(theirs, prompt, here * turn + 1, turns)
        for name, found in turns.seconds.items():
            seconds.setdefault(name, []).extend(found)
        n_turns -= here
        text += 1
    return seconds


def drawn_text(passes: NextLogits, prompt: list[int], n_tokens: int) -> list[int]:
    """The prompt and n tokens drawn at temperature 1."""
    generator = torch.Generator().manual_seed(0)
    decoder, ids = Reader(passes.model, passes=passes), list(prompt)
    for _ in range(n_tokens):
        probabilities = decoder.next_logits(ids).softmax(-1)
        ids.append(int(torch.multinomial(probabilities, 1, generator=generator)))
    return ids


def agreement(
    model: GPT, theirs: GPT2LMHeadModel, prompts: list[list[int]], n_tokens: int
) -> dict[str, dict[str, float]]:
    """For each contestant the shares (0 to 1) of `same text` and of `same next token`."""
    passes = all_passes(model)
    same_text: dict[str, list[bool]] = {}
    same_next: dict[str, list[bool]] = {}
    for prompt in prompts:
        texts = {TRANSFORMERS: their_greedy(theirs, prompt, n_tokens)}
        for name, own in passes.items():
            one = Contestant(own, prompt)
            one.take(n_tokens - 1)
            texts[name] = one.ids[len(prompt) :]
        drawn = drawn_text(passes[PLAIN], prompt, n_tokens)
        ends = range(len(prompt), len(drawn))
        with torch.inference_mode():
            scores = theirs(torch.tensor([drawn[:-1]])).logits[0, len(prompt) - 1 :]
        following = {TRANSFORMERS: scores.argmax(-1).tolist()}
        for name, own in passes.items():
            decoder = Reader(model, passes=own)
            following[name] = [int(decoder.next_logits(drawn[:end]).argmax()) for end in ends]
        for shares, found in ((same_text, texts), (same_next, following)):
            for name, ids in found.items():
                pairs = zip(ids, found[PLAIN], strict=True)
                shares.setdefault(name, []).extend(a == b for a, b in pairs)
    return {
        name: {"same_text": float(np.mean(same_text[name])),
               "same_next": float(np.mean(same_next[name]))}
        for name in same_text
    }  # fmt: skip


def matrix_weights(model: GPT) -> int:
    """How many weights one token multiplies by: all matrices of the blocks, and the head."""
    blocks = sum(
        parameter.numel() for parameter in model.blocks.parameters() if parameter.dim() == 2
    )
    return blocks + model.head.weight.numel()


def summarised(
    seconds: dict[str, list[float]],
    turn: int,
    n_weights: int,
    shares: dict[str, dict[str, float]],
) -> dict[str, Any]:
    """The memory's speed and a row for each contestant."""
    memory = SUM_BYTES / statistics.median(seconds["memory"])
    theirs = np.array(seconds[TRANSFORMERS])
    table = []
    for name, n_bytes in BYTES.items():
        own = np.array(seconds[name])
        low, median, high = np.quantile(theirs / own, (0.25, 0.5, 0.75))
        tokens_per_s = turn / float(np.median(own))
        read = n_bytes * n_weights * tokens_per_s
        table.append({
            "name": name, "tokens_per_s": tokens_per_s,
            "ratio": float(median), "ratio_low": float(low), "ratio_high": float(high),
            "weight_bytes": n_bytes * n_weights, "bytes_per_s": read,
            "share_of_memory": read / memory, **shares[name],
        })  # fmt: skip
    return {"memory_bytes_per_s": memory, "table": table}


def shown(table: list[dict[str, Any]]) -> str:
    columns = {
        "batch 1, greedy": [row["name"] for row in table],
        "tokens/s": [f"{row['tokens_per_s']:.1f}" for row in table],
        "times transformers": [
            f"{row['ratio']:.2f} ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})" for row in table
        ],
        "weights": [f"{row['weight_bytes'] / 1e6:,.1f} MB" for row in table],
        "read": [f"{row['bytes_per_s'] / 1e9:.1f} GB/s" for row in table],
        "of memory": [f"{row['share_of_memory']:.0%}" for row in table],
        "same text": [f"{row['same_text']:.1%}" for row in table],
        "same next": [f"{row['same_next']:.1%}" for row in table],
    }
    return pd.DataFrame(columns).to_string(index=False)


def subject(shape: str) -> tuple[GPT, list[list[int]]]:
    """A model in eval mode and the ids of some prompts."""
    if shape == "base":
        loaded = models.load("base")
        encoded = [loaded.tokenizer.encode(text) for text in BASE_PROMPTS]
        return loaded.trunk, [ids[:PROMPT_LENGTH] for ids in encoded]
    model = GPT(preset_named("gpt2").model).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    shape_of_prompts = (len(BASE_PROMPTS), PROMPT_LENGTH)
    ids = torch.randint(model.config.vocab_size, shape_of_prompts, generator=generator)
    return model, ids.tolist()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", choices=tuple(TURN), default="gpt2")
    parser.add_argument("--turns", type=int, default=48)
    parser.add_argument("--agreement", type=int, default=32, help="tokens compared, each prompt")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves torch's choice")
    parser.add_argument("--quick", action="store_true", help="6 turns, 2 prompts of 16 tokens")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    found = parser.parse_args()
    if found.quick:
        found.turns, found.agreement = 6, 16
    return found


def measure(asked: argparse.Namespace) -> None:
    its_logging.set_verbosity_error()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    model, prompts = subject(asked.shape)
    theirs = as_transformers(model)
    their_greedy(theirs, prompts[0], 4)  # what is done once only
    turn = TURN[asked.shape]
    seconds = raced(model, theirs, prompts, turn, asked.turns)
    shares = agreement(model, theirs, prompts[: 2 if asked.quick else None], asked.agreement)
    found = summarised(seconds, turn, matrix_weights(model), shares)
    about = {
        "shape": asked.shape, "parameters": model.n_parameters(), "turns": asked.turns,
        "tokens_in_a_turn": turn, "threads": torch.get_num_threads(),
        "wait_policy": os.environ["OMP_WAIT_POLICY"], "load_average": os.getloadavg()[0],
    }  # fmt: skip
    if asked.json:
        print(json.dumps({**about, **found, "seconds": seconds}))
        return
    print(f"{asked.shape}: {about['parameters'] / 1e6:.1f}M parameters; {asked.turns} turns of "
          f"{turn} tokens; threads: {about['threads']}, waiting {about['wait_policy']}; "
          f"load {about['load_average']:.1f}")  # fmt: skip
    print(f"torch.sum reads memory at {found['memory_bytes_per_s'] / 1e9:.1f} GB/s")
    print(shown(found["table"]))


def main() -> None:
    try:
        measure(arguments())
    except LabError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
