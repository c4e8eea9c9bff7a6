"""`preflight`: what a pretraining run will take on this machine, before it starts."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.choices import PRETRAIN_MODEL
from llmcore.cli.corpora import (
    AsText,
    own_corpus,
    reading_options,
    say_notices,
    say_vocabulary,
)
from llmcore.cli.flags import CORPUS_HELP, PresetName, TokenizerRef, VocabSize
from llmcore.cli.options import Changes, Fields, expanded
from llmcore.cli.output import AsJson, answer
from llmcore.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.errors import ShortTextError
from llmcore.texts import bytes_in_words, text_table

if TYPE_CHECKING:
    from llmcore.advice.preflight import Problem
    from llmcore.data.reading.documents import CorpusOptions

SHAPE = tuple(name for name in PRETRAIN_MODEL if name != "dropout")  # which takes nothing


@expanded
def preflight(
    *,
    corpus: Annotated[str, typer.Option(help=CORPUS_HELP)],
    preset: PresetName = None,
    tokenizer: TokenizerRef = "",
    vocab_size: VocabSize = None,
    reading: Annotated[Changes, Fields(DataConfig, ("text_column", "keep_marks", "encoding"))],
    as_text: AsText = False,
    model: Annotated[Changes, Fields(ModelConfig, SHAPE)],
    train: Annotated[
        Changes, Fields(TrainConfig, ("steps", "batch_size", "accumulation", "device", "precision"))
    ],
    measure: Annotated[
        bool, typer.Option(help="try a few real steps for the speed (a few seconds)")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Say what a pretraining run will take: memory, time, disk; and what to change if too much."""
    choices = {
        "preset": preset, "tokenizer": tokenizer, "train_changes": train,
        "model_changes": {**model, "vocab_size": vocab_size},
    }  # fmt: skip
    options = reading_options(**reading, as_text=as_text)
    config, problems = _planned(corpus, options, choices)
    say_vocabulary(config, vocab_size)
    values, lines = _answer(config, problems, measure)
    answer(values, as_json, lines)


def _planned(
    named: str, options: "CorpusOptions", choices: dict[str, Any]
) -> "tuple[RunConfig, list[Problem]]":
    """The configuration, and what is wrong with its text. A text too short for the context is a
    problem among others; one that cannot be read is a LabError."""
    from llmcore.advice.preflight import Problem
    from llmcore.recipes.pretraining import plan_pretrain

    own = own_corpus(named, options, copied=False)
    say_notices(own.corpus)
    try:
        return plan_pretrain(own.source, corpus=own.corpus, reading=options, **choices), []
    except ShortTextError as error:
        fits = error.context_length
        change = {} if fits is None else {"context_length": fits}
        return plan_pretrain(own.source, **choices), [Problem(str(error), change)]


def _answer(
    config: RunConfig, problems: "list[Problem]", measure: bool
) -> tuple[dict[str, Any], str]:
    from llmcore.advice.preflight import CHINCHILLA, preflight

    found = preflight(config, measure and not problems)
    found = replace(found, problems=[*problems, *found.problems])
    values = {
        "fits": found.fits,
        "parameters": found.parameters,
        "memory": {**found.memory_parts(), "peak": found.memory.peak},
        "available_memory": found.available_bytes,
        "disk": found.disk_bytes,
        "free_disk": found.free_disk_bytes,
        "tokens": found.tokens,
        "tokens_per_s": found.tokens_per_s,
        "seconds": found.seconds,
        "tokens_per_parameter": found.tokens_per_parameter,
        "chinchilla_ratio": found.chinchilla_ratio,
        "problems": [
            {"text": problem.text, "change": problem.change} for problem in found.problems
        ],
    }
    parts = ", ".join(f"{name} {bytes_in_words(n)}" for name, n in found.memory_parts().items())
    speed = "not measured" if found.tokens_per_s is None else f"{found.tokens_per_s:,.0f} tokens/s"
    took = "" if found.seconds is None else f", about {_clock(found.seconds)} for all steps"
    rows = [
        ["parameters", f"{found.parameters:,}"],
        ["memory", f"{bytes_in_words(found.memory.peak)} at the peak of a step ({parts})"],
        ["", f"{bytes_in_words(found.available_bytes)} available"],
        ["speed", speed + took],
        ["disk", f"{bytes_in_words(found.disk_bytes)}, "
                 f"{bytes_in_words(found.free_disk_bytes)} free"],
        ["tokens", f"{found.tokens:,}: {found.tokens_per_parameter:.3g} for each parameter, where "
                   f"{CHINCHILLA:.0f} use a computing budget best"],
        *(["will not fit", problem.text] for problem in found.problems),
    ]  # fmt: skip
    return values, text_table(["fits", "yes" if found.fits else "no"], rows)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
