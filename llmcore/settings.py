"""What the dataclasses of settings share: help lines, bounds, and a tolerant reader of old files.

Each field carries its line of help, its bounds and its choices in `field.metadata`, and nothing
else repeats them: `__post_init__` checks them, so a wrong value is refused with the number, the
bound and the remedy wherever it came from; flags (`llmcore/cli/options.py`) and fields of pages
(`ui/fields.py`) are made from them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any, Self

from llmcore.errors import LabError
from llmcore.schema import build


def setting(
    default: Any,
    help: str,
    low: float | None = None,
    high: float | None = None,
    *,
    choices: tuple[str, ...] = (),
    only: bool = True,
    step: float | None = None,
    flag: str = "",
) -> Any:
    """A dataclass field with a help line and inclusive bounds.

    choices: the values of a text. only: whether it can have no other ones. step: of the buttons
    beside a number on a page. flag: on the command line, if it is not the field's name.
    """
    metadata = {"help": help, "low": low, "high": high, "choices": choices, "only": only,
                "step": step, "flag": flag}  # fmt: skip
    return field(default=default, metadata=metadata)


def field_of(owner: type, name: str) -> Field[Any]:
    """One field of a dataclass of settings. Raises KeyError if there is none of that name."""
    for found in fields(owner):
        if found.name == name:
            return found
    raise KeyError(f"{owner.__name__} has no field {name!r}")


def help_for(owner: type, name: str) -> str:
    """The help line of one field: `help_for(TrainConfig, "steps")`."""
    return str(field_of(owner, name).metadata.get("help", ""))


def bounds_of(owner: type, name: str) -> tuple[float | None, float | None]:
    """The least and the largest value of one field, each None if there is none."""
    return _bounds(field_of(owner, name))


def choices_of(owner: type, name: str) -> tuple[str, ...]:
    """The values that a field's text can have; empty if any will do."""
    return tuple(field_of(owner, name).metadata.get("choices", ()))


def flag_of(owner: type, name: str) -> str:
    """What the command line calls a field: `--batch-size`, `--packing/--no-packing`."""
    return field_of(owner, name).metadata.get("flag") or f"--{name.replace('_', '-')}"


def flags_for(values: object, usual: object, names: Iterable[str]) -> list[str]:
    """Arguments of a command for the fields in which `values` differs from `usual`, both of one
    class: `["--steps", "70", "--compile"]`. None cannot be said, nor false without a flag for it.
    """
    words: list[str] = []
    for name in names:
        value = getattr(values, name)
        if value is None or value == getattr(usual, name):
            continue
        yes, _, no = flag_of(type(values), name).partition("/")
        if isinstance(value, bool):
            words += [yes] if value else [no] if no else []
        else:
            words += [yes, str(value)]
    return words


@dataclass(frozen=True, slots=True)
class Checked:
    """Bounds checking and a tolerant reader for the dataclasses below."""

    def check_bounds(self) -> None:
        """Raises LabError for a value beyond its field's bounds, or none of its choices."""
        for owned in fields(self):
            value, low, high = getattr(self, owned.name), *_bounds(owned)
            if isinstance(value, str):
                self._check_choice(owned)
            if value is None or isinstance(value, (str, bool)):
                continue
            if low is not None and not value >= low:  # NaN is refused too
                raise LabError(f"{owned.name} is {value} but must be at least {low}.")
            if high is not None and not value <= high:
                raise LabError(f"{owned.name} is {value} but must be at most {high}.")

    def _check_choice(self, owned: Field[Any]) -> None:
        value, choices = getattr(self, owned.name), owned.metadata.get("choices")
        if choices and owned.metadata["only"] and value not in choices:
            raise LabError(
                f"{owned.name} is {value!r:.60} but must be one of {', '.join(choices)}."
            )

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


def _bounds(owned: Field[Any]) -> tuple[float | None, float | None]:
    return owned.metadata.get("low"), owned.metadata.get("high")
