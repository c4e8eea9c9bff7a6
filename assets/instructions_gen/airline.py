"""The set `airline-support`: what passengers ask an invented airline, answered by its rules.

An answer copies slots of the question (never all of them) and applies the rule that belongs to a
fare, a weight, an age or a number of hours. The rules are the tables below and stand on the card.
"""

import random
import re
from collections.abc import Callable

from instructions_gen import names
from instructions_gen.airline_questions import ASIDES, CLOSINGS, JOINERS, OPENINGS, QUESTIONS
from instructions_gen.phrases import Row, Rows, lines, one_in, slots_of, spoken

FARES = ("Light", "Classic", "Flex", "Business")
CHANGE_FEE = {"Light": "costs 70 dollars", "Classic": "costs 40 dollars", "Flex": "is free",
              "Business": "is free"}  # fmt: skip
REFUND = {"Light": "only the taxes", "Classic": "half of the price", "Flex": "the full price",
          "Business": "the full price"}  # fmt: skip
BAGS = {"Light": "one small cabin bag", "Classic": "one bag of 23 kilos",
        "Flex": "two bags of 23 kilos", "Business": "two bags of 32 kilos"}  # fmt: skip
SEAT_FEE = {"Light": "costs 12 dollars", "Classic": "costs 6 dollars", "Flex": "is free",
            "Business": "is free"}  # fmt: skip
UPGRADE = {"Light": 200, "Classic": 150, "Flex": 90}
MILES = {"Light": 200, "Classic": 400, "Flex": 800, "Business": 1200}
LOUNGE = {"Light": "costs 40 dollars", "Classic": "costs 40 dollars", "Flex": "costs 25 dollars",
          "Business": "is free"}  # fmt: skip
GEAR = {"bicycle": 60, "surfboard": 70, "pair of skis": 40, "golf bag": 50, "snowboard": 40,
        "kayak": 90, "tent": 20, "guitar": 30, "cello": 80, "diving set": 55}  # fmt: skip
METHODS = {
    "credit card": "at once", "bank transfer": "within 3 days", "gift card": "at once",
    "voucher": "within 24 hours", "debit card": "at once", "invoice": "within 14 days",
}  # fmt: skip
MEALS = ("vegan", "vegetarian", "kosher", "halal", "gluten-free", "low-salt", "fish-free",
         "low-fat", "diabetic", "lactose-free", "nut-free", "sugar-free")  # fmt: skip
SMALL_ANIMALS = ("dog", "cat", "rabbit", "puppy", "kitten", "parrot", "poodle", "terrier",
                 "hamster", "dachshund", "spaniel", "beagle")  # fmt: skip
BIG_ANIMALS = ("dog", "terrier", "beagle", "spaniel", "poodle", "sheepdog", "retriever",
               "greyhound", "bulldog", "boxer")  # fmt: skip
ITEMS = ("phone", "jacket", "laptop", "book", "scarf", "handbag", "camera", "hat", "coat", "tablet",
         "wallet", "passport", "glasses case", "backpack", "charger", "ring", "notebook", "toy",
         "sweater", "watch")  # fmt: skip

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and O, which look like digits

Slots = dict[str, str]


def overweight(kilos: int) -> str:
    if kilos <= 23:
        return "is free"
    return "costs 60 dollars extra" if kilos <= 32 else "is too heavy"


def compensation(hours: int) -> str:
    if hours < 2:
        return "no voucher yet"
    return "a meal voucher of 15 dollars" if hours < 4 else "a meal and 100 dollars"


def pet_place(kilos: int) -> str:
    return "in the cabin for 50 dollars" if kilos <= 8 else "in the hold for 90 dollars"


def child_ticket(age: int) -> str:
    if age < 2:
        return "travels on your lap"
    return "needs a child ticket" if age < 12 else "needs an adult ticket"


def alone(age: int) -> str:
    if age < 5:
        return "is too young to fly alone"
    return "needs our escort for 60 dollars" if age < 12 else "can fly alone"


