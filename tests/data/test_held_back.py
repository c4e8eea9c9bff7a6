"""Messages of sms-spam and test texts of tweets are found in any dress, and taken out."""

from llmcore.data import fold, load_corpus, load_labelled, split_labelled
from llmcore.data.held_back import MIN_FOLDED, held_back_texts, withhold

MESSAGE = "Come to the old pier at seven, and bring the blue lamp with you!"
HELD_BACK = frozenset({fold(MESSAGE)})


def test_documents_and_lines_are_dropped_and_counted() -> None:
    longer = f"She read aloud: {MESSAGE}"
    done = withhold(
        ["first", MESSAGE.upper(), f"before\n  {MESSAGE.replace(' ', '   ')}\nafter", longer],
        HELD_BACK,
    )
    assert done.documents == ["first", "before\nafter", longer]
    assert (done.n_documents, done.n_lines) == (1, 1)


def test_a_held_back_text_over_two_lines_is_a_whole_document() -> None:
    assert withhold([MESSAGE.replace(", ", ",\n")], HELD_BACK).documents == []


def test_nothing_held_back_changes_nothing() -> None:
    assert withhold(["a", "b\nc"], frozenset()).documents == ["a", "b\nc"]


def test_every_long_message_and_test_tweet_is_held_back() -> None:
    held_back = held_back_texts()
    assert min(map(len, held_back)) >= MIN_FOLDED
    messages = [fold(text) for text in load_labelled("sms-spam").texts]
    tweets = split_labelled(load_labelled("tweet-sentiment"), 0.1, 0.2, seed=1).test.texts
    long_ones = {text for text in [*messages, *map(fold, tweets)] if len(text) >= MIN_FOLDED}
    assert long_ones and long_ones <= held_back
    assert not held_back & {fold(text) for text in load_corpus("tweets").documents}
