"""Readers of the built-in sets: their files in, documents or labelled rows out."""

import csv
import html
import io
import re
from pathlib import Path

from llmcore.data.cleaning import clean_tweet
from llmcore.data.folding import fold, in_fixed_test
from llmcore.data.plays import read_plays
from llmcore.data.repeats import repeats
from llmcore.data.sources import CORPORA, ensure

_AIRLINES = re.compile(
    r"@(?:virginamerica|united|southwestair|jetblue|usairways|americanair)\b", re.IGNORECASE
)
Rows = list[tuple[str, str]]  # (label, text)


def build_corpus(name: str) -> tuple[list[str], list[str]]:
    """Documents and notices of a built-in corpus."""
    if name == "shakespeare":
        return read_plays(ensure(name)), []
    if name == "tweets":
        return training_tweets(), []
    if name == "messages":
        notice = (
            "The corpus messages holds the texts of sms-spam: a spam classifier made from a model "
            "that learned it has seen its test texts before."
        )
        return [text for _, text in read_sms()] + training_tweets(), [notice]
    if name == "conversations":
        return read_conversations(ensure(name)), []
    if name == "repeats":
        return repeats(), []
    assert name in CORPORA, name
    text = ensure(name).read_text(encoding="utf-8")
    return [text], []


def read_sms() -> Rows:
    """The SMS Spam Collection: the full set if it was downloaded, else the packaged part."""
    lines = ensure("sms-spam").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t", 1) for line in lines if "\t" in line)
    return [(label, " ".join(html.unescape(text).split())) for label, text in pairs]


def read_tweets() -> Rows:
    """All labelled tweets, repaired; the file mixes encodings and is read byte for byte."""
    raw = ensure("tweet-sentiment").read_bytes().decode("latin-1")
    rows = csv.DictReader(io.StringIO(raw, newline=""))
    cleaned = ((row["sentiment"], clean_tweet(row["text"])) for row in rows)
    return [(label, text) for label, text in cleaned if text]


def about_airlines(tweet: str) -> bool:
    """Whether a tweet of tweet-sentiment is one of the 14,638 that speak to an airline."""
    return _AIRLINES.search(tweet) is not None


def training_tweets() -> list[str]:
    """Texts of tweets outside the fixed test split, each once."""
    by_fold = {fold(text): text for _, text in reversed(read_tweets())}
    kept = [text for folded, text in by_fold.items() if not in_fixed_test(folded)]
    return kept[::-1]


def read_conversations(folder: Path) -> list[str]:
    """One document a conversation: turns on separate lines, `Q:` and `A:` in turn."""
    documents = []
    for turns in read_turns(folder):
        lines = [f"{'QA'[i % 2]}: {turn}" for i, turn in enumerate(turns)]
        documents.append("\n".join(lines) + "\n")
    return list(dict.fromkeys(documents))


def read_turns(folder: Path) -> list[list[str]]:
    """The turns of every conversation in a folder of chatterbot-corpus."""
    import yaml

    # The base loader makes strings of all scalars: a turn "Yes" is no boolean, and no tag of the
    # file can name a Python object.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    found = []
    for path in sorted(folder.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        found += [[turn.strip() for turn in turns] for turns in content["conversations"]]
    return found
