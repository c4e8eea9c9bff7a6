"""Frames about how people and things are, where they are, and what they cost.

Each draws its words and says the same in English, French and Spanish.
"""

from instructions_gen.translation.clauses import (
    EN_BE,
    Mood,
    agreeing,
    english_be,
    french_be,
    join,
    spanish_be,
)
from instructions_gen.translation.drawer import Drawer, Sentence, said
from instructions_gen.translation.phrases import (
    NounPhrase,
    Subject,
    as_subject,
    english,
    french,
    french_text,
    spanish,
    spanish_text,
)
from instructions_gen.translation.verbs import ES_ESTAR, ES_SER, FR_ETRE
from instructions_gen.translation.words import (
    COLOURS,
    EN_NUMBERS,
    ES_NUMBERS,
    FR_NUMBERS,
    OF_PEOPLE,
    OF_THINGS,
    PREPOSITIONS,
    Adjective,
)


def feeling(draw: Drawer) -> tuple[Subject, Adjective]:
    subject = draw.pronoun() if draw.rng.random() < 0.5 else as_subject(draw.people_phrase())
    return subject, draw.rng.choice(list(OF_PEOPLE.values()))


def be_people(draw: Drawer) -> Sentence:
    """`The nurses were tired.`"""
    subject, adjective = feeling(draw)
    mood = draw.mood("present past")
    fr_form, es_form = agreeing(adjective, subject)
    texts = (
        english_be(subject, mood, adjective.en),
        french_be(subject, mood, fr_form),
        spanish_be(subject, mood, es_form, adjective.es_is),
    )
    frame = f"feel/{mood.tense}/{mood.shape}/{subject.kind}/{subject.plural}"
    return said(texts, mood.end, frame, [f"{subject.en} {adjective.en}"])


def think(draw: Drawer) -> Sentence:
    """`I think that she is ready.`"""
    subject, adjective = feeling(draw)
    mood = draw.mood("present past", "says not")
    fr_form, es_form = agreeing(adjective, subject)
    start = draw.rng.choice((
        ("I think that", "je pense que", "creo que"),
        ("I know that", "je sais que", "sé que"),
        ("we think that", "nous pensons que", "creemos que"),
    ))  # fmt: skip
    texts = (
        join(start[0], english_be(subject, mood, adjective.en)),
        french_text(start[1], french_be(subject, mood, fr_form)),
        join(start[2], spanish_be(subject, mood, es_form, adjective.es_is)),
    )
    frame = f"{start[0]}/{mood.tense}/{mood.shape}/{subject.kind}"
    return said(texts, ".", frame, [f"{subject.en} {adjective.en}"])


def why(draw: Drawer) -> Sentence:
    """`Why is your brother sad?`"""
    subject = as_subject(draw.people_phrase())
    adjective = draw.rng.choice(list(OF_PEOPLE.values()))
    fr_form, es_form = agreeing(adjective, subject)
    be = ES_SER if adjective.es_is == "ser" else ES_ESTAR
    fr_be = FR_ETRE[subject.person]
    texts = (
        join("why", EN_BE[subject.person], subject.en, adjective.en),
        french_text("pourquoi est-ce que", subject.fr, fr_be, fr_form),
        join("por qué", be[subject.person], es_form, subject.es),
    )
    return said(texts, "?", f"why/{subject.plural}", [f"{subject.en} {adjective.en}"])


def be_thing(draw: Drawer) -> Sentence:
    """`These shirts are not expensive.`"""
    noun, kind = draw.noun("thing", "thing", "vehicle", "place")
    plural = draw.rng.random() < 0.4
    article = draw.rng.choice(("the", "this") if kind != "thing" else ("the", "this", "my", "her"))
    subject = as_subject(NounPhrase(noun, article, plural))
    fitting = [
        thing for thing in OF_THINGS.values()
        if kind == "thing" or thing.en not in ("heavy", "broken", *COLOURS)
    ]  # fmt: skip
    adjective, mood = draw.rng.choice(fitting), draw.mood("present past")
    fr_form, es_form = agreeing(adjective, subject)
    texts = (
        english_be(subject, mood, adjective.en),
        french_be(subject, mood, fr_form),
        spanish_be(subject, mood, es_form, adjective.es_is),
    )
    frame = f"thing/{mood.tense}/{mood.shape}/{article}/{plural}"
    return said(texts, mood.end, frame, [f"{adjective.en} {noun.en[0]}"])