def group_way(people: int) -> str:
    return "book online" if people < 10 else "write to our group desk"


ANSWERS: dict[str, Callable[[Slots], str]] = {
    "change-date": lambda s: (
        f"You can move {s['code']} to {s['date2']}. With {s['fare']} the change "
        f"{CHANGE_FEE[s['fare']]}."
    ),
    "cancel": lambda s: (
        f"You can cancel {s['code']} online. With {s['fare']} you get back {REFUND[s['fare']]}."
    ),
    "baggage": lambda s: f"To {s['city']} a {s['fare']} ticket includes {BAGS[s['fare']]}.",
    "overweight": lambda s: (
        f"On {s['flight']} a bag of {s['kilos']} kilos {overweight(int(s['kilos']))}."
    ),
    "extra-bag": lambda s: (
        f"An extra bag on {s['code']} costs 35 dollars online and 50 at the airport."
    ),
    "check-in-opens": lambda s: (
        f"Check-in for {s['flight']} on {s['date']} opens 30 hours before departure."
    ),
    "check-in-closes": lambda s: f"Check-in for {s['flight']} closes 60 minutes before departure.",
    "boarding-pass": lambda s: (
        f"We have sent the boarding pass for {s['flight']} to {s['name']} again."
    ),
    "status": lambda s: f"Open Flight Status and enter {s['flight']} and {s['date']}.",
    "delay": lambda s: (
        f"For {s['hours']} of delay on {s['flight']} you get "
        f"{compensation(int(s['hours'].split()[0]))}."
    ),
    "cancelled-flight": lambda s: (
        f"We are sorry about {s['flight']}. You can rebook {s['code']} for free or ask for a "
        f"refund."
    ),
    "missed-connection": lambda s: (
        f"Go to the transfer desk in {s['city']}. You get a seat on the next flight to "
        f"{s['city2']}."
    ),
    "refund-status": lambda s: (
        f"The refund of {s['amount']} dollars for {s['code']} takes up to 7 days."
    ),
    "seat": lambda s: f"Seat {s['seat']} on {s['code']} {SEAT_FEE[s['fare']]} with {s['fare']}.",
    "pet": lambda s: (
        f"On {s['flight']} your {s['animal']} travels {pet_place(int(s['weight']))}."
    ),
    "wheelchair": lambda s: f"A wheelchair for {s['name']} will be ready for {s['flight']}.",
    "meal": lambda s: (
        f"You can order a {s['meal']} meal on {s['flight']} until 24 hours before departure."
    ),
    "child": lambda s: f"At {s['age']} {s['first']} {child_ticket(int(s['age']))}.",
    "alone": lambda s: f"{s['first']} {alone(int(s['age']))} to {s['city']} at {s['age']}.",
    "sports": lambda s: f"A {s['gear']} on {s['flight']} costs {GEAR[s['gear']]} dollars.",
    "lost-bag": lambda s: f"Please report bag {s['tag']} at the baggage desk in {s['city']}.",
    "lost-item": lambda s: (
        f"We will look for your {s['item']} at seat {s['seat']} on {s['flight']}."
    ),
    "name": lambda s: f"We have changed the name on {s['code']} to {s['name']}.",
    "book": lambda s: (
        f"Go to Book, choose {s['city']} to {s['city2']} and the date {s['date']}."
    ),
    "upgrade": lambda s: (
        f"The upgrade of {s['code']} from {s['fare']} to Business costs {UPGRADE[s['fare']]} "
        f"dollars."
    ),
    "invoice": lambda s: f"The invoice for {s['code']} is on its way to {s['name']}.",
    "miles": lambda s: f"With {s['fare']} you earn {MILES[s['fare']]} miles on {s['flight']}.",
    "payment": lambda s: (
        f"You can pay {s['code']} by {s['method']}. Please pay {METHODS[s['method']]}."
    ),
    "group": lambda s: (
        f"For {s['people']} people to {s['city']} please {group_way(int(s['people']))}."
    ),
    "lounge": lambda s: f"The lounge in {s['city']} {LOUNGE[s['fare']]} with {s['fare']}.",
}  # fmt: skip

