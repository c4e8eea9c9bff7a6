"""Workbooks of Excel and LibreOffice: numbers, dates, sheets, and what their programs leave out."""

import base64
import datetime as dt
import gzip
import io
import zipfile
import zlib

import openpyxl
import pandas as pd
import pytest

from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import source_of
from llmcore.data.reading.workbook import read_workbook
from llmcore.errors import LabError

ROWS = [["text", "label"], ["a fine film", 1], ["a bad play", 0], ["a fine song", 1],
        ["a long book", 0]]  # fmt: skip
TEXTS = [tuple(str(cell) for cell in row) for row in ROWS[1:]]


def book_of(**sheets) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def bytes_of(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(data, name="x.xlsx", named=()):
    """(Rows, rows as tuples, notice texts)"""
    data = bytes_of(data) if isinstance(data, openpyxl.Workbook) else data
    notices = Notices()
    rows = read_workbook(source_of(data, name), notices, named)
    cells = [tuple(row) for chunk in rows.take() for row in chunk.rows]
    return rows, cells, notices.texts()


def test_whole_numbers_are_whole_and_the_rest_is_as_it_is_shown() -> None:
    header = ["text", "label", "score", "when", "at", "seen", "long"]
    row = ["a film", 1, 0.5, dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4), True, 10**14]
    rows, cells, notices = read(book_of(Data=[header, row, ["a play", 0] + [None] * 5]))
    assert rows.columns == header and rows.header and not notices
    assert cells == [
        ("a film", "1", "0.5", "2026-01-02", "2026-01-02T03:04:00", "true", str(10**14)),
        ("a play", "0", None, None, None, None, None),
    ]
    assert (rows.format, rows.unit) == ("xlsx", "row")


def test_what_pandas_writes_is_read(tmp_path) -> None:
    pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_excel(tmp_path / "x.xlsx", index=False)
    assert read((tmp_path / "x.xlsx").read_bytes())[1] == TEXTS
    assert read(gzip.compress((tmp_path / "x.xlsx").read_bytes()), "x.xlsx.gz")[1] == TEXTS


def test_titles_and_blank_rows_are_passed_over_and_rows_keep_their_numbers() -> None:
    rows = [["Exported on Friday"], [], *ROWS[:2], [None, None], *ROWS[2:]]
    found, _, notices = read(book_of(S=rows))
    assert any("1 row above the table of x.xlsx was passed over: 'Exported" in n for n in notices)
    lines = [line for line, _ in read_workbook(source_of(bytes_of(book_of(S=rows)), "x"),
                                               Notices()).records()]  # fmt: skip
    assert lines == [4, 6, 7, 8] and found.columns == ["text", "label"]


def test_the_first_table_is_read_and_other_sheets_are_named() -> None:
    book = book_of(About=[["Please read"], ["this first"]], Data=ROWS, More=ROWS, Secret=ROWS)
    book["Secret"].sheet_state = "hidden"
    book.create_chartsheet("Chart")
    _, cells, notices = read(book)
    assert cells == TEXTS
    assert "The sheet 'Data' of x.xlsx is read, not 'About', 'More'." in notices
    assert "1 sheet of x.xlsx is hidden and not read: Secret." in notices


def test_sheets_named_train_and_test_are_parts() -> None:
    other = [["label", "text"], [1, "a new film"]]
    rows, cells, notices = read(book_of(Train=ROWS, Test=other))
    assert rows.columns == ["text", "label", "split"]
    assert cells == [(*text, "train") for text in TEXTS] + [("a new film", "1", "test")]
    assert "The sheets Train, Test of x.xlsx are read as parts of one set." in notices


def test_formulas_errors_hidden_rows_and_merged_cells_are_said() -> None:
    book = book_of(S=[*ROWS, ["=UPPER(A2)", 1], ["a poem", "#N/A"], ["an ode", None]])
    sheet = book["S"]
    sheet["B7"].data_type = "e"
    sheet.row_dimensions[3].hidden = True
    sheet.merge_cells("B4:B5")
    _, cells, notices = read(book)
    assert cells[2:] == [("a fine song", "1"), ("a long book", "1"), (None, "1"),
                         ("a poem", None), ("an ode", None)]  # fmt: skip
    assert [notice.split(" of x.xlsx")[0] for notice in notices] == [
        "1 cell", "1 formula", "1 cell", "1 row",
    ]  # fmt: skip
    assert "has no kept value and is taken as missing" in notices[1]
    assert "holds an error such as #N/A" in notices[2]
    assert "is hidden in the sheet and read all the same" in notices[3]


def test_a_kept_value_of_a_formula_is_read() -> None:
    data = bytes_of(book_of(S=[*ROWS, ["=UPPER(A2)", 1]]))
    data = edited(data, b"<v></v>", b"<v>A FINE FILM</v>")
    data = edited(data, b'<c r="A6">', b'<c r="A6" t="str">')
    _, cells, notices = read(data)
    assert cells[-1] == ("A FINE FILM", "1") and not notices


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with `old` replaced in its sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = source.read(name)
                if name.endswith("sheet1.xml"):
                    assert old in entry or old == b"<v></v>", entry
                    entry = entry.replace(b"<v />", b"<v></v>").replace(old, new)
                target.writestr(name, entry)
    return buffer.getvalue()


