"""Writes an assistant's card from its run: every number on it was measured by the lab."""

from pathlib import Path
from typing import Any

from assets.bundling import lab_json, without_paths
from llmcore.data import INSTRUCTIONS
from llmcore.files import read_json, tree_bytes, write_text_atomic
from llmcore.runs.run import Run

SHOWN = 6
HOLDOUTS = {
    "slots": "new values", "phrasings": "new wordings", "frames": "new combinations",
}  # fmt: skip

TEMPLATE = """# {title}

A LoRA adapter of `{parent}` (rank {rank}, alpha {alpha:g}, beside {targets} of every block): \
{trainable:,} numbers learned, {n_bytes:,} bytes on disk with all that lies beside them. It was \
trained by this project's own `finetune` on `{data}`, a set that the project wrote itself. \
`assets/make_adapters.py` is the whole recipe:

```
python -m llmcore {command}
```

{steps:,} steps of {batch_size} rows; the weights are those of step {best_step:,}, where the \
validation loss was lowest: {val_loss:.4f} nats a token of the answers.

## Measured on the test split

The bundled files, {n:,} rows that training never saw, the likeliest answer to each. Looked up: \
the answer of the most similar training question.

| rows | n | exact match | looked up |
| --- | ---: | ---: | ---: |
{score_table}

{further}

`python -m llmcore evaluate --model {ref} --data {data}` prints these figures.

## {n_shown} held-out prompts, unedited

{answers}

## Limits

{limits}
"""
LIMITS = """\
- It answers what resembles its training set. Anything else gets an answer that sounds like it, \
and that may be wrong in every word.
- It learned from single questions: what was said before is no help to it.
- It works beside exactly the weights of `{parent}` only."""


def write_card(
    ref: str, title: str, run: Path, target: Path, command: list[str], path: Path
) -> None:
    """Measures the adapter in `target` and writes its card; `run` is the run that it came from."""
    config, status = read_json(target / "config.json"), read_json(target / "status.json")
    kept = Run(run)
    best = kept.checkpoint("best")
    adapter = best.state["adapter"]
    data = config["data"]["source"]
    result = kept.result() or {}
    source = data if data in INSTRUCTIONS else command[command.index("--data") + 1]
    scores = lab_json(["evaluate", "--model", str(target), "--data", source])
    looked_up = next(iter((result.get("baselines") or {}).values()), {})
    shown = (kept.events("answers") or [{"rows": []}])[-1]["rows"][:SHOWN]
    text = TEMPLATE.format(
        title=title,
        ref=ref,
        data=data,
        parent=str(adapter["parent"]).partition("@")[0],
        rank=adapter["rank"],
        alpha=adapter["alpha"],
        targets=", ".join(adapter["targets"]),
        trainable=kept.events("parameters")[-1]["trainable"],
        n_bytes=tree_bytes(target),
        command=" ".join(str(without_paths(word)) for word in command),
        steps=status["step"],
        batch_size=config["train"]["batch_size"],
        best_step=status["best_step"],
        val_loss=status["val_loss"],
        n=scores["n"],
        score_table=_score_table(scores, looked_up),
        further=_further(scores, looked_up),
        n_shown=len(shown),
        answers="\n\n".join(_answer(i, row) for i, row in enumerate(shown, 1)),
        limits=LIMITS.format(parent=str(adapter["parent"]).partition("@")[0]),
    )
    write_text_atomic(path, text)


def _score_table(scores: dict[str, Any], looked_up: dict[str, Any]) -> str:
    rows = [("all", scores, looked_up)]
    for kind, score in scores["by_holdout"].items():
        rows.append(
            (HOLDOUTS.get(kind, kind), score, looked_up.get("by_holdout", {}).get(kind, {}))
        )
    return "\n".join(
        f"| {name} | {row['n']:,} | {row['exact_match']:.1%} | {_share(beside)} |"
        for name, row, beside in rows
    )


def _share(scores: dict[str, Any]) -> str:
    return f"{scores['exact_match']:.1%}" if scores else ""


def _further(scores: dict[str, Any], looked_up: dict[str, Any]) -> str:
    """Loss, and chrF where sacrebleu was there to compute it."""
    parts = [f"Loss of the expected answers: {scores['loss']:.4f} nats a token."]
    if scores.get("chrf") is not None:
        parts.append(f"chrF: {scores['chrf']:.1f}.")
        if looked_up.get("chrf") is not None:
            parts.append(f"Looked up: {looked_up['chrf']:.1f}.")
    return " ".join(parts)


def _answer(number: int, row: dict[str, Any]) -> str:
    right = "right" if row["answer"].strip() == row["expected"].strip() else "wrong"
    lines = [f"{number}. {_code(row['prompt'])}", f"   Answer ({right}): {_code(row['answer'])}"]
    if right == "wrong":
        lines.append(f"   Expected: {_code(row['expected'])}")
    return "  \n".join(lines)


def _code(text: str) -> str:
    """`text` on one line as code, its line ends shown as ⏎."""
    inside = text.strip().replace("\n", " ⏎ ").replace("`", "'")
    return f"`{inside}`" if inside else "(nothing)"
