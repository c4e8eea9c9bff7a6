"""The committed sets are what their generators write, and hold out what their cards say."""

import re
import statistics
import sys
from difflib import SequenceMatcher

import pytest

from llmcore.classical import NearestAnswer
from llmcore.data.instructions import HOLDOUTS, load_builtin
from llmcore.data.sources import INSTRUCTIONS
from llmcore.evaluation import answer_scores
from llmcore.models import tokenizer_for
from llmcore.paths import ASSETS

sys.path.insert(0, str(ASSETS))
import make_instructions
from instructions_gen import airline, general, translation
from instructions_gen.airline_questions import QUESTIONS
from instructions_gen.phrases import lines

SMALLEST = {"airline-support": 3_000, "translation": 3_000, "general": 1_000}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_files_are_written_again_byte_for_byte(name):
    for file, content in make_instructions.files_of(name).items():
        committed = (ASSETS / "instructions" / file).read_bytes()
        assert committed == content.encode(), f"run assets/make_instructions.py {name}"
        assert len(committed) < 2_600_000, file  # the repository carries them


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_sets_are_large_short_and_without_doubles(name):
    splits, tokenizer = load_builtin(name), tokenizer_for("base")
    assert len(splits.train) >= SMALLEST[name]
    rows = [*splits.train, *splits.validation, *splits.test]
    questions = [row.question for row in rows]
    assert len(set(questions)) == len(questions)
    lengths = [len(tokenizer.encode(f" {row.last.output}")) for row in rows]
    assert statistics.median(lengths) < 25 and max(lengths) <= 60
    assert {row.holdout for row in splits.test} == set(HOLDOUTS)
    assert not any(row.holdout for row in (*splits.train, *splits.validation))
    assert all(row.group for row in splits.test)
    for text in (*questions, *(row.last.output for row in rows)):
        assert "{" not in text and "[" not in text and "|" not in text and "  " not in text


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_looking_the_answer_up_fails_on_held_out_slots(name):
    splits = load_builtin(name)
    known = NearestAnswer().fit(
        [row.question for row in splits.train], [row.last.output for row in splits.train]
    )
    found = known.predict([row.question for row in splits.test])
    expected = [row.last.output for row in splits.test]
    scores = answer_scores(expected, found, [row.holdout for row in splits.test])
    assert scores["by_holdout"]["slots"]["exact_match"] < 0.05
    assert scores["exact_match"] < 0.15


def test_no_training_wording_comes_near_a_held_out_one():
    """Else the score on held-out wordings would be one on training wordings."""

    def words(pattern: str) -> set[str]:
        return set(re.findall(r"[\w{}']+", re.sub(r"[\[\]|]", " ", pattern.lower())))

    for intent, (kept, held) in QUESTIONS.items():
        for new in lines(held):
            for known in lines(kept):
                shared = len(words(new) & words(known)) / len(words(new) | words(known))
                alike = SequenceMatcher(None, known, new).ratio()
                assert shared < 0.8 and alike < 0.9, (intent, new, known)


def test_airline_test_values_never_stand_in_training():
    """Every value that a `slots` answer copies, and the codes of all test rows."""
    splits = load_builtin("airline-support")
    trained = {
        word.strip(".,:!?'")
        for row in (*splits.train, *splits.validation)
        for text in (row.question, row.last.output)
        for word in text.split()
    }
    for row in splits.test:
        words = [word.strip(".,:!?") for word in row.last.output.split()]
        codes = [word for word in words if any(c.isdigit() for c in word) and not word.isdigit()
                 and len(word) > 3]  # fmt: skip
        if row.holdout == "slots":
            assert not trained.intersection(codes), row
            copied = [word for word in words if word in row.question and word not in trained]
            assert copied or " on " in row.question, row  # a date holds out day and month together
    assert sum(row.holdout == "slots" for row in splits.test) >= 400


def test_airline_phrasings_and_pairs_are_held_out_whole():
    source = airline.Airline(make_instructions.SEED)
    for intent in airline.QUESTIONS:
        assert len(source.known[intent]) >= 18 and len(source.new[intent]) >= 3, intent
        assert not set(source.known[intent]) & set(source.new[intent]), intent
    assert not set(source.pairs) & set(source.new_pairs) and len(source.new_pairs) >= 15
    new = {" + ".join(pair) for pair in source.new_pairs}
    new |= {" + ".join(pair[::-1]) for pair in source.new_pairs}
    tested = [row for row in load_builtin("airline-support").test if row.holdout == "frames"]
    assert {row.group for row in tested} <= new


@pytest.mark.parametrize(
    "rule, border",
    [
        (airline.overweight, ((23, "free"), (24, "60"), (32, "60"), (33, "too heavy"))),
        (airline.compensation, ((1, "no voucher"), (2, "15 d"), (3, "15 d"), (4, "100"))),
        (airline.pet_place, ((8, "cabin"), (9, "hold"))),
        (airline.child_ticket, ((1, "lap"), (2, "child"), (11, "child"), (12, "adult"))),
        (airline.alone, ((4, "too young"), (5, "escort"), (11, "escort"), (12, "can fly"))),
        (airline.group_way, ((9, "online"), (10, "desk"))),
    ],
)
def test_airline_rules_change_where_the_card_says(rule, border):
    for value, part in border:
        assert part in rule(value)


def test_translation_frames_and_pairs_are_held_out():
    source = translation.Translator(make_instructions.SEED)
    for kind, wanted in (("", False), ("slots", False), ("frames", True)):
        for _ in range(300):
            made = source.sentence(kind)
            assert (source.new_frame(made) or source.new_pair(made)) is wanted
            assert made.named or kind != "slots"
    rows = load_builtin("translation")
    outputs = {row.last.output for row in rows.train}
    assert not any(row.last.output in outputs for row in rows.test)
    wordings = {row.last.instruction for row in rows.train}
    for row in rows.test:
        assert (row.last.instruction in wordings) is (row.holdout != "phrasings")


def test_general_wordings_are_held_out_and_spelling_slips_are_slips():
    rows = load_builtin("general")
    wordings = {row.last.instruction for row in rows.train}
    held = [row for row in rows.test if row.holdout == "phrasings"]
    assert held and not any(row.last.instruction in wordings for row in held)
    for row in rows.test:
        if row.group == "spelling":
            assert row.last.input != row.last.output
            assert abs(len(row.last.input) - len(row.last.output)) <= 1
    assert {row.group for row in rows.test} == {task.__name__ for task in general.TASKS}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_card_counts_what_is_there(name):
    card = (ASSETS / "instructions" / f"{name}-card.md").read_text(encoding="utf-8")
    splits = load_builtin(name)
    for split in ("train", "validation", "test"):
        assert f"| {split} | {len(getattr(splits, split)):,} |" in card
    for kind in HOLDOUTS:
        n = sum(row.holdout == kind for row in splits.test)
        assert f"| `{kind}` | {n} |" in card
