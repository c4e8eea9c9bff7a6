"""The command `learning-curve`: how much labelled data does it take?"""

from typing import Annotated

import typer

from llmcore.cli.flags import (
    ContextLength,
    LabelColumns,
    Machine,
    Name,
    RunDir,
    default_model,
)
from llmcore.cli.options import expanded, within
from llmcore.cli.output import AsJson
from llmcore.cli.run_answer import answer_run
from llmcore.cli.running import own_table, run_here
from llmcore.config import DataConfig
from llmcore.experiments.learning_curve.settings import LEARNERS, CurveConfig


@expanded
def learning_curve(
    *,
    data: Annotated[str, typer.Option(help="labelled data, as for finetune")],
    model: Annotated[
        str | None, typer.Option(help="the pretrained model (default: base, else starter)")
    ] = None,
    sizes: Annotated[
        str, typer.Option(help="numbers of texts with commas between; all of them come last")
    ] = "10,30,100,300",
    seeds: Annotated[int, within(CurveConfig, "n_seeds", "--seeds")] = 5,
    learners: Annotated[str, typer.Option(help="who learns, with commas between")] = ",".join(
        LEARNERS
    ),
    columns: LabelColumns,
    context_length: ContextLength = None,
    train: Machine,
    name: Name = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Train on 10, 30, 100, … and all texts: the pretrained model, the same from random weights,
    naive Bayes and logistic regression. Ctrl-C stops; `runs resume` goes on."""
    from llmcore.data import LABELLED
    from llmcore.experiments.learning_curve.plan import plan_learning_curve

    try:
        numbers = [int(size) for size in sizes.split(",") if size.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"--sizes {sizes!r} are not numbers such as 10,100.") from error
    own = own_table(DataConfig(data, **columns), data in LABELLED)
    config = plan_learning_curve(
        data=own.data,
        reading=own.reading,
        table=own.table,
        model_ref=model or default_model(),
        sizes=numbers,
        n_seeds=seeds,
        learners=[name.strip() for name in learners.split(",")],
        context_length=context_length,
        name=name,
        train_changes=train,
    )
    answer_run(run_here(config, run_dir, own.table), as_json)
