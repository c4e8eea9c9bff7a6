#!/usr/bin/env bash
# A byte without a token is dropped before merging: its neighbours merge across it, and all offsets
# behind it are wrong. llama.cpp keeps them apart.
#
# Versions: tokenizers 0.23.3, Python 3.11, Linux; xllamacpp 2026.10.11549 was compared by hand.
#
# Behaviour: the vocabulary has a, b and ab, and no x (SmolLM2's, for example, lacks the bytes 04,
# 06, 13, 14, 16, 1D, F1 and F2). "axb" is the one token ab, and its offsets are (0, 2), which is
# "ax". In "xab" the token ab is said to lie at (0, 2), which is "xa". Nothing tells that a character
# is gone. llama.cpp's /tokenize does not merge across: with SmolLM2's vocabulary 24 of 2,000 odd
# strings have other ids in the two, each of which holds such a byte ("('" with the byte 04 between
# the signs is one token here, and two there).
#
# Output seen:
#   'axb' -> ['ab'] at [(0, 2)], which is ['ax']
#   'xab' -> ['ab'] at [(0, 2)], which is ['xa']
#
# What LLM Lab does: it keeps the ids and counts the bytes itself, so that a gap is shown where a
# byte is dropped; the import says how many bytes have no token (llmcore/tokenizers/package.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
cat > "$folder/try.py" <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers

tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
for text in ("axb", "xab"):
    made = tokenizer.encode(text)
    there = [text[start:end] for start, end in made.offsets]
    print(f"{text!r} -> {made.tokens} at {made.offsets}, which is {there}")
    assert made.tokens == ["ab"] and made.offsets == [(0, 2)], "CHANGED"
PY
"$folder/venv/bin/python" "$folder/try.py"
