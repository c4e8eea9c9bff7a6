"""The answers of commands that end with a run: the JSON keys and the lines for a person."""

from typing import Any

from llmcore.cli.output import answer, number
from llmcore.cli.running import reference, summary
from llmcore.kinds import experiment_of
from llmcore.runs import Run
from llmcore.runs.used import step_words, used_step, used_words


def answer_run(run: Run, as_json: bool) -> None:
    """The answer that fits the run's kind."""
    kind = run.info().kind
    if (experiment := experiment_of(kind)) is not None:
        values, lines = experiment.load("answer")(run)
        answer({**_about(run), **values}, as_json, f"{summary(run.info())}\n{lines}")
    elif kind in ("classify", "instruct"):
        answer_finetune(run, as_json)
    else:
        answer_pretrain(run, as_json)


def answer_pretrain(run: Run, as_json: bool) -> None:
    info = run.info()
    last = run.metrics().last("train") or {}
    values = {
        **_about(run),
        "train_loss": last.get("loss"),
        "val_loss": info.val_loss,
        "best_step": info.best_step,
        "reason": info.reason,
        "tokens_per_s": last.get("tokens_per_s"),
        "parameters": run.config.model.n_parameters(),
    }
    line = (
        f"{_ended(run)}, train loss {number(values['train_loss'])}, best validation loss "
        f"{number(values['val_loss'])}; kept: {used_words(run) or 'nothing yet'}"
    )
    answer(values, as_json, line)


def answer_finetune(run: Run, as_json: bool, data_report: dict[str, Any] | None = None) -> None:
    """`test` is null if the run was stopped before its test, and so is the report on the data
    if a run was resumed. `model_alone`: the test without the words that vote beside the model,
    null if none do; `words`: whether they do, and what decided it. `train_rows`: scores on
    training rows, for instructions. `reason`: why the run ended; `kept_step`: the step of the
    weights that it keeps, and that were tested."""
    info = run.info()
    result: dict[str, Any] = run.result() or {}
    test, baselines = result.get("test"), result.get("baselines") or {}
    alone = result.get("model_alone")
    counted = run.events("parameters")
    values = {
        **_about(run),
        "trainable_parameters": counted[-1]["trainable"] if counted else None,
        "parameters": counted[-1]["total"] if counted else None,
        "val_loss": info.val_loss,
        "best_step": info.best_step,
        "reason": info.reason,
        "kept_step": used_step(run),
        "test": test,
        "train_rows": result.get("train_rows"),
        "model_alone": alone,
        "words": result.get("words"),
        "baselines": baselines,
        "data_report": data_report,
    }
    lines = [_ended(run)]
    if (kept := values["kept_step"]) is not None:
        lines.append(f"kept: {step_words(kept, info.step)}")
    if counted:
        lines.append(
            f"{values['trainable_parameters']:,} of {values['parameters']:,} parameters learned"
        )
    beside = {"the model alone": alone} if alone else {}
    if learned := values["train_rows"]:
        beside["training rows"] = learned
    for name, scores in ({"test": test, **beside, **baselines} if test else {}).items():
        lines.append(f"{name}: {scores_line(scores)}")
    answer(values, as_json, "\n".join(lines))


def _ended(run: Run) -> str:
    """One line about a run that has ended, and why it has."""
    info = run.info()
    if not info.reason:
        return summary(info)
    early = info.state == "done" and info.step < info.steps and not run.config.reads_layers
    return f"{summary(info)}{', stopped early' if early else ''}: {info.reason}"


def scores_line(scores: dict[str, Any]) -> str:
    """The scores of a classifier, or of answers to instructions, for a person."""
    n = scores["n"]
    if "accuracy" in scores:
        line = f"accuracy {_score(scores, 'accuracy')}, macro F1 {number(scores['macro_f1'], 4)}"
        return f"{line}, {n} texts{_chance(scores)}"
    parts = [f"exact match {_score(scores, 'exact_match')}"]
    if scores.get("chrf") is not None:
        parts.append(f"chrF {scores['chrf']:.1f}")
    if scores.get("loss") is not None:
        parts.append(f"loss {scores['loss']:.4f}")
    for kind, score in (scores.get("by_holdout") or {}).items():
        parts.append(f"{kind} {_score(score, 'exact_match')} of {score['n']}")
    left_out = f", {scores['left_out']} more do not fit" if scores.get("left_out") else ""
    return ", ".join([*parts, f"{n} rows{left_out}"])


def _score(scores: dict[str, Any], name: str) -> str:
    """A share, with the interval that a person should see beside one of few rows."""
    from llmcore.evaluation import FEW_ROWS

    if scores[name] is None:
        return "not measured"
    interval = scores.get(f"{name}_interval")
    beside = f" (95%: {interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
    return f"{scores[name]:.4f}{beside if scores['n'] < FEW_ROWS else ''}"


def _chance(scores: dict[str, Any]) -> str:
    if scores.get("better_than_chance") is not False:
        return ""
    return (
        f": no better than chance, since always naming the largest class is right for "
        f"{scores['chance']:.4f} of them"
    )


def answer_queued(run: Run, place: int, as_json: bool) -> None:
    about = _about(run)
    line = f"{about['run']} waits at place {place}: `runs work` starts it, or the lab's page does."
    answer({**about, "place": place}, as_json, line)


def _about(run: Run) -> dict[str, Any]:
    info = run.info()
    return {"run": reference(run.directory), "state": info.state, "step": info.step}
