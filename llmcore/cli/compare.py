"""Commands that fill a table: `compare-nlp`, `diverse-data` and `compare-variants`."""

from typing import Annotated

import typer

from llmcore.cli.flags import Machine, Name, PresetName, RunDir
from llmcore.cli.options import expanded, within
from llmcore.cli.output import AsJson
from llmcore.cli.run_answer import answer_run
from llmcore.cli.running import run_here
from llmcore.experiments.diverse_data.settings import DiverseConfig
from llmcore.experiments.variants.settings import ARCHITECTURES, VariantsConfig

Quick = Annotated[
    bool, typer.Option("--quick", help="a part of the data, for a first look within a minute")
]


@expanded
def compare_nlp(
    *,
    model: Annotated[
        str | None, typer.Option(help="the pretrained model (default: base, else starter)")
    ] = None,
    gpt2: Annotated[
        str | None,
        typer.Option(help="an imported GPT-2 to compare as well, such as gpt2; takes minutes more"),
    ] = None,
    quick: Quick = False,
    train: Machine,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure one GPT against models made for one task each: spam, sentiment, the next word, a
    story, an e-mail. Ctrl-C stops; `runs resume` goes on."""
    from llmcore.experiments.earlier_nlp.plan import plan_comparison

    config = plan_comparison(
        model, gpt2, quick, name, train_changes=train,
    )  # fmt: skip
    answer_run(run_here(config, run_dir, None), as_json)


@expanded
def diverse_data(
    *,
    corpora: Annotated[
        str, typer.Option(help="built-in corpora with commas between, two at least")
    ] = ",".join(DiverseConfig().corpora),
    quick: Quick = False,
    train: Machine,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Train a small model on each corpus and one on their mix, and test each on all of them."""
    from llmcore.experiments.diverse_data.plan import plan_diverse

    named = [part.strip() for part in corpora.split(",") if part.strip()]
    config = plan_diverse(named, quick, name, train_changes=train)
    answer_run(run_here(config, run_dir, None), as_json)


@expanded
def compare_variants(
    *,
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
    train: Machine,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Which architecture learns faster? Train GPT-2 and its variants (rope, rms, swiglu, gqa, all)
    in turn on the same data and tokens. Ctrl-C stops; `runs resume` goes on."""
    from llmcore.experiments.variants.plan import plan_variants
    from llmcore.presets import DEFAULT_PRESET

    chosen = tuple(name.strip() for name in variants.split(",") if name.strip())
    config = plan_variants(
        corpus, preset or DEFAULT_PRESET, quick, name,
        changes={"variants": chosen, "part_steps": steps, "n_seeds": seeds}, train_changes=train,
    )  # fmt: skip
    answer_run(run_here(config, run_dir, None), as_json)
