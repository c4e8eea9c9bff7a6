"""Which files of a folder or an archive are the texts of a corpus, and how much they hold."""

import io
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from llmcore.data.reading import formats
from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.members import Member, members_of, named_files
from llmcore.data.reading.report import Notices, ReadingReport, listed
from llmcore.data.reading.source import Source
from llmcore.errors import LabError

FOLDERS = "folders"
# Files are distinguished by their names; what is in them is recognised when they are opened.
TEXTS = frozenset({
    ".txt", ".text", ".md", ".markdown", ".rst", ".html", ".htm", ".xhtml", ".rtf", ".eml", "",
})  # fmt: skip
TABLES = frozenset({
    ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".tab", ".parquet", ".arrow", ".xlsx",
})  # fmt: skip
# Texts as well, but not beside web pages, which bring their scripts along.
SOURCES = frozenset({
    ".py", ".js", ".ts", ".java", ".kt", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs",
    ".rb", ".php", ".swift", ".scala", ".lua", ".r", ".jl", ".hs", ".ml", ".clj", ".sh", ".sql",
    ".tex", ".org", ".adoc", ".srt", ".vtt", ".abc", ".fountain", ".log",
})  # fmt: skip
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_PACKED = (".gz", ".gzip")
_HUB = frozenset({"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"})
_SLACK = frozenset({
    "users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "canvases.json",
    "integration_logs.json", "huddle_transcripts.json", "lists.json", "file_conversations.json",
})  # fmt: skip
_SYSTEM = frozenset({"Thumbs.db", "desktop.ini"})


def text_files(where: Path | Source, report: ReadingReport) -> list[Member] | None:
    """The text files of a folder, zip or tar, in order; None for any other file. Says in `report`
    which files are not read. Raises LabError for a folder or an archive without any."""
    if isinstance(where, Path):
        report.format, report.why = FOLDERS, "it is a folder"
        return _chosen(where, report)
    recognised = formats.recognise(where)
    if recognised.format not in (formats.ZIP, formats.TAR):
        return None
    report.format, report.why = recognised.format, recognised.why
    return _chosen(where, report)


def _chosen(where: Path | Source, report: ReadingReport) -> list[Member]:
    """Texts or tables, whichever make up more; if there are neither, everything else."""
    members = [
        member
        for member in members_of(where, report.notices)
        if member.size and member.name not in _SYSTEM
    ]
    members.sort(key=lambda member: member.path)
    about = [member for member in members if member.name in _SLACK or member.name in _HUB]
    if {"users.json", "channels.json"} <= {member.name for member in about}:
        members = _without(about, members, report)
    elif len(about) < sum(suffix_of(member.name) in TABLES for member in members):
        members = _without([member for member in about if member.name in _HUB], members, report)
    suffixes = {suffix_of(member.name) for member in members}
    known = TEXTS if suffixes & _PAGES else TEXTS | SOURCES
    texts = [member for member in members if suffix_of(member.name) in known]
    tables = [member for member in members if suffix_of(member.name) in TABLES]
    chosen = max(texts, tables, key=lambda kind: sum(member.size for member in kind)) or members
    if not chosen:
        raise LabError(f"{report.name} holds no files with a text in them: give .txt files.")
    taken = {member.path for member in chosen}
    kinds = Counter(
        suffix_of(member.name) or "without a suffix"
        for member in members
        if member.path not in taken
    )
    if kinds:
        report.notices.add(
            "other_files", "{files} {were} not read: {kinds}", n=kinds.total(),
            kinds=listed([f"{n:,} {kind}" for kind, n in kinds.most_common()]),
        )  # fmt: skip
    _say_splits(chosen, report.notices)
    return chosen


def _without(about: list[Member], members: list[Member], report: ReadingReport) -> list[Member]:
    """The files but those that tell of the others: a Slack export's people, the hub's cards."""
    if about:
        report.notices.add("about_files", "{files} about the others {were} not read: {named}",
                           n=len(about), named=named_files(about))  # fmt: skip
    return [member for member in members if member not in about]


def suffix_of(name: str) -> str:
    """In lower case, of what is packed the inner one; empty for a number such as `mail.17`."""
    path = PurePosixPath(name)
    if path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    suffix = path.suffix.lower()
    return "" if suffix[1:].isdecimal() else suffix


def _say_splits(chosen: list[Member], notices: Notices) -> None:
    """Folders or files named train and test are parts that somebody keeps apart."""
    found = Counter(split for member in chosen if (split := _split_in(member)))
    if len(found) > 1:
        notices.add(
            "split_files", "Files named {names} are all learned from: to keep one apart, give it "
            "as the text to validate on", names=listed(sorted(found)),
        )  # fmt: skip


def _split_in(member: Member) -> str | None:
    words = member.name.replace("-", ".").replace("_", ".").split(".")
    return next((split for part in (*member.parts[:-1], *words) if (split := split_of(part))), None)


def zip_bytes(path: Path) -> int:
    """What the entries of a zip say that they hold. Raises BadZipFile."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def zipped_folder(folder: Path) -> bytes:
    """The text files of a folder as one zip, the same for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in _chosen(folder, ReadingReport(folder.name, "corpus", FOLDERS)):
            entry = zipfile.ZipInfo(member.path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with member.opener() as file:
                archive.writestr(entry, file.read())
    return packed.getvalue()
