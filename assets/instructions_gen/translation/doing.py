"""Frames about what people do, want, like and have.

Each draws its words and says the same in English, French and Spanish.
"""

from instructions_gen.translation.clauses import (
    EN_BE,
    Mood,
    english_verb,
    french_verb,
    join,
    spanish_verb,
)
from instructions_gen.translation.drawer import Drawer, Sentence, pairs_of, said
from instructions_gen.translation.phrases import (
    NounPhrase,
    Subject,
    as_subject,
    english,
    french,
    french_text,
    spanish,
    spanish_object,
    spanish_text,
)
from instructions_gen.translation.verbs import (
    ES_IR,
    ES_TENER,
    FR_ALLER,
    FR_AVOIR,
    LIVE,
    MODAL,
    MOTION,
    ORDERS,
    TRANSITIVE,
    Verb,
)
from instructions_gen.translation.words import (
    EN_NUMBERS,
    ES_NUMBERS,
    FR_NUMBERS,
    NOUNS,
    ONLY_ONE,
    QUANTITIES,
)


def act(draw: Drawer) -> Sentence:
    """`My sister bought a red car yesterday.`"""
    verb = draw.rng.choice(list(TRANSITIVE.values()))
    subject, mood = draw.subject(), draw.mood()
    phrase, _ = draw.object(verb.objects, mood.shape)
    en_time, fr_time, es_time = draw.time(mood.tense)
    texts = (
        english_verb(subject, verb, mood, join(english(phrase), en_time)),
        french_verb(subject, verb, mood, join(french(phrase), fr_time)),
        spanish_verb(subject, verb, mood, join(spanish_object(phrase), es_time)),
    )
    article = "number" if phrase.article.isdigit() else phrase.article
    frame = f"act/{mood.tense}/{mood.shape}/{subject.kind}/{article}"
    return said(texts, mood.end, frame, pairs_of(phrase, verb.en[0]), subject.kind == "name")


def wait_for_name(draw: Drawer) -> Sentence:
    """`We are going to help Anna tomorrow.`"""
    verb = TRANSITIVE[draw.rng.choice(("help", "call", "wait for", "see", "look for"))]
    subject = draw.pronoun() if draw.rng.random() < 0.6 else as_subject(draw.people_phrase())
    mood, name = draw.mood(), draw.person()
    en_time, fr_time, es_time = draw.time(mood.tense)
    texts = (
        english_verb(subject, verb, mood, join(name, en_time)),
        french_verb(subject, verb, mood, join(name, fr_time)),
        spanish_verb(subject, verb, mood, join(f"a {name}", es_time)),
    )
    frame = f"name/{verb.en[0]}/{mood.tense}/{mood.shape}/{subject.kind}"
    return said(texts, mood.end, frame, [], True)


def move(draw: Drawer) -> Sentence:
    """`The girls went to the station on Monday.`"""
    verb = draw.rng.choice(list(MOTION.values()))
    mood = draw.mood()
    subject = draw.pronoun() if draw.rng.random() < 0.5 else as_subject(draw.people_phrase())
    noun, _ = draw.noun("place")
    place = NounPhrase(noun, "the")
    en_time, fr_time, es_time = draw.time(mood.tense)
    texts = (
        english_verb(subject, verb, mood, join(english(place), en_time)),
        french_verb(subject, verb, mood, join("à", french(place), fr_time), with_etre=True),
        spanish_verb(subject, verb, mood, join("a", spanish(place), es_time)),
    )
    frame = f"move/{mood.tense}/{mood.shape}/{subject.kind}"
    return said(texts, mood.end, frame, [f"{verb.en[0]} {noun.en[0]}"])


def with_modal(
    subject: Subject, first: Verb, verb: Verb, phrase: NounPhrase, mood: Mood
) -> tuple[str, str, str]:
    """`she wants to`, `can she`, `she must` with the infinitive of another verb."""
    en_rest = join(verb.en[0], english(phrase))
    if first.en[0] == "want to":
        en = english_verb(subject, first, mood, en_rest)
    elif mood.shape == "asks":
        en = join(first.en[0], subject.en, en_rest)
    else:
        en = join(subject.en, first.en[0], en_rest)
    return (
        en,
        french_verb(subject, first, mood, join(verb.fr_infinitive, french(phrase))),
        spanish_verb(subject, first, mood, join(verb.es_infinitive, spanish_object(phrase))),
    )


def modal(draw: Drawer) -> Sentence:
    """`She wants to sell the old bicycle.`"""
    first = draw.rng.choice(list(MODAL.values()))
    verb = draw.rng.choice(list(TRANSITIVE.values()))
    subject, mood = draw.subject(), draw.mood("present", "says asks")
    phrase, _ = draw.object(verb.objects, mood.shape)
    texts = with_modal(subject, first, verb, phrase, mood)
    frame = f"{first.en[0]}/{mood.shape}/{subject.kind}"
    pairs = [f"{first.en[0]} {verb.en[0]}", *pairs_of(phrase, verb.en[0])]
    return said(texts, mood.end, frame, pairs, subject.kind == "name")


def order(draw: Drawer) -> Sentence:
    """`Close the window, please.`"""
    verb = TRANSITIVE[draw.rng.choice(list(ORDERS))]
    fr, es = ORDERS[verb.en[0]]
    phrase, _ = draw.object(verb.objects, "says")
    polite = draw.rng.random() < 0.6
    texts = (
        join(verb.en[0], english(phrase)) + (", please" if polite else ""),
        french_text(fr, french(phrase)) + (", s'il te plaît" if polite else ""),
        spanish_text(es, spanish_object(phrase)) + (", por favor" if polite else ""),
    )
    frame = f"order/{polite}/{'number' if phrase.article.isdigit() else phrase.article}"
    return said(texts, ".", frame, pairs_of(phrase, verb.en[0]))


