"""The answers of commands that end with a run: the JSON keys and the lines for a person."""

from typing import Any

from llmcore.cli.output import answer, number
from llmcore.cli.running import reference, summary
from llmcore.runs import Run


def answer_run(run: Run, as_json: bool) -> None:
    """The answer that fits the run's kind."""
    finetuned = run.info().kind in {"classify", "instruct"}
    (answer_finetune if finetuned else answer_pretrain)(run, as_json)


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
    counted = run.events("parameters")
    values = {
        **_about(run),
        "trainable_parameters": counted[-1]["trainable"] if counted else None,
        "parameters": counted[-1]["total"] if counted else None,
        "val_loss": info.val_loss,
        "best_step": info.best_step,
        "test": test,
        "baselines": baselines,
    }
    lines = [summary(info)]
    if counted:
        lines.append(
            f"{values['trainable_parameters']:,} of {values['parameters']:,} parameters learned"
        )
    for name, scores in ({"test": test, **baselines} if test else {}).items():
        lines.append(f"{name}: {scores_line(scores)}")
    answer(values, as_json, "\n".join(lines))


def scores_line(scores: dict[str, Any]) -> str:
    """The scores of a classifier, or of answers to instructions, for a person."""
    if "accuracy" in scores:
        return (
            f"accuracy {scores['accuracy']:.4f}, macro F1 {scores['macro_f1']:.4f}, "
            f"{scores['n']} texts"
        )
    parts = [f"exact match {scores['exact_match']:.4f}"]
    if scores.get("chrf") is not None:
        parts.append(f"chrF {scores['chrf']:.1f}")
    if scores.get("loss") is not None:
        parts.append(f"loss {scores['loss']:.4f}")
    for kind, one in (scores.get("by_holdout") or {}).items():
        parts.append(f"{kind} {one['exact_match']:.4f} of {one['n']}")
    return ", ".join([*parts, f"{scores['n']} rows"])


def _about(run: Run) -> dict[str, Any]:
    info = run.info()
    return {"run": reference(run.directory), "state": info.state, "step": info.step}
