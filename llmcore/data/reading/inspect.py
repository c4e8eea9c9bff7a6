"""The report alone: what the lab would do with a file, before anything learns from it."""

from dataclasses import dataclass
from pathlib import Path

from llmcore.config import FILE_TASKS
from llmcore.data.folding import fold
from llmcore.data.reading.asked_columns import (
    are_conversations,
    are_surely_conversations,
    is_empty,
)
from llmcore.data.reading.asked_names import (
    CHOSEN_NAMES,
    EXAMPLES_NAMES,
    INPUT_NAMES,
    INSTRUCTION_NAMES,
    MESSAGES_NAMES,
    OUTPUT_NAMES,
    REJECTED_NAMES,
    folded_name,
)
from llmcore.data.reading.columns import MAX_CLASSES, columns_of
from llmcore.data.reading.flat_messages import message_form
from llmcore.data.reading.labels import Labelled, ReadingOptions, read_labels
from llmcore.data.reading.names import LABEL_NAMES
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import ChoiceError, Notices, ReadingReport, quoted
from llmcore.data.reading.roles import combined, label_roles, measured
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.source import Source
from llmcore.errors import LabError

SMALL_BYTES = 5 << 20
TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".xlsx", ".xls", ".ods", ".parquet", ".arrow",
                  ".json", ".jsonl", ".ndjson")  # fmt: skip
