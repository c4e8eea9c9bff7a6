"""The set `translation`: everyday sentences from English into French and Spanish."""

import random
import zlib

from instructions_gen.phrases import Row, Rows, lines
from instructions_gen.translation import being, doing
from instructions_gen.translation.drawer import Drawer, Sentence

# Each frame and how often it is drawn.
FRAMES = {
    doing.act: 30, doing.wait_for_name: 6, doing.move: 10, doing.modal: 10, doing.order: 6,
    doing.like: 7, doing.would_like: 3, doing.have: 6, doing.travel: 3, doing.live: 5,
    being.be_people: 9, being.think: 5, being.why: 3, being.be_thing: 8, being.be_where: 7,
    being.there_is: 6, being.there_is_no: 2, being.compare: 6, being.ask_place: 7,
    being.how_many: 2, being.timetable: 5, being.owned: 4,
}  # fmt: skip
LANGUAGES = {"French": "fr", "Spanish": "es"}

WORDINGS = """
    Translate into {language}.
    Translate to {language}.
    Translate this into {language}.
    Translate the sentence into {language}.
    Put this into {language}.
    Say this in {language}.
    How do you say this in {language}?
    What is this in {language}?
    {language}, please.
    Into {language}.
    Give me the {language} translation.
    Write this in {language}.
"""
NEW_WORDINGS = """
    Please turn this into {language}.
    What would this be in {language}?
    I need this sentence in {language}.
    Can you put the following into {language}?
    How would you write this in {language}?
    Could you translate that to {language} for me?
"""

HELD_OUT = 8  # one frame, and one pair of words, in so many is never trained on


def _is_held_out(kind: str, name: str, seed: int) -> bool:
    return zlib.crc32(f"{seed}/{kind}/{name}".encode()) % HELD_OUT == 0


class Translator:
    """Draws sentences, and knows which frames and pairs of words are held out."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, random.Random(seed)
        self.draw = Drawer(self.rng)
        self.seen: set[str] = set()

    def new_frame(self, sentence: Sentence) -> bool:
        return _is_held_out("frame", sentence.frame, self.seed)

    def new_pair(self, sentence: Sentence) -> bool:
        return any(_is_held_out("pair", pair, self.seed) for pair in sentence.pairs)

    def sentence(self, holdout: str = "") -> Sentence:
        """A sentence that was not drawn before, of the wanted kind of novelty."""
        self.draw.held_out = holdout == "slots"
        while True:
            made = self.rng.choices(list(FRAMES), list(FRAMES.values()))[0](self.draw)
            frame, pair = self.new_frame(made), self.new_pair(made)
            fits = (frame or pair) if holdout == "frames" else not (frame or pair)
            if holdout == "slots":
                fits = fits and made.named
            texts = {made.en, made.fr, made.es}  # `his` and `her` give one translation
            if fits and not texts & self.seen:
                self.seen |= texts
                return made

    def row(self, holdout: str = "") -> Row:
        made = self.sentence(holdout)
        language = self.rng.choice(list(LANGUAGES))
        wordings = lines(NEW_WORDINGS if holdout == "phrasings" else WORDINGS)
        instruction = self.rng.choice(wordings).format(language=language)
        group = language
        if holdout == "frames":
            group += ", new frame" if self.new_frame(made) else ", new pair of words"
        return {
            "instruction": instruction, "input": made.en, "holdout": holdout, "group": group,
            "output": getattr(made, LANGUAGES[language]),
        }  # fmt: skip


def make(seed: int) -> Rows:
    """All rows of the set by split. No English sentence occurs twice."""
    source = Translator(seed)
    test = [source.row("slots") for _ in range(400)]
    test += [source.row("frames") for _ in range(480)]
    test += [source.row("phrasings") for _ in range(400)]
    validation = [source.row() for _ in range(400)]
    train = [source.row() for _ in range(12_000)]
    return {"train": train, "validation": validation, "test": test}
