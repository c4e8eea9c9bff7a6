"""Diverse data, read from its run's events while the matrix fills; no torch needed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llmcore.errors import DamagedError
from llmcore.experiments.diverse_data.settings import DiverseConfig
from llmcore.experiments.measured_tables import TableRecord
from llmcore.schema import build

TRAINED, SCORE = "trained", "score"  # the types of the events
MIX = "mix"


@dataclass(slots=True, frozen=True)
class TrainedModel:
    """One small model: what it could read, and what it did read while it trained."""

    corpus: str
    words: int
    corpus_bytes: int
    tokens_read: int
    seconds: float
    parameters: int


@dataclass(slots=True, frozen=True)
class _Score:
    trained: str
    tested: str
    bits_per_byte: float


class DiverseMatrix:
    """Bits per byte by (trained on, tested on), as far as it is done."""

    def __init__(self, run: TableRecord) -> None:
        self.corpora: tuple[str, ...] = (run.config.experiment or DiverseConfig()).corpora
        self.trained: dict[str, TrainedModel] = {}
        self.scores: dict[tuple[str, str], float] = {}
        for event in run.events():
            try:
                if event.get("type") == TRAINED:
                    model = build(TrainedModel, event, TRAINED)
                    self.trained.setdefault(model.corpus, model)
                elif event.get("type") == SCORE:
                    score = build(_Score, event, SCORE)
                    self.scores.setdefault((score.trained, score.tested), score.bits_per_byte)
            except DamagedError:
                continue  # torn by a full disk, or of another version

    @property
    def models(self) -> tuple[str, ...]:
        """The rows: each corpus, and their mix."""
        return (*self.corpora, MIX)

    def rows(self) -> list[list[float | None]]:
        """(models, corpora) bits per byte; None if a cell is not done yet."""
        return [[self.scores.get((model, test)) for test in self.corpora] for model in self.models]

    def mean(self, model: str) -> float | None:
        """Over all corpora, each as much as another; None before all are scored."""
        values = [self.scores.get((model, test)) for test in self.corpora]
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if len(known) == len(values) else None

    @property
    def words(self) -> int:
        """Words of all corpora of this run."""
        return sum(trained.words for name, trained in self.trained.items() if name != MIX)

    def to_dict(self) -> dict[str, Any]:
        return {
            "corpora": list(self.corpora),
            "models": [asdict(trained) for trained in self.trained.values()],
            "matrix": {
                model: {test: self.scores.get((model, test)) for test in self.corpora}
                for model in self.models
            },
            "mean": {model: self.mean(model) for model in self.models},
        }


def n_cells(corpora: Sequence[str]) -> int:
    return (len(corpora) + 1) * len(corpora)
