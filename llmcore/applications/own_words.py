"""Questions in people's own words, and the rules by which an answer to one is right.

A set is a JSONL file, one question a row with its rule; three are in `tests/own_words/`. Pure
functions judge an answer: no model judges another. Importing this imports no torch.

- Every set: a **loop** is a run of 4 words that comes three times in an answer, up to 12
  characters that come eight times in a row, or an answer that did not end by itself. An **echo** is
  an answer that repeats three quarters of the question in one run, or nothing but a part of it.
- airline: `AirlineQuestion`. general: `WritingTask`. translation: `Sentence`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from llmcore.assistants import MAX_NEW_TOKENS, Assistant
from llmcore.data.turns import single
from llmcore.errors import DamagedError, LabError
from llmcore.evaluation import bootstrap_ratio, chrf_by_row, wilson_interval
from llmcore.schema import build, parse_object

LOOP_WORDS, LOOP_TIMES = 4, 3
ECHO_SHARE, ECHO_WORDS = 0.75, 4
MOST_STRAYS = 2  # other intents that the words of a right answer may happen to fit
_LOOP_OF_CHARACTERS = re.compile(r"(.{1,12}?)\1{7}", re.DOTALL)
_NO_ANSWER = re.compile(
    r"\b(i|we)\b[^.!?]{0,30}\b(can ?not|can't|unable|do not|don't)\b[^.!?]*"
    r"\b(help|answer|know|understand|assist)\b",
    re.IGNORECASE,
)
# Booking codes (K7M2X9) and flights (LX482), as the airline writes them.
_CODE = re.compile(r"\b(?:[a-z]\d[a-z]\d[a-z]\d|[a-z]{1,2}\d{2,4})\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LONG_WORD, _STEM = 4, 4  # letters

Row = TypeVar("Row", "AirlineQuestion", "WritingTask", "Sentence")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote. ended: False if it was cut at the most tokens it might write."""

    text: str
    ended: bool = True


@dataclass(frozen=True, slots=True)
class AirlineQuestion:
    """The intent is right if for each of `intent_patterns` (by intent) one fits the answer, it
    is no echo and no refusal, and the patterns of at most MOST_STRAYS other intents fit it.

    kind: `in-scope`, `out-of-scope` or `lacking` (a detail without which nobody could answer); of
    the latter two `intent` is `decline`, and the patterns are those of declining or asking back.
    slots: values to be copied, each in its allowed spellings. A slot is right if one of them
    is in the answer as whole words, no `must_not` fits, and no booking code or flight is
    there that the question does not hold. facts: patterns, all of which fit if the airline's
    rule was applied. right: one right answer.
    """

    id: str
    kind: str
    intent: str
    instruction: str
    intent_patterns: dict[str, list[str]]
    slots: list[list[str]]
    facts: list[str]
    must_not: list[str]
    right: str
    input: str = ""

    @property
    def patterns(self) -> list[str]:
        shared = [pattern for several in self.intent_patterns.values() for pattern in several]
        return [*shared, *self.facts, *self.must_not]


