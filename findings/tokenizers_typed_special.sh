#!/usr/bin/env bash
# With a Unigram model, text that looks like a special token becomes one even where it is asked not
# to.
#
# Versions: tokenizers 0.23.3, Python 3.11, Linux.
#
# Behaviour: encode_special_tokens = True is there so that "</s>" in a text is read as plain
# characters. With byte-level BPE it is. With Unigram the special tokens stand among the pieces with
# the score 0, which is the best there is, so the typed text "</s>" is again the token that ends a
# text. Who relies on the switch lets a user of the program write control tokens. WordLevel with a
# split at white space does the same.
#
# Output seen:
#   Unigram:        ['▁a', '</s>'], special: True
#   byte-level BPE: ['a', '<', '/', 's', '>'], special: False
#
# What LLM Lab does: where the package lets one through, the text is cut within the token's name
# (llmcore/tokenizers/package.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
cat > "$folder/try.py" <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers

def seen(name, tokenizer):
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.encode_special_tokens = True
    made = tokenizer.encode("a</s>")
    special = tokenizer.token_to_id("</s>") in made.ids
    print(f"{name:15} {made.tokens}, special: {special}")
    return special

pieces = [("<unk>", 0.0), ("</s>", 0.0), ("▁a", -1.0), ("<", -2.0), ("/", -2.0), ("s", -2.0), (">", -2.0)]
unigram = Tokenizer(models.Unigram(pieces, unk_id=0))
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
bpe = Tokenizer(models.BPE({sign: id for id, sign in enumerate("a</s>")}, []))
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
assert seen("Unigram:", unigram) is True, "CHANGED"
assert seen("byte-level BPE:", bpe) is False, "CHANGED"
PY
"$folder/venv/bin/python" "$folder/try.py"
