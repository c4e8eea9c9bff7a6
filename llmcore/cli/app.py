"""The commands put together, and the one place where errors turn into a line and an exit status."""

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from llmcore.cli import (
    applications,
    classifying,
    convert,
    induction,
    inside,
    inspecting,
    preflight,
    runs,
    text,
    tokenizers,
    training,
    use,
)
from llmcore.cli.experiments import add_experiments
from llmcore.cli.output import say, steady_streams
from llmcore.errors import LabError

FAILED, BAD_ARGUMENTS = 1, 2

app = typer.Typer(
    name="python -m llmcore",
    help="Build a language model from scratch: tokenize, pretrain, finetune, use and evaluate.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("tokenize")(text.tokenize)
app.command("train-tokenizer")(tokenizers.train_tokenizer)
app.add_typer(tokenizers.app, name="tokenizers")
app.command("pretrain")(training.pretrain)
app.command("preflight")(preflight.preflight)
app.command("finetune")(training.finetune)
app.command("induction")(induction.induction)
app.command("classify")(classifying.classify)
add_experiments(app)
app.command("generate")(use.generate)
app.command("score")(use.score)
app.command("walk")(inside.walk)
app.command("budget")(inside.budget)
app.command("evaluate")(use.evaluate)
app.add_typer(applications.app, name="applications")
app.add_typer(runs.app, name="runs")
app.command("import-model")(convert.import_model)
app.command("import-gpt2")(convert.import_gpt2)
app.command("export")(convert.export)
app.command("datasets")(text.datasets)
app.command("inspect")(inspecting.inspect)


def main(arguments: Sequence[str] | None = None, program: str = "python -m llmcore") -> int:
    """Runs one command and returns its exit status: 0, 1 (failed) or 2 (bad arguments). The usage
    lines call it `program`.

    Whatever goes wrong is one line on standard error that begins with `error:`. With
    `LLMLAB_DEBUG=1` the traceback stands above it.
    """
    steady_streams()
    try:
        command = typer.main.get_command(app)
        status = command.main(
            args=None if arguments is None else list(arguments),
            prog_name=program,
            standalone_mode=False,
        )
        # In this mode typer.Exit comes back as a number, and a Ctrl-C as Exit(130).
        return _interrupted() if status == 130 else int(status or 0)
    except BrokenPipeError:
        # The reader (`| head`) has gone: what else is buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:
        if debug():
            traceback.print_exc()
        return _report(error)


def debug() -> bool:
    return os.environ.get("LLMLAB_DEBUG", "") not in {"", "0"}


def _interrupted() -> int:
    say("error: Interrupted before the command was done.")
    return FAILED


def _report(error: Exception) -> int:
    """One `error:` line for whatever was raised, and the exit status that belongs to it."""
    if isinstance(error, typer.TyperException):
        say(f"error: {_one_line(error.format_message())} (--help shows the arguments)")
        return BAD_ARGUMENTS if error.exit_code == BAD_ARGUMENTS else FAILED
    if isinstance(error, LabError):
        say(f"error: {_one_line(str(error))}")
        return BAD_ARGUMENTS if error.asks else FAILED
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        say(f"error: {_one_line(error.strerror)}{where}: check that path, its rights and space.")
        return FAILED
    name = type(error).__name__
    detail = _one_line(str(error))[:300]
    say(f"error: Unexpected {name}: {detail} (LLMLAB_DEBUG=1 shows the traceback)")
    return FAILED


def _one_line(message: str) -> str:
    return " ".join(message.split())