def be_where(draw: Drawer) -> Sentence:
    """`The keys are under the bed.`"""
    what = NounPhrase(draw.noun("thing", "thing", "animal")[0],
                      draw.rng.choice(("the", "my", "your", "our")),
                      draw.rng.random() < 0.35)  # fmt: skip
    en_in, fr_in, es_in, kinds = draw.rng.choice(PREPOSITIONS)
    place = NounPhrase(draw.noun(*kinds.split())[0], "the")
    subject, mood = as_subject(what), draw.mood("present past")
    texts = (
        english_be(subject, mood, join(en_in, english(place))),
        french_be(subject, mood, join(fr_in, french(place))),
        spanish_be(subject, mood, join(es_in, spanish(place)), "estar"),
    )
    pair = f"{what.noun.en[0]} {en_in} {place.noun.en[0]}"
    return said(texts, mood.end, f"where/{mood.tense}/{mood.shape}/{en_in}", [pair])


def there_is(draw: Drawer) -> Sentence:
    """`There are three apples on the table.`"""
    noun, kind = draw.noun("thing", "food", "animal")
    plural = draw.rng.random() < 0.6
    article = str(draw.rng.randint(2, 10)) if plural else "a"
    what = NounPhrase(noun, article, plural)
    usable = [
        preposition for preposition in PREPOSITIONS if kind != "animal" or preposition[0] != "on"
    ]
    en_in, fr_in, es_in, kinds = draw.rng.choice(usable)
    place = NounPhrase(draw.noun(*kinds.split())[0], "the")
    texts = (
        join("there are" if plural else "there is", english(what), en_in, english(place)),
        french_text("il y a", french(what), fr_in, french(place)),
        spanish_text("hay", spanish(what), es_in, spanish(place)),
    )
    pair = f"{noun.en[0]} {en_in} {place.noun.en[0]}"
    return said(texts, ".", f"there/{plural}/{en_in}", [pair])


def there_is_no(draw: Drawer) -> Sentence:
    """`There is no milk in the kitchen.`"""
    noun, _ = draw.noun("mass")
    place = NounPhrase(draw.noun("room", "place")[0], "the")
    en_place, fr_place, es_place = draw.rng.choice((
        ("", "", ""),
        (join("in", english(place)), join("dans", french(place)), join("en", spanish(place))),
    ))  # fmt: skip
    texts = (
        join("there is no", noun.en[0], en_place),
        french_text("il n'y a pas de", noun.fr[0], fr_place),
        spanish_text("no hay", noun.es[0], es_place),
    )
    return said(texts, ".", f"none/{bool(en_place)}", [f"no {noun.en[0]} {en_place}"])


def compare(draw: Drawer) -> Sentence:
    """`Your uncle is taller than my brother.`"""
    if draw.rng.random() < 0.5:
        table, first, second = OF_PEOPLE, draw.people_phrase(), draw.people_phrase(False)
    else:
        plural = draw.rng.random() < 0.3
        kind = draw.rng.choice(("thing", "vehicle"))
        first = NounPhrase(draw.noun(kind)[0], draw.rng.choice(("the", "this")), plural)
        second = NounPhrase(draw.noun(kind)[0], draw.rng.choice(("the", "my", "your")))
        table = OF_THINGS
    if first.noun == second.noun:
        return compare(draw)
    adjective = draw.rng.choice([verb for verb in table.values() if verb.en_more])
    subject = as_subject(first)
    fr_form, es_form = agreeing(adjective, subject)
    mood = Mood("present", "says")
    texts = (
        english_be(subject, mood, join(adjective.en_more, "than", english(second))),
        french_be(subject, mood, join("plus", fr_form, "que", french(second))),
        spanish_be(subject, mood, join("más", es_form, "que", spanish(second)), adjective.es_is),
    )
    pairs = [f"{first.noun.en[0]} {adjective.en}", f"{adjective.en} than {second.noun.en[0]}"]
    return said(texts, ".", f"compare/{subject.plural}/{first.article}/{second.article}", pairs)


def ask_place(draw: Drawer) -> Sentence:
    """`Where are my shoes?` `How much does this dress cost?` `What colour is the car?`"""
    plural = draw.rng.random() < 0.35
    asked = draw.rng.choice(("where", "cost", "colour"))
    if asked == "where":
        noun, _ = draw.noun("thing", "place")
        phrase = NounPhrase(noun, draw.rng.choice(("the", "my", "our")), plural)
        texts = (
            join("where", "are" if plural else "is", english(phrase)),
            french_text("où", "sont" if plural else "est", french(phrase)),
            join("dónde", "están" if plural else "está", spanish(phrase)),
        )
    elif asked == "cost":
        noun, _ = draw.noun("thing", "food")
        phrase = NounPhrase(noun, draw.rng.choice(("the", "this")), plural)
        texts = (
            join("how much", "do" if plural else "does", english(phrase), "cost"),
            french_text("combien", "coûtent" if plural else "coûte", french(phrase)),
            join("cuánto", "cuestan" if plural else "cuesta", spanish(phrase)),
        )
    else:
        noun, _ = draw.noun("thing")
        phrase = NounPhrase(noun, draw.rng.choice(("the", "my", "your", "her")), plural)
        texts = (
            join("what colour", "are" if plural else "is", english(phrase)),
            french_text("de quelle couleur", "sont" if plural else "est", french(phrase)),
            join("de qué color", "son" if plural else "es", spanish(phrase)),
        )
    return said(texts, "?", f"ask {asked}/{phrase.article}/{plural}", [f"{asked} {noun.en[0]}"])


