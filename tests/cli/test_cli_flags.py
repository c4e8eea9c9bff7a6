"""Flags are made from the fields of settings, and so is the command line that makes a run."""

import shlex
from dataclasses import replace
from typing import Any

import pytest
import typer

from llmcore import choices
from llmcore.choices import SamplingConfig
from llmcore.cli.app import app
from llmcore.config import DataConfig, LoraConfig, ModelConfig, RunConfig, TrainConfig
from llmcore.execution.process import pretrain_command
from llmcore.presets import PRESETS
from llmcore.recipes.common import with_rhythm
from llmcore.settings import bounds_of, flag_of, help_for

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SAMPLING = ("top_k", "top_p", "min_p", "seed", "stop", "temperature", "max_new_tokens",
            "repetition_penalty")  # fmt: skip
GROUPS = [
    ("pretrain", ModelConfig, choices.PRETRAIN_MODEL, ""),
    ("pretrain", TrainConfig, choices.PRETRAIN_TRAIN, ""),
    ("pretrain", DataConfig, choices.PRETRAIN_DATA, ""),
    ("finetune", TrainConfig, choices.FINETUNE_TRAIN, ""),
    ("finetune", LoraConfig, ("rank", "alpha"), "lora-"),
    ("generate", SamplingConfig, SAMPLING, ""),
    ("compare-nlp", TrainConfig, choices.MACHINE, ""),
]
FLAGS = [
    pytest.param(command, owner, name, prefix, id=f"{command} {prefix}{name}")
    for command, owner, names, prefix in GROUPS
    for name in names
]


@pytest.mark.parametrize(("command", "owner", "name", "prefix"), FLAGS)
def test_a_flag_has_the_help_and_the_bounds_of_its_field(command, owner, name, prefix):
    flag = flag_of(owner, name).split("/")[0].replace("--", f"--{prefix}", 1)
    (option,) = (param for param in COMMANDS[command].params if flag in param.opts)
    assert option.help.removesuffix(")").split(" (default ")[0] == help_for(
        owner, name
    ).removesuffix(")")
    assert not option.required and option.default is None
    if bounds_of(owner, name) != (None, None):
        assert (option.min, option.max) == bounds_of(owner, name)


MODEL = {
    "n_layers": 2, "n_heads": 8, "d_model": 32, "position": "rope", "norm": "rms",
    "feed_forward": "swiglu", "n_kv_heads": 2, "context_length": 48, "dropout": 0.25,
}  # fmt: skip
TRAIN = {
    "steps": 70, "batch_size": 24, "accumulation": 3, "learning_rate": 2e-4, "warmup_steps": 2,
    "log_every": 3, "eval_every": 9, "checkpoint_every": 11, "snapshot_every": 25,
    "head_scores": True, "patience": 0, "device": "cpu", "precision": "bf16", "threads": 1,
    "seed": 9, "sharding": "none", "compile": True,
}  # fmt: skip


def test_the_command_of_a_run_says_every_field_that_has_a_flag():
    assert set(MODEL) == set(choices.PRETRAIN_MODEL)
    assert set(TRAIN) == set(choices.PRETRAIN_TRAIN)
    data = DataConfig(
        "a b.txt", text_column="text", encoding="utf-8", validation_source="v.txt", keep_marks=True
    )
    preset = PRESETS["tiny"]
    model, train = replace(preset.model, **MODEL), replace(preset.train, **TRAIN)
    config = RunConfig("pretrain", "x", model, train, data, tokenizer="bytes", preset="tiny")
    command, *words = shlex.split(pretrain_command(config))
    context = COMMANDS[command].make_context("pretrain", words)
    wanted: dict[str, Any] = {
        **MODEL, **TRAIN, "corpus": "a b.txt", "text_column": "text", "encoding": "utf-8",
        "validation_source": "v.txt", "keep_marks": True, "as_text": True, "tokenizer": "bytes",
        "preset": "tiny",
    }  # fmt: skip
    left_out = (None, False)
    assert {
        name: value
        for name, value in context.params.items()
        if not any(value is nothing for nothing in left_out)
    } == wanted


def test_a_run_as_the_recipe_makes_it_needs_no_flag():
    preset = PRESETS["tiny"]
    train, data = with_rhythm(preset.train, {}), DataConfig(read_as="documents")
    config = RunConfig("pretrain", "x", preset.model, train, data, preset="tiny")
    assert pretrain_command(config) == "pretrain --corpus shakespeare --preset tiny"


def test_a_number_beyond_the_bounds_of_its_field_is_a_bad_argument(lab):
    outcome = lab("compare-variants", "--seeds", 99)
    assert outcome.status == 2 and "--seeds" in outcome.error
    params = (
        COMMANDS["generate"]
        .make_context("generate", ["--model", "base", "--stop", "a", "--stop", "b,c"])
        .params
    )
    assert list(params["stop"]) == ["a", "b,c"]
