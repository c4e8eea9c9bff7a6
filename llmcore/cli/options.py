"""Command-line options made from the dataclasses of settings: one help text, one set of bounds."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import typer

from llmcore.presets import DEFAULT_PRESET, PRESETS
from llmcore.settings import help_for


def within(owner: type, field: str, *names: str, help: str | None = None) -> Any:
    """A typer option for `owner.field`, with its help line and, for numbers, its bounds.

    The bounds are typer's, so that a wrong number is a bad argument (exit status 2).
    """
    metadata = next(metadata.metadata for metadata in fields(owner) if metadata.name == field)
    declared = names or (f"--{field}",)
    low, high = metadata.get("low"), metadata.get("high")
    return typer.Option(*declared, help=help or help_for(owner, field), min=low, max=high)


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
