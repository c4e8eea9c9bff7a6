import pytest

from llmcore.classical import NearestAnswer
from llmcore.errors import LabError

QUESTIONS = ["Where is my bag?", "Can I take my dog on LX482?", "When does LX482 leave?"]
ANSWERS = ["In Oslo.", "The dog flies for 50 dollars on LX482.", "LX482 leaves at 9."]


def test_the_nearest_question_gives_its_answer_and_copies_nothing():
    known = NearestAnswer().fit(QUESTIONS, ANSWERS)
    assert known.predict(QUESTIONS) == ANSWERS
    found = known.predict(["May my dog come on KM305?", "where is the bag"])
    assert found == [ANSWERS[1], ANSWERS[0]] and "KM305" not in found[0]
    assert known.predict([]) == []


def test_many_questions_go_in_parts(monkeypatch):
    monkeypatch.setattr("llmcore.classical.lookup._ROWS", 2)
    assert NearestAnswer().fit(QUESTIONS, ANSWERS).predict(QUESTIONS[::-1]) == ANSWERS[::-1]


@pytest.mark.parametrize("questions", [[], ["", "  "]])
def test_nothing_to_look_up_is_refused(questions):
    with pytest.raises(LabError):
        NearestAnswer().fit(questions, ["x"] * len(questions))
