"""Saved tokenizers: what was trained comes back whole, under a name that is never a path."""

import pytest
from tiny import TEXT

from llmcore import models
from llmcore.errors import DamagedError, LabError, NotFoundError, StateError
from llmcore.paths import tokenizers_dir
from llmcore.tokenizers import Recipe, Training
from llmcore.tokenizers.store import (
    delete_saved,
    find_saved,
    free_name,
    rename_saved,
    save_trained,
    saved_tokenizers,
)


@pytest.fixture(scope="module")
def training() -> Training:
    made = Training(Recipe(320, rule="gpt2"))
    made.run([TEXT])
    return made


def test_what_was_trained_comes_back(training: Training) -> None:
    saved = save_trained(training, "Émile's  first", "tiny", 1.5)
    assert saved.slug == "emile-s-first" and saved.directory.parent == tokenizers_dir()
    card = saved.card
    assert (card.name, card.kind, card.rule, card.corpus) == (
        "Émile's first",
        "bpe",
        "gpt2",
        "tiny",
    )
    assert card.vocab_size == 320 and card.bytes_per_token == training.bytes_per_token > 2
    assert saved.merges() == training.merges
    assert saved.load().fingerprint == training.tokenizer().fingerprint
    assert models.tokenizer_for("emile-s-first").fingerprint == training.tokenizer().fingerprint
    assert saved_tokenizers() == [saved] == [find_saved("emile-s-first")]


def test_newest_first_and_a_free_name_for_each(training: Training) -> None:
    names = []
    for _ in range(3):
        name = free_name("mine")
        names.append(save_trained(training, name, "tiny", 0.1).slug)
    assert names == ["mine", "mine-2", "mine-3"]
    assert [saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()] == names[::-1]
    assert len(free_name("m" * 40)) == 40


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "cannot be empty"),
        ("  ", "cannot be empty"),
        ("x" * 41, "at most 40"),
        ("漢字", "no Latin letter"),
        ("GPT2", "of the lab itself"),
        ("base", "of the lab itself"),
    ],
)
def test_names_that_cannot_be(training: Training, name: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        save_trained(training, name, "tiny", 0.1)


def test_a_taken_name_and_a_path_are_refused(training: Training) -> None:
    save_trained(training, "mine", "tiny", 0.1)
    with pytest.raises(StateError, match="is not empty"):
        save_trained(training, "Mine", "tiny", 0.1)
    for reference in ("../tokenizers/mine", "..", "", "mine/..", "nothing"):
        with pytest.raises(NotFoundError, match="no saved tokenizer"):
            find_saved(reference)
    assert save_trained(training, "../../etc", "tiny", 0.1).directory == tokenizers_dir() / "etc"


def test_renaming_and_deleting(training: Training) -> None:
    save_trained(training, "mine", "tiny", 0.1)
    save_trained(training, "other", "tiny", 0.1)
    with pytest.raises(StateError, match="'other' already"):
        rename_saved("mine", "Other")
    renamed = rename_saved("mine", "My  Own")
    assert (renamed.slug, renamed.card.name) == ("my-own", "My Own")
    assert {saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()} == {"my-own", "other"}
    delete_saved("my-own")
    delete_saved("my-own")
    assert {saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()} == {"other"}
    with pytest.raises(NotFoundError):
        rename_saved("my-own", "again")


def test_damage_is_one_sentence_or_not_listed(training: Training) -> None:
    saved = save_trained(training, "mine", "tiny", 0.1)
    (saved.directory / "merges.jsonl").write_text('["a", "b"]\n')
    with pytest.raises(DamagedError, match="merges of a training"):
        saved.merges()
    (saved.directory / "card.json").write_text("{}")
    assert saved_tokenizers() == []
