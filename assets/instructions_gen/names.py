"""Names of people and cities that the sets speak of: common ones, and thousands of invented ones.

A small model that meets a hundred names a thousand times learns them by heart and writes one of
them for any new name; it learns to copy where it has to, among thousands that it meets a few times.
"""

import random
from collections.abc import Callable

from instructions_gen.phrases import listed, one_in

WOMEN = listed("""
Maria Anna Laura Sofia Elena Clara Julia Emma Nina Sara Lucia Paula Irene Marta Alice Rosa Carla
Diana Vera Eva Olga Ingrid Astrid Freya Greta Heidi Petra Sonja Katja Mila Zara Leila Amina Fatima
Aisha Yasmin Noor Samira Farah Hana Yuki Keiko Naomi Mei Lin Priya Anita Sunita Kavya Meera Divya
Grace Ruth Hope Joy Faith Esther Miriam Judith Hannah Rachel Rebecca Susan Helen Margaret Dorothy
Edith Agnes Florence Beatrice Harriet Charlotte Eleanor Matilda Rosalind Sylvia Teresa Bianca
Giulia Chiara Francesca Camille Chloe Manon Amelie Juliette Brigitte Odette Simone Ines Pilar
Carmen Dolores Lourdes Beatriz Joana
""")

MEN = listed("""
Tomas Lukas Jonas Felix Oscar Hugo Victor Simon Martin Anton
Bruno Carlos Diego Pablo Rafael Miguel Javier Sergio Andres Mateo Marco Luca Paolo Enzo Dario Fabio
Pierre Jean Louis Henri Marcel Olivier Thierry Hans Klaus Jurgen Stefan Dieter Werner Lars Sven
Erik Nils Olaf Bjorn Magnus Ivan Boris Dmitri Pavel Milan Zoran Goran Omar Hassan Karim Tariq
Samir Yusuf Ibrahim Ahmed Rashid Kenji Hiroshi Takeshi Satoshi Wei Jun Chen Ravi Arjun Vikram
Rohan Sanjay Anil Kofi Kwame Tunde Chidi Femi Sipho Thabo George Arthur Walter Harold Edgar Ernest
Albert Frederick Theodore Benjamin Samuel Daniel Nathan Joseph Isaac Patrick Liam Declan Owen Rhys
""")

LAST_NAMES = listed("""
Keller Lindqvist Rahman Novak Moreau Silva Costa Pereira Almeida Santos Rossi Bianchi Ferrari Greco
Romano Fontana Conti Marino Lombardi Garcia Lopez Torres Navarro Ortega Molina Vargas Castillo
Herrera Mendoza Fuentes Dubois Laurent Bernard Lefevre Girard Fournier Marchand Perrin Schmidt
Weber Fischer Becker Hoffmann Schneider Vogel Krause Brandt Jansen Bakker Visser Mulder Smit
Peeters Larsen Hansen Nilsson Berg Dahl Holm Lund Strand Virtanen Korhonen Niemi Kowalski Nowak
Zielinski Horvath Nagy Szabo Popescu Ionescu Petrov Ivanov Sokolov Volkov Dimitrov Markovic
Jovanovic Papadakis Nikolaidis Demir Yilmaz Kaya Haddad Nasser Mansour Khalil Saleh Farouk Ahmadi
Karimi Tanaka Suzuki Yamamoto Watanabe Nakamura Kobayashi Kim Park Choi Zhang Wang Huang Nguyen
Tran Pham Patel Sharma Gupta Singh Mehta Kapoor Desai Reddy Okafor Adeyemi Mensah Boateng Diallo
Traore Mwangi Otieno Dlamini Nkosi Smith Jones Taylor Brown Wilson Evans Walker Wright Green Hughes
Edwards Turner Parker Collins Morris Rogers Cooper Bailey Kelly Murphy Byrne Gallagher Campbell
Stewart Fraser Sinclair Barnes Fletcher Harrison Palmer Webster Whitfield Ashworth Bradley Thornton
Hartley Hawkins Lambert Mercer Norris Osborne Quinn Redmond Sheridan Tucker Underwood Vaughan Wells
""")

CITIES = listed("""
Lisbon Oslo Madrid Rome Paris Berlin Vienna Prague Warsaw Athens Dublin London Stockholm Helsinki
Copenhagen Brussels Amsterdam Zurich Geneva Milan Venice Naples Florence Turin Palermo Barcelona
Valencia Seville Malaga Bilbao Porto Faro Lyon Marseille Nice Toulouse Bordeaux Nantes Munich
Hamburg Frankfurt Cologne Dresden Leipzig Stuttgart Hanover Krakow Gdansk Budapest Bucharest Sofia
Belgrade Zagreb Ljubljana Bratislava Tallinn Riga Vilnius Bergen Gothenburg Malmo Aarhus Reykjavik
Edinburgh Glasgow Manchester Liverpool Bristol Leeds Cardiff Belfast Cork Istanbul Ankara Izmir
Cairo Tunis Casablanca Marrakesh Nairobi Lagos Accra Dakar Durban Johannesburg Dubai Doha Muscat
Amman Beirut Baku Tbilisi Delhi Mumbai Chennai Bangalore Kolkata Karachi Lahore Dhaka Colombo
Kathmandu Bangkok Hanoi Singapore Jakarta Manila Taipei Tokyo Osaka Kyoto Seoul Busan Beijing
Shanghai Sydney Melbourne Brisbane Perth Adelaide Auckland Wellington Honolulu Boston Chicago
Denver Seattle Portland Dallas Houston Austin Atlanta Miami Orlando Tampa Detroit Cleveland
Nashville Memphis Phoenix Toronto Montreal Ottawa Vancouver Calgary Halifax Havana Bogota Lima
Quito Santiago Montevideo Caracas Brasilia Salvador Recife Fortaleza Curitiba Cordoba Mendoza
""")

