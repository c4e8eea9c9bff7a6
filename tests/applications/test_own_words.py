"""The rules of own-words: right answers pass, wrong ones of every sort do not, and no question is
a copy of what the lab trains on."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_bundle import make_bundle, use_bundle

from llmcore.applications.own_words import (
    AirlineQuestion,
    Answer,
    Sentence,
    WritingTask,
    airline_scores,
    intents_of,
    is_echo,
    is_loop,
    judge_airline,
    judge_task,
    likeliest_answers,
    read_rows,
    share,
    task_scores,
    translation_scores,
)
from llmcore.assistants import load_assistant
from llmcore.data import INSTRUCTIONS
from llmcore.data.instructions import load_builtin
from llmcore.errors import DamagedError, LabError
from llmcore.evaluation import wilson_interval
from llmcore.paths import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "tests" / "own_words"
AIRLINE = read_rows(FOLDER / "airline.jsonl", AirlineQuestion)
GENERAL = read_rows(FOLDER / "general.jsonl", WritingTask)
TRANSLATION = read_rows(FOLDER / "translation.jsonl", Sentence)
KNOWN = intents_of(AIRLINE)
MOST_SHARED = 0.15  # of a question's runs of five words, with any one row of the lab's sets


def named(rows: list, id: str):
    return next(row for row in rows if row.id == id)


def airline(id: str, text: str, ended: bool = True):
    return judge_airline(named(AIRLINE, id), Answer(text, ended), KNOWN)


def general(id: str, text: str):
    return judge_task(named(GENERAL, id), Answer(text))


# ---- the sets


def test_what_the_sets_hold() -> None:
    kinds = Counter(row.kind for row in AIRLINE)
    assert kinds == {"in-scope": 46, "out-of-scope": 9, "lacking": 5}
    assert all((row.intent == "decline") == (row.kind != "in-scope") for row in AIRLINE)
    assert all(set(row.intent_patterns) == set(row.intent.split("+")) for row in AIRLINE)
    trained = {row.group for row in load_builtin("airline-support").test if "+" not in row.group}
    assert set(KNOWN) == trained and len(trained) == 30
    tasks = Counter(row.task for row in GENERAL)
    assert tasks == dict.fromkeys(("reading", "email", "summary", "sentiment"), 15)
    assert Counter(row.language for row in TRANSLATION) == {"fr": 10, "es": 10}


def runs_of_five(text: str) -> set[tuple[str, ...]]:
    """Runs of five words of a text, its numbers and codes all the same; a shorter one is one."""
    words = [
        "#" if re.search(r"\d", word) else word for word in re.findall(r"[\w']+", text.lower())
    ]
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def test_no_question_is_a_copy_of_a_row_that_the_lab_trains_or_tests_on() -> None:
    asked = {
        row.id: runs_of_five(f"{row.instruction} {row.input}")
        for row in (*AIRLINE, *GENERAL, *TRANSLATION)
    }
    wanted = set().union(*asked.values())
    copies = []
    for name in INSTRUCTIONS:
        splits = load_builtin(name)
        for row in (*splits.train, *splits.validation, *splits.test):
            shared = runs_of_five(row.question) & wanted
            for id, runs in asked.items() if shared else ():
                if len(shared & runs) > MOST_SHARED * len(runs):
                    copies.append((id, row.question))
    assert not copies


@pytest.mark.parametrize("row", AIRLINE, ids=lambda row: row.id)
def test_a_right_answer_of_the_airline_passes(row: AirlineQuestion) -> None:
    verdict = judge_airline(row, Answer(row.right), KNOWN)
    assert verdict.right and verdict.intent, verdict.faults


@pytest.mark.parametrize("row", GENERAL, ids=lambda row: row.id)
def test_a_right_answer_of_a_task_passes(row: WritingTask) -> None:
    assert judge_task(row, Answer(row.right)).right, judge_task(row, Answer(row.right)).faults


EVERY_INTENT = " ".join(row.right for row in AIRLINE)
WRONG: dict[str, Callable] = {
    "nothing": lambda row: "",
    "the question": lambda row: row.instruction,
    "the question and its text": lambda row: f"{row.instruction} {row.input}",
    "the text": lambda row: row.input,
    "the text, begun again": lambda row: f"A: {row.input or row.instruction}",
    "every intent": lambda row: EVERY_INTENT,
    "the names of all intents": lambda row: ", ".join([*KNOWN, "positive, negative, neutral"]),
    "all values": lambda row: ", ".join(slot[0] for slot in getattr(row, "slots", [])),
    "values and intent": lambda row: (
        f"{getattr(row, 'intent', '')}: " + ", ".join(slot[0] for slot in getattr(row, "slots", []))
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_answer_is_never_right(wrong: str) -> None:
    answers = [Answer(WRONG[wrong](row)) for row in AIRLINE]
    scores = airline_scores(AIRLINE, answers)
    assert scores["intent"]["count"] == scores["declined"]["count"] == 0
    tasks = task_scores(GENERAL, [Answer(WRONG[wrong](row)) for row in GENERAL])
    assert tasks["right"]["count"] == 0


def test_a_refusal_is_no_answer_to_what_is_in_scope() -> None:
    refusal = "I am sorry, I cannot help with that."
    scores = airline_scores(AIRLINE, [Answer(refusal)] * len(AIRLINE))
    assert (scores["intent"]["count"], scores["declined"]["count"]) == (0, 14)
    both = "I do not know. The lounge in Zurich costs 40 dollars with Light."
    assert airline("lounge-1", both).faults == ("declines",)


def test_the_right_answer_to_another_intent_is_wrong() -> None:
    for row in AIRLINE:
        for other in AIRLINE:
            if not set(row.intent.split("+")) & set(other.intent.split("+")):
                assert not judge_airline(row, Answer(other.right), KNOWN).intent, (row.id, other.id)


# ---- the rules of the airline


def test_values_are_copied_whole_and_in_their_spellings() -> None:
    assert airline("pet-1", "On sn 2093 your cat travels in the cabin for 50 dollars.").right
    cut = airline("pet-1", "On SN293 your cat travels in the cabin for 50 dollars.")
    assert (cut.intent, cut.slots, cut.facts, cut.right) == (True, False, True, False)
    assert "makes up SN293" in cut.faults
    longer = airline("pet-1", "On SN20931 your cat travels in the cabin for 50 dollars.")
    assert longer.faults == ("lacks SN2093",)
    spoilt = "We are sorry about FR204. You can rebook FR2046 for free or ask for a refund."
    assert airline("cancelled-flight-1", spoilt).faults == ("makes up FR204",)


def test_the_value_that_the_question_names_beside_the_right_one_is_wrong() -> None:
    wrong = airline("change-2", "You can move T6H2K9 from 5 June to 3 June. With Flex it is free.")
    assert (wrong.intent, wrong.slots) == (True, False)


def test_the_rule_of_the_airline_is_a_figure_of_its_own() -> None:
    wrong = airline("child-1", "At 1 Emil needs a child ticket.")
    assert (wrong.intent, wrong.slots, wrong.facts, wrong.right) == (True, True, False, False)


def test_two_questions_need_two_answers() -> None:
    half = airline("two-1", "Seat 4C on Y6C2R8 costs 6 dollars with Classic.")
    assert not half.intent and half.faults[0] == "not meal"


def test_an_answer_to_much_that_was_not_asked_is_to_none_of_it() -> None:
    more = [named(AIRLINE, id).right for id in ("name-1", "group-1", "invoice-1")]
    right = named(AIRLINE, "lounge-1").right
    assert airline("lounge-1", " ".join([right, *more[:2]])).intent
    much = airline("lounge-1", " ".join([right, *more]))
    assert not much.intent and not much.loop and "also name, invoice, group" in much.faults


def test_who_makes_something_up_has_not_declined() -> None:
    assert airline("no-gate", "I cannot tell you the gate of BA792, sorry.").right
    assert not airline("no-gate", "I cannot tell you more, it is gate B12.").right
    assert not airline("lack-cancel", "Please tell me your code. We have cancelled K7M2X9.").right
    assert airline("lack-cancel", "Which booking code is it, please?").right


# What a person would write, and how a person judged it before the rules did.
SAID_BY_A_PERSON = [
    (
        "change-1",
        "Sure, we can rebook M3R8W5 to March 14. The fee is 40 dollars for Classic.",
        True,
    ),
    (
        "change-1",
        "You can move M3R8W5 to 14 April. With Classic the change costs 40 dollars.",
        False,
    ),
    (
        "cancel-1",
        "W5N1C8 can be cancelled online; of a Light fare only the taxes are paid back.",
        True,
    ),
    ("cancel-1", "You can cancel W5N1C8. With Light you get back the full price.", False),
    ("baggage-1", "You may take one suitcase of 23 kilos to Lisbon with Classic.", True),
    ("overweight-1", "27 kilos is above 23, so on BA 2490 that costs 60 dollars.", True),
    ("overweight-2", "35 kg is too heavy, we cannot take it on AY1332.", True),
    ("extra-bag-1", "Yes, an additional bag on KL 1609 is 35 dollars online.", True),
    ("check-in-opens-1", "You can check in for OS 87 online 30 hours before departure.", True),
    ("check-in-opens-1", "Check-in for OS87 closes 60 minutes before departure.", False),
    ("check-in-closes-1", "The counter closes an hour before IB3175 leaves.", True),
    ("boarding-pass-1", "Your boarding pass for EI154 was sent to Ms Gallagher again.", True),
    ("status-1", "Please look at Flight Status for TP943 on November 9.", True),
    ("cancelled-flight-1", "For FR2046 you can rebook at no cost or get a refund.", True),
    (
        "missed-connection-1",
        "At the transfer desk in Munich you get the next flight to Oslo.",
        True,
    ),
    (
        "missed-connection-1",
        "At the transfer desk in Oslo you get the next flight to Munich.",
        False,
    ),
    ("refund-status-1", "Your refund of 318 dollars for N7X2G5 will arrive within 7 days.", True),
    ("seat-2", "We have reserved seat 23 F for you on R2Q9M6, at no charge with Flex.", True),
    ("alone-2", "No, at 4 Jonas cannot travel alone yet. He is too young.", True),
    ("alone-2", "Jonas needs our escort for 60 dollars.", False),
    ("lost-item-1", "We will search for the glasses at seat 7D of SK681.", True),
    ("name-1", "The name on F1S6T8 is now Catherine Doyle.", True),
    ("name-1", "We have changed the name on F1S6T8 to Katherine.", False),
    ("book-1", "You can book Porto to Geneva for 18 February online.", True),
    ("book-1", "Go to Book, choose Geneva to Porto and the date 18 February.", False),
    ("upgrade-1", "Moving P8E4A7 from Classic to Business costs 150 dollars.", True),
    ("miles-1", "800 miles for AC881, since you fly Flex.", True),
    ("payment-1", "Yes, D7J1K4 can be paid by invoice. Please pay within 14 days.", True),
    ("lounge-1", "With Light you pay 40 dollars for the lounge in Zurich.", True),
    ("no-weather", "That is outside of what I can do, sorry.", True),
    ("no-weather", "To Barcelona a Light ticket includes one small cabin bag.", False),
    ("no-gate", "Please check the screens at the airport.", True),
    ("no-hotel", "Go to Book, choose Athens and the date.", False),
    ("lack-name", "Sure! Please send me the booking code and the right name.", True),
    ("lack-all", "Yes, I am here. What can I do for you?", True),
]


@pytest.mark.parametrize(("id", "said", "right"), SAID_BY_A_PERSON)
def test_the_rules_of_the_airline_judge_as_a_person_does(id: str, said: str, right: bool) -> None:
    verdict = airline(id, said)
    assert verdict.right == right, verdict.faults


# ---- loops and echoes


def test_loops() -> None:
    assert is_loop(Answer("Please bring the book and please bring the book, " * 3))
    assert not is_loop(Answer("One of 23 kilos. Two of 23 kilos. One of 32 kilos."))
    twice = "the bag of Anna is here and the bag of Anna is there"
    assert not is_loop(Answer(twice)) and is_loop(Answer(twice + " and the bag of Anna"))
    assert is_loop(Answer("You can cancel M" + "ab" * 8)) and not is_loop(Answer("ab" * 7))
    assert is_loop(Answer("It is fine.", ended=False))


def test_an_answer_that_does_not_end_is_not_right() -> None:
    row = named(AIRLINE, "lounge-1")
    verdict = airline("lounge-1", row.right, ended=False)
    assert verdict.loop and not verdict.right and verdict.intent


def test_echoes() -> None:
    question = "Can Matteo go alone to his aunt in Gdansk? he's 8"
    assert is_echo(question, "can matteo go alone to his aunt in Gdansk")
    assert is_echo(question, f"Q: {question} A: Yes.")
    assert not is_echo(question, "Matteo can fly with our escort to his aunt in Gdansk.")
    assert not is_echo("pos or neg", "pos or neg")  # too short to tell


# ---- the rules of the tasks


def test_length_and_words_of_a_summary() -> None:
    row = named(GENERAL, "sum-library")
    assert general("sum-library", "The library is closed in August.").right
    assert "not shorter" in " ".join(general("sum-library", row.input).faults)
    other = general("sum-library", "Library shut: wonderful pizza festivals everywhere tonight.")
    assert other.faults == ("14% of its words are the text's",)


def test_an_email_needs_greeting_facts_and_closing() -> None:
    good = "Hi Greg,\nI will be 20 minutes late for our meeting.\nBest,\nSam"
    assert general("mail-late", good).right
    for lacking in ("Hi Greg,\n", "20 minutes ", "Best,\n"):
        assert not general("mail-late", good.replace(lacking, "")).right, lacking
    assert not general("mail-late", good.replace("Sam", "Sam\n[Your Name]")).right


def test_numbers_are_not_made_up() -> None:
    good = "Hi Greg, I am 20 minutes late for our meeting. Best, Sam"
    assert general("mail-late", good).right
    assert general("mail-late", good.replace("Best", "See you at 10:45. Best")).faults == (
        "makes up 10", "makes up 45",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("id", "said", "right"),
    [
        ("qa-keys", "They left them under the flower pot.", True),
        ("qa-keys", "In the letter box.", False),
        ("qa-fine", "Mr Steiner has to pay it.", False),
        ("qa-kids", "They have four kids.", True),
        ("qa-bike", "The blue bike is cheaper than the red one.", False),
        ("qa-museum", "The museum is open on Mondays and closed on weekends.", False),
        ("qa-nuts", "No.", True),
        (
            "mail-sick",
            "Dear Mr. Kowalski, I'm ill today and can't come in. Best regards, Dana",
            True,
        ),
        ("mail-scarf", "Hi Rosie! Thank you so much for the scarf. Love, Holly", True),
        ("mail-scarf", "Hi Rosie! Thank you so much for the gloves. Love, Holly", False),
        ("sum-dog", "A dog was found 600 kilometres from home.", True),
        ("sum-water", "The water will be turned off on Wednesday 7 June.", True),
        ("sum-water", "The lights will be turned off on Wednesday 7 June.", False),
        ("mood-watch", "No, he is not happy.", False),
        ("mood-bus", "Frustration and disappointment.", True),
        ("mood-phone", "It is a compliment.", False),
    ],
)
def test_the_rules_of_the_tasks_judge_as_a_person_does(id: str, said: str, right: bool) -> None:
    verdict = general(id, said)
    assert verdict.right == right, verdict.faults


def test_one_label_and_no_other() -> None:
    assert general("mood-film", "The sentiment is positive.").right
    assert not general("mood-film", "Positive or negative.").right
    assert not general("mood-film", "Negative.").right


# ---- scores


def test_shares_count_what_they_say() -> None:
    answers = [Answer(row.right) for row in AIRLINE]
    ids = [row.id for row in AIRLINE]
    answers[ids.index("pet-1")] = Answer("On SN293 your cat travels in the cabin for 50 dollars.")
    answers[ids.index("child-1")] = Answer("At 1 Emil needs a child ticket.")
    answers[ids.index("meal-1")] = Answer("I do not know.")
    answers[ids.index("no-visa")] = Answer("At 15 Paris needs an adult ticket.", ended=False)
    scores = airline_scores(AIRLINE, answers)
    n = sum(bool(row.facts) for row in AIRLINE)  # with a rule of the airline; meal-1 has none
    counts = {
        name: (score["count"], score["n"]) for name, score in scores.items() if name != "verdicts"
    }
    assert counts == {
        "right": (56, 60), "intent": (45, 46), "slots": (44, 45), "facts": (n - 1, n),
        "declined": (13, 14), "loops": (1, 60),
    }  # fmt: skip
    assert scores["intent"]["interval"] == wilson_interval(45, 46)
    assert share([]) == {"count": 0, "n": 0, "share": None, "interval": None}


def test_translations_are_scored_against_the_nearest_reference() -> None:
    pytest.importorskip("sacrebleu")
    last = translation_scores(TRANSLATION, [Answer(row.references[-1]) for row in TRANSLATION])
    assert last["chrf"] == pytest.approx(100) and last["right"]["count"] == 20
    english = translation_scores(TRANSLATION, [Answer(row.input) for row in TRANSLATION])
    assert english["chrf"] < 30 and english["right"]["count"] == 0
    half = [Answer(row.references[0] if i < 10 else "") for i, row in enumerate(TRANSLATION)]
    assert translation_scores(TRANSLATION, half)["chrf"] == pytest.approx(50)


# ---- files and models


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"must_not": ["(open"]}, "is no pattern"),
        ({"slots": "BA12"}, "which is no list"),
        ({"id": "twice"}, "comes twice"),
    ],
)
def test_damaged_rows_are_named(tmp_path: Path, change: dict, said: str) -> None:
    row = json.loads((FOLDER / "airline.jsonl").read_text(encoding="utf-8").splitlines()[0])
    rows = [{**row, "id": "twice"}, {**row, **change}]
    path = tmp_path / "airline.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(DamagedError, match=rf"line 2.*{said}"):
        read_rows(path, AirlineQuestion)
    with pytest.raises(LabError, match="cannot be read"):
        read_rows(tmp_path / "none.jsonl", AirlineQuestion)


def test_a_model_answers_as_it_does_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bundle(tmp_path)
    use_bundle(tmp_path, monkeypatch)
    assistant = load_assistant("translation")
    rows = [row for row in AIRLINE if row.id in ("sports-1", "lack-all")]
    made = likeliest_answers(assistant, rows, 12)
    assert [answer.text for answer in made] == assistant.answer(
        [row.instruction for row in rows], 12
    )
    ids = assistant.loaded.tokenizer.encode
    for answer in made:
        assert answer.ended == (len(ids(answer.text)) < 12)
    with_text = likeliest_answers(assistant, GENERAL[:1], 4)
    prompt = assistant.prompt(GENERAL[0].instruction, GENERAL[0].input)
    assert GENERAL[0].input in prompt and len(with_text) == 1
