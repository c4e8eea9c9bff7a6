"""Stop strings end the text before them, however tokens split them."""

import pytest
from generating import TOKENIZER, Parrot, sharp_model

from llmcore.generation import SamplingConfig, generate, stream
from llmcore.generation.streaming import Continuation

GREEDY = SamplingConfig(temperature=0.0)


@pytest.mark.parametrize(
    ("said", "stops", "text"),
    [
        ("one two three", ["two"], "one "),  # one byte a token: the string is split over three
        ("a€b€€c", ["€€"], "a€b"),  # and each of its characters too
        ("abcabd", ["abd", "zzz"], "abc"),
        ("xaab", ["aab"], "x"),  # a false start overlaps the true one
        ("first, then", ["then", "st,"], "fir"),
        ("nothing here", ["stop"], "nothing here"),
        ("stop at once", ["stop"], ""),
    ],
)
def test_the_text_ends_before_the_first_stop_string(said, stops, text):
    made = generate(Parrot(said), TOKENIZER, "a", GREEDY.with_(stop=stops))
    assert made.text == text
    assert made.reason == ("end of text" if text == said else "stop string")


def test_of_two_that_complete_with_one_token_the_earlier_counts():
    new = Continuation(("bc", "abc"))
    new.add(b"xxabcd")
    assert new.cut == 2 and new.text == "xx"


def test_what_the_prompt_says_does_not_stop():
    made = generate(Parrot("d", behind=4), TOKENIZER, "stop", GREEDY.with_(stop=["stop"]))
    assert made.text == "d" and made.reason == "end of text"


def test_a_branch_counts_what_ends_behind_its_beginning_only():
    new = Continuation(("ab",), before=b"ab a")
    assert new.cut is None and new.text == "ab a"
    new.add(b"b!")
    assert new.cut == 3 and new.text == "ab "


def test_the_text_grows_and_only_the_last_token_may_shorten_it():
    texts = [step.text_so_far for step in
             stream(Parrot("to end"), TOKENIZER, "a", GREEDY.with_(stop=["end"]))]  # fmt: skip
    assert texts == ["t", "to", "to ", "to e", "to en", "to "]


def test_every_reason_to_end_is_told():
    model = sharp_model()
    assert generate(model, TOKENIZER, "x", GREEDY.with_(max_new_tokens=3)).reason == "length"
    steps = stream(Parrot("ab"), TOKENIZER, "a", GREEDY, should_stop=lambda: True)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == "stopped"