# Intents that a passenger asks about in one breath; a fifth of the pairs never occurs in training.
PAIRED = ("baggage", "check-in-closes", "status", "pet", "wheelchair", "meal", "sports", "seat",
          "miles", "lounge", "upgrade", "extra-bag", "boarding-pass", "overweight")  # fmt: skip


GENDERED = {
    "He": ("She", "He"), "he": ("she", "he"), "His": ("Her", "His"), "his": ("her", "his"),
    "son": ("daughter", "son"), "nephew": ("niece", "nephew"), "mother": ("mother", "father"),
    "grandson": ("granddaughter", "grandson"),
}  # fmt: skip


class Values:
    """Where slot values come from. What a pool holds out, `draw(True)` alone gives."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        dates = [
            f"{day} {month}"
            for month, n_days in zip(names.MONTHS, names.DAYS_IN, strict=True)
            for day in range(1, n_days + 1)
        ]
        amounts = [str(n) for n in range(60, 960) if len(set(str(n))) == len(str(n))]
        seats = [f"{row}{letter}" for row in range(1, 41) for letter in "ABCDEF"]
        pools = {"date": dates, "seat": seats, "amount": amounts}
        self.pools = {name: one_in(pool, 6, rng) for name, pool in pools.items()}
        self.names = {kind: names.pool(kind, rng) for kind in ("woman", "man", "last", "city")}
        self.codes: dict[bool, set[str]] = {False: set(), True: set()}

    def draw(self, held_out: bool) -> Slots:
        """A value for every slot; codes, flights and tags are new each time."""
        rng = self.rng
        pick = {name: rng.sample(pool[held_out], 2) for name, pool in self.pools.items()}
        date = pick["date"]
        is_man = rng.random() < 0.5
        first = self.names["man" if is_man else "woman"].draw(held_out, rng)
        last, city, city2 = (
            self.names[kind].draw(held_out, rng) for kind in ("last", "city", "city")
        )
        hours, is_small = rng.randint(1, 9), rng.random() < 0.5
        weight = rng.randint(2, 8) if is_small else rng.randint(9, 30)
        animals = SMALL_ANIMALS if is_small else BIG_ANIMALS
        values = {
            "code": self._new(self._booking_code, held_out),
            "flight": self._new(self._flight, held_out),
            "tag": self._new(lambda: "".join(rng.sample("0123456789", 5)), held_out),
            "name": f"{first} {last}", "first": first,
            "city": city, "city2": city2, "date": date[0], "date2": date[1],
            "seat": pick["seat"][0], "amount": pick["amount"][0],
            "fare": rng.choice(FARES), "hours": f"{hours} hour{'s' if hours > 1 else ''}",
            "kilos": str(rng.randint(15, 40)), "weight": str(weight),
            "animal": rng.choice(animals), "meal": rng.choice(MEALS), "item": rng.choice(ITEMS),
            "gear": rng.choice(list(GEAR)), "age": str(rng.randint(1, 16)),
            "method": rng.choice(list(METHODS)), "people": str(rng.randint(3, 30)),
        }  # fmt: skip
        return {**values, **{slot: forms[is_man] for slot, forms in GENDERED.items()}}

    def _booking_code(self) -> str:
        """Letters and digits in turn, none twice: `K7M2X9`."""
        letters, digits = self.rng.sample(LETTERS, 3), self.rng.sample("23456789", 3)
        return "".join(part for pair in zip(letters, digits, strict=True) for part in pair)

    def _flight(self) -> str:
        return "".join([*self.rng.sample(LETTERS, 2), *self.rng.sample("123456789", 3)])

    def _new(self, make: Callable[[], str], held_out: bool) -> str:
        """A code that the other side has not."""
        while (code := make()) in self.codes[not held_out]:
            pass
        self.codes[held_out].add(code)
        return code


class Airline:
    """Draws rows: a question of one intent or two, dressed up, with the answer that fits."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.values = Values(self.rng)
        self.known = {intent: lines(kept) for intent, (kept, _) in QUESTIONS.items()}
        self.new = {intent: lines(held) for intent, (_, held) in QUESTIONS.items()}
        pairs = [(a, b) for i, a in enumerate(PAIRED) for b in PAIRED[i + 1 :]]
        self.pairs, self.new_pairs = one_in(pairs, 5, self.rng)
        self.seen: set[str] = set()

    def single(self, intent: str, held_out: bool = False, new_wording: bool = False) -> Row:
        """A question that the set does not hold yet."""
        return self._unseen(lambda: self._single(intent, held_out, new_wording))

    def pair(self, new: bool) -> Row:
        """Two questions in one, of a pair of intents that is (or is not) held out."""
        return self._unseen(lambda: self._pair(new))

    def _unseen(self, make: Callable[[], Row]) -> Row:
        while (row := make())["instruction"] in self.seen:
            pass
        self.seen.add(row["instruction"])
        return row

    def _slots(self, intents: tuple[str, ...], held_out: bool) -> Slots:
        slots = self.values.draw(held_out)
        if "upgrade" in intents:
            slots["fare"] = self.rng.choice(list(UPGRADE))
        return slots

    def _single(self, intent: str, held_out: bool, new_wording: bool) -> Row:
        rng, slots = self.rng, self._slots((intent,), held_out)
        core = rng.choice((self.new if new_wording else self.known)[intent])
        parts = [core]
        used = slots_of(core) | ({"first"} if "name" in core else set())
        free = [slot for slot in ASIDES if slot not in used and (slot != "name" or "first" not in
                used)]  # fmt: skip
        if rng.random() < 0.2:
            parts.insert(0, ASIDES[rng.choice(free)])
        if rng.random() < 0.35:
            parts.insert(0, rng.choice(lines(OPENINGS)))
        if rng.random() < 0.3:
            parts.append(rng.choice(lines(CLOSINGS)))
        question = joined([spoken(part, rng, slots) for part in parts])
        return {"instruction": question, "output": ANSWERS[intent](slots), "group": intent}

    def _pair(self, new: bool) -> Row:
        rng = self.rng
        intents = rng.choice(self.new_pairs if new else self.pairs)
        slots = self._slots(intents, False)
        if rng.random() < 0.5:
            intents = intents[::-1]
        cores = [spoken(rng.choice(self.known[intent]), rng, slots) for intent in intents]
        joiner = spoken(rng.choice(lines(JOINERS)), rng, slots)
        question = joined([cores[0], joiner, cores[1]])
        answer = " ".join(ANSWERS[intent](slots) for intent in intents)
        return {"instruction": question, "output": answer, "group": " + ".join(intents)}


