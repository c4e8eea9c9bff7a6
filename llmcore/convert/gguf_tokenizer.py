"""The tokenizer inside a GGUF file: ids equal to llama.cpp's, or refused by name.

A GGUF has the tokens, their types, and merges (byte-level BPE) or scores (SentencePiece's BPE).
How text is split before merging it only names (`tokenizer.ggml.pre`); PRE_TOKENIZERS says what
the names mean. `tests/convert/test_gguf_tokenizer.py` says how this was compared.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from llmcore.convert.hf_tokenizer import BYTE_LEVEL
from llmcore.convert.read_tokenizer import byte_level_json, tokenizer_from_json
from llmcore.convert.token_roles import ids_among, is_mark, template_of
from llmcore.errors import DamagedError, LabError
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.known_expressions import (
    BAILING,
    BLOOM,
    CODER_STEPS,
    DEEPSEEK3,
    KANJI,
    LLAMA3,
    MINICPM5,
    QWEN2,
    QWEN35,
    SEED_CODER,
    TEKKEN,
    UFAKZEKA,
    UP_TO_THREE_DIGITS,
)
from llmcore.tokenizers.patterns import O200K_PATTERN

KEY = "tokenizer.ggml."
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
_GPT2 = "gpt-2"  # means the expression that ByteLevel has built in
_DIGITS = "digits"  # each digit alone, then as GPT-2

# Expressions, one after the other, by the names of llama.cpp.
_PRE: dict[tuple[str, ...], str] = {
    (_GPT2,): "gpt-2 phi-2 mpt olmo jais trillion granite-docling exaone4 gigachat a.x-4.0 mellum",
    (_DIGITS,): "smollm starcoder refact command-r codeshell exaone minerva-7b mellum2",
    (LLAMA3,): "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 dbrx smaug-bpe "
    "glm4 chatglm-bpe",
    (QWEN2,): "qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 megrez hunyuan solar-open grok-2",
    (QWEN35,): "qwen35",
    (UFAKZEKA,): "ufakzeka",
    (SEED_CODER,): "seed-coder",
    (BAILING,): "bailingmoe bailingmoe2 llada-moe",
    (O200K_PATTERN,): "gpt-4o llama4 kanana2 talkie minimax-m2",
    (TEKKEN,): "tekken",
    (UP_TO_THREE_DIGITS, MINICPM5): "minicpm5",
    (BLOOM,): "bloom gpt3-finnish poro-chat",
    (BLOOM, r"\p{N}"): "viking",
    (UP_TO_THREE_DIGITS, KANJI, DEEPSEEK3): "deepseek-v3 hunyuan-dense joyai-llm hy_v4",
    CODER_STEPS: "deepseek-coder",
}
PRE_TOKENIZERS: dict[str, tuple[str, ...]] = {
    name: steps for steps, names in _PRE.items() for name in names.split()
}
# A whole word that is a token is taken without merging.
_TAKEN_WHOLE = frozenset(
    name for name in PRE_TOKENIZERS if name in {"tekken", "minicpm5"} or
    (PRE_TOKENIZERS[name] == (LLAMA3,) and name not in {"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"})
)  # fmt: skip
# They begin every text with their own sign unless the file says otherwise.
_BEGINS = _TAKEN_WHOLE - {"minicpm5"}


def from_gguf(fields: Mapping[str, Any], name: str) -> Tokenizer:
    """The tokenizer of a GGUF file's metadata: plain values by key, such as a list of texts for
    `tokenizer.ggml.tokens`. Raises LabError with the reason if it cannot be read exactly."""
    model = fields.get(f"{KEY}model")
    if model not in ("gpt2", "llama"):
        raise LabError(
            f"The tokenizer in this GGUF is of the kind {model!r:.40}, of which the lab reads gpt2 "
            f"(byte-level BPE) and llama (SentencePiece): choose another model."
        )
    tokens, kinds = _tokens(fields)
    template = template_of(fields.get("tokenizer.chat_template"))
    if model == "gpt2":
        original, begins = _byte_level(fields, tokens, kinds, template), _begins_by_name(fields)
    else:
        original, begins = _sentence_piece(fields, tokens, kinds), True
    settings = _begin_settings(fields, tokens, begins)
    ends = ids_among(*(fields.get(f"{KEY}{role}_token_id") for role in ("eos", "eot", "eom")))
    return tokenizer_from_json(original, name, ends, settings, template, in_child=False)


def _tokens(fields: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    tokens = fields.get(f"{KEY}tokens")
    if not isinstance(tokens, Sequence) or not tokens or isinstance(tokens, str):
        raise DamagedError(f"The GGUF has no {KEY}tokens: download the model again.")
    kinds = list(fields.get(f"{KEY}token_type") or [NORMAL] * len(tokens))
    if len(kinds) != len(tokens):
        raise DamagedError(
            f"The GGUF has {len(tokens):,} tokens but {len(kinds):,} types of tokens: download "
            f"the model again."
        )
    texts = [str(text) for text in tokens]
    if len(set(texts)) != len(texts):
        raise DamagedError("The GGUF has a token twice: download the model again.")
    return texts, [int(kind) for kind in kinds]


def _begins_by_name(fields: Mapping[str, Any]) -> bool:
    return fields.get(f"{KEY}pre") in _BEGINS


def _begin_settings(
    fields: Mapping[str, Any], tokens: Sequence[str], begins: bool
) -> dict[str, Any]:
    """As tokenizer_config.json would say it."""
    asked = bool(fields.get(f"{KEY}add_bos_token", begins))
    begin = fields.get(f"{KEY}bos_token_id")
    if not isinstance(begin, int) or not 0 <= begin < len(tokens):
        return {"add_bos_token": False}
    return {"add_bos_token": asked, "bos_token": tokens[begin]}


def _byte_level(
    fields: Mapping[str, Any], tokens: Sequence[str], kinds: Sequence[int], template: str | None
) -> str:
    """A tokenizer.json of byte-level BPE."""
    pre = fields.get(f"{KEY}pre")
    if pre not in PRE_TOKENIZERS:
        raise LabError(
            f"The tokenizer in this GGUF splits text in the way {pre!r:.60}, which the lab does "
            f"not know: it knows {', '.join(sorted(PRE_TOKENIZERS))}."
        )
    vocabulary: dict[str, int] = {}
    special: dict[str, int] = {}
    typed: dict[str, int] = {}
    for id, (text, kind) in enumerate(zip(tokens, kinds, strict=True)):
        if kind in (CONTROL, UNKNOWN):
            special[text] = id
        elif kind == USER_DEFINED:
            (special if is_mark(text, template) else typed)[text] = id
        elif kind != UNUSED:
            vocabulary[text] = id
    merges = [split_merge(str(line)) for line in fields.get(f"{KEY}merges") or []]
    known = [pair for pair in merges if all(part in vocabulary for part in (*pair, "".join(pair)))]
    return byte_level_json(
        vocabulary, known, special, _pre_tokenizer(pre), typed, pre in _TAKEN_WHOLE
    )


def split_merge(line: str) -> tuple[str, str]:
    """The two parts of a line of merges, of which the first may begin with a space.

    >>> split_merge("Ġ t")
    ('Ġ', 't')
    """
    at = line.find(" ", 1)
    if at < 0:
        raise DamagedError(f"The GGUF has a merge that joins nothing ({line!r:.40}).")
    return line[:at], line[at + 1 :]


def _pre_tokenizer(pre: str) -> dict[str, Any]:
    steps = PRE_TOKENIZERS[pre]
    if steps == (_GPT2,):
        return BYTE_LEVEL | {"use_regex": True}
    if steps == (_DIGITS,):
        digits = {"type": "Digits", "individual_digits": True}
        return _sequence([digits, BYTE_LEVEL | {"use_regex": True}])
    splits = [
        {"type": "Split", "pattern": {"Regex": step}, "behavior": "Isolated", "invert": False}
        for step in steps
    ]
    return _sequence([*splits, BYTE_LEVEL | {"use_regex": False}])


def _sequence(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": steps}


def _sentence_piece(fields: Mapping[str, Any], tokens: Sequence[str], kinds: Sequence[int]) -> str:
    """A tokenizer.json of SentencePiece's BPE: of all pairs whose join is a token, the one of the
    highest score is merged first."""
    scores = list(fields.get(f"{KEY}scores") or [])
    if len(scores) != len(tokens):
        raise DamagedError(
            f"The GGUF has {len(tokens):,} tokens but {len(scores):,} scores: download the model "
            f"again."
        )
    ordinary = [id for id, kind in enumerate(kinds) if kind in (NORMAL, USER_DEFINED)]
    _check_scores(scores, tokens, [id for id in ordinary if kinds[id] == NORMAL])
    if sum(kind == BYTE for kind in kinds) != 256:
        raise LabError(
            "The tokenizer in this GGUF (SentencePiece) lacks tokens for single bytes, without "
            "which the lab does not read it: choose another model."
        )
    vocabulary = {text: id for id, text in enumerate(tokens) if kinds[id] != UNUSED}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": id, "content": tokens[id], **flags, "special": kind != USER_DEFINED}
        for id, kind in enumerate(kinds)
        if kind in (CONTROL, UNKNOWN, USER_DEFINED)
    ]
    unknown = fields.get(f"{KEY}unknown_token_id", 0)
    first: list[dict[str, Any]] = []  # takes the space away that was put before the text
    spaces: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    if fields.get(f"{KEY}add_space_prefix", True):
        spaces.insert(0, {"type": "Prepend", "prepend": "▁"})
        first = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    return json.dumps({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": spaces},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}, *first,
        ]},
        "model": {
            "type": "BPE", "unk_token": tokens[unknown], "fuse_unk": True, "byte_fallback": True,
            "vocab": vocabulary, "merges": merges_by_score(tokens, scores, ordinary),
        },
    }, ensure_ascii=False)  # fmt: skip


def _check_scores(scores: Sequence[float], tokens: Sequence[str], ids: Sequence[int]) -> None:
    """Raises LabError for a Unigram vocabulary, whose scores are probabilities: llama.cpp would
    merge by them all the same, which is not what the model learned."""
    merged = [scores[id] for id in ids if len(tokens[id]) > 1]
    if any(score != int(score) for score in merged):
        raise LabError(
            "The tokenizer in this GGUF (SentencePiece) has scores that are probabilities, so it "
            "is a Unigram, which a GGUF does not hold whole: choose another model."
        )


def merges_by_score(
    tokens: Sequence[str], scores: Sequence[float], ids: Sequence[int]
) -> list[list[str]]:
    """Pairs of tokens whose join is a token, the highest score first; of one token in the order
    of its parts."""
    id_of = {tokens[id]: id for id in ids}
    merges: list[tuple[float, int, int, str, str]] = []
    for text, id in id_of.items():
        for at in range(1, len(text)):
            left, right = id_of.get(text[:at]), id_of.get(text[at:])
            if left is not None and right is not None:
                merges.append((-scores[id], left, right, text[:at], text[at:]))
    return [[left, right] for *_, left, right in sorted(merges)]
