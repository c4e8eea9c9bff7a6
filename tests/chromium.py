"""Where the browser is that tests marked `browser` drive."""

import os
import shutil
from pathlib import Path

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_BROWSER = (
    "no Chromium found: install it (Debian: `apt install chromium`), or set LLMLAB_CHROMIUM to "
    "its path"
)


def find_chromium() -> str | None:
    """Path of a Chromium: `LLMLAB_CHROMIUM`, else the first of the usual names on PATH."""
    named = os.environ.get("LLMLAB_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for name in BROWSER_NAMES if (path := shutil.which(name))), None)