LIKERS = (
    ("I like", "j'aime", "me"), ("you like", "tu aimes", "te"), ("we like", "nous aimons", "nos"),
    ("I do not like", "je n'aime pas", "no me"), ("we do not like", "nous n'aimons pas", "no nos"),
)  # fmt: skip


def like(draw: Drawer) -> Sentence:
    """`My aunt likes these flowers.` In Spanish the thing that is liked is the subject."""
    noun, kind = draw.noun("thing", "food", "animal", "mass", "place")
    if kind == "mass":
        phrase, general = NounPhrase(noun, "the"), True
    else:
        phrase = NounPhrase(noun, draw.rng.choice(("the", "this")), draw.rng.random() < 0.5)
        general = phrase.article == "the" and phrase.plural
    # What is liked in general has no article in English.
    en_thing = noun.en[phrase.plural] if general else english(phrase)
    pleases = "gustan" if phrase.plural else "gusta"
    if draw.rng.random() < 0.5:
        en_start, fr_start, es_start = draw.rng.choice(LIKERS)
        kind_of_subject = en_start
        named = False
    else:
        who = draw.name() if draw.rng.random() < 0.5 else as_subject(draw.people_phrase(False))
        en_start, fr_start = f"{who.en} likes", f"{who.fr} aime"
        es_start = f"a {who.es} le"
        kind_of_subject, named = who.kind, who.kind == "name"
    texts = (
        join(en_start, en_thing),
        french_text(fr_start, french(phrase)),
        spanish_text(es_start, pleases, spanish(phrase)),
    )
    frame = f"like/{kind_of_subject}/{phrase.article}/{phrase.plural}"
    return said(texts, ".", frame, [f"like {noun.en[0]}"], named)


def would_like(draw: Drawer) -> Sentence:
    """`We would like a cup of tea.`"""
    en_of, fr_of, es_of, fitting = draw.rng.choice(QUANTITIES)
    noun = NOUNS["mass"][draw.rng.choice(fitting.split())]
    start = draw.rng.choice((
        ("I would like", "je voudrais", "quisiera"),
        ("we would like", "nous voudrions", "quisiéramos"),
        ("I need", "il me faut", "necesito"),
    ))  # fmt: skip
    polite = draw.rng.random() < 0.3
    texts = (
        join(start[0], en_of, noun.en[0]) + (", please" if polite else ""),
        french_text(start[1], fr_of, noun.fr[0]) + (", s'il vous plaît" if polite else ""),
        join(start[2], es_of, noun.es[0]) + (", por favor" if polite else ""),
    )
    return said(texts, ".", f"{start[0]}/{polite}", [f"{en_of} {noun.en[0]}"])


def have(draw: Drawer) -> Sentence:
    """`We have two dogs.` `My sister is nine years old.`"""
    subject = draw.subject()
    person = subject.person
    if draw.rng.random() < 0.35:
        age = draw.rng.randint(2, 12)
        texts = (
            join(subject.en, EN_BE[person], EN_NUMBERS[age], "years old"),
            french_text(subject.fr, FR_AVOIR[person], FR_NUMBERS[age], "ans"),
            join(subject.es, ES_TENER[person], ES_NUMBERS[age], "años"),
        )
        return said(texts, ".", f"age/{subject.kind}", [f"{subject.en} {age}"],
                     subject.kind == "name")  # fmt: skip
    noun, _ = draw.noun("animal", "thing", "relative")
    count = 1 if noun.en[0] in ONLY_ONE else draw.rng.randint(1, 6)
    what = NounPhrase(noun, str(count) if count > 1 else "a", count > 1)
    texts = (
        join(subject.en, "has" if person == 2 else "have", english(what)),
        french_text(subject.fr, FR_AVOIR[person], french(what)),
        join(subject.es, ES_TENER[person], spanish(what)),
    )
    return said(texts, ".", f"have/{subject.kind}/{count > 1}", [f"{count} {noun.en[0]}"],
                 subject.kind == "name")  # fmt: skip


def travel(draw: Drawer) -> Sentence:
    """`We are going to travel to Madrid by train.`"""
    subject = draw.subject()
    noun, _ = draw.noun("vehicle")
    city, person = draw.city(), subject.person
    texts = (
        join(subject.en, EN_BE[person], "going to travel to", city, "by", noun.en[0]),
        french_text(subject.fr, FR_ALLER[person], "voyager à", city, "en", noun.fr[0]),
        join(subject.es, ES_IR[person], "a viajar a", city, "en", noun.es[0]),
    )
    return said(texts, ".", f"travel/{subject.kind}", [f"{subject.en} {noun.en[0]}"], True)


def live(draw: Drawer) -> Sentence:
    """`My aunt lives in Dublin.` `My name is Anna.` `Where does Tom live?`"""
    choice = draw.rng.randrange(4)
    name, city = draw.person(), draw.city()
    if choice == 0:
        texts = (f"my name is {name}", f"je m'appelle {name}", f"me llamo {name}")
        return said(texts, ".", "my name", [], True)
    if choice == 1:
        texts = (f"where does {name} live", f"où habite {name}", f"dónde vive {name}")
        return said(texts, "?", "where lives", [], True)
    subject, mood = draw.subject(), draw.mood("present", "says not asks")
    texts = (
        english_verb(subject, LIVE, mood, f"in {city}"),
        french_verb(subject, LIVE, mood, f"à {city}"),
        spanish_verb(subject, LIVE, mood, f"en {city}"),
    )
    return said(texts, mood.end, f"live/{mood.shape}/{subject.kind}", [], True)
