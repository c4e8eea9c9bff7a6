"""Prepares what the default run needs while the person still reads the page: the text, its
tokenizer and its tokens lie in the cache when Start is pressed."""

import logging
import os
import threading

from llmcore.paths import cache_dir

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_begun: set[str] = set()


def prepare(source: str, vocab_size: int, validation: float) -> None:
    """Starts the work in a thread, once for each source and cache, and returns at once.

    `LLMLAB_WARM=0` switches it off. Nothing depends on it: a run makes what it does not find.
    """
    key = f"{source} {vocab_size} {cache_dir()}"
    with _lock:
        if key in _begun or os.environ.get("LLMLAB_WARM") == "0":
            return
        _begun.add(key)
    arguments = (source, vocab_size, validation)
    threading.Thread(target=_work, args=arguments, name="prepare", daemon=True).start()


def _work(source: str, vocab_size: int, validation: float) -> None:
    from llmcore.data import load_corpus
    from llmcore.data.encoded import encoded_corpus, trained_bpe_for
    from llmcore.device import lower_priority_of_this_thread

    lower_priority_of_this_thread()
    try:
        # The seed is that of llmcore.runs.worker, so that the run finds these very files.
        train, held_out = load_corpus(source).split(validation, 0)
        tokenizer = trained_bpe_for(train, vocab_size, cache_dir())
        for part in (train, held_out):
            encoded_corpus(tokenizer, part, cache_dir())
    except Exception:
        logger.info("preparing %s failed; the run will say why", source, exc_info=True)
