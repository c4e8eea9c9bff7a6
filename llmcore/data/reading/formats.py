"""What a file is, by its content; its name decides only if the content leaves it open."""

import re
import zipfile
from dataclasses import dataclass

from llmcore.data.mails import looks_like_mail
from llmcore.data.reading.source import Source
from llmcore.errors import LabError

# Formats that are read (Rows.format), beside "folders" and the packings zip and tar.
DELIMITED, TEXT, JSON, JSONL = "delimited", "text", "json", "jsonl"
XLSX, PARQUET, ARROW = "xlsx", "parquet", "arrow"
ZIP, TAR, MBOX, MAIL, HTML, RTF = "zip", "tar", "mbox", "mail", "html", "rtf"

_SAVE_TEXT = "save it as plain text (UTF-8)"
_SAVE_TABLE = "save it as CSV, Excel (.xlsx) or Parquet"
_REFUSED = (
    (b"%PDF", "a PDF", _SAVE_TEXT),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, or pack it as zip"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it, or pack it as zip"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", "unpack it first"),
    (b"\x04\x22\x4d\x18", "packed with LZ4", "unpack it first"),
    (b"\x89PNG", "a picture", "give a text or a table"),
    (b"\xff\xd8\xff", "a picture", "give a text or a table"),
    (b"GIF8", "a picture", "give a text or a table"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _SAVE_TABLE),
    (b"\x93NUMPY", "a NumPy array", _SAVE_TABLE),
    (b"Obj\x01", "an Avro file", _SAVE_TABLE),
    (b"ORC", "an ORC file", _SAVE_TABLE),
    (b"\x80\x02", "a Python pickle, which can run any code when it is opened", _SAVE_TABLE),
    (b"\x80\x03", "a Python pickle, which can run any code when it is opened", _SAVE_TABLE),
    (b"\x80\x04", "a Python pickle, which can run any code when it is opened", _SAVE_TABLE),
    (b"\x80\x05", "a Python pickle, which can run any code when it is opened", _SAVE_TABLE),
    (b"version https://git-lfs.github.com/spec/", "a pointer of Git LFS, not the file itself",
     "fetch the file (git lfs pull)"),
    (b"!BDN", "a mail store of Outlook (.pst)", "export its mails as mbox or .eml"),
    (b"ITSF", "a help file (CHM)", _SAVE_TEXT),
    (b"\x7fELF", "a program", "give a text or a table"),
    (b"MZ\x90\0", "a program", "give a text or a table"),
)  # fmt: skip
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel, Word and Outlook files before 2007
_IN_OLE = (  # names of streams
    ("__substg1.0_", "a mail of Outlook (.msg)", "save it as .eml, or its folder as mbox"),
    ("WordDocument", "a Word document", _SAVE_TEXT),
    ("PowerPoint Document", "a PowerPoint file", _SAVE_TEXT),
)
_IN_ZIP = (
    ("xl/workbook.", XLSX, "", ""),
    ("word/document.", None, "a Word document", _SAVE_TEXT),
    ("ppt/presentation.", None, "a PowerPoint file", _SAVE_TEXT),
    ("meta-inf/container.xml", None, "an e-book (EPUB)", _SAVE_TEXT),
)
_ODF = {
    b"application/vnd.oasis.opendocument.spreadsheet": XLSX,
    b"application/vnd.oasis.opendocument.text": None,
    b"application/vnd.oasis.opendocument.presentation": None,
}
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_MBOX_LINE = re.compile(rb"From \S+ .*\d{1,2}:\d\d.*\d{4}[^\n]*\n|From \S+@\S+[^\n]*\d{4}[^\n]*\n")
_SUFFIXES = {
    ".jsonl": JSONL, ".ndjson": JSONL, ".json": JSON, ".csv": DELIMITED, ".tsv": DELIMITED,
    ".tab": DELIMITED, ".psv": DELIMITED, ".eml": MAIL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recognised:
    """One of the formats above, and how it was known."""

    format: str
    why: str


def recognise(source: Source) -> Recognised:
    """The format of a file by its first bytes, else by its name. `delimited` and `text` are told
    apart by who reads them: a table has columns.

    Raises LabError, with what to do, for a format that is known and not read.
    """
    head = source.head()
    packed = _packed(source, head)
    if packed is not None:
        return packed
    for magic, what, remedy in _REFUSED:
        if head.startswith(magic):
            raise LabError(f"{source.name} is {what}: {remedy} and give that.")
    return _by_text(source, head.removeprefix(b"\xef\xbb\xbf"))


def _packed(source: Source, head: bytes) -> Recognised | None:
    if head.startswith(b"PAR1"):
        return Recognised(PARQUET, "it begins with PAR1")
    if head.startswith(b"ARROW1") or head.startswith(b"FEA1"):
        return Recognised(ARROW, "it begins as an Arrow file")
    if head.startswith(b"\xff\xff\xff\xff") and head[7:9] == b"\0\x10":  # the length of a schema
        return Recognised(ARROW, "it begins as an Arrow stream")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(source)
    if head.startswith(OLE):
        for stream, what, remedy in _IN_OLE:
            if stream.encode("utf-16-le") in head:
                raise LabError(f"{source.name} is {what}: {remedy} and give that.")
        return Recognised(XLSX, "it begins as an Office file before 2007")
    if head[257:262] == b"ustar":
        return Recognised(TAR, "it is a tar archive")
    if head.startswith((b"BZh", b"\xfd7zXZ\0")):
        return Recognised(TAR, "it is packed with bzip2 or xz")
    return None


def _in_zip(source: Source) -> Recognised:
    try:
        with source.open() as file, zipfile.ZipFile(file) as zipped:
            names = [name.lower() for name in zipped.namelist()[:2_000]]
            odf = zipped.read("mimetype")[:80] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, KeyError):
        return Recognised(ZIP, "it begins with PK")  # its reader says what is wrong with it
    if odf in _ODF:
        if _ODF[odf] is None:
            raise LabError(f"{source.name} is an OpenDocument text: {_SAVE_TEXT} and give that.")
        return Recognised(XLSX, "it is an OpenDocument spreadsheet")
    for start, format, what, remedy in _IN_ZIP:
        if any(name.startswith(start) for name in names):
            if format is None:
                raise LabError(f"{source.name} is {what}: {remedy} and give that.")
            return Recognised(format, "it is a zip that holds a workbook")
    return Recognised(ZIP, "it begins with PK")


