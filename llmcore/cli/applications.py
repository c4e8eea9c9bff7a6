"""`applications list` and `applications measure`: the jobs of language models, with figures."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.output import AsJson, answer, say
from llmcore.texts import text_table

if TYPE_CHECKING:
    from llmcore.applications.figures import Figure

app = typer.Typer(
    help="What language models are used for: eight jobs, each measured beside a trivial method.",
    no_args_is_help=True,
)
JobName = Annotated[
    list[str] | None,
    typer.Option("--job", help="the job, or several of them (default: all that have a model)"),
]


@app.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """The jobs, the model that serves each here, and what was measured of it."""
    from llmcore.applications import JOBS, figure_of, serving_model
    from llmcore.applications.figures import weights_hash

    jobs, rows = [], []
    for job in JOBS.values():
        ref = serving_model(job)
        figure = figure_of(job, weights_hash(ref)) if ref else None
        jobs.append(
            {"job": job.name, "title": job.title, "data": job.data, "metric": job.metric,
             "model": ref, "figure": as_values(figure) if figure else None}
        )  # fmt: skip
        rows.append([job.name, ref or "-", _words(figure)])
    answer({"jobs": jobs}, as_json, text_table(["job", "model", "measured"], rows))


@app.command()
def measure(
    job: JobName = None,
    model: Annotated[
        str | None, typer.Option(help="the model (default: the one that serves the job)")
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", min=2, help="rows, at even distances (default: all)")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure models at their jobs on held-out rows, beside trivial methods. Figures of bundled
    models over all rows go into assets/applications.json, others into the lab's cache."""
    from llmcore.applications import JOBS, job_named, keep_own, serving_model
    from llmcore.applications.figures import keep_bundled
    from llmcore.applications.measuring import measure as measured

    figures: list[Figure] = []
    for chosen in [job_named(name) for name in job] if job else list(JOBS.values()):
        ref = model or serving_model(chosen)
        if ref is None:
            say(f"{chosen.name}: no model here has learned it. Train one with `python -m llmcore "
                f"finetune --task instruct --data {chosen.data} --train lora`.")  # fmt: skip
            continue
        say(f"{chosen.name}: measuring {ref}")
        figure = measured(chosen, ref, n)
        bundled = ref == chosen.model and figure.n == figure.n_all and _is_bundled(ref)
        (keep_bundled if bundled else keep_own)(figure)
        for notice in figure.notices:
            say(notice)
        figures.append(figure)
    rows = [[figure.job, figure.model, _words(figure)] for figure in figures]
    values = [as_values(figure) for figure in figures]
    answer({"figures": values}, as_json, text_table(["job", "model", "measured"], rows))


def as_values(figure: "Figure") -> dict[str, Any]:
    """A figure's fields, and the two judgements that follow from them."""
    return {**figure.to_dict(), "beats_baseline": figure.beats, "works": figure.works,
            "in_own_wording": figure.in_own_wording}  # fmt: skip


def _is_bundled(ref: str) -> bool:
    from llmcore.runs import open_run

    return open_run(ref).is_example


def _words(figure: "Figure | None") -> str:
    """`exact_match 0.912 [0.896, 0.927], nearest neighbour 0.000, n = 1280: works`."""
    if figure is None:
        return "not yet"
    works = "works in its own wording" if figure.in_own_wording else "works"
    verdict = works if figure.works else "not at this size"
    return (
        f"{figure.metric} {figure.score:.3f} [{figure.low:.3f}, {figure.high:.3f}], "
        f"{figure.baseline} {figure.baselines[figure.baseline]:.3f}, "
        f"n = {figure.n} of {figure.n_all} {figure.unit}: {verdict}"
    )
