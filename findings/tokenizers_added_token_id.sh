#!/usr/bin/env bash
# The id of an added token in tokenizer.json is passed over, and the number that it gets may be
# another token's.
#
# Versions: tokenizers 0.23.3, Python 3.11, Linux.
#
# Behaviour: the file has a vocabulary of a (1) and b (2) and the added token <s> with id 0, as a
# converter writes it that keeps special tokens apart. Tokenizer.from_str() says nothing and gives
# <s> the id 2, the number of tokens, which b has already: "a<s>b" is 1 2 2, and decoding that gives
# <s> twice. With <s> also in the vocabulary its id is 0, as the file says.
#
# Output seen:
#   apart:  ids [1, 2, 2], decoded 'a <s> <s>'
#   inside: ids [1, 0, 2], decoded 'a <s> b'
#
# What LLM Lab does: it puts the added tokens into the vocabulary under the ids that the file gives
# them before the package reads it (llmcore/tokenizers/package.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
cat > "$folder/try.py" <<'PY'
import json
from tokenizers import Tokenizer

def seen(vocab):
    mark = {"id": 0, "content": "<s>", "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True}
    model = {"type": "BPE", "vocab": vocab, "merges": []}
    tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [mark], "model": model}))
    ids = tokenizer.encode("a<s>b").ids
    return ids, tokenizer.decode(ids, skip_special_tokens=False)

apart, inside = seen({"a": 1, "b": 2}), seen({"a": 1, "b": 2, "<s>": 0})
print(f"apart:  ids {apart[0]}, decoded {apart[1]!r}")
print(f"inside: ids {inside[0]}, decoded {inside[1]!r}")
assert apart == ([1, 2, 2], "a <s> <s>") and inside == ([1, 0, 2], "a <s> b"), "CHANGED"
PY
"$folder/venv/bin/python" "$folder/try.py"