def _by_text(source: Source, head: bytes) -> Recognised:
    start = head.lstrip()
    if start.startswith(b"{\\rtf"):
        return Recognised(RTF, "it begins with {\\rtf")
    if _HTML.match(start[:4096]):
        return Recognised(HTML, "it begins as an HTML page")
    if _MBOX_LINE.match(start) and looks_like_mail(start):
        return Recognised(MBOX, "it begins with a line that says From, a sender and a date")
    if looks_like_mail(head):
        return Recognised(MAIL, "it begins with the headers of an e-mail")
    latin = start.replace(b"\0", b"").lstrip(b"\xff\xfe")  # UTF-16 shows its brackets as well
    suffix = source.name[source.name.rfind(".") :].lower() if "." in source.name else ""
    if latin.startswith((b"{", b"[")) and _is_json(latin, suffix):
        lines = suffix in (".jsonl", ".ndjson") or _first_line_is_object(latin)
        return Recognised(JSONL if lines else JSON, "it begins as JSON")
    if suffix in _SUFFIXES:
        return Recognised(_SUFFIXES[suffix], f"its name ends in {suffix}")
    return Recognised(TEXT, "it is text")


def _is_json(head: bytes, suffix: str) -> bool:
    """A bracket may also begin a line of a table or of plain text."""
    if suffix in (".json", ".jsonl", ".ndjson"):
        return True
    return bool(re.match(rb"\{\s*(?:[\"'}]|$)|\[\s*(?:[\[{\]\"]|-?[\d.eE+]+\s*[,\]]|$)", head))


def _first_line_is_object(head: bytes) -> bool:
    """Whether the first line is an object by itself and another one follows."""
    first, _, rest = head.partition(b"\n")
    return first.strip().rstrip(b",").endswith(b"}") and rest.lstrip().startswith(b"{")