@dataclass(frozen=True, slots=True)
class WritingTask:
    """An answer is right if all of `all_of` fit it, one of `any_of` (if there are any), none of
    `none_of`, its words number from min_words to max_words, it holds no number that neither the
    task nor `right` holds, and it is neither loop nor echo.

    shorter: the most words, as a share of the text's; in_its_words: the least share of its words
    of 4 letters and more that begin like a word of the text. 0: not asked for.
    """

    id: str
    task: str
    instruction: str
    input: str
    all_of: list[str]
    any_of: list[str]
    none_of: list[str]
    min_words: int
    max_words: int
    right: str
    shorter: float = 0.0
    in_its_words: float = 0.0

    @property
    def patterns(self) -> list[str]:
        return [*self.all_of, *self.any_of, *self.none_of]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Scored by chrF against the reference that it is nearest to."""

    id: str
    language: str
    instruction: str
    input: str
    references: list[str]

    @property
    def patterns(self) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Verdict:
    """faults: why an answer is not right, in words. intent, slots, facts: of an airline question;
    None if it asks for none. The intent of one that is to be declined is whether it was."""

    id: str
    group: str
    right: bool
    loop: bool
    faults: tuple[str, ...]
    intent: bool | None = None
    slots: bool | None = None
    facts: bool | None = None


# ---- reading


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a set. Raises DamagedError for a damaged row, a pattern that is none, or an id
    that comes twice; LabError if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LabError(f"{path} cannot be read ({error.strerror}): name a set's file.") from error
    rows, seen = [], set()
    for number, line in enumerate(lines, 1):
        where = f"{path.name}, line {number}"
        row = build(kind, parse_object(line, where), where)
        for pattern in row.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise DamagedError(f"{where}: {pattern!r} is no pattern ({error}).") from error
        if row.id in seen:
            raise DamagedError(f"{where}: the id {row.id!r} comes twice.")
        seen.add(row.id)
        rows.append(row)
    return rows


# ---- asking


def likeliest_answers(
    assistant: Assistant,
    rows: Sequence[AirlineQuestion | WritingTask | Sentence],
    max_new_tokens: int = MAX_NEW_TOKENS,
) -> list[Answer]:
    """The model's likeliest answer to each row, many at once."""
    from llmcore.tasks.answering import greedy_answers
    from llmcore.tasks.instruction_tokens import answer_text, prompt_ids

    loaded = assistant.loaded
    prompts = [
        prompt_ids(loaded.tokenizer, assistant.template, single(row.instruction, "", row.input))
        for row in rows
    ]
    length = loaded.trunk.config.context_length
    made = greedy_answers(loaded.trunk, loaded.tokenizer, prompts, max_new_tokens)
    rooms = [min(max_new_tokens, length - min(len(prompt), length - 1)) for prompt in prompts]
    return [
        Answer(answer_text(loaded.tokenizer, ids), len(ids) < room)
        for ids, room in zip(made, rooms, strict=True)
    ]


# ---- what every set asks


def is_loop(answer: Answer) -> bool:
    """See the module.

    >>> is_loop(Answer("to the meeting to the meeting to the meeting to the meeting"))
    True
    """
    words = _words(answer.text)
    runs = [tuple(words[i : i + LOOP_WORDS]) for i in range(len(words) - LOOP_WORDS + 1)]
    often = any(runs.count(run) >= LOOP_TIMES for run in set(runs))
    return often or not answer.ended or _LOOP_OF_CHARACTERS.search(answer.text) is not None


def is_echo(question: str, answer: str) -> bool:
    """See the module. A question of fewer than 4 words, or an answer of so few, is none.

    >>> is_echo("Can I take my dog on board?", "Can I take my dog on board? Can I")
    True
    """
    asked, given = _words(question), _words(answer)
    run = SequenceMatcher(None, asked, given, autojunk=False).find_longest_match().size
    repeats = len(asked) >= ECHO_WORDS and run >= ECHO_SHARE * len(asked)
    return repeats or (len(given) >= ECHO_WORDS and run == len(given))


def _folded(text: str) -> str:
    """With plain apostrophes, and single spaces within a line."""
    return re.sub(r"[^\S\n]+", " ", text.replace("’", "'")).strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(_folded(text).casefold())


def _fits(pattern: str, text: str) -> bool:
    return re.search(pattern, _folded(text), re.IGNORECASE) is not None


def _any_fits(patterns: Iterable[str], text: str) -> bool:
    return any(_fits(pattern, text) for pattern in patterns)


# ---- the airline's questions


