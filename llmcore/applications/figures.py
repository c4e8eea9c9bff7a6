"""What was measured of a job: one record a model, in the repository or in the lab's cache.

`assets/applications.json` holds the figures of the bundled models, written by `python -m llmcore
applications measure`. Those of a user's own models are in the cache. A figure belongs to the
weights that it was measured on, identified by a hash over them.
"""

import hashlib
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from llmcore import paths
from llmcore.applications.jobs import (
    BITS,
    CHRF,
    EXACT,
    FLOORS,
    HUMAN,
    MOST_FEWER,
    REAL_WORDS,
    Job,
)
from llmcore.errors import DamagedError, LabError
from llmcore.files import locked_file, read_json, write_json_atomic
from llmcore.runs.reference import split_reference
from llmcore.runs.run import ADAPTER
from llmcore.runs.store import open_run
from llmcore.schema import build

log = logging.getLogger(__name__)
VERSION = 1
MAX_OWN = 200  # figures of users' models that are kept


@dataclass(frozen=True, slots=True)
class Figure:
    """How well one model does one job.

    score, low, high: the metric with its 95% bootstrap interval over the rows. baselines: the same
    metric of trivial methods on the same rows; `baseline` names the best of them. gain, gain_low,
    gain_high: how much better the model is than that one (positive is better, also if the
    metric is better low), with the interval of the paired bootstrap. others: further metrics of
    the model and of the baselines, by metric and name. own_words: what it answered to the
    job's questions of that name: question, input, answer, and what would be right. `n` of `n_all`
    rows were measured.
    """

    job: str
    model: str
    weights: str  # hash, see `weights_hash`
    step: int
    data: str
    unit: str  # what a row is
    n: int
    n_all: int
    metric: str
    score: float
    low: float
    high: float
    baseline: str
    baselines: dict[str, float]
    gain: float
    gain_low: float
    gain_high: float
    seconds: float
    date: str
    command: str
    name: str = ""  # of the model, for people
    others: dict[str, dict[str, float]] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    own_words: list[dict[str, Any]] = field(default_factory=list)

    @property
    def in_own_wording(self) -> bool:
        """Whether the rows come from exactly the generator of the rows that were learned from."""
        return self.metric in (EXACT, CHRF)

    @property
    def beats(self) -> bool:
        """Whether it is better than the best trivial method, beyond chance."""
        return self.gain_low > 0

    @property
    def useful(self) -> bool:
        """Whether the result is one that a person could use at all."""
        if self.metric == BITS:
            words = self.others.get(REAL_WORDS, {})
            return words.get("model", 0.0) >= words.get(HUMAN, 1.0) - MOST_FEWER
        return self.score >= FLOORS[self.metric]

    @property
    def works(self) -> bool:
        return self.beats and self.useful

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises DamagedError for a record that is none."""
        made = build(cls, values, "A kept figure")
        if made.metric not in {BITS, *FLOORS}:
            raise DamagedError(f"A kept figure has the metric {made.metric[:40]!r}, which is none.")
        return made


@dataclass(frozen=True, slots=True)
class _Kept:
    """applications.json."""

    figures: dict[str, Any] | None = None


def weights_hash(ref: str) -> str:
    """Tells one model from another by its weights. An adapter's covers the model that it is
    beside. Raises LabError if there is no such run; a Hugging Face model has its own key."""
    from llmcore.models import checkpoint_key

    name, which = split_reference(ref)
    try:
        checkpoint = open_run(name).checkpoint(which or "best")
    except LabError:
        return checkpoint_key(ref)
    digest = hashlib.blake2b(checkpoint.weights.read_bytes(), digest_size=16)
    base = (checkpoint.state.get(ADAPTER) or {}).get("base_fingerprint", "")
    digest.update(str(base).encode())
    return digest.hexdigest()


def bundled_path() -> Path:
    return paths.ASSETS / "applications.json"


def own_path() -> Path:
    return paths.cache_dir() / "applications.json"


def bundled_figures() -> dict[str, Figure]:
    """The kept figures of the bundled models, by job."""
    return {key.partition(" ")[0]: figure for key, figure in _read(bundled_path()).items()}


def figure_of(job: Job, weights: str) -> Figure | None:
    """What was measured of the model with these weights; None if nothing was."""
    bundled = bundled_figures().get(job.name)
    if bundled is not None and bundled.weights == weights:
        return bundled
    return _read(own_path()).get(_key(job.name, weights))


def keep_bundled(figure: Figure) -> None:
    """Writes a figure of a bundled model over the one that its job has in the repository."""
    figures = {key: figure for key, figure in _read(bundled_path()).items()}
    figures[figure.job] = figure
    _write(bundled_path(), dict(sorted(figures.items())))


def keep_own(figure: Figure) -> None:
    """Keeps a figure of a user's model in the lab's cache; the oldest go beyond MAX_OWN."""
    path = own_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked_file(path.with_suffix(".lock")):
        figures = _read(path)
        figures.pop(_key(figure.job, figure.weights), None)
        figures[_key(figure.job, figure.weights)] = figure
        _write(path, dict(list(figures.items())[-MAX_OWN:]))


def _key(job: str, weights: str) -> str:
    return f"{job} {weights}"


def _read(path: Path) -> dict[str, Figure]:
    """By key; empty if there is no file or none that can be read. A damaged figure is left
    out: its job has to be measured again."""
    if not path.is_file():
        return {}
    try:
        kept = build(_Kept, read_json(path), path.name).figures
    except DamagedError as error:
        log.warning("the figures cannot be read: %s", error)
        return {}
    figures = {}
    for key, figure in (kept or {}).items():
        try:
            figures[key] = Figure.from_dict(figure)
        except DamagedError as error:
            log.warning("a figure in %s is left out: %s", path.name, error)
    return figures


def _write(path: Path, figures: dict[str, Figure]) -> None:
    write_json_atomic(path, {"v": VERSION, "figures": {k: f.to_dict() for k, f in figures.items()}})
