"""What the dataclasses of settings share: help lines, bounds, and a tolerant reader of old files.

Each field carries its line of help and its bounds in `field.metadata`; `__post_init__` checks
them, so a wrong value is refused with the number, the bound and the remedy wherever it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from llmcore.errors import LabError
from llmcore.schema import build


def setting(default: Any, help: str, low: float | None = None, high: float | None = None) -> Any:
    """A dataclass field with a help line and inclusive bounds."""
    return field(default=default, metadata={"help": help, "low": low, "high": high})


def help_for(owner: type, name: str) -> str:
    """The help line of one field: `help_for(TrainConfig, "steps")`."""
    for setting in fields(owner):
        if setting.name == name:
            return setting.metadata.get("help", "")
    raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Checked:
    """Bounds checking and a tolerant reader for the dataclasses below."""

    def check_bounds(self) -> None:
        for setting in fields(self):
            value, low, high = getattr(self, setting.name), *_bounds(setting.metadata)
            if value is None or isinstance(value, (str, bool)):
                continue
            if low is not None and not value >= low:  # NaN is refused too
                raise LabError(f"{setting.name} is {value} but must be at least {low}.")
            if high is not None and not value <= high:
                raise LabError(f"{setting.name} is {value} but must be at most {high}.")

    def check_choice(self, name: str, choices: Sequence[str]) -> None:
        """Raises LabError unless the field holds one of `choices`."""
        value = getattr(self, name)
        if value not in choices:
            raise LabError(f"{name} is {value!r:.60} but must be one of {', '.join(choices)}.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Unknown keys are dropped and missing ones take defaults, so old files keep loading.

        Raises DamagedError for a value of another type, LabError for one that cannot be."""
        # Bounds are checked by each class itself, if that is wanted.
        return build(cls, values, cls.__name__, bounds=False)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed; a change of None is left out."""
        kept = {key: value for key, value in changes.items() if value is not None}
        return replace(self, **kept)


def _bounds(metadata: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return metadata.get("low"), metadata.get("high")