def joined(parts: list[str]) -> str:
    """Parts as one text: each ends as a sentence does where another follows."""
    closed = [
        part if part[-1] in ".,:!?" else f"{part}."
        for part in parts[:-1]
    ]  # fmt: skip
    text = " ".join([*closed, parts[-1]])
    text = re.sub(r"\b([Aa]) (?=8\b|11\b|18\b)", r"\1n ", text)
    return re.sub(r"\b1 years\b", "1 year", text)


def make(seed: int) -> Rows:
    """All rows of the set by split."""
    source = Airline(seed)
    intents = list(QUESTIONS)
    # Held-out values are drawn first: what they take, no training row can have.
    test = [
        *({**source.single(intent, held_out=True), "holdout": "slots"} for intent in intents * 16),
        *(
            {**source.single(intent, new_wording=True), "holdout": "phrasings"}
            for intent in intents * 16
        ),
        *({**source.pair(new=True), "holdout": "frames"} for _ in range(320)),
    ]
    train = [source.single(intent) for intent in intents * 390]
    train += [source.pair(new=False) for _ in range(1_700)]
    validation = [source.single(intent) for intent in intents * 8]
    validation += [source.pair(new=False) for _ in range(60)]
    source.rng.shuffle(train)
    return {"train": train, "validation": validation, "test": test}
