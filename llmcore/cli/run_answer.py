"""The answers of commands that end with a run: the JSON keys and the lines for a person."""

from typing import Any

from llmcore.cli.output import answer, number
from llmcore.cli.running import reference, summary
from llmcore.runs import Run


def answer_run(run: Run, as_json: bool) -> None:
    """The answer that fits the run's kind."""
    from llmcore.cli.compare import answer_comparison, answer_diverse

    answers = {
        "classify": answer_finetune, "compare-nlp": answer_comparison,
        "diverse-data": answer_diverse,
    }  # fmt: skip
    answers.get(run.info().kind, answer_pretrain)(run, as_json)


def answer_pretrain(run: Run, as_json: bool) -> None:
    info = run.info()
    last = run.metrics().last("train") or {}
    values = {
        **_about(run),
        "train_loss": last.get("loss"),
        "val_loss": info.val_loss,
        "best_step": info.best_step,
        "tokens_per_s": last.get("tokens_per_s"),
        "parameters": run.config.model.n_parameters(),
    }
    line = (
        f"{summary(info)}, train loss {number(values['train_loss'])}, best validation loss "
        f"{number(values['val_loss'])} at step {values['best_step']}"
    )
    answer(values, as_json, line)


def answer_finetune(run: Run, as_json: bool) -> None:
    """`test` is null where the run was stopped before its test."""
    info = run.info()
    result: dict[str, Any] = run.result() or {}
    test, baselines = result.get("test"), result.get("baselines") or {}
    values = {
        **_about(run),
        "val_loss": info.val_loss,
        "best_step": info.best_step,
        "test": test,
        "baselines": baselines,
    }
    lines = [summary(info)]
    for name, scores in ({"test": test, **baselines} if test else {}).items():
        lines.append(
            f"{name}: accuracy {scores['accuracy']:.4f}, macro F1 {scores['macro_f1']:.4f}, "
            f"{scores['n']} texts"
        )
    answer(values, as_json, "\n".join(lines))


def answer_queued(run: Run, place: int, as_json: bool) -> None:
    about = _about(run)
    line = f"{about['run']} waits at place {place}: `runs work` starts it, or the lab's page does."
    answer({**about, "place": place}, as_json, line)


def _about(run: Run) -> dict[str, Any]:
    info = run.info()
    return {"run": reference(run.directory), "state": info.state, "step": info.step}