MONTHS = listed("""
January February March April May June July August September October November December
""")
DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_STARTS = listed("""
Ash Bar Bel Bran Cal Car Cor Dal Dor Ed El Fal Fen Gar Gren Kal Kar Kel Lan Lar Lin Mal Mar Mer
Mor Nor Ol Or Pel Per Ran Ros Sal San Sel Sor Tal Tor Ul Val Ver Wal Wil Zan
""")
_SURNAME_ENDS = listed("""
aldi ander ari asen ato ek ell elli en ensen eth etti evic ford gard haus ini insky ley man mann
mark mont more nell nova oda ola ovic quist rano son stad stein strom vall wood worth
""")
_TOWN_ENDS = listed("""
bridge burg bury by dale fell field fjord gate ham haven heim holm hurst land leigh mere minster
mouth port stead stone ton vik ville wick ana anza ara asca ena era esco iera ina ino ona ora osa
""")
_FIRST_STARTS = listed("""
Ada Al Ama An Ari Bel Be Bri Cal Ca Da Dari De El Emi Er Fa Fi Ga Gi Il In Jo Ka Ke La Le Li Lo
Lu Ma Me Mi Na Ne Ni No Ola Pa Pe Ra Re Ri Ro Sa Se Si So Ta Te Ti Va Ve Vi Wi Ze Zo
""")
_WOMEN_ENDS = listed("bella dia dina lia lina mara mina nelle rina ria sha ssa tta tina via dora")
_MEN_ENDS = listed("bert dan dor drik fred kan lan len mar min mon nel nik no ric ron rus son tor")


_ONSETS = listed("b c d f g h j k l m n p r s t v w z br ch cr dr fr gr kr pr sh st th tr qu")
_VOWELS = listed("a e i o u ai ea ee ia ie oo ou")
_CODAS = listed("d k l m n nd nt r rd rk rn rt s sk ss st t x")
_N_DRAWN = 3_000  # blends, and names of syllables, in a pool
_LETTERS = (4, 10)  # the shortest and the longest of these names
_RUDE = listed("""
fuck shit cunt nig fag cock dick cum tit ass sex rap naz slut whor pus pis poo anal anus bitch
damn hitl jew gay homo dyk crap turd wank kik spic chink coon gook dum ugly
""")


def _drawn(make: Callable[[], str]) -> list[str]:
    """Different names of a decent length and sound."""
    made: dict[str, None] = {}
    while len(made) < _N_DRAWN:
        name = make().lower()
        if _LETTERS[0] <= len(name) <= _LETTERS[1] and not any(part in name for part in _RUDE):
            made[name.capitalize()] = None
    return list(made)


def _blend(real: list[str], rng: random.Random) -> str:
    """The start of one name and the end of another. A model copies a piece of a word badly that no
    training answer held, whatever stands around it (measured: 0 of 36); blends bring the pieces of
    the real names, in names that nobody has."""
    first, last = rng.choice(real), rng.choice(real)
    cut = len(first) // 2 + rng.choice((0, 1))
    return first[:cut] + last[len(last) // 2 + rng.choice((-1, 0)) :]


def _syllables(rng: random.Random) -> str:
    name = ""
    for _ in range(rng.choice((2, 2, 3))):
        name += rng.choice(_ONSETS) + rng.choice(_VOWELS[:5] if rng.random() < 0.7 else _VOWELS)
    return name + (rng.choice(_CODAS) if rng.random() < 0.5 else "")


def _compounds(starts: list[str], ends: list[str]) -> list[str]:
    return list(dict.fromkeys(start + end for start in starts for end in ends))


class Pool:
    """Names of four kinds, a part of each held out for test rows: real ones, compounds, blends of
    real ones, and names of random syllables."""

    WEIGHTS = (2, 1, 6, 1)

    def __init__(self, kinds: list[list[str]], rng: random.Random) -> None:
        self.kinds = [one_in(kind, 6, rng) for kind in kinds]

    def draw(self, held_out: bool, rng: random.Random) -> str:
        return rng.choice(rng.choices(self.kinds, self.WEIGHTS)[0][held_out])

    def draw_invented(self, held_out: bool, rng: random.Random) -> str:
        return rng.choice(rng.choices(self.kinds[1:], self.WEIGHTS[1:])[0][held_out])


def pool(kind: str, rng: random.Random, without: str = "") -> Pool:
    """A pool of `woman`, `man`, `last` or `city`; no name begins with a letter of `without`."""
    real, starts, ends = {
        "woman": (WOMEN, _FIRST_STARTS, _WOMEN_ENDS),
        "man": (MEN, _FIRST_STARTS, _MEN_ENDS),
        "last": (LAST_NAMES, _STARTS, _SURNAME_ENDS),
        "city": (CITIES, _STARTS, _TOWN_ENDS),
    }[kind]
    kinds = [real, _compounds(starts, ends), _drawn(lambda: _blend(real, rng)),
             _drawn(lambda: _syllables(rng))]  # fmt: skip
    seen: set[str] = set()
    for i, names in enumerate(kinds):
        kinds[i] = [name for name in names if name not in seen and name[0] not in without]
        seen.update(names)
    return Pool(kinds, rng)
