"""Commands that fill a table: `compare-nlp`, `diverse-data` and `compare-variants`."""

from typing import Annotated

import typer

from llmcore.cli.options import within
from llmcore.cli.output import AsJson, answer, table
from llmcore.cli.running import reference, run_here, summary
from llmcore.cli.training import Device, Name, Precision, PresetName, RunDir, Seed, Threads
from llmcore.config import ARCHITECTURES, DiverseConfig, VariantsConfig
from llmcore.runs import Run

Quick = Annotated[
    bool, typer.Option("--quick", help="a part of the data, for a first look within a minute")
]


def compare_nlp(
    model: Annotated[
        str | None, typer.Option(help="the pretrained model (default: base, else starter)")
    ] = None,
    gpt2: Annotated[
        str | None,
        typer.Option(help="an imported GPT-2 to compare as well, such as gpt2; takes minutes more"),
    ] = None,
    quick: Quick = False,
    device: Device = None,
    precision: Precision = None,
    threads: Threads = None,
    seed: Seed = None,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure one GPT against models made for one task each: spam, sentiment, the next word, a
    story, an e-mail. Ctrl-C stops; `runs resume` goes on."""
    from llmcore.runs.plan_tables import plan_comparison

    config = plan_comparison(
        model, gpt2, quick, name,
        train_changes={
            "device": device, "precision": precision, "threads": threads, "seed": seed,
        },
    )  # fmt: skip
    answer_comparison(run_here(config, run_dir, None), as_json)


def diverse_data(
    corpora: Annotated[
        str, typer.Option(help="built-in corpora with commas between, two at least")
    ] = ",".join(DiverseConfig().corpora),
    quick: Quick = False,
    device: Device = None,
    precision: Precision = None,
    threads: Threads = None,
    seed: Seed = None,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Train a small model on each corpus and one on their mix, and test each on all of them."""
    from llmcore.runs.plan_tables import plan_diverse

    config = plan_diverse(
        [one.strip() for one in corpora.split(",") if one.strip()], quick, name,
        train_changes={
            "device": device, "precision": precision, "threads": threads, "seed": seed,
        },
    )  # fmt: skip
    answer_diverse(run_here(config, run_dir, None), as_json)


def compare_variants(
    corpus: Annotated[
        str, typer.Option(help="built-in corpus, or a mix such as a+b")
    ] = "shakespeare",
    variants: Annotated[
        str, typer.Option(help="what to train beside GPT-2, with commas between")
    ] = ",".join(ARCHITECTURES[1:]),
    preset: PresetName = None,
    steps: Annotated[int | None, within(VariantsConfig, "part_steps", "--steps")] = None,
    seeds: Annotated[int | None, within(VariantsConfig, "n_seeds", "--seeds")] = None,
    quick: Quick = False,
    device: Device = None,
    precision: Precision = None,
    threads: Threads = None,
    seed: Seed = None,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Which architecture learns faster? Train GPT-2 and its variants (rope, rms, swiglu, gqa, all)
    in turn on the same data and tokens. Ctrl-C stops; `runs resume` goes on."""
    from llmcore.presets import DEFAULT_PRESET
    from llmcore.runs.plan_tables import plan_variants

    chosen = tuple(one.strip() for one in variants.split(",") if one.strip())
    config = plan_variants(
        corpus, preset or DEFAULT_PRESET, quick, name,
        changes={"variants": chosen, "part_steps": steps, "n_seeds": seeds},
        train_changes={
            "device": device, "precision": precision, "threads": threads, "seed": seed,
        },
    )  # fmt: skip
    answer_variants(run_here(config, run_dir, None), as_json)


def answer_comparison(run: Run, as_json: bool) -> None:
    """`cells`: one for each task and model, with `able`; `answer`: what they say in sentences."""
    from llmcore.runs.compare_cells import COLUMNS, METRIC, ROWS, Comparison, is_able
    from llmcore.runs.compare_words import answer_sentences

    found = Comparison(run)
    sentences = answer_sentences(found)
    rows = []
    for task, title in ROWS.items():
        row = [f"{title} ({METRIC.get(task, 'samples')})"]
        for model in found.models:
            cell = found.cell(task, model)
            if cell is None:
                row.append("-" if is_able(task, model) else "not able")
            elif cell.score is None:
                row.append("writes")
            else:
                row.append(f"{cell.score:.3f} in {cell.seconds:.1f} s")
        rows.append(row)
    lines = [
        summary(run.info()),
        *sentences,
        table(["task", *(COLUMNS[one] for one in found.models)], rows),
        *([few] if (few := found.few_texts()) else []),
    ]
    answer({**_about(run), "answer": sentences, **found.to_dict()}, as_json, "\n".join(lines))


def answer_diverse(run: Run, as_json: bool) -> None:
    """`matrix`: bits per byte by the corpus trained on, then the one tested on."""
    from llmcore.runs.diverse_cells import DiverseMatrix

    found = DiverseMatrix(run)
    rows = [
        [name, *("-" if one is None else f"{one:.3f}" for one in [*row, found.mean(name)])]
        for name, row in zip(found.models, found.rows(), strict=True)
    ]
    header = ["trained on", *found.corpora, "mean"]
    answer({**_about(run), **found.to_dict()}, as_json, f"{summary(run.info())}\n"
           f"{table(header, rows)}")  # fmt: skip


def answer_variants(run: Run, as_json: bool) -> None:
    """`variants`: a line for each with its curves; `luck`: what another seed alone changes;
    `answer`: what the table says in sentences."""
    from llmcore.runs.variant_cells import VARIANTS, VariantCurves

    found = VariantCurves(run)
    values = found.to_dict()
    rows = [
        [
            VARIANTS[one.variant].label, f"{one.bits_per_byte:.4f}", f"{one.n_seeds}",
            f"{one.parameters:,}", f"{one.tokens_per_s:,.0f}", f"{one.seconds:.1f}",
            f"{one.cache_bytes:,}",
        ]
        for one in found.results()
    ]  # fmt: skip
    header = ["variant", "bits per byte", "seeds", "parameters", "tokens/s", "seconds",
              "cache bytes"]  # fmt: skip
    lines = [summary(run.info()), *values["answer"], table(header, rows)]
    answer({**_about(run), **values}, as_json, "\n".join(lines))


def _about(run: Run) -> dict[str, object]:
    info = run.info()
    return {"run": reference(run.directory), "state": info.state, "step": info.step}