def judge_airline(
    row: AirlineQuestion, answer: Answer, intents: Mapping[str, Iterable[str]]
) -> Verdict:
    """`intents`: the patterns of each intent of the set, see `intents_of`."""
    loop, in_scope = is_loop(answer), row.intent != "decline"
    wrong_values = _wrong_values(row, answer.text)
    wrong_intent = _wrong_intent(row, answer.text, intents)
    wrong_facts = [f"no {fact}" for fact in row.facts if not _fits(fact, answer.text)]
    if not in_scope:
        wrong_intent, wrong_values = wrong_intent + wrong_values, []
    faults = (*wrong_intent, *wrong_values, *wrong_facts, *(["loop"] if loop else []))
    return Verdict(
        row.id, row.kind, not faults, loop, faults,
        intent=not wrong_intent,
        slots=not wrong_values if in_scope else None,
        facts=not wrong_facts if row.facts else None,
    )  # fmt: skip


def intents_of(rows: Sequence[AirlineQuestion]) -> dict[str, set[str]]:
    """The patterns of each intent of the set; those of declining are none."""
    known: dict[str, set[str]] = {}
    for row in rows:
        for intent, patterns in row.intent_patterns.items():
            if intent != "decline":
                known.setdefault(intent, set()).update(patterns)
    return known


def _wrong_intent(
    row: AirlineQuestion, text: str, intents: Mapping[str, Iterable[str]]
) -> list[str]:
    faults = [
        f"not {name}"
        for name, pattern in row.intent_patterns.items()
        if not _any_fits(pattern, text)
    ]
    if is_echo(row.instruction, text):
        faults.append("echo")
    if row.intent != "decline" and _NO_ANSWER.search(_folded(text)):
        faults.append("declines")
    strays = [
        name
        for name, patterns in intents.items()
        if name not in row.intent_patterns and _any_fits(patterns, text)
    ]
    if len(strays) > MOST_STRAYS:
        faults.append(f"also {', '.join(strays)}")
    return faults


def _wrong_values(row: AirlineQuestion, text: str) -> list[str]:
    faults = [f"lacks {slot[0]}" for slot in row.slots if not any(_holds(text, o) for o in slot)]
    faults += [f"has {phrase}" for phrase in row.must_not if _fits(phrase, text)]
    asked = f"{row.instruction} {row.input}"
    made_up = {code for code in _CODE.findall(text) if not _is_asked(asked, code)}
    return faults + [f"makes up {name}" for name in sorted(made_up)]


def _holds(text: str, value: str) -> bool:
    """Whether a value is in a text as whole words, in whatever case."""
    return _fits(rf"(?<!\w){re.escape(value)}(?!\w)", text)


def _is_asked(question: str, code: str) -> bool:
    """Whether a code is in the question, spaces and hyphens in it aside."""
    spread_out = r"[\W_]*".join(code)
    return _fits(rf"(?<![^\W_]){spread_out}(?![^\W_])", question)


# ---- tasks of writing and reading


def judge_task(row: WritingTask, answer: Answer) -> Verdict:
    words = _words(answer.text)
    loop, text = is_loop(answer), answer.text
    faults = [f"no {phrase}" for phrase in row.all_of if not _fits(phrase, text)]
    if row.any_of and not _any_fits(row.any_of, text):
        faults.append(f"none of {', '.join(row.any_of)}")
    faults += [f"has {phrase}" for phrase in row.none_of if _fits(phrase, text)]
    if not row.min_words <= len(words) <= row.max_words:
        faults.append(f"{len(words)} words, not {row.min_words} to {row.max_words}")
    known = set(_NUMBER.findall(f"{row.instruction} {row.input} {row.right}"))
    faults += [f"makes up {number}" for number in sorted(set(_NUMBER.findall(text)) - known)]
    faults += _unlike_its_text(row, words)
    if is_echo(row.instruction, text):
        faults.append("echo")
    if loop:
        faults.append("loop")
    return Verdict(row.id, row.task, not faults, loop, tuple(faults))


def _unlike_its_text(row: WritingTask, words: Sequence[str]) -> list[str]:
    given, faults = _words(row.input or row.instruction), []
    if row.shorter and len(words) > row.shorter * len(given):
        faults.append(f"{len(words)} words of {len(given)}: not shorter")
    stems = {word[:_STEM] for word in given}
    long = [word for word in words if len(word) >= _LONG_WORD]
    share = sum(word[:_STEM] in stems for word in long) / len(long) if long else 0.0
    if row.in_its_words and share < row.in_its_words:
        faults.append(f"{share:.0%} of its words are the text's")
    return faults


