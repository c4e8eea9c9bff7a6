"""Clauses in three languages: a subject, a verb in its tense, negation, questions."""

from dataclasses import dataclass

from instructions_gen.translation.phrases import Subject, french_text, spanish_text
from instructions_gen.translation.verbs import (
    ES_ERA,
    ES_ESTABA,
    ES_ESTAR,
    ES_IR,
    ES_SER,
    FR_ALLER,
    FR_AVOIR,
    FR_ETAIT,
    FR_ETRE,
    Verb,
)
from instructions_gen.translation.words import Adjective

EN_BE = ("am", "are", "is", "are", "are")
EN_WAS = ("was", "were", "was", "were", "were")


@dataclass(frozen=True)
class Mood:
    """tense: present, past or future. shape: says, not or asks."""

    tense: str
    shape: str

    @property
    def end(self) -> str:
        return "?" if self.shape == "asks" else "."


def join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


# ---- verbs


def english_verb(subject: Subject, verb: Verb, mood: Mood, rest: str) -> str:
    base, third, past = verb.en
    person = subject.person
    if mood.tense == "future":
        be = EN_BE[person]
        if mood.shape == "asks":
            return join(be, subject.en, "going to", base, rest)
        return join(subject.en, be, "not" if mood.shape == "not" else "", "going to", base, rest)
    auxiliary = "did" if mood.tense == "past" else "does" if person == 2 else "do"
    if mood.shape == "asks":
        return join(auxiliary, subject.en, base, rest)
    if mood.shape == "not":
        return join(subject.en, auxiliary, "not", base, rest)
    form = past if mood.tense == "past" else third if person == 2 else base
    return join(subject.en, form, rest)


def french_verb(
    subject: Subject, verb: Verb, mood: Mood, rest: str, with_etre: bool = False
) -> str:
    """The past is the passé composé: with `être` the participle agrees with the subject."""
    person = subject.person
    if mood.tense == "present":
        finite, after = verb.fr[person], ""
    elif mood.tense == "future":
        finite, after = FR_ALLER[person], verb.fr_infinitive
    elif with_etre:
        finite = FR_ETRE[person]
        after = verb.fr_participle + ("e" if subject.fr_feminine else "")
        after += "s" if subject.plural else ""
    else:
        finite, after = FR_AVOIR[person], verb.fr_participle
    return _french_clause(subject.fr, finite, join(after, rest), mood)


def _french_clause(subject: str, finite: str, rest: str, mood: Mood) -> str:
    if mood.shape == "asks":
        return french_text("est-ce que", subject, finite, rest)
    if mood.shape == "not":
        return french_text(subject, "ne", finite, "pas", rest)
    return french_text(subject, finite, rest)


def spanish_verb(subject: Subject, verb: Verb, mood: Mood, rest: str) -> str:
    person = subject.person
    if mood.tense == "present":
        said = verb.es[person]
    elif mood.tense == "past":
        said = verb.es_past[person]
    else:
        said = f"{ES_IR[person]} a {verb.es_infinitive}"
    return _spanish_clause(subject.es, said, rest, mood)


def _spanish_clause(subject: str, said: str, rest: str, mood: Mood) -> str:
    return spanish_text(subject, "no" if mood.shape == "not" else "", said, rest)


# ---- to be


def english_be(subject: Subject, mood: Mood, rest: str) -> str:
    be = (EN_WAS if mood.tense == "past" else EN_BE)[subject.person]
    if mood.shape == "asks":
        return join(be, subject.en, rest)
    return join(subject.en, be, "not" if mood.shape == "not" else "", rest)


def french_be(subject: Subject, mood: Mood, rest: str) -> str:
    be = (FR_ETAIT if mood.tense == "past" else FR_ETRE)[subject.person]
    return _french_clause(subject.fr, be, rest, mood)


def spanish_be(subject: Subject, mood: Mood, rest: str, which: str) -> str:
    forms = {
        ("ser", "present"): ES_SER, ("ser", "past"): ES_ERA,
        ("estar", "present"): ES_ESTAR, ("estar", "past"): ES_ESTABA,
    }  # fmt: skip
    return _spanish_clause(subject.es, forms[which, mood.tense][subject.person], rest, mood)


def agreeing(adjective: Adjective, subject: Subject) -> tuple[str, str]:
    """The French and the Spanish form that go with a subject."""
    return (
        adjective.fr[subject.fr_feminine + 2 * subject.plural],
        adjective.es[subject.es_feminine + 2 * subject.plural],
    )
