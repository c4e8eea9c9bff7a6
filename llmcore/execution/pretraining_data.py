"""A pretraining run's text as token ids: from memory, or from shards if it is too large."""

from dataclasses import replace
from pathlib import Path

from llmcore import models
from llmcore.config import RunConfig
from llmcore.data import CORPUS_SPLIT_SEED, Corpus, load_corpus
from llmcore.data.corpora import LARGE_BYTES, read_corpus
from llmcore.data.encoded import encoded_corpus, trained_bpe_for
from llmcore.data.reading.amount import sample_documents, text_bytes
from llmcore.data.reading.documents import CorpusOptions
from llmcore.data.reading.source import source_at
from llmcore.data.shards import prepare_shards
from llmcore.errors import LabError
from llmcore.paths import cache_dir
from llmcore.runs.run import TOKENIZER, Run
from llmcore.tasks.pretraining import TokenData
from llmcore.tokenizers import Tokenizer
from llmcore.train.sinks import Sink


def token_data(run: Run, config: RunConfig, sink: Sink) -> tuple[Tokenizer, TokenData]:
    """The run's tokenizer and its training and validation ids; what happens goes to `sink`."""
    large = _large_file(config.data.source, run.stored_data())
    tokenizer, data = (
        _from_memory(run, config, sink) if large is None else _from_shards(run, config, large, sink)
    )
    if config.tokenizer == "" and tokenizer.vocab_size < config.model.vocab_size:
        sink.event("notice", 0, text=(
            f"The text gives only {tokenizer.vocab_size:,} tokens, not "
            f"{config.model.vocab_size:,}: the other rows of the model's vocabulary stay unused."
        ))  # fmt: skip
    sink.event("data", 0, train_tokens=len(data.train), validation_tokens=len(data.validation))
    return tokenizer, data


def _from_memory(run: Run, config: RunConfig, sink: Sink) -> tuple[Tokenizer, TokenData]:
    corpus = corpus_of(run, config)
    if config.data.validation_source is None:
        train, validation = corpus.split(config.data.validation, CORPUS_SPLIT_SEED)
    else:
        train, validation = corpus.documents, _to_validate_on(run, config).documents
    for notice in corpus.notices:
        sink.event("notice", 0, text=notice)
    tokenizer = _run_tokenizer(run, config, train)
    return tokenizer, TokenData(
        train=encoded_corpus(tokenizer, train, cache_dir()),
        validation=encoded_corpus(tokenizer, validation, cache_dir()),
        validation_bytes=_n_bytes(validation),
    )


def _from_shards(
    run: Run, config: RunConfig, text: Path, sink: Sink
) -> tuple[Tokenizer, TokenData]:
    """Memory holds a block of the text at most; the ids are made once for a file and tokenizer."""
    options = reading_of(config)
    tokenizer = _run_tokenizer(run, config, sample_documents(text, text.name, options))
    folder = cache_dir() / "shards" / f"{tokenizer.fingerprint[:16]}-{text.stat().st_ino}"
    sink.progress(0, "tokenizing")

    def tell(done: int, n_blocks: int) -> None:
        sink.event("tokenizing", 0, done=done, blocks=n_blocks)

    shards = prepare_shards(text, tokenizer, folder, _share(config), progress=tell, options=options)
    if config.data.validation_source is None:
        return tokenizer, TokenData(shards.train, shards.validation, shards.validation_bytes)
    documents = _to_validate_on(run, config).documents
    ids = encoded_corpus(tokenizer, documents, cache_dir())
    return tokenizer, TokenData(shards.train, ids, _n_bytes(documents))


def _share(config: RunConfig) -> float:
    """Of a large text, a hundredth is more than enough to validate on."""
    return min(config.data.validation, 0.01)


def _large_file(source: str, stored: Path | None) -> Path | None:
    if stored is not None:
        return None
    path = Path(source).expanduser()
    try:
        return path if path.exists() and text_bytes(path) > LARGE_BYTES else None
    except OSError as error:
        raise LabError(f"{source} cannot be read ({error}).") from error


def reading_of(config: RunConfig) -> CorpusOptions:
    """How the run's own text is read; one of before the lab read anything but text is text."""
    data = config.data
    as_text = data.read_as == "text"
    return CorpusOptions(data.text_column, data.keep_marks, as_text, data.encoding)


def corpus_of(run: Run, config: RunConfig) -> Corpus:
    """The run's own copy of the user's text if there is one, else the built-in or the file."""
    stored = run.stored_data()
    if stored is None:
        return load_corpus(config.data.source, reading_of(config))
    return _copied(stored, config.data.source, reading_of(config))


def _copied(stored: Path, source: str, options: CorpusOptions) -> Corpus:
    """A copy under the name that the user's file had: its ending says what it is."""
    name = Path(source).name
    found = source_at(stored)
    inner = name.removesuffix(".gz") if found.packed else name
    return read_corpus(replace(found, name=inner), name, options)


def _to_validate_on(run: Run, config: RunConfig) -> Corpus:
    """The user's own text to validate on: the run's copy if there is one."""
    source = config.data.validation_source
    assert source is not None
    stored, options = run.stored_validation(), reading_of(config)
    return load_corpus(source, options) if stored is None else _copied(stored, source, options)


def _run_tokenizer(run: Run, config: RunConfig, documents: list[str]) -> Tokenizer:
    """The run's own tokenizer; made (or copied) into its directory before the first step."""
    home = run.directory / TOKENIZER
    if home.is_dir():
        return Tokenizer.load(home)
    if config.tokenizer:
        tokenizer = models.tokenizer_for(config.tokenizer)
    else:
        tokenizer = trained_bpe_for(documents, config.model.vocab_size, cache_dir())
    tokenizer.save(home)
    return tokenizer


def _n_bytes(documents: list[str]) -> int:
    return sum(len(document.encode("utf-8", "replace")) for document in documents)
