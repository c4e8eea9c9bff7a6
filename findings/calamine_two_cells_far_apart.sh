#!/usr/bin/env bash
# A valid workbook with two filled cells ends the whole Python process.
#
# Versions: python-calamine 0.9.1; the workbook is written by openpyxl 3.1.5; CPython 3.11, Linux.
#
# Behaviour: get_sheet_by_name() of a sheet with text in A1 and in XFD1048576 (the last cell that
# the format allows) allocates the dense rectangle between them, 2^34 cells of 32 bytes. The
# allocation fails inside of Rust, which aborts: no Python exception is raised, nothing can be
# caught, and a server that opens such a file for one user is gone for all. The file has about
# 5 kB. openpyxl reads the same sheet in its read-only mode. Without a limit of the address space
# the same happens wherever 512 GiB cannot be had.
#
# Output seen:
#   openpyxl wrote 4847 bytes
#   opened, sheets: ['Sheet']
#   memory allocation of 549755813888 bytes failed
#   exit status 134 (128 + SIGABRT)
#
# What LLM Lab does: it reads the extent of each sheet from its XML before calamine sees the file
# (llmcore/data/reading/sheet_facts.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-calamine==0.9.1 openpyxl==3.1.5
cat > "$folder/write.py" <<'PY'
import sys, os, openpyxl
book = openpyxl.Workbook()
book.active["A1"] = "first"
book.active["XFD1048576"] = "last"
book.save(sys.argv[1])
print("openpyxl wrote", os.path.getsize(sys.argv[1]), "bytes")
PY
cat > "$folder/read.py" <<'PY'
import sys
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_path(sys.argv[1])
print("opened, sheets:", book.sheet_names, flush=True)
try:
    sheet = book.get_sheet_by_name(book.sheet_names[0])
    print("read", sheet.height, "rows")
except BaseException as error:
    print("raised", type(error).__name__)
PY
"$folder/venv/bin/python" "$folder/write.py" "$folder/two.xlsx"
status=0
(ulimit -c 0; ulimit -v 8000000; RUST_BACKTRACE=0 "$folder/venv/bin/python" "$folder/read.py" "$folder/two.xlsx") \
    > "$folder/out" 2>&1 || status=$?
grep -E 'opened|memory allocation|raised|read' "$folder/out" | grep -v Aborted | head -5
echo "exit status $status (128 + SIGABRT)"
if [ "$status" -ne 134 ] || ! grep -q 'memory allocation of 549755813888 bytes failed' "$folder/out"; then
    echo "CHANGED: the process no longer aborts as described" >&2
    exit 1
fi
