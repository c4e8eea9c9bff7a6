"""Runs that fill a table, written by hand: as their writer leaves them at some moment."""

import time
from typing import Any

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, RunConfig
from llmcore.experiments.earlier_nlp.cells import BAYES, EARLIER, PRETRAINED, RANDOM, work_of
from llmcore.experiments.earlier_nlp.plan import plan_comparison
from llmcore.files import json_line, write_json_atomic
from llmcore.runs import RunStore
from llmcore.runs.state import writer_identity

TRUTH = [0] * 60 + [1] * 40
MODELS = (*EARLIER, RANDOM, PRETRAINED)


def write_table_run(config: RunConfig, events: list[dict[str, Any]], state: str = "done") -> str:
    store = RunStore()
    run_id = store.mint_id(config.name)
    directory = store.directory(run_id)
    created = {SCHEMA_KEY: SCHEMA_VERSION, "created": time.time()}
    write_json_atomic(directory / "config.json", config.to_dict() | created)
    (directory / "events.jsonl").write_text("".join(map(json_line, events)), encoding="utf-8")
    write_status(run_id, len(events), state)
    return run_id


def write_status(run_id: str, step: int, state: str) -> None:
    write_json_atomic(RunStore().directory(run_id) / "status.json", {
        "state": state, "step": step, "heartbeat": time.time(), **writer_identity(),
    })  # fmt: skip


def comparison(state: str = "done", n_cells: int = 99) -> str:
    """The id of a comparison that has filled its first cells."""
    events = [
        {"type": "task", "task": "spam", "classes": ["ham", "spam"], "truth": TRUTH,
         "n_train": 2000, "n_test": 100},
        {"type": "task", "task": "story", "prompt": "Once upon a time"},
        *(cell_event(task, model) for task, model in work_of(MODELS)[:n_cells]),
    ]  # fmt: skip
    return write_table_run(plan_comparison("starter"), events, state)


def cell_event(task: str, model: str) -> dict[str, Any]:
    """Of one cell; naive Bayes wins the spam."""
    decides = task in ("spam", "sentiment")
    score = 0.9 if decides else 2.5 if task == "next-word" else None
    predicted = TRUTH if model == BAYES and task == "spam" else [0] * 100
    return {
        "type": "cell", "task": task, "model": model,
        "score": 1.0 if predicted is TRUTH else score, "accuracy": score if decides else None,
        "seconds": 0.5, "n_bytes": 2_500_000, "parameters": 10, "note": "How it <b>came</b>.",
        "samples": [] if score else [f"{model} <script>alert(1)</script> wrote"],
        "predicted": predicted if decides else [], "real_words": None if score else 0.8,
        "copied": None if score else 3,
    }  # fmt: skip
