"""Where things live on disk, and the rule that names from users never become paths unchecked."""

import os
import re
import unicodedata
from pathlib import Path

from llmcore.errors import LabError

# Where llmcore and ui are: the project's folder, or site-packages.
CODE_ROOT = Path(__file__).resolve().parent.parent
# An installed lab has app.py, pages and assets in their own folder (setup.py).
INSTALLED = (CODE_ROOT / "llmlab" / "app.py").is_file()
PROJECT_ROOT = CODE_ROOT / "llmlab" if INSTALLED else CODE_ROOT
ASSETS = PROJECT_ROOT / "assets"
BUNDLED_RUNS = ASSETS / "runs"


def lab_home() -> Path:
    """The folder of runs and caches: `LLMLAB_HOME`, else the project's own folder; for an
    installed lab `~/llm-lab`."""
    own = "~/llm-lab" if INSTALLED else PROJECT_ROOT
    return Path(os.environ.get("LLMLAB_HOME") or own).expanduser().resolve()


def runs_dir() -> Path:
    return lab_home() / "runs"


def cache_dir() -> Path:
    return lab_home() / "cache"


def tokenizers_dir() -> Path:
    """Where tokenizers that were trained alone live, one folder each."""
    return lab_home() / "tokenizers"


def models_dir() -> Path:
    """Where pretrained models that came after the lab are kept as runs."""
    return lab_home() / "models"


def example_roots() -> tuple[Path, ...]:
    """The folders of runs that nobody made here: the bundled ones, and pretrained models."""
    return BUNDLED_RUNS, models_dir()


def exports_dir() -> Path:
    """Where the pages write models for other tools."""
    return lab_home() / "exports"


def slug(name: str, max_length: int = 40) -> str:
    """ASCII letters, digits and single hyphens: `slug("Émile's 1st run!") == "emile-s-1st-run"`."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    cleaned = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:max_length].strip("-")
    return cleaned or "run"


def child_of(root: Path, name: str) -> Path:
    """`root/name`, refused with LabError unless it is a direct child of `root`."""
    if not name or name in {".", ".."} or "/" in name or "\\" in name or "\0" in name:
        raise LabError(f"{name!r} is not a valid name: use letters, digits and hyphens only.")
    path = (root / name).resolve()
    if path.parent != root.resolve():
        raise LabError(f"{name!r} leads outside of {root}: use a plain name.")
    return path
