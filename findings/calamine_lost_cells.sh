#!/usr/bin/env bash
# A formula without a kept value and an error cell come back as what an empty cell is.
#
# Versions: python-calamine 0.9.1; the workbook is written by openpyxl 3.1.5; CPython 3.11, Linux.
#
# Behaviour: to_python() and iter_rows() give '' for an empty cell, for a cell whose formula has no
# kept value (as every program writes it that does not calculate: openpyxl, pandas, most servers),
# and for an error (#N/A): the three cannot be told apart, and no other call tells them. The
# integer 1 comes back as the float 1.0, the date 2026-01-02 00:00 as a date without a time. A
# table of labels loses those rows without a word, and 1 becomes the class "1.0".
#
# Output seen:
#   ['kept', '', '', '', 1.0, datetime.date(2026, 1, 2)]
#
# What LLM Lab does: it counts formulas without a value and errors in the sheet's XML and says so,
# and writes whole numbers without a fraction (llmcore/data/reading/sheet_facts.py, values.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-calamine==0.9.1 openpyxl==3.1.5
cat > "$folder/try.py" <<'PY'
import datetime, io, openpyxl
from python_calamine import CalamineWorkbook
book = openpyxl.Workbook()
book.active.append(["kept", None, '=UPPER("a")', "#N/A", 1, datetime.datetime(2026, 1, 2)])
assert book.active["D1"].data_type == "e" and book.active["C1"].data_type == "f"
data = io.BytesIO()
book.save(data)
data.seek(0)
row = CalamineWorkbook.from_filelike(data).get_sheet_by_index(0).to_python()[0]
print(row)
assert row == ["kept", "", "", "", 1.0, datetime.date(2026, 1, 2)], "CHANGED"
assert type(row[4]) is float, "CHANGED"
PY
"$folder/venv/bin/python" "$folder/try.py"
