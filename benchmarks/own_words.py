"""How well a model answers people: held-out questions in their own words, scored by stated rules.

    python benchmarks/own_words.py MODEL --set airline|general|translation [--show N] [--json]

MODEL is a reference: a bundled model, a run's id, a folder. It answers greedily, with the template
that it learned. `--show N` prints N questions at even distances with their unedited answers and
what the rules find wrong in them. The questions and rules lie in `tests/own_words/`; what the rules
are stands in `llmcore/applications/own_words.py`. Shares stand with their 95% interval.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from llmcore.applications import own_words
from llmcore.applications.jobs import spread
from llmcore.assistants import MAX_NEW_TOKENS, load_assistant
from llmcore.errors import LabError
from llmcore.paths import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "tests" / "own_words"
SETS: dict[str, tuple[type, Callable[..., dict[str, Any]]]] = {
    "airline": (own_words.AirlineQuestion, own_words.airline_scores),
    "general": (own_words.WritingTask, own_words.task_scores),
    "translation": (own_words.Sentence, own_words.translation_scores),
}


def lines_of(scores: dict[str, Any]) -> list[str]:
    lines = []
    if scores.get("chrf") is not None:
        low, high = scores["chrf_interval"]
        lines.append(f"  {'chrF':<10} {scores['chrf']:.1f} ({low:.1f} to {high:.1f})")
    for name, score in scores.items():
        if isinstance(score, dict) and score["n"]:
            low, high = score["interval"]
            lines.append(
                f"  {name:<10} {score['count']} of {score['n']}: {score['share']:.0%} "
                f"({low:.0%} to {high:.0%})"
            )
    return lines


def examples(rows: Sequence[Any], answers: Sequence[own_words.Answer], scores: dict[str, Any],
             n: int) -> list[dict[str, Any]]:  # fmt: skip
    """`n` rows at even distances: question, answer, and the verdict on it."""
    chrf = scores.get("chrf_by_row") or [None] * len(rows)
    kept = [
        {"question": row.instruction, "input": row.input, "answer": answer.text,
         "chrf": value, **asdict(verdict)}
        for row, answer, verdict, value in zip(rows, answers, scores["verdicts"], chrf, strict=True)
    ]  # fmt: skip
    return list(spread(kept, min(n, len(kept))))


def described(one: dict[str, Any]) -> str:
    mark = "right" if one["right"] else "; ".join(one["faults"]) or "not a reference"
    chrf = "" if one["chrf"] is None else f", chrF {one['chrf']:.0f}"
    asked = " ⏎ ".join(filter(None, (one["question"], one["input"])))
    answer = one["answer"].replace("\n", " ⏎ ")
    return f"\n[{one['id']}] {asked}\n  → {answer}\n  ({mark}{chrf})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--set", choices=SETS, required=True, dest="name")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("--tokens", type=int, default=MAX_NEW_TOKENS, help="the most of an answer")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    kind, scored = SETS[arguments.name]
    began = time.perf_counter()
    try:
        rows = own_words.read_rows(FOLDER / f"{arguments.name}.jsonl", kind)
        assistant = load_assistant(arguments.model)
        answers = own_words.likeliest_answers(assistant, rows, arguments.tokens)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    scores = scored(rows, answers)
    shown = examples(rows, answers, scores, arguments.show) if arguments.show > 0 else []
    if arguments.json:
        values = {name: score for name, score in scores.items() if name != "verdicts"}
        values |= {"model": arguments.model, "set": arguments.name, "examples": shown}
        print(json.dumps(values, ensure_ascii=False, indent=1))
        return 0
    print(f"{arguments.model} on own-words, {arguments.name}: {len(rows)} questions, "
          f"{time.perf_counter() - began:.0f} s")  # fmt: skip
    print("\n".join([*lines_of(scores), *map(described, shown)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
