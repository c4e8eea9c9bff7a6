"""A short text: its tokens are counted before a run is made, as the run itself would count them."""

import pytest
from tiny import sentences

from llmcore.data import corpus_from_text, load_corpus
from llmcore.data.windows import check_length
from llmcore.errors import LabError, ShortTextError
from llmcore.execution import launch
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.recipes.text_size import is_counted, text_size


@pytest.mark.parametrize("train, validation, longest", [
    (1000, 129, None), (128, 1000, 127), (1000, 13, 12), (3, 3, 2),
])  # fmt: skip
def test_the_shorter_split_decides(train, validation, longest):
    if longest is None:
        check_length(train, validation, 128)
        return
    sentence = f"{train:,} tokens .* {validation:,} to .* at most"
    with pytest.raises(ShortTextError, match=sentence) as error:
        check_length(train, validation, 128)
    assert error.value.context_length == longest
    check_length(train, validation, longest)  # the number in the sentence works
    with pytest.raises(ShortTextError):
        check_length(train, validation, longest + 1)


def test_too_few_for_any_context_names_no_number_to_try():
    with pytest.raises(ShortTextError, match="too short for any") as error:
        check_length(1000, 2, 128)
    assert error.value.context_length is None


@pytest.mark.parametrize("tokenizer", ["bytes", ""])
def test_the_count_is_the_one_that_the_run_makes(home, tokenizer):
    text = sentences(40)
    size = text_size(corpus_from_text(text, "t"), tokenizer, 300, 0.1, None)
    config = plan_pretrain(
        "t.txt", preset="tiny", tokenizer=tokenizer, text=text,
        model_changes={"context_length": min(size.train, size.validation) - 1,
                       "vocab_size": None if tokenizer else 300},
        train_changes={"steps": 1, "batch_size": 1},
    )  # fmt: skip
    directory = home / "runs" / "one"
    launch.run_foreground(directory, config, text.encode())
    (event,) = launch.Run(directory).events("data")
    assert (event["train_tokens"], event["validation_tokens"]) == (size.train, size.validation)
    assert config.model.vocab_size == size.vocab_size


def test_a_short_text_gives_the_model_no_row_too_many():
    text = sentences(250)
    config = plan_pretrain("t.txt", preset="tiny", text=text, model_changes={"vocab_size": 4096})
    assert 256 < config.model.vocab_size < 1000
    assert plan_pretrain(model_changes={"vocab_size": 4096}).model.vocab_size == 4096


def test_a_short_text_to_validate_on_is_counted_beside_a_long_corpus(monkeypatch):
    from llmcore.recipes import text_size as module

    monkeypatch.setattr(module, "COUNTED_BYTES", 1000)
    monkeypatch.setattr(module, "BYTES_PER_POSITION", 1)
    long, short = corpus_from_text(sentences(400), "long"), corpus_from_text("a few words", "short")
    assert not is_counted(long, 128) and is_counted(short, 128)
    with pytest.raises(ShortTextError, match="12 to validate on"):
        plan_pretrain("long.txt", preset="tiny", tokenizer="bytes", corpus=long, held_out=short)
    plan_pretrain("long.txt", preset="tiny", tokenizer="bytes", corpus=long)


def test_nothing_that_is_long_is_counted():
    assert not is_counted(load_corpus("shakespeare"), 256)


def test_what_cannot_be_split_is_refused():
    with pytest.raises(LabError, match="give more text"):
        plan_pretrain("t.txt", preset="tiny", tokenizer="bytes", text="a")