# ---- scores


def airline_scores(rows: Sequence[AirlineQuestion], answers: Sequence[Answer]) -> dict[str, Any]:
    """`verdicts` and the shares `right`, `intent` (of the questions in scope), `slots` and `facts`
    (of those whose intent is right), `declined` (of those to be declined), `loops`; see `share`."""
    known = intents_of(rows)
    verdicts = [
        judge_airline(row, answer, known) for row, answer in zip(rows, answers, strict=True)
    ]
    in_scope = [verdict for verdict in verdicts if verdict.group == "in-scope"]
    understood = [verdict for verdict in in_scope if verdict.intent]
    return {
        "right": share([verdict.right for verdict in verdicts]),
        "intent": share([verdict.intent for verdict in in_scope]),
        "slots": share([verdict.slots for verdict in understood]),
        "facts": share([verdict.facts for verdict in understood if verdict.facts is not None]),
        "declined": share([verdict.right for verdict in verdicts if verdict.group != "in-scope"]),
        "loops": share([verdict.loop for verdict in verdicts]),
        "verdicts": verdicts,
    }


def task_scores(rows: Sequence[WritingTask], answers: Sequence[Answer]) -> dict[str, Any]:
    """`verdicts` and the shares `right`, that of each task, and `loops`; see `share`."""
    verdicts = [judge_task(row, answer) for row, answer in zip(rows, answers, strict=True)]
    return {
        "right": share([verdict.right for verdict in verdicts]),
        **{
            task: share([verdict.right for verdict in verdicts if verdict.group == task])
            for task in dict.fromkeys(row.task for row in rows)
        },
        "loops": share([verdict.loop for verdict in verdicts]),
        "verdicts": verdicts,
    }


def translation_scores(rows: Sequence[Sentence], answers: Sequence[Answer]) -> dict[str, Any]:
    """`chrf`: the mean over rows of chrF (0 to 100) against the nearest reference, with its 95%
    bootstrap interval [low, high] in `chrf_interval`, None if sacrebleu is not installed;
    `right`, the share that is a reference word by word, `loops`, and `verdicts`."""
    scores = _nearest_chrf(rows, answers)
    verdicts = [_as_reference(row, answer) for row, answer in zip(rows, answers, strict=True)]
    mean = bootstrap_ratio(scores) if scores else None
    return {
        "chrf": mean.mean if mean else None,
        "chrf_interval": [mean.low, mean.high] if mean else None,
        "chrf_by_row": scores,
        "right": share([verdict.right for verdict in verdicts]),
        "loops": share([verdict.loop for verdict in verdicts]),
        "verdicts": verdicts,
    }


def _nearest_chrf(rows: Sequence[Sentence], answers: Sequence[Answer]) -> list[float] | None:
    pairs = [
        (i, reference, answer.text)
        for i, (row, answer) in enumerate(zip(rows, answers, strict=True))
        for reference in row.references
    ]
    scores = chrf_by_row([pair[1] for pair in pairs], [pair[2] for pair in pairs])
    if scores is None:
        return None
    nearest = np.zeros(len(rows))
    np.maximum.at(nearest, [pair[0] for pair in pairs], scores)
    return nearest.tolist()


def _as_reference(row: Sentence, answer: Answer) -> Verdict:
    loop = is_loop(answer)
    right = _words(answer.text) in [_words(reference) for reference in row.references]
    return Verdict(row.id, row.language, right and not loop, loop, ("loop",) if loop else ())


def share(found: Sequence[bool | None]) -> dict[str, Any]:
    """`count` of `n`, their `share` and its 95% `interval` (Wilson); both None of none."""
    count, n = sum(map(bool, found)), len(found)
    return {
        "count": count,
        "n": n,
        "share": count / n if n else None,
        "interval": wilson_interval(count, n),
    }
