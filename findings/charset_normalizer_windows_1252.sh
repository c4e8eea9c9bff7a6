#!/usr/bin/env bash
# charset-normalizer names a neighbour for short texts in Windows-1252, and Latin-6 for UTF-8 with
# one broken byte.
#
# Versions: charset-normalizer 3.5.3, Python 3.11
# Behaviour: of 20 short English messages with a pound sign, encoded in Windows-1252, most are named
#   cp1250 (in which the byte of £ is Ł); a text in UTF-8 with 40 accented letters and one byte 0xFF
#   is named iso8859_10. Both files are read without a warning by whoever trusts the name.
# Output seen:
#   windows-1252, 20 texts: cp1250 20
#   utf-8 with one broken byte: iso8859_10
# What the lab does: it asks no detector where UTF-8 or Windows-1252 can be right, and shows a line
#   of what it read (llmcore/data/reading/encoding.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet install charset-normalizer==3.5.3
"$folder/venv/bin/python" - <<'P' 
from collections import Counter

from charset_normalizer import from_bytes

texts = [f"You have won £{n}00 in our draw, call 0900 {n}{n} to claim it today" for n in range(1, 21)]
named = Counter(from_bytes(text.encode("cp1252")).best().encoding for text in texts)
print("windows-1252, 20 texts:", ", ".join(f"{name} {n}" for name, n in named.most_common()))
broken = "Le café était très agréable à la plage, disait-elle, déjà fatiguée.\n" * 5
best = from_bytes(broken.encode() + b"one \xff byte\n").best()
print("utf-8 with one broken byte:", best.encoding if best else "none")
assert named == {"cp1250": 20} and best is not None and best.encoding == "iso8859_10", "CHANGED"
P