MOST_BESIDE_SCORES = 4  # columns; crawled texts have scores as well, among many
CLASSIFY, INSTRUCT, CORPUS = FILE_TASKS
# Names that a labelled set may have as well; a question or an answer only beside its partner.
_EITHER = frozenset({
    "user", "human", "query", "request", "q", "a", "problem", "target", "targets", "assistant",
    "gpt", "bot", "solution", "chosen",
})  # fmt: skip
_ASKED, _ANSWERED = frozenset(INSTRUCTION_NAMES), frozenset(OUTPUT_NAMES)
_SURELY = frozenset((*MESSAGES_NAMES[:5], *CHOSEN_NAMES, *REJECTED_NAMES, *EXAMPLES_NAMES))
_TARGETS = frozenset({"target", "targets"})
_PLAIN_TEXT = frozenset({"text", "message", "sentence", "review", "tweet", "sms", "comment"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """Columns that the user names, by name or number; None for the usual ones."""

    text: str | None = None
    label: str | None = None
    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    system: str | None = None

    def named(self) -> list[str]:
        every = (self.text, self.label, self.instruction, self.input, self.output, self.system)
        return [column for column in every if column]


def inspect(
    where: Path | Source,
    task: str | None = None,
    chosen: Chosen = Chosen(),
    options: ReadingOptions = ReadingOptions(),
) -> ReadingReport:
    """What is recognised in a file, folder, zip or upload, and what would become of its rows.

    task: one of FILE_TASKS, None if it is to be guessed. Memory does not grow with the file.
    Raises LabError for what cannot be read.
    """
    if task == CORPUS:
        return _corpus(where, chosen, options)
    notices = Notices()
    roles = "instructions" if task == INSTRUCT else "labels"
    try:
        rows = open_rows(where, notices, options.encoding, chosen.named(), roles)
    except LabError:
        if task is not None or (report := _corpus_or_none(where, chosen, options)) is None:
            raise
        return report
    guessed = task or guess_task(rows)
    if guessed == CORPUS:
        return _corpus(where, chosen, options)
    if guessed == INSTRUCT:
        return _instructions(rows, where, chosen)
    small = _is_small(where)
    report = inspect_labels(rows, where.name, chosen, options, few=small)
    if not small:
        notices.add("not_looked_for", "Texts of {file} that come again were not looked for, since "
                    "it is large: training does", file=where.name)  # fmt: skip
    if not report.asks:
        _say_unusable(report, chosen.label)
    return report


def _corpus_or_none(
    where: Path | Source, chosen: Chosen, options: ReadingOptions
) -> ReadingReport | None:
    """What is no table may still be text: a page of HTML, a folder of texts without classes. Not
    what is called a table: an error page in its place is no text to learn."""
    if where.name.casefold().removesuffix(".gz").endswith(TABLE_SUFFIXES):
        return None
    try:
        return _corpus(where, chosen, options)
    except LabError:
        return None


def guess_task(rows: Rows) -> str:
    """What a table is for, by the names of its columns and by what they hold."""
    names = {column.strip().casefold().replace(" ", "_") for column in rows.columns}
    roles = label_roles(rows, "", None, None, Notices())
    labelled = roles.label is not None
    if names & _SURELY and not (labelled and roles.text is not None and names & _PLAIN_TEXT):
        return INSTRUCT
    asked, answered = names & _ASKED, names & _ANSWERED
    if asked - _EITHER and answered - _EITHER:
        return INSTRUCT
    label = None if roles.label is None else folded_name(rows.columns[roles.label])
    if (
        names & frozenset(INPUT_NAMES)
        and names & _TARGETS
        and not (label in _TARGETS and _repeats(rows, roles.label))
    ):
        return INSTRUCT
    if not (labelled and names & _PLAIN_TEXT) and _are_talks(rows, label):
        return INSTRUCT
    if labelled and (names & _PLAIN_TEXT or not (asked and answered)):
        return CLASSIFY
    if asked or answered:
        return INSTRUCT
    if rows.format == "text" and not names & set(LABEL_NAMES):
        return CORPUS
    columns = columns_of(rows)
    labels = any(column.is_label for at, column in enumerate(columns) if at != roles.text)
    scores = len(columns) <= MOST_BESIDE_SCORES and bool(
        measured(columns, {roles.text}) or combined(columns, {roles.text})
    )
    return CLASSIFY if labelled or labels or scores or roles.text is None else CORPUS


def _repeats(rows: Rows, column: int | None) -> bool:
    """Whether most cells of a column come again, as labels do."""
    cells = [str(row[column]) for row in rows.sample() if column is not None and column < len(row)]
    return 2 * len(set(cells)) <= len(cells)


def _are_talks(rows: Rows, label: str | None) -> bool:
    """Whether a column holds conversations, or each row is a message of one."""
    form = message_form(rows)
    if form is not None and (label not in LABEL_NAMES or label == folded_name(form.role)):
        return True
    sample = rows.sample()
    for at, column in enumerate(rows.columns):
        values = [one for row in sample if at < len(row) and not is_empty(one := row[at])]
        known = folded_name(column) in MESSAGES_NAMES
        if values and (are_surely_conversations(values) or (known and are_conversations(values))):
            return True
    return False


def _is_small(where: Path | Source) -> bool:
    """Whether its texts may be held in memory, to find those that come again."""
    if isinstance(where, Path) and where.is_dir():
        return True
    size = where.size if isinstance(where, Source) else where.stat().st_size
    return size <= SMALL_BYTES


def inspect_labels(
    rows: Rows,
    name: str,
    chosen: Chosen = Chosen(),
    options: ReadingOptions = ReadingOptions(),
    few: bool = False,
) -> ReadingReport:
    """The report of a labelled table; with a role that is None if a column must be chosen.

    few: the rows may be held in memory, and are looked through for texts that come again.
    """
    notices = rows.notices
    roles = label_roles(rows, name, chosen.text, chosen.label, notices)
    report = ReadingReport(name, CLASSIFY, rows.format, rows.encoding, rows.why, rows.columns,
                           roles.names(rows.columns), notices=notices)  # fmt: skip
    if report.asks:
        report.read = sum(len(chunk.rows) for chunk in rows.take())
        return report
    found = read_labels(rows, roles, report, options, keep=few)
    if few:
        _say_repeats(found, report, rows.unit)
    return report


def _say_repeats(found: Labelled, report: ReadingReport, unit: str) -> None:
    """Texts that come again, and those that have several labels."""
    labels: dict[str, set[str]] = {}
    doubles, first = 0, None
    torn: dict[str, tuple[str, int]] = {}
    for text, label, line in zip(found.texts, found.labels, found.lines, strict=True):
        folded = fold(text)
        known = labels.setdefault(folded, set())
        if known:
            doubles += 1
            first = first or line
        known.add(label)
        if len(known) > 1:
            torn.setdefault(folded, (text, line))
    if doubles:
        report.notices.add("doubles", "{rows} {repeat} another text (case, spaces and punctuation "
                           "aside) and {are} dropped before training", first, doubles,
                           unit=unit)  # fmt: skip
    if torn:
        text, line = next(iter(torn.values()))
        report.notices.add("conflicts", "{texts} {stand} there with several labels, as {text}: "
                           "each keeps the one that it has most often", line, len(torn),
                           unit=unit, text=quoted(text))  # fmt: skip


def _say_unusable(report: ReadingReport, chosen: str | None) -> None:
    """If there is nothing to tell apart, another label column has to be chosen."""
    n = len(report.classes or {})
    if 2 <= n <= MAX_CLASSES:
        return
    why = "no row with both a text and a label" if not n else f"{n:,} different labels"
    if n == 1:
        why = f"one label only, {quoted(next(iter(report.classes or {})))},"
    report.notices.add("unusable", "{file} has {why} in the column {column}; 2 to {most} classes "
                       "can be learned", file=report.name, why=why,
                       column=repr(report.roles["label"]), most=MAX_CLASSES)  # fmt: skip
    if chosen is None:
        report.roles["label"] = None


def _instructions(rows: Rows, where: Path | Source, chosen: Chosen) -> ReadingReport:
    from llmcore.data.instructions import Columns
    from llmcore.data.reading.turns import read_turns

    columns = Columns(chosen.instruction, chosen.input, chosen.output, chosen.system)
    return read_turns(rows, columns, where.name, keep=False)[1]


def _corpus(where: Path | Source, chosen: Chosen, options: ReadingOptions) -> ReadingReport:
    from llmcore.data.reading.documents import CorpusOptions, read_pieces

    how = CorpusOptions(chosen.text, encoding=options.encoding)
    try:
        pieces, report = read_pieces(where, where.name, how)
        for _ in pieces:  # counts the documents
            pass
    except ChoiceError as error:
        report = error.report
        rows = open_rows(where, Notices(), options.encoding, chosen.named())
        report.read = sum(len(chunk.rows) for chunk in rows.take())
    return report
