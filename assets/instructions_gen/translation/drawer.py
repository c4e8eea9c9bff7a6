"""Draws words for the frames: who, what, when."""

import random
from dataclasses import dataclass, field

from instructions_gen import names
from instructions_gen.phrases import one_in
from instructions_gen.translation.clauses import Mood
from instructions_gen.translation.phrases import PRONOUNS, NounPhrase, Subject, as_subject, sentence
from instructions_gen.translation.words import (
    CITIES,
    NOUNS,
    OF_THINGS,
    ONLY_ONE,
    RELATIVES,
    TIMES,
    Noun,
)


@dataclass
class Sentence:
    """frame: its shape, as `verb/past/not/pronoun/the`. pairs: words that it brings together.
    named: whether it holds the name of a person or a city."""

    en: str
    fr: str
    es: str
    frame: str
    pairs: list[str] = field(default_factory=list)
    named: bool = False


class Drawer:
    """Draws words; of names, those that are held out only where `held_out` says so."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        # Before H and Y French wavers between `de` and `d'`, so no such name occurs.
        self.people = [names.pool(kind, rng, without="HY") for kind in ("woman", "man")]
        self.towns = names.pool("city", rng, without="HY")
        self.cities = one_in(CITIES, 5, rng)
        self.held_out = False

    def person(self) -> str:
        return self.rng.choice(self.people).draw(self.held_out, self.rng)

    def city(self) -> str:
        """A city whose name is the same in the three languages, or an invented town."""
        if self.rng.random() < 0.3:
            return self.rng.choice(self.cities[self.held_out])
        return self.towns.draw_invented(self.held_out, self.rng)

    def noun(self, *kinds: str) -> tuple[Noun, str]:
        kind = self.rng.choice(kinds)
        return self.rng.choice(list(NOUNS[kind].values())), kind

    def mood(self, tenses: str = "present past future", shapes: str = "says not asks") -> Mood:
        weights = {"says": 3, "not": 1, "asks": 1}
        shape = self.rng.choices(
            shapes.split(), [weights[shape] for shape in shapes.split()]
        )[0]  # fmt: skip
        return Mood(self.rng.choice(tenses.split()), shape)

    def pronoun(self) -> Subject:
        return self.rng.choice(PRONOUNS)

    def people_phrase(self, plural: bool | None = None) -> NounPhrase:
        """Somebody by what they are: relatives are somebody's, others `the` or `this`."""
        noun, _ = self.noun("person")
        name = noun.en[0]
        if plural is None:
            plural = self.rng.random() < 0.3
        owners = ("my", "your", "our", "his", "her") if name in RELATIVES else ("the", "this")
        plural = plural and name not in ONLY_ONE
        return NounPhrase(noun, self.rng.choice(owners), plural, is_person=True)

    def subject(self) -> Subject:
        """A pronoun, people, or a name."""
        drawn = self.rng.random()
        if drawn < 0.45:
            return self.pronoun()
        if drawn < 0.8:
            return as_subject(self.people_phrase())
        return self.name()

    def name(self) -> Subject:
        """Somebody by name. In no frame that has one does anything agree in gender."""
        name = self.person()
        return Subject(name, name, name, 2, False, False, "name")

    def object(self, kinds: tuple[str, ...], shape: str) -> tuple[NounPhrase, str]:
        """A phrase of one of the kinds. After `not` the article is definite."""
        noun, kind = self.noun(*kinds)
        plural = self.rng.random() < 0.3
        articles: tuple[str, ...]
        if kind == "person":
            return self.people_phrase(), kind
        if kind in ("place", "opening"):
            articles = ("the", "this")
        elif shape == "not":
            articles = ("the", "my", "this", "his", "her")
        else:
            articles = ("the", "a", "my", "this", "her", "two")
        article = self.rng.choice(articles)
        if article == "two":
            article, plural = str(self.rng.randint(2, 9)), True
        elif article == "a" and plural:
            article = "some"
        adjective = None
        if kind == "thing" and not article.isdigit() and self.rng.random() < 0.35:
            adjective = self.rng.choice(list(OF_THINGS.values()))
        return NounPhrase(noun, article, plural, adjective), kind

    def time(self, tense: str) -> tuple[str, str, str]:
        """A time in the three languages, or three empty texts."""
        if self.rng.random() < 0.6:
            return "", "", ""
        fitting = [time_word for time_word in TIMES if tense in time_word[3].split()]
        return self.rng.choice(fitting)[:3]


def said(
    texts: tuple[str, str, str], end: str, frame: str, pairs: list[str] | None = None,
    named: bool = False,
) -> Sentence:  # fmt: skip
    en, fr, es = (
        sentence(text, end, language)
        for text, language in zip(texts, ("en", "fr", "es"), strict=True)
    )
    return Sentence(en, fr, es, frame, pairs or [], named)


def pairs_of(phrase: NounPhrase, verb: str = "") -> list[str]:
    noun = phrase.noun.en[0]
    pairs = [f"{verb} {noun}"] if verb else []
    return pairs + ([f"{phrase.adjective.en} {noun}"] if phrase.adjective else [])
