"""What is slow to make and the same each time, kept on disk: ids of a corpus, trained BPEs."""

import hashlib
import io
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from llmcore.data.corpora import documents_sha256
from llmcore.data.download import write_bytes_atomic
from llmcore.errors import DamagedError
from llmcore.tokenizers import BPE_PATTERN, Tokenizer, train_bpe

log = logging.getLogger(__name__)


def encoded_corpus(tokenizer: Tokenizer, documents: Sequence[str], cache_dir: Path) -> np.ndarray:
    """`tokenizer.encode_documents(documents)`, read from `cache_dir` from the second time on."""
    key = hashlib.sha256(f"{tokenizer.fingerprint} {documents_sha256(documents)}".encode())
    path = Path(cache_dir) / "encoded" / f"{key.hexdigest()[:32]}.npy"
    try:
        ids = np.load(path, allow_pickle=False)
        if ids.ndim == 1 and ids.dtype == tokenizer.dtype:
            return ids
        log.warning("%s holds something else than ids: made again", path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError) as error:
        log.warning("%s cannot be read (%s): made again", path, error)
    ids = tokenizer.encode_documents(documents)
    buffer = io.BytesIO()
    np.save(buffer, ids, allow_pickle=False)
    _keep(path, buffer.getvalue())
    return ids


def _keep(path: Path, data: bytes) -> None:
    try:
        write_bytes_atomic(path, data)
    except OSError as error:  # a full disk costs speed, not the run
        log.warning("%s could not be written: %s", path, error)


def trained_bpe_for(corpus_documents: Sequence[str], vocab_size: int, cache_dir: Path) -> Tokenizer:
    """`train_bpe(corpus_documents, vocab_size)`, trained once for the same text and size."""
    key = hashlib.sha256(
        f"{BPE_PATTERN} {vocab_size} {documents_sha256(corpus_documents)}".encode()
    )
    folder = Path(cache_dir) / "tokenizers" / key.hexdigest()[:32]
    if folder.is_dir():
        try:
            return Tokenizer.load(folder)
        except DamagedError as error:
            log.warning("%s: trained again", error)
    tokenizer = train_bpe(corpus_documents, vocab_size)
    try:
        tokenizer.save(folder)
    except OSError as error:
        log.warning("%s could not be written: %s", folder, error)
    return tokenizer
