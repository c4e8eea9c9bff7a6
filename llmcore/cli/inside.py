"""Commands about what a model does and costs: `walk`, `budget`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from llmcore.cli.output import AsJson, answer, say, text_or_stdin
from llmcore.errors import LabError
from llmcore.texts import bytes_in_words, text_table


def walk(
    text: Annotated[str, typer.Argument(help="the text, or - for standard input")],
    model: Annotated[str, typer.Option(help="a model reference, such as base or a run")] = "",
    layer: Annotated[
        int | None, typer.Option(help="the layer to open, counted from 0 (default: 0)", min=0)
    ] = None,
    block: Annotated[
        int | None, typer.Option(help="the same, counted from 1: block 1 is layer 0", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow a text through a model: each step's shapes, numbers in short, and source line."""
    from llmcore.interpret.walk import open_block
    from llmcore.interpret.walk import walk as pass_through
    from llmcore.interpret.walk_steps import steps
    from llmcore.models import default_model, load

    loaded = load(model or default_model())
    n_layers = loaded.trunk.config.n_layers
    if layer is not None and block is not None and block != layer + 1:
        raise LabError(f"--layer {layer} and --block {block} are two layers: give one of them.")
    if block is not None and block > n_layers:
        raise LabError(f"block is {block} but the model has {n_layers}: choose 1 to {n_layers}.")
    opened = layer if layer is not None else (block or 1) - 1
    if opened >= n_layers:
        raise LabError(
            f"layer is {opened} but the model has {n_layers}: choose 0 to {n_layers - 1}."
        )
    passed = pass_through(loaded.model, loaded.tokenizer, text_or_stdin(text), loaded.labels)
    tape = open_block(loaded.trunk, passed.streams[opened], opened)
    rows: list[dict[str, Any]] = [
        {
            "step": step.name, "title": step.title, "tensor": panel.symbol,
            "shape": list(panel.shape), "axes": list(panel.axes), "source": step.source.where,
            **_measures(panel.values),
        }
        for step in steps(loaded.model, passed, tape, opened)
        for panel in step.panels
    ]  # fmt: skip
    header = ["step", "tensor", "shape", "mean", "std", "source"]
    cells = [
        [row["title"], row["tensor"], " x ".join(map(str, row["shape"])), f"{row['mean']:.3f}",
         f"{row['std']:.3f}", row["source"]]
        for row in rows
    ]  # fmt: skip
    if passed.notice:
        say(passed.notice)
    values = {"model": loaded.ref, "layer": opened, "block": opened + 1,
              "ids": passed.ids, "tokens": passed.labels,
              "steps": rows}  # fmt: skip
    answer(values, as_json, text_table(header, cells))


def _measures(values: Any) -> dict[str, float]:
    """Of the finite numbers: a masked score is minus infinity."""
    import numpy as np

    finite = values[np.isfinite(values)].astype(np.float64)
    return {
        "mean": float(finite.mean()), "std": float(finite.std()), "min": float(finite.min()),
        "max": float(finite.max()),
    }  # fmt: skip


def budget(
    shape: Annotated[
        str, typer.Argument(help="a known shape (gpt2, gpt3, tiny …) or a model reference")
    ] = "gpt2",
    context: Annotated[
        int | None, typer.Option(help="tokens of the text; by default the context length", min=1)
    ] = None,
    texts: Annotated[int, typer.Option(help="texts at once", min=1)] = 1,
    as_json: AsJson = False,
) -> None:
    """What a model's shape costs: parameters, memory and FLOPs."""
    from llmcore.advice import budget as costs
    from llmcore.models import model_config

    known = costs.SHAPES.get(shape)
    config = known.config if known else model_config(shape)
    T = context or config.context_length
    if config.context_length < T:
        config = config.with_(context_length=T)
    N = config.n_parameters()
    values: dict[str, Any] = {
        "shape": shape, "config": asdict(config), "parameters": N,
        "parameters_by_part": config.parameters_by_part(), "context": T,
        "flops_of_text": costs.text_flops(config, T),
        "flops_of_next_token": costs.next_token_flops(config, T - 1),
        "squared_share": costs.squared_share(config, T),
        "squared_half_at": costs.crossing(config),
        "inference_bytes": costs.inference_bytes(config, T, texts),
        "training_bytes": costs.training_bytes(config, texts),
        "compute_optimal_tokens": costs.compute_optimal_tokens(config),
        "training_flops": costs.training_flops(config, costs.compute_optimal_tokens(config)),
    }  # fmt: skip
    words, size = costs.in_words, bytes_in_words
    cells = [
        ["parameters", f"{N:,}"],
        *(["  " + name, words(count)] for name, count in values["parameters_by_part"].items()),
        [f"FLOPs of {T:,} tokens", words(sum(values["flops_of_text"].values()))],
        ["  of them the T² term", f"{values['squared_share']:.1%}"],
        ["FLOPs of the next token", words(values["flops_of_next_token"])],
        *(["use, bf16: " + name, size(n)] for name, n in values["inference_bytes"].items()),
        *(["training, bf16: " + name, size(n)] for name, n in values["training_bytes"].items()),
        ["tokens to train on, 20 N", words(values["compute_optimal_tokens"])],
        ["FLOPs of that training, 6 N D", words(values["training_flops"])],
    ]
    answer(values, as_json, text_table(["what", "how much"], cells))
