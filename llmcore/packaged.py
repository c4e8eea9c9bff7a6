"""Files that installed packages carry, found without importing the packages' code."""

import logging
from importlib import metadata
from pathlib import Path

from llmcore.files import sha256_of

log = logging.getLogger(__name__)


def packaged_path(distribution: str, relative: str, sha256: str | None = None) -> Path | None:
    """The file or folder `relative` (to site-packages) of an installed distribution.

    None if the distribution or the path is missing, or if `sha256` is given and differs:
    a file that is not the one we know is treated as absent, with a warning in the log.
    """
    try:
        path = Path(str(metadata.distribution(distribution).locate_file(relative)))
    except metadata.PackageNotFoundError:
        return None
    if not path.exists():
        return None
    if sha256 is not None and sha256_of(path) != sha256:
        log.warning("%s of %s is not the file we know (SHA-256 differs)", relative, distribution)
        return None
    return path
