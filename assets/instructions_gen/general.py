"""The set `general`: small tasks of many kinds, each with an answer that follows from its text."""

import random
from collections.abc import Callable

from instructions_gen import names
from instructions_gen.general_words import (
    ANIMALS,
    BAD,
    DAYS,
    DEEDS,
    DONE,
    GOOD,
    JOBS,
    OPPOSITES,
    PLACES,
    REASONS,
    REVIEWED,
    SPELLED,
    THINGS,
    WORD_KINDS,
)
from instructions_gen.phrases import Row, Rows, lines, one_in

Made = tuple[str, str, str, str]  # instruction, input, output, and the frame that they have

# Ways to ask for each task; those below `--` are held out.
WORDINGS: dict[str, tuple[list[str], list[str]]] = {}


def _wordings(text: str) -> None:
    for block in text.strip().split("\n\n"):
        task, _, rest = block.partition(":\n")
        known, _, new = rest.partition("--")
        WORDINGS[task.strip()] = (lines(known), lines(new))


_wordings("""
summary:
    Summarize the text.
    Sum this up in one sentence.
    Write a short summary.
    Make this shorter.
    What is the text about? Answer in one sentence.
    Say it in fewer words.
    Give the main point.
    --
    Condense the text into one line.
    Tell me briefly what happened.

past:
    Put the sentence into the past.
    Rewrite this in the past tense.
    Change it to the past tense.
    Write this as if it happened yesterday.
    Use the past tense.
    --
    Turn the sentence into the past tense.
    Tell this in the past.

question:
    Turn the sentence into a question.
    Make a question out of this.
    Ask this as a yes or no question.
    Rewrite it as a question.
    --
    Change the statement into a question.
    Form a question from this sentence.

negative:
    Make the sentence negative.
    Say the opposite with not.
    Rewrite it with a negation.
    Negate the sentence.
    --
    Turn this into a negative sentence.
    Deny the statement.

passive:
    Put the sentence into the passive.
    Rewrite this in the passive voice.
    Use the passive.
    --
    Turn this into a passive sentence.
    Change the active voice into the passive.

polite:
    Make this polite.
    Say it more politely.
    Rewrite it as a polite request.
    Ask for this in a friendly way.
    --
    Turn this order into a polite question.
    How would you ask that politely?

join:
    Join the two sentences.
    Make one sentence out of these two.
    Combine the sentences.
    Put both into one sentence.
    --
    Merge the two sentences into one.
    Link these sentences.

sentiment:
    Is this positive or negative?
    What is the sentiment of this review?
    Say whether the review is positive, negative or neutral.
    Classify the sentiment.
    Does the writer like it? Answer positive, negative or neutral.
    --
    How does the writer feel: positive, negative or neutral?
    Judge the mood of this review.

spelling:
    Correct the spelling.
    Fix the spelling mistake.
    There is a typo in this sentence. Correct it.
    Spell this right.
    Mend the misspelled word.
    --
    Please proofread this.
    One word is misspelled. Rewrite the sentence.

name:
    Who is the text about?
    Which person is named?
    Find the name of the person.
    Write only the name.
    --
    Extract the person's name.
    Name the person in the text.

day:
    On which day does it happen?
    Find the day.
    Which day is named?
    --
    What day does the text mention?
    Extract the day of the week.
""")


