"""What a comparison found, in sentences made from its numbers; earlier models' wins come first."""

from llmcore.experiments.earlier_nlp.cells import (
    COLUMNS,
    DECISIONS,
    EARLIER,
    GPT2,
    METRIC,
    NEXT_WORD,
    NGRAM,
    PRETRAINED,
    RANDOM,
    ROWS,
    SENTIMENT,
    SPAM,
    WRITING,
    Cell,
    Comparison,
)

_NAMES = {
    **{model: f"the {name}" for model, name in COLUMNS.items()},
    NGRAM: "the n-gram model",
    "naive Bayes": "naive Bayes",
    "logistic regression": "logistic regression",
    RANDOM: "the GPT from random weights",
    PRETRAINED: "the pretrained GPT",
    GPT2: "GPT-2",
}
_TASKS = {SPAM: "spam", SENTIMENT: "sentiment", NEXT_WORD: "the next word"}


def answer_sentences(found: Comparison) -> list[str]:
    """One sentence for each task that is scored on both sides, the earlier model's wins first;
    then who can write at all. Empty while nothing can be compared."""
    lost: list[str] = []
    undecided: list[str] = []
    won: list[str] = []
    for task in (*DECISIONS, NEXT_WORD):
        earlier = found.best(task, EARLIER)
        gpt = found.best(task, (PRETRAINED, GPT2, RANDOM))
        if earlier is None or gpt is None:
            continue
        lead = _lead(found, task, earlier, gpt)
        (lost if lead < 0 else undecided if lead == 0 else won).append(
            _sentence(found, task, earlier, gpt, lead)
        )
    sentences = lost + undecided + won
    writers = [model for model in found.models if all(found.cell(task, model) for task in WRITING)]
    if sentences and PRETRAINED in writers:
        sentences.append(_writing(found))
    return sentences


def _lead(found: Comparison, task: str, earlier: Cell, gpt: Cell) -> int:
    """1 if the GPT is better, -1 if the earlier model is, 0 if the texts are too few to
    tell (the 95% interval of the difference holds nothing)."""
    difference = found.difference(task, gpt, earlier)
    if difference is not None:
        return 1 if difference.low > 0 else -1 if difference.high < 0 else 0
    assert gpt.score is not None and earlier.score is not None
    better = gpt.score < earlier.score if task == NEXT_WORD else gpt.score > earlier.score
    return 1 if better else -1


def _sentence(found: Comparison, task: str, earlier: Cell, gpt: Cell, lead: int) -> str:
    first, second = (gpt, earlier) if lead > 0 else (earlier, gpt)
    difference = found.difference(task, first, second)
    unit = METRIC[task]
    numbers = (
        f"{_NAMES[first.model]} reaches {first.score:.3f} {unit} {_after(first)}, "
        f"{_NAMES[second.model]} {second.score:.3f} {_after(second)}"
    )
    interval = ""
    if difference is not None:
        interval = (
            f" (difference {difference.mean:+.3f}, 95% interval {difference.low:+.3f} to "
            f"{difference.high:+.3f})"
        )
    who = {-1: "the earlier model wins", 0: "neither side clearly wins", 1: "the GPT wins"}[lead]
    return f"On {_TASKS[task]}, {who}: {numbers}{interval}."


def _after(cell: Cell) -> str:
    if cell.seconds == 0.0:
        return "without training here"
    return f"after {seconds(cell.seconds)} of training"


def _writing(found: Comparison) -> str:
    """Who can write, and who does every row, by the cells that are there."""
    can = [model for model in EARLIER if found.cell(WRITING[0], model)]
    rows = sum(found.cell(task, PRETRAINED) is not None for task in ROWS)
    return (
        f"Only models of the next word can write: {len(can)} of the {len(EARLIER)} earlier models "
        f"and every GPT; read the samples. The one pretrained GPT does {rows} of the {len(ROWS)} "
        f"rows."
    )


def seconds(value: float) -> str:
    """`0.03 s`, `7.2 s`, `85 s`: two digits are enough."""
    return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
