"""Prepares what the chosen run needs while the person still reads the page: the text, its
tokenizer and its tokens are in the cache when Start is pressed."""

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from llmcore.device import lower_priority_of_this_thread
from llmcore.paths import cache_dir

if TYPE_CHECKING:
    from llmcore.config import RunConfig

logger = logging.getLogger(__name__)

# Importing torch holds the interpreter for long stretches: the page is painted first.
PAINT_SECONDS = 1.0
_lock = threading.Lock()
_begun: set[str] = set()


def prepare(config: "RunConfig") -> None:
    """Starts the work in a thread, once for each choice of built-in text and tokenizer, and
    returns at once.

    `LLMLAB_WARM=0` switches it off. Nothing depends on it: a run makes what it does not find.
    """
    vocabulary = config.tokenizer or config.model.vocab_size
    key = f"{config.data.source} {vocabulary} {config.data.validation} {cache_dir()}"
    with _lock:
        if key in _begun or os.environ.get("LLMLAB_WARM") == "0":
            return
        _begun.add(key)
    threading.Thread(target=_work, args=(config,), name="prepare", daemon=True).start()


def _work(config: "RunConfig") -> None:
    time.sleep(PAINT_SECONDS)
    lower_priority_of_this_thread()
    try:
        from llmcore import models
        from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
        from llmcore.data.encoded import encoded_corpus, trained_bpe_for

        corpus = load_corpus(config.data.source)
        train, held_out = corpus.split(config.data.validation, CORPUS_SPLIT_SEED)
        if config.tokenizer:
            tokenizer = models.tokenizer_for(config.tokenizer)
        else:
            tokenizer = trained_bpe_for(train, config.model.vocab_size, cache_dir())
        for part in (train, held_out):
            encoded_corpus(tokenizer, part, cache_dir())
    except Exception:
        logger.info("preparing %s failed; the run will say why", config.data.source, exc_info=True)