class General:
    """Draws rows. Names, cities, things and places have a part that only test rows use."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.names = {kind: names.pool(kind, self.rng) for kind in ("woman", "man", "city")}
        pools = {"thing": THINGS, "place": PLACES, "job": JOBS, "animal": ANIMALS}
        self.pools = {key: one_in(pool, 5, self.rng) for key, pool in pools.items()}
        self.held_out = False
        self.seen: set[tuple[str, str]] = set()

    def pick(self, *keys: str) -> list[str]:
        """A different value for each key."""
        chosen: list[str] = []
        for key in keys:
            while (drawn := self._draw(key)) in chosen:
                pass
            chosen.append(drawn)
        return chosen

    def _draw(self, key: str) -> str:
        if key in self.pools:
            return self.rng.choice(self.pools[key][self.held_out])
        kind = self.rng.choice(("woman", "man")) if key == "name" else key
        return self.names[kind].draw(self.held_out, self.rng)

    def one(self, options: list[str] | tuple[str, ...]) -> str:
        return self.rng.choice(options)


def a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def reading(g: General) -> Made:
    """A question whose answer stands in two or three sentences."""
    who, other = g.pick("name", "name")
    thing, thing2 = g.pick("thing", "thing")
    place, place2 = g.pick("place", "place")
    day = g.one(DAYS)
    facts = [
        (f"{who} put the {thing} in the {place}.", f"Where is the {thing}?",
         f"It is in the {place}."),
        (f"{who} went to the {place2} on {day}.", f"When did {who} go to the {place2}?",
         f"On {day}."),
        (f"{other} gave {who} {a(thing2)}.", f"Who gave {who} {a(thing2)}?", f"{other} did."),
        (f"{other} lost the {thing2} in the {place}.", f"What did {other} lose?",
         f"The {thing2}."),
        (f"The {thing} belongs to {other}.", f"Whose {thing} is it?", f"It is {other}'s."),
        (f"{other} waited for {who} at the {place2}.", f"Who waited at the {place2}?",
         f"{other} did."),
    ]  # fmt: skip
    first, second = g.rng.sample(range(len(facts)), 2)
    text = f"{facts[first][0]} {facts[second][0]}"
    asked = g.one([first, second])  # type: ignore[list-item]
    return facts[asked][1], text, facts[asked][2], f"reading {first}-{second}"


def summary(g: General) -> Made:
    who, thing, place, city, job = g.pick("name", "thing", "place", "city", "job")
    deed = g.one(list(DEEDS))
    past, day = DEEDS[deed][1], g.one(DAYS)
    padded = [
        f"It was a long day for {who}. In the morning it rained, and the streets were empty.",
        f"Everybody in the village knows {who}, who is {a(job)}. Last week something happened.",
        f"There is a story that {who} likes to tell again and again.",
        f"On {day} {who} got up early and drank a cup of tea.",
    ]
    events = [
        (f"Then {who} {past} {a(thing)} in the {place}.", f"{who} {past} {a(thing)}."),
        (f"After many years in {city}, {who} moved to another town.", f"{who} left {city}."),
        (f"In the end {who} became {a(job)}.", f"{who} became {a(job)}."),
        (f"A friend from {city} came to visit {who}.", f"A friend visited {who}."),
    ]
    i, j = g.rng.randrange(4), g.rng.randrange(4)
    return "", f"{padded[i]} {events[j][0]}", events[j][1], f"summary {i}-{j}"


def _deed(g: General) -> tuple[str, str, str, str, str]:
    """A simple sentence in parts: who, the deed, what, where it happened, and its frame."""
    who, thing, place = g.pick("name", "thing", "place")
    job, animal = g.pick("job", "animal")
    subject, kind = g.one([who, f"the {job}", f"the {animal}"]), "name"
    kind = "job" if subject.endswith(job) else "animal" if subject.endswith(animal) else "name"
    deed = g.one(list(DEEDS))
    article = g.one(["the", "a", "my"])
    what = a(thing) if article == "a" else f"{article} {thing}"
    where = g.one(["", f" in the {place}", f" near the {place}"])
    at = where.split()[0] if where else "-"
    return subject, deed, what, where, f"{kind}-{article}-{at}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def past(g: General) -> Made:
    who, deed, what, where, frame = _deed(g)
    said, done = DEEDS[deed]
    return ("", _capital(f"{who} {said} {what}{where}."), _capital(f"{who} {done} {what}{where}."),
            f"past {frame}")  # fmt: skip


def question(g: General) -> Made:
    who, deed, what, where, frame = _deed(g)
    said = DEEDS[deed][0]
    return ("", _capital(f"{who} {said} {what}{where}."), f"Does {who} {deed} {what}{where}?",
            f"question {frame}")  # fmt: skip


def negative(g: General) -> Made:
    who, deed, what, where, frame = _deed(g)
    said = DEEDS[deed][0]
    return ("", _capital(f"{who} {said} {what}{where}."),
            _capital(f"{who} does not {deed} {what}{where}."), f"negative {frame}")  # fmt: skip


def passive(g: General) -> Made:
    who, deed, what, where, frame = _deed(g)
    while deed not in DONE:
        deed = g.one(list(DONE))
    active = _capital(f"{who} {DEEDS[deed][1]} {what}{where}.")
    return "", active, _capital(f"{what} was {DONE[deed]} by {who}{where}."), f"passive {frame}"


def polite(g: General) -> Made:
    who, thing, place, city = g.pick("name", "thing", "place", "city")
    order, frame = g.rng.choice([
        (f"bring me the {thing}", 0), (f"wait for {who} at the {place}", 1),
        (f"send the {thing} to {city}", 2), (f"call {who} on {g.one(DAYS)}", 3),
        (f"put the {thing} in the {place}", 4), (f"give {who} the {thing}", 5),
        (f"clean the {place}", 6), (f"book a room in {city}", 7),
    ])  # fmt: skip
    end = g.one([".", "!", " now!"])
    return "", f"{_capital(order)}{end}", f"Could you please {order}?", f"polite {frame}{end}"


def join(g: General) -> Made:
    who, thing, place, job = g.pick("name", "thing", "place", "job")
    deed = DEEDS[g.one(list(DEEDS))][1]
    reason, frame = g.rng.choice([
        ("was tired", 0), ("was hungry", 1), ("had no money", 2), (f"is {a(job)}", 3),
        (f"lost the {thing}", 4), ("heard a noise", 5),
    ])  # fmt: skip
    act, second = g.rng.choice([
        (f"went to the {place}", 0), (f"{deed} {a(thing)}", 1), ("stayed at home", 2),
        (f"left the {place}", 3), ("called a friend", 4),
    ])  # fmt: skip
    return ("", f"{who} {reason}. {who} {act}.", f"{who} {act} because {who} {reason}.",
            f"join {frame}-{second}")  # fmt: skip


def sentiment(g: General) -> Made:
    what, city, who = g.one(REVIEWED), *g.pick("city", "name")
    kind = g.one(["Positive", "Negative", "Neutral"])
    word = g.one(GOOD if kind == "Positive" else BAD)
    judged = [
        f"The {what} in {city} was {word}.", f"{who} says that the {what} is {word}.",
        f"How {word} the {what} was!",
        f"We were in {city}. The {what} was really {word}.", f"{_capital(word)} {what}.",
    ]  # fmt: skip
    plain = [
        f"The {what} is in {city}.", f"{who} told us about the {what}.",
        f"The {what} is next to the {g.one(PLACES)}.", f"We asked {who} for the {what}.",
        f"There is one {what} in {city}.",
    ]  # fmt: skip
    i = g.rng.randrange(5)
    return "", (plain if kind == "Neutral" else judged)[i], f"{kind}.", f"sentiment {kind} {i}"


def misspelled(word: str, rng: random.Random) -> tuple[str, str]:
    """A word with one slip, and its kind: letters swapped, one left out, or one doubled."""
    slip = rng.choice(["swapped", "left out", "doubled"])
    while True:
        i = rng.randrange(1, len(word) - 1)
        if slip == "swapped":
            wrong = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        elif slip == "left out":
            wrong = word[:i] + word[i + 1 :]
        else:
            wrong = word[:i] + word[i] + word[i:]
        if wrong != word:
            return wrong, slip


def spelling(g: General) -> Made:
    word, who, city = g.one(SPELLED), *g.pick("name", "city")
    wrong, slip = misspelled(word, g.rng)
    i, pattern = g.rng.choice(list(enumerate((
        f"{who} wrote the word % on the wall.", f"In {city} we learned the word %.",
        "This word is %.", f"{who} says % every day.", "I can read % and write it.",
        f"What does % mean, {who}?",
    ))))  # fmt: skip
    return ("", pattern.replace("%", wrong), pattern.replace("%", word), f"spelling {slip} {i}")


def name(g: General) -> Made:
    who, city, place, job = g.pick("name", "city", "place", "job")
    i, text = g.rng.choice(list(enumerate((
        f"Last summer {who} travelled to {city}.", f"The {job} met {who} in the {place}.",
        f"In the {place} in {city} lives {who}.", f"On {g.one(DAYS)} the {job} called {who}.",
        f"{who} has been {a(job)} in {city} for years.", f"It was {who} who closed the {place}.",
    ))))  # fmt: skip
    return "", text, f"{who}.", f"name {i}"


def day(g: General) -> Made:
    who, city, place, job = g.pick("name", "city", "place", "job")
    day = g.one(DAYS)
    i, text = g.rng.choice(list(enumerate((
        f"{who} will travel to {city} on {day}.", f"The {place} opens again on {day}.",
        f"On {day} the {job} meets {who} in {city}.", f"Until {day} {who} stays in the {place}.",
        f"Please come to the {place} on {day}, says {who}.",
    ))))  # fmt: skip
    return "", text, f"{day}.", f"day {i}"


def email(g: General) -> Made:
    """A short e-mail from a few notes."""
    to, sender, city = g.pick("name", "name", "city")
    event, day = g.one(list(REASONS)), g.one(DAYS)
    reason = g.one(REASONS[event])
    i, asked, body = g.rng.choice([
        (0, f"Tell {to} that you cannot come to the {event} on {day}: {reason}.",
         f"I am sorry, but I cannot come to the {event} on {day} because {reason}."),
        (1, f"Invite {to} to the {event} on {day} in {city}.",
         f"Would you like to come to the {event} on {day} in {city}?"),
        (2, f"Thank {to} for the {event} on {day}.", f"Thank you for the {event} on {day}."),
        (3, f"Ask {to} to move the {event} to {day}.",
         f"Could we move the {event} to {day}?"),
        (4, f"Remind {to} of the {event} on {day}.",
         f"Please do not forget the {event} on {day}."),
    ])  # fmt: skip
    start, frame = g.rng.choice([("Write a short e-mail.", 0), ("Write an e-mail.", 1),
                                 ("E-mail, please.", 2)])  # fmt: skip
    text = f"{asked} Sign as {sender}."
    return start, text, f"Dear {to},\n{body}\nBest regards,\n{sender}", f"email {i}-{frame}"


def opposite(g: General) -> Made:
    word = g.one(list(OPPOSITES))
    asked = [f"What is the opposite of {word}?", f"Give the opposite of the word {word}.",
             f"Which word means the opposite of {word}?"]  # fmt: skip
    i = g.rng.randrange(3)
    return asked[i], "", f"{_capital(OPPOSITES[word])}.", f"opposite {i} {word}"


def kind_of(g: General) -> Made:
    kind = g.one(list(WORD_KINDS))
    word = g.one(WORD_KINDS[kind])
    asked = [f"What kind of thing is {a(word)}?", f"What sort of word is {word}?",
             f"To which group does {word} belong?"]  # fmt: skip
    i = g.rng.randrange(3)
    return asked[i], "", f"{_capital(word)} is {a(kind)}.", f"kind {i} {word}"


TASKS: dict[Callable[[General], Made], int] = {
    reading: 22, summary: 10, past: 8, question: 8, negative: 8, passive: 7, polite: 7, join: 7,
    sentiment: 10, spelling: 12, name: 5, day: 5, email: 12, opposite: 2, kind_of: 3,
}  # fmt: skip


class Source:
    """Rows of wanted novelty: which frames are held out is drawn frame by frame as they come."""

    def __init__(self, seed: int) -> None:
        self.general = General(seed)
        self.rng = self.general.rng
        self.new_frame: dict[str, bool] = {}

    def row(self, holdout: str = "") -> Row:
        self.general.held_out = holdout == "slots"
        while True:
            task = self.rng.choices(list(TASKS), list(TASKS.values()))[0]
            instruction, text, output, frame = task(self.general)
            new = self.new_frame.setdefault(frame, self.rng.random() < 1 / 8)
            wordings = WORDINGS.get(task.__name__)
            if holdout == "phrasings" and wordings is None:
                continue
            if holdout == "slots" and task in (opposite, kind_of, sentiment, day):
                continue  # no value of these is held out, or it is not in the answer
            if wordings is not None:
                instruction = self.rng.choice(wordings[holdout == "phrasings"])
            if new == (holdout == "frames") and (instruction, text) not in self.general.seen:
                self.general.seen.add((instruction, text))
                return {"instruction": instruction, "input": text, "output": output,
                        "group": task.__name__, "holdout": holdout}  # fmt: skip


def make(seed: int) -> Rows:
    """All rows of the set by split."""
    source = Source(seed)
    test = [source.row("slots") for _ in range(200)]
    test += [source.row("phrasings") for _ in range(160)]
    validation = [source.row() for _ in range(200)]
    train = [source.row() for _ in range(4_000)]
    # Last, when all frames have come up.
    test += [source.row("frames") for _ in range(160)]
    return {"train": train, "validation": validation, "test": test}