def how_many(draw: Drawer) -> Sentence:
    """`How many oranges do you want?`"""
    noun, _ = draw.noun("food", "thing")
    feminine = noun.es_gender == "f"
    verb = draw.rng.choice((
        ("want", "veux-tu", "quieres"), ("see", "vois-tu", "ves"),
        ("buy", "achètes-tu", "compras"), ("sell", "vends-tu", "vendes"),
    ))  # fmt: skip
    texts = (
        join("how many", noun.en[1], "do you", verb[0]),
        french_text("combien de", noun.fr[1], verb[1]),
        join("cuántas" if feminine else "cuántos", noun.es[1], verb[2]),
    )
    return said(texts, "?", f"how many/{verb[0]}", [f"how many {noun.en[0]} {verb[0]}"])


def timetable(draw: Drawer) -> Sentence:
    """`The train to Madrid leaves at eight o'clock.` `When does the bus arrive?`"""
    noun, _ = draw.noun("vehicle")
    vehicle = NounPhrase(noun, draw.rng.choice(("the", "this", "our")))
    leaves = draw.rng.random() < 0.5
    en_verb, fr_verb, es_verb = ("leave", "part", "sale") if leaves else ("arrive", "arrive",
                                                                          "llega")  # fmt: skip
    if draw.rng.random() < 0.35:
        texts = (
            join("when does", english(vehicle), en_verb),
            french_text("quand est-ce que", french(vehicle), fr_verb),
            join("cuándo", es_verb, spanish(vehicle)),
        )
        return said(texts, "?", f"when/{vehicle.article}", [f"when {en_verb} {noun.en[0]}"])
    hour = draw.rng.randint(2, 12)
    named = draw.rng.random() < 0.7
    city = draw.city() if named else ""
    en_to, fr_to, es_to = ("to", "pour", "a") if leaves else ("from", "de", "de")
    texts = (
        join(english(vehicle), join(en_to, city) if city else "", f"{en_verb}s at",
             EN_NUMBERS[hour], "o'clock"),
        french_text(french(vehicle), join(fr_to, city) if city else "", fr_verb, "à",
                    FR_NUMBERS[hour], "heures"),
        join(spanish(vehicle), join(es_to, city) if city else "", es_verb, "a las",
             ES_NUMBERS[hour]),
    )  # fmt: skip
    frame = f"timetable/{vehicle.article}/{leaves}/{named}"
    return said(texts, ".", frame, [f"{noun.en[0]} {en_verb} {hour}"], named)


def owned(draw: Drawer) -> Sentence:
    """`Anna's bag is on the table.` `This is Tom's dog.`"""
    name = draw.person()
    noun, kind = draw.noun("thing", "animal")
    thing = NounPhrase(noun, "the")
    mood = draw.mood("present", "says not asks")
    subject = Subject(
        f"{name}'s {noun.en[0]}", f"{french(thing)} de {name}", f"{spanish(thing)} de {name}", 2,
        noun.fr_gender == "f", noun.es_gender == "f", "noun",
    )  # fmt: skip
    if kind == "thing" and draw.rng.random() < 0.5:
        adjective = draw.rng.choice(list(OF_THINGS.values()))
        fr_form, es_form = agreeing(adjective, subject)
        texts = (
            english_be(subject, mood, adjective.en),
            french_be(subject, mood, fr_form),
            spanish_be(subject, mood, es_form, adjective.es_is),
        )
        return said(texts, mood.end, f"owned/is/{mood.shape}",
                     [f"{adjective.en} {noun.en[0]}"], True)  # fmt: skip
    en_in, fr_in, es_in, kinds = draw.rng.choice(PREPOSITIONS)
    place = NounPhrase(draw.noun(*kinds.split())[0], "the")
    texts = (
        english_be(subject, mood, join(en_in, english(place))),
        french_be(subject, mood, join(fr_in, french(place))),
        spanish_be(subject, mood, join(es_in, spanish(place)), "estar"),
    )
    pair = f"{noun.en[0]} {en_in} {place.noun.en[0]}"
    return said(texts, mood.end, f"owned/where/{mood.shape}/{en_in}", [pair], True)
