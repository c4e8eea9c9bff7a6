"""The words of the set `general`: things, days, reasons, judgements, and words to spell."""

from instructions_gen.phrases import listed

THINGS = listed("""
key book phone bag letter ball lamp coat hat cup box map ring watch pen shirt camera bottle basket
blanket candle clock drum guitar hammer jar kettle ladder mirror needle pillow plate purse radio
rope scarf spoon sword ticket towel umbrella vase violin wallet whistle
""")
PLACES = listed("""
kitchen garden park library office school station market museum church cellar attic garage hall
hotel theatre bakery barn cabin castle forest harbour hospital kiosk stable studio tower valley
""")
ANIMALS = listed(
    "dog cat horse bird cow goat sheep rabbit duck donkey monkey parrot turtle fox owl"
)
DAYS = listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
JOBS = listed("""
baker teacher doctor farmer painter driver singer nurse lawyer writer sailor tailor pilot miner
banker dentist gardener plumber carpenter
""")

# What is done to a thing: the third person and the past of each verb.
DEEDS = {
    "buy": ("buys", "bought"), "sell": ("sells", "sold"), "find": ("finds", "found"),
    "lose": ("loses", "lost"), "clean": ("cleans", "cleaned"), "carry": ("carries", "carried"),
    "break": ("breaks", "broke"), "paint": ("paints", "painted"), "hide": ("hides", "hid"),
    "bring": ("brings", "brought"), "take": ("takes", "took"), "draw": ("draws", "drew"),
    "drop": ("drops", "dropped"), "keep": ("keeps", "kept"), "repair": ("repairs", "repaired"),
    "steal": ("steals", "stole"), "want": ("wants", "wanted"), "see": ("sees", "saw"),
}  # fmt: skip
DONE = {
    "buy": "bought", "sell": "sold", "find": "found", "clean": "cleaned", "carry": "carried",
    "break": "broken", "paint": "painted", "hide": "hidden", "bring": "brought", "take": "taken",
    "draw": "drawn", "steal": "stolen", "repair": "repaired",
}  # fmt: skip

REASONS = {
    "meeting": ("I am ill", "my train is late", "I have to work", "my car broke down"),
    "party": ("I am ill", "I am on a trip", "I have to work", "my sister is visiting"),
    "dinner": ("I am ill", "I have to work", "my son is sick", "I am on a trip"),
    "lesson": ("I am ill", "my train is late", "my bicycle is broken", "I have a meeting"),
}

GOOD = listed("""
great wonderful lovely excellent delicious friendly helpful beautiful fantastic perfect amazing
brilliant charming clean comfortable pleasant superb tasty warm kind
""")
BAD = listed("""
terrible awful horrible boring rude dirty slow cold disgusting ugly broken noisy bad poor sad
useless unfriendly stale weak dull
""")
REVIEWED = listed("""
food service hotel film room book soup coffee staff trip concert driver flight museum waiter bed
song story restaurant garden
""")

SPELLED = listed("""
because friend believe receive tomorrow beautiful different together children question library
important interesting language business kitchen weather address balloon calendar february
separate surprise disappear necessary restaurant beginning knowledge neighbour favourite holiday
mountain village minister hospital picture teacher student morning evening window garden brother
sister mother father village station station market dinner breakfast summer winter letter answer
animal family country island bridge castle doctor engine factory forest harbour journey
""")

OPPOSITES = {
    "hot": "cold", "big": "small", "fast": "slow", "old": "new", "happy": "sad", "rich": "poor",
    "light": "dark", "open": "closed", "full": "empty", "early": "late", "strong": "weak",
    "clean": "dirty", "hard": "soft", "high": "low", "near": "far", "wet": "dry", "loud": "quiet",
    "thick": "thin", "true": "false", "wide": "narrow", "long": "short", "good": "bad",
    "heavy": "light", "first": "last", "deep": "shallow", "sharp": "blunt", "brave": "timid",
    "up": "down", "left": "right", "in": "out", "before": "after", "buy": "sell", "win": "lose",
}  # fmt: skip
WORD_KINDS = {
    "animal": ANIMALS,
    "job": JOBS,
    "fruit": listed("apple pear plum cherry orange banana lemon grape peach melon"),
    "colour": listed("red blue green yellow black white brown purple pink grey"),
    "day": DAYS,
    "tool": listed("hammer saw drill spade axe rake pliers chisel"),
    "vehicle": listed("car bus train boat plane truck tram bicycle ship taxi"),
}