def test_a_lone_cell_far_away_is_refused_and_does_not_end_the_process() -> None:
    book = book_of(S=ROWS)
    book["S"]["XFD1048576"] = "x"
    with pytest.raises(LabError, match="spans 1,048,576 rows and 16,384 columns"):
        read(book)
    without_places = edited(bytes_of(book), b' r="A', b' q="A')
    with pytest.raises(LabError, match="spans 1,048,576 rows"):
        read(without_places)


def test_a_format_far_away_is_nothing() -> None:
    book = book_of(S=ROWS)
    book["S"]["XFD1048576"].number_format = "0.00"
    assert read(book)[1] == TEXTS


ODS = (
    '<?xml version="1.0"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="S">{}</table:table></office:spreadsheet>'
    "</office:body></office:document-content>"
)
ODF = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODF}"/>'
    "</manifest:manifest>"
)


def ods_of(rows, repeated="") -> bytes:
    xml = ""
    for row in rows:
        xml += f"<table:table-row{repeated}>"
        for cell in row:
            kind = "string" if isinstance(cell, str) else f'float" office:value="{cell}'
            xml += (f'<table:table-cell office:value-type="{kind}"><text:p>{cell}</text:p>'
                    "</table:table-cell>")  # fmt: skip
        xml += '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODF, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(xml))
    return buffer.getvalue()


def test_an_open_document_sheet() -> None:
    assert read(ods_of(ROWS), "x.ods")[1] == TEXTS
    many = ods_of([["a"] * 100], ' table:number-rows-repeated="1000000"')
    with pytest.raises(LabError, match="spans 1,000,000 rows and 100 columns"):
        read(many, "x.ods")


# The same rows as xlwt 1.3.0 writes them, packed.
XLS = zlib.decompress(base64.b85decode(
    "c-rk)O=uHA6#iy^njia<)KqANvJ|XZdl4^Q+Eqb&GE_Y%BIw4X60#;G=3qT&wdN=Yo)j;IUc6Mj_=6tw=0T|FK@f"
    "yQkAfg5cxbb}dD)mmb7(+|mid->^XAPrGjC_+&HlVvik9Z@50vo>#-XF)h0xJp6O=-=LIhOrc~Y(AK}w#&e}zzx7"
    "P7;{ldhKmxrTDR%g}Jocuo@dK<Nag5zl2))*50T```%a!x%|{+hplRKYP{7@-)khEblV&Da$=<xyEvgxFvBMOLlx"
    "@x4(;zX+vDs4cYHQZu5>UJJE+1au;8^E~;D;d-G|>{WmKHjZQ3p)@>q{P30Z8gcvR00={_`@U<4H&n#tMTe|?+zc"
    "<?hE$lZm1DJ((iZ^(X4%g3mb%Bp8BhIlX6Ojt3^92)dokYsr065lEn&NRP?Vb(GQo>1E)2=g9uR52@p5c;9ij~Oa"
    "GGTdobF@dAqP>fwpp#@0J*-DL79w<>FW>p{`e0(xKFO9@KH;m+fi2Q?c(^QEP~&c{F<DCP2+JKTuW+xMSs!2-BPQ"
    "j;lYPE&V2(LgxptVw*~NHcZ*9=GkzV|C=+R*DqrIK<#fkET*y3Az9z!&BNop^zIgE-?aqFhUW4o3M|IB#Lvj4a9B"
    "dA4u-#!0f*Mk*=S&g!+mgMXRpD$YQ1@mQ(7qu|^6XjW!e60mvW4`Y5>$5NUdJDeJe8cDKP5m1!_y+S$pKtu^e_ZR"
    "u1F6tySw|QO3JMAe3JMAe>l?y<U)QVO8T_Uw-zNk9f1MRd74@5B-QqBEbQS2sbU(6`=P}dP{@Dam)cO*uY*YJRC~"
    "=fV&m)5b`;lpT|I$~TXuO|QH;nwb5Ndb)N;`i3<?(+2bKTZB"
))  # fmt: skip


def test_a_workbook_from_before_2007() -> None:
    assert read(XLS, "x.xls")[1] == TEXTS


def test_columns_without_a_header_are_numbered() -> None:
    rows, cells, notices = read(book_of(S=[[1, "a film"], [0, "a play"], [1, "a long song"]] * 3))
    assert rows.columns == ["column 1", "column 2"] and not rows.header
    assert cells[0] == ("1", "a film") and any("is read as a row" in notice for notice in notices)


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (LOCKED, "is protected by a password: save it without one"),
        (LOCKED[:600], "cannot be read as a workbook"),
        (b"PK\x03\x04" + bytes(50), "cannot be read as a workbook"),
        (bytes_of(book_of(S=[])), "has no sheet with rows"),
        (bytes_of(book_of(S=ROWS[:1])), "no rows below"),
    ],
)
def test_one_sentence_for_what_cannot_be_read(data, said) -> None:
    with pytest.raises(LabError, match=said):
        read(data)


def test_a_bomb_is_refused() -> None:
    data = edited(bytes_of(book_of(S=ROWS)), b"</worksheet>", b" " * (64 << 20) + b"</worksheet>")
    with pytest.raises(LabError, match="a bomb"):
        read(data)


def test_halves_of_a_workbook_let_only_our_error_out() -> None:
    data = bytes_of(book_of(S=ROWS))
    for cut in range(1, len(data), 97):
        with pytest.raises(LabError):
            read(data[:cut])
