"""Imports pandas and torch in the background, so that the first real click does not wait for it."""

import gc
import importlib
import logging
import os
import threading
import time

from ui.real_model import begin_if_installed

logger = logging.getLogger(__name__)

_MODULES = ("pandas", "torch", "llmcore.nn", "llmcore.models")
_lock = threading.Lock()
_started = False


def warm_up(delay: float = 0.0) -> None:
    """Starts the import once in a process and returns at once.

    delay: seconds to wait first. The import holds the interpreter for long stretches, so a page
    that does not need torch gives its own paint time. `LLMLAB_WARM=0` switches it off.
    """
    global _started
    with _lock:
        if _started or os.environ.get("LLMLAB_WARM") == "0":
            return
        _started = True
    threading.Thread(target=_import, args=(delay,), name="warm-up", daemon=True).start()


def _import(delay: float) -> None:
    time.sleep(delay)
    try:
        for name in _MODULES:
            importlib.import_module(name)
    except Exception:
        # The page that needs the module meets the same error and shows it.
        logger.warning("the background import failed", exc_info=True)
    try:
        from llmcore.nn.kernels import library

        library()  # compiles once on a machine, before somebody waits for a text
        begin_if_installed()
    except Exception:
        logger.warning("what follows the imports failed", exc_info=True)
    # Streamlit collects garbage after every run of a page, with the interpreter held, and that
    # walks through all that torch and the rest have made: over 100 ms on two cores, before the
    # last of the page is sent. What is imported stays for good, so it need not be walked again.
    gc.collect()
    gc.freeze()
