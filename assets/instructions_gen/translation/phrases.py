"""Noun phrases and subjects in three languages: articles, agreement, the order of the words."""

from dataclasses import dataclass

from instructions_gen.translation.words import (
    EN_NUMBERS,
    ES_NUMBERS,
    FR_NUMBERS,
    Adjective,
    Noun,
)

VOWELS = tuple("aeiouâàéèêëîïôöûüœh")  # every h that begins a French word here is mute
ASPIRATED = ("huit", "onze")
ELIDED = {"je": "j'", "ne": "n'", "que": "qu'", "de": "d'", "le": "l'", "la": "l'"}

# French: masculine, feminine, plural; the feminine is the masculine's before a vowel where it is
# `mon`, `ton`, `son`. Spanish: masculine and feminine singular, masculine and feminine plural.
POSSESSIVES = {
    "my": (("mon", "ma", "mes"), ("mi", "mi", "mis", "mis")),
    "your": (("ton", "ta", "tes"), ("tu", "tu", "tus", "tus")),
    "his": (("son", "sa", "ses"), ("su", "su", "sus", "sus")),
    "her": (("son", "sa", "ses"), ("su", "su", "sus", "sus")),
    "our": (("notre", "notre", "nos"), ("nuestro", "nuestra", "nuestros", "nuestras")),
    "their": (("leur", "leur", "leurs"), ("su", "su", "sus", "sus")),
}


@dataclass(frozen=True)
class NounPhrase:
    """article: `the`, `a`, `some`, `this`, a possessive, or a number from 2 to 12 as text."""

    noun: Noun
    article: str
    plural: bool = False
    adjective: Adjective | None = None
    is_person: bool = False


@dataclass(frozen=True)
class Subject:
    """person: its place in PERSONS. es is empty where Spanish says it by the verb alone."""

    en: str
    fr: str
    es: str
    person: int
    fr_feminine: bool
    es_feminine: bool
    kind: str  # pronoun, noun or name

    @property
    def plural(self) -> bool:
        return self.person >= 3


PRONOUNS = (
    Subject("I", "je", "", 0, False, False, "pronoun"),
    Subject("you", "tu", "", 1, False, False, "pronoun"),
    Subject("he", "il", "él", 2, False, False, "pronoun"),
    Subject("she", "elle", "ella", 2, True, True, "pronoun"),
    Subject("we", "nous", "", 3, False, False, "pronoun"),
    Subject("they", "ils", "ellos", 4, False, False, "pronoun"),
)


def as_subject(phrase: NounPhrase) -> Subject:
    return Subject(
        english(phrase), french(phrase), spanish(phrase), 4 if phrase.plural else 2,
        phrase.noun.fr_gender == "f", phrase.noun.es_gender == "f", "noun",
    )  # fmt: skip


# ---- English


def english(phrase: NounPhrase) -> str:
    words = [phrase.adjective.en] if phrase.adjective else []
    words.append(phrase.noun.en[phrase.plural])
    article = phrase.article
    if article.isdigit():
        article = EN_NUMBERS[int(article)]
    elif article == "this" and phrase.plural:
        article = "these"
    elif article == "a" and words[0][0] in "aeiou":
        article = "an"
    return " ".join([article, *words])


# ---- French


def starts_with_vowel(word: str) -> bool:
    """Whether the word before it loses its vowel: `l'école`, `l'hôtel`, but `le huit`."""
    return word.lower().startswith(VOWELS) and not word.lower().startswith(ASPIRATED)


def french(phrase: NounPhrase) -> str:
    """Not yet contracted: see `french_text`."""
    noun, adjective = phrase.noun, phrase.adjective
    feminine, plural = noun.fr_gender == "f", phrase.plural
    words = [noun.fr[plural]]
    if adjective is not None:
        form = adjective.fr[feminine + 2 * plural]
        if not adjective.fr_before:
            words.append(form)
        elif adjective.fr_vowel and not feminine and not plural and starts_with_vowel(words[0]):
            words.insert(0, adjective.fr_vowel)
        else:
            words.insert(0, form)
    before = adjective is not None and adjective.fr_before
    article = _french_article(phrase.article, feminine, plural, starts_with_vowel(words[0]), before)
    return " ".join([article, *words])


def _french_article(article: str, feminine: bool, plural: bool, vowel: bool, before: bool) -> str:
    """vowel: the next word begins with one. before: an adjective stands before the noun."""
    if article.isdigit():
        return FR_NUMBERS[int(article)]
    if article in POSSESSIVES:
        masculine, female, many = POSSESSIVES[article][0]
        if plural:
            return many
        return female if feminine and not vowel else masculine
    if article == "this":
        if plural:
            return "ces"
        return "cette" if feminine else "cet" if vowel else "ce"
    if article == "the":
        return "les" if plural else "la" if feminine else "le"
    if plural:  # some
        return "de" if before else "des"
    return "une" if feminine else "un"


def french_text(*parts: str) -> str:
    """Words put together: elision (`l'école`, `n'est`, `qu'il`), then `au`, `aux`, `du`, `des`.

    >>> french_text("je ne vais pas", "à le marché de le village")
    'je ne vais pas au marché du village'
    """
    words = " ".join(part for part in parts if part).split()
    joined: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ELIDED and following and starts_with_vowel(following):
            word = ELIDED[word]
        joined.append(word)
    text = " ".join(joined).replace("' ", "'")
    for apart, together in (("à le ", "au "), ("à les ", "aux "), ("de le ", "du "),
                            ("de les ", "des ")):  # fmt: skip
        text = f" {text}".replace(f" {apart}", f" {together}")[1:]
    return text


# ---- Spanish


def spanish(phrase: NounPhrase) -> str:
    """Not yet contracted: see `spanish_text`."""
    noun, adjective = phrase.noun, phrase.adjective
    feminine, plural = noun.es_gender == "f", phrase.plural
    which = feminine + 2 * plural
    words = [noun.es[plural]]
    if adjective is not None:
        form = adjective.es[which]
        if not adjective.es_before:
            words.append(form)
        else:
            words.insert(0, adjective.es_short if which == 0 else form)
    return " ".join([_spanish_article(phrase.article, which), *words])


def _spanish_article(article: str, which: int) -> str:
    if article.isdigit():
        return ES_NUMBERS[int(article)]
    if article in POSSESSIVES:
        return POSSESSIVES[article][1][which]
    forms = {
        "this": ("este", "esta", "estos", "estas"),
        "the": ("el", "la", "los", "las"),
        "a": ("un", "una", "unos", "unas"),
        "some": ("un", "una", "unos", "unas"),
    }
    return forms[article][which]


def spanish_text(*parts: str) -> str:
    """Words put together with `al` and `del`; the pronoun `él` contracts with nothing.

    >>> spanish_text("vamos", "a el mercado", "de el pueblo")
    'vamos al mercado del pueblo'
    """
    text = " ".join(" ".join(part for part in parts if part).split())
    for apart, together in (("a el ", "al "), ("de el ", "del ")):
        text = f" {text}".replace(f" {apart}", f" {together}")[1:]
    return text


def spanish_object(phrase: NounPhrase) -> str:
    """A person as an object is marked by `a`: `veo a la niña`, `veo el libro`."""
    return f"a {spanish(phrase)}" if phrase.is_person else spanish(phrase)


def sentence(text: str, end: str, language: str) -> str:
    """A capital at the start and the marks at the end, as each language sets them."""
    text = text[0].upper() + text[1:]
    if end == "?":
        return {"en": f"{text}?", "fr": f"{text} ?", "es": f"¿{text}?"}[language]
    return text + end
