"""Command-line options made from the dataclasses of settings: one help text, one set of bounds.

A parameter `train: Annotated[Changes, Fields(TrainConfig, "steps", "seed")]` of a command that is
`@expanded` means one flag a field, and gets a dict of those that were given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer

from llmcore.presets import DEFAULT_PRESET, PRESETS
from llmcore.settings import bounds_of, choices_of, flag_of, help_for

Changes = dict[str, Any]


@dataclass(frozen=True)
class Fields:
    """Fields of a dataclass of settings, as flags.

    prefix: before their names (`--lora-rank`). words: help of this command alone, by field.
    repeated: lists that are given a flag for each part; other lists have commas between.
    """

    owner: type
    names: tuple[str, ...]
    prefix: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()

    def flags(self) -> dict[str, Parameter]:
        """Field → the parameter of a command; None means a flag that was not given."""
        made = {}
        for name in self.names:
            flag = flag_of(self.owner, name)
            declared = f"--{self.prefix}-{flag.removeprefix('--')}" if self.prefix else flag
            option = within(self.owner, name, declared, help=self.words.get(name))
            kind: Any = list[str] if name in self.repeated else _plain_type(self.owner, name)
            key = f"{self.prefix}_{name}" if self.prefix else name
            made[name] = Parameter(
                key, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
            )
        return made

    def given(self, values: dict[str, Any]) -> Changes:
        """Takes what was given out of a command's arguments."""
        found = {name: values.pop(flag.name) for name, flag in self.flags().items()}
        return {
            name: _parts(value) if self._has_commas(name) else value
            for name, value in found.items()
            if value is not None
        }

    def _has_commas(self, name: str) -> bool:
        return name not in self.repeated and _is_list(self.owner, name)


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the flags of the fields in place of its parameters that are `Fields`."""
    hints = get_type_hints(command, include_extras=True)
    plain = list(signature(command).parameters.values())
    groups = {
        parameter.name: group
        for parameter in plain
        if (group := _group(hints[parameter.name])) is not None
    }
    parameters: list[Parameter] = []
    for parameter in plain:
        if parameter.name in groups:
            parameters += groups[parameter.name].flags().values()
        else:
            hint = hints[parameter.name]
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hint))

    @wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group.given(values)
        command(**values)

    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {flag.name: flag.annotation for flag in parameters}
    return run


def within(owner: type, field: str, *names: str, help: str | None = None) -> Any:
    """A typer option for `owner.field`, with its help line, its choices and, for numbers, its
    bounds.

    The bounds are typer's, so that a wrong number is a bad argument (exit status 2).
    """
    low, high = bounds_of(owner, field)
    choices = choices_of(owner, field)
    return typer.Option(
        *(names or (flag_of(owner, field),)), help=help or help_for(owner, field), min=low,
        max=high, callback=one_of(choices) if choices else None,
    )  # fmt: skip


def one_of(choices: Sequence[str]) -> Callable[[str | None], str | None]:
    """A typer callback that accepts only `choices` (or nothing)."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in choices:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}.")
        return value

    return check


def preset_help() -> str:
    """The presets with what they fix, for `--help`."""
    lines = []
    for name, preset in PRESETS.items():
        model, train = preset.model, preset.train
        mark = " (default)" if name == DEFAULT_PRESET else ""
        lines.append(
            f"{name}{mark}: {preset.summary}; {model.n_parameters():,} parameters with "
            f"{model.vocab_size} tokens, {model.n_layers} layers, {model.n_heads} heads, width "
            f"{model.d_model}, context {model.context_length}, {train.steps} steps of "
            f"{train.batch_size}, learning rate {train.learning_rate:g} after "
            f"{train.warmup_steps} steps of warm-up, dropout {model.dropout:g}."
        )
    return "Presets:\n\n" + "\n\n".join(lines)


def _group(hint: Any) -> Fields | None:
    return next((part for part in get_args(hint) if isinstance(part, Fields)), None)


@lru_cache
def _hints(owner: type) -> dict[str, Any]:
    return get_type_hints(owner)


def _inner(owner: type, name: str) -> Any:
    """The type of a field without its None."""
    kind = _hints(owner)[name]
    if get_origin(kind) is Union or type(kind).__name__ == "UnionType":
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _is_list(owner: type, name: str) -> bool:
    return get_origin(_inner(owner, name)) is tuple


def _plain_type(owner: type, name: str) -> Any:
    """What a flag takes: a number, a switch, else a text."""
    kind = _inner(owner, name)
    return kind if kind in (int, float, bool) else str


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
