"""The words of the set `translation`: English, French and Spanish side by side, with their forms.

A line of a noun table: English singular and plural | French gender, singular, plural | Spanish
gender, singular, plural.
"""

from dataclasses import dataclass

from instructions_gen.phrases import listed


@dataclass(frozen=True)
class Noun:
    en: tuple[str, str]  # singular, plural
    fr: tuple[str, str]
    es: tuple[str, str]
    fr_gender: str
    es_gender: str


@dataclass(frozen=True)
class Adjective:
    """French and Spanish forms: masculine and feminine singular, masculine and feminine plural.

    before: stands before its noun, by language. fr_vowel: the masculine before a vowel. es_short:
    the masculine before its noun. es_is: which of the two verbs `to be` goes with it.
    """

    en: str
    fr: tuple[str, str, str, str]
    es: tuple[str, str, str, str]
    es_is: str
    fr_before: bool = False
    es_before: bool = False
    fr_vowel: str = ""
    es_short: str = ""
    en_more: str = ""


def _nouns(table: str) -> dict[str, Noun]:
    nouns = {}
    for line in table.strip().splitlines():
        english, french, spanish = (part.split() for part in line.split("|"))
        nouns[english[0]] = Noun(
            (english[0], english[1]), (french[1], french[2]), (spanish[1], spanish[2]),
            french[0], spanish[0],
        )  # fmt: skip
    return nouns


NOUNS: dict[str, dict[str, Noun]] = {
    "thing": _nouns("""
        book books | m livre livres | m libro libros
        car cars | f voiture voitures | m coche coches
        key keys | f clé clés | f llave llaves
        ticket tickets | m billet billets | m billete billetes
        pen pens | m stylo stylos | m bolígrafo bolígrafos
        newspaper newspapers | m journal journaux | m periódico periódicos
        hat hats | m chapeau chapeaux | m sombrero sombreros
        shirt shirts | f chemise chemises | f camisa camisas
        jacket jackets | f veste vestes | f chaqueta chaquetas
        bag bags | m sac sacs | m bolso bolsos
        umbrella umbrellas | m parapluie parapluies | m paraguas paraguas
        phone phones | m téléphone téléphones | m teléfono teléfonos
        computer computers | m ordinateur ordinateurs | m ordenador ordenadores
        photo photos | f photo photos | f foto fotos
        chair chairs | f chaise chaises | f silla sillas
        lamp lamps | f lampe lampes | f lámpara lámparas
        bottle bottles | f bouteille bouteilles | f botella botellas
        cup cups | f tasse tasses | f taza tazas
        plate plates | f assiette assiettes | m plato platos
        flower flowers | f fleur fleurs | f flor flores
        coat coats | m manteau manteaux | m abrigo abrigos
        dress dresses | f robe robes | m vestido vestidos
        present presents | m cadeau cadeaux | m regalo regalos
        box boxes | f boîte boîtes | f caja cajas
        watch watches | f montre montres | m reloj relojes
        letter letters | f lettre lettres | f carta cartas
    """),
    "opening": _nouns("""
        door doors | f porte portes | f puerta puertas
        window windows | f fenêtre fenêtres | f ventana ventanas
        shop shops | m magasin magasins | f tienda tiendas
    """),
    "text": _nouns("""
        book books | m livre livres | m libro libros
        letter letters | f lettre lettres | f carta cartas
        newspaper newspapers | m journal journaux | m periódico periódicos
        message messages | m message messages | m mensaje mensajes
    """),
    "food": _nouns("""
        apple apples | f pomme pommes | f manzana manzanas
        orange oranges | f orange oranges | f naranja naranjas
        egg eggs | m œuf œufs | m huevo huevos
        tomato tomatoes | f tomate tomates | m tomate tomates
        lemon lemons | m citron citrons | m limón limones
        cake cakes | m gâteau gâteaux | m pastel pasteles
        banana bananas | f banane bananes | m plátano plátanos
    """),
    "animal": _nouns("""
        dog dogs | m chien chiens | m perro perros
        cat cats | m chat chats | m gato gatos
        horse horses | m cheval chevaux | m caballo caballos
        bird birds | m oiseau oiseaux | m pájaro pájaros
        cow cows | f vache vaches | f vaca vacas
    """),
    "person": _nouns("""
        boy boys | m garçon garçons | m niño niños
        girl girls | f fille filles | f niña niñas
        man men | m homme hommes | m hombre hombres
        woman women | f femme femmes | f mujer mujeres
        teacher teachers | m professeur professeurs | m profesor profesores
        doctor doctors | m médecin médecins | m médico médicos
        brother brothers | m frère frères | m hermano hermanos
        sister sisters | f sœur sœurs | f hermana hermanas
        mother mothers | f mère mères | f madre madres
        father fathers | m père pères | m padre padres
        neighbour neighbours | m voisin voisins | m vecino vecinos
        uncle uncles | m oncle oncles | m tío tíos
        aunt aunts | f tante tantes | f tía tías
        student students | m étudiant étudiants | m estudiante estudiantes
        nurse nurses | f infirmière infirmières | f enfermera enfermeras
        grandmother grandmothers | f grand-mère grands-mères | f abuela abuelas
    """),
    "place": _nouns("""
        station stations | f gare gares | f estación estaciones
        school schools | f école écoles | f escuela escuelas
        hotel hotels | m hôtel hôtels | m hotel hoteles
        market markets | m marché marchés | m mercado mercados
        restaurant restaurants | m restaurant restaurants | m restaurante restaurantes
        museum museums | m musée musées | m museo museos
        beach beaches | f plage plages | f playa playas
        library libraries | f bibliothèque bibliothèques | f biblioteca bibliotecas
        hospital hospitals | m hôpital hôpitaux | m hospital hospitales
        park parks | m parc parcs | m parque parques
        church churches | f église églises | f iglesia iglesias
        bank banks | f banque banques | m banco bancos
        airport airports | m aéroport aéroports | m aeropuerto aeropuertos
        office offices | m bureau bureaux | f oficina oficinas
        village villages | m village villages | m pueblo pueblos
        cinema cinemas | m cinéma cinémas | m cine cines
    """),
    "room": _nouns("""
        kitchen kitchens | f cuisine cuisines | f cocina cocinas
        garden gardens | m jardin jardins | m jardín jardines
        house houses | f maison maisons | f casa casas
        street streets | f rue rues | f calle calles
    """),
    "furniture": _nouns("""
        table tables | f table tables | f mesa mesas
        bed beds | m lit lits | f cama camas
        chair chairs | f chaise chaises | f silla sillas
    """),
    "vehicle": _nouns("""
        train trains | m train trains | m tren trenes
        bus buses | m bus bus | m autobús autobuses
        plane planes | m avion avions | m avión aviones
        boat boats | m bateau bateaux | m barco barcos
    """),
    "mass": _nouns("""
        bread bread | m pain pain | m pan pan
        milk milk | m lait lait | f leche leche
        coffee coffee | m café café | m café café
        tea tea | m thé thé | m té té
        cheese cheese | m fromage fromage | m queso queso
        rice rice | m riz riz | m arroz arroz
        soup soup | f soupe soupe | f sopa sopa
        meat meat | f viande viande | f carne carne
        water water | f eau eau | m agua agua
    """),
}
# `agua` is feminine but takes `el`; no adjective ever stands beside it here.

_WASHED = ("shirt", "jacket", "coat", "dress", "cup", "plate", "bottle")
NOUNS["washed"] = {name: NOUNS["thing"][name] for name in _WASHED}
NOUNS["written"] = {name: NOUNS["text"][name] for name in ("letter", "message")}
RELATIVES = ("brother", "sister", "mother", "father", "uncle", "aunt", "grandmother", "neighbour")
NOUNS["relative"] = {name: NOUNS["person"][name] for name in RELATIVES}
ONLY_ONE = ("mother", "father")  # of these a person has one


def _regular(m: str) -> tuple[str, str, str, str]:
    """French: an e for the feminine (unless it ends in one), an s for the plural."""
    f = m if m.endswith("e") else f"{m}e"
    return m, f, m if m.endswith("s") else f"{m}s", f"{f}s"


def _spanish(m: str) -> tuple[str, str, str, str]:
    """Spanish: -o has four forms, others two; after a consonant the plural ends in -es."""
    if m.endswith("o"):
        return m, f"{m[:-1]}a", f"{m}s", f"{m[:-1]}as"
    plural = f"{m}s" if m[-1] in "aeé" else f"{m}es"
    return m, m, plural, plural


def _adjective(en: str, fr: str, es: str, es_is: str, **more: object) -> Adjective:
    french = tuple(fr.split())
    spanish = tuple(es.split())
    return Adjective(
        en,
        french if len(french) == 4 else _regular(fr),  # type: ignore[arg-type]
        spanish if len(spanish) == 4 else _spanish(es),  # type: ignore[arg-type]
        es_is,
        **more,  # type: ignore[arg-type]
    )


# Of things: these stand beside the noun.
OF_THINGS = {
    adjective.en: adjective
    for adjective in (
        _adjective("red", "rouge", "rojo", "ser"),
        _adjective("blue", "bleu", "azul", "ser"),
        _adjective("green", "vert", "verde", "ser"),
        _adjective("white", "blanc blanche blancs blanches", "blanco", "ser"),
        _adjective("black", "noir", "negro", "ser"),
        _adjective("yellow", "jaune", "amarillo", "ser"),
        _adjective("small", "petit", "pequeño", "ser", fr_before=True, en_more="smaller"),
        _adjective("big", "grand", "grande", "ser", fr_before=True, en_more="bigger"),
        _adjective(
            "new", "nouveau nouvelle nouveaux nouvelles", "nuevo", "ser", fr_before=True,
            fr_vowel="nouvel",
        ),
        _adjective(
            "old", "vieux vieille vieux vieilles", "viejo", "ser", fr_before=True,
            fr_vowel="vieil", en_more="older",
        ),
        _adjective(
            "beautiful", "beau belle beaux belles", "bonito", "ser", fr_before=True,
            fr_vowel="bel", en_more="more beautiful",
        ),
        _adjective(
            "good", "bon bonne bons bonnes", "bueno", "ser", fr_before=True, es_before=True,
            es_short="buen",
        ),
        _adjective("expensive", "cher chère chers chères", "caro", "ser",
                   en_more="more expensive"),
        _adjective("clean", "propre", "limpio", "estar"),
        _adjective("dirty", "sale", "sucio", "estar"),
        _adjective("heavy", "lourd", "pesado", "ser", en_more="heavier"),
        _adjective("modern", "moderne", "moderno", "ser", en_more="more modern"),
        _adjective("broken", "cassé", "roto", "estar"),
    )
}  # fmt: skip
COLOURS = ("red", "blue", "green", "white", "black", "yellow")

# Of people: these follow the verb `to be`.
OF_PEOPLE = {
    adjective.en: adjective
    for adjective in (
        _adjective("tired", "fatigué", "cansado", "estar", en_more="more tired"),
        _adjective("happy", "content", "contento", "estar", en_more="happier"),
        _adjective("sad", "triste", "triste", "estar", en_more="sadder"),
        _adjective("sick", "malade", "enfermo", "estar"),
        _adjective("young", "jeune", "joven joven jóvenes jóvenes", "ser", en_more="younger"),
        _adjective("tall", "grand", "alto", "ser", en_more="taller"),
        _adjective("rich", "riche", "rico", "ser", en_more="richer"),
        _adjective("strong", "fort", "fuerte", "ser", en_more="stronger"),
        _adjective("kind", "gentil gentille gentils gentilles", "amable", "ser",
                   en_more="kinder"),
        _adjective("intelligent", "intelligent", "inteligente", "ser",
                   en_more="more intelligent"),
        _adjective("busy", "occupé", "ocupado", "estar"),
        _adjective("angry", "fâché", "enfadado", "estar"),
        _adjective("ready", "prêt", "listo", "estar"),
        _adjective("famous", "célèbre", "famoso", "ser", en_more="more famous"),
        _adjective("lazy", "paresseux paresseuse paresseux paresseuses", "perezoso", "ser",
                   en_more="lazier"),
        _adjective("worried", "inquiet inquiète inquiets inquiètes", "preocupado", "estar"),
    )
}  # fmt: skip


FR_NUMBERS, ES_NUMBERS, EN_NUMBERS = (
    dict(zip(range(2, 13), listed(text), strict=True))
    for text in (
        "deux trois quatre cinq six sept huit neuf dix onze douze",
        "dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "two three four five six seven eight nine ten eleven twelve",
    )
)

# English, French, Spanish, and the tenses that they go with.
TIMES = (
    ("today", "aujourd'hui", "hoy", "present future"),
    ("every day", "tous les jours", "todos los días", "present"),
    ("in the morning", "le matin", "por la mañana", "present"),
    ("on Sundays", "le dimanche", "los domingos", "present"),
    ("yesterday", "hier", "ayer", "past"),
    ("last week", "la semaine dernière", "la semana pasada", "past"),
    ("on Monday", "lundi", "el lunes", "past future"),
    ("on Friday", "vendredi", "el viernes", "past future"),
    ("tomorrow", "demain", "mañana", "future"),
    ("next week", "la semaine prochaine", "la próxima semana", "future"),
    ("tonight", "ce soir", "esta noche", "future"),
)

# English, French (`de` contracts with the article), Spanish.
PREPOSITIONS = (
    ("on", "sur", "en", "furniture"),
    ("under", "sous", "debajo de", "furniture"),
    ("in", "dans", "en", "room"),
    ("in front of", "devant", "delante de", "place"),
    ("behind", "derrière", "detrás de", "place furniture"),
    ("near", "près de", "cerca de", "place furniture"),
)

QUANTITIES = (
    ("a glass of", "un verre de", "un vaso de", "milk tea water"),
    ("a kilo of", "un kilo de", "un kilo de", "bread cheese rice meat"),
    ("a cup of", "une tasse de", "una taza de", "coffee tea milk soup"),
    ("a bottle of", "une bouteille de", "una botella de", "milk water"),
    ("a little", "un peu de", "un poco de", "bread milk coffee tea cheese rice soup meat water"),
)

# Cities whose names are the same in the three languages. None begins with an H, before which
# French wavers between `de` and `d'`.
CITIES = listed("""
Madrid Oslo Lima Nantes Lille Brest Cannes Rennes Dijon Vigo Bilbao Boston Chicago Miami Dallas
Denver Seattle Toronto Ottawa Calgary Vancouver Orlando Memphis Atlanta Austin Tampa Omaha Tulsa
Fresno Portland Manchester Liverpool Bristol Oxford Cambridge Leeds Brighton Plymouth Aberdeen
Swansea Leipzig Bonn Linz Graz Essen Kiel Dortmund Potsdam Utrecht Bergen Turku Tampere Osaka Kobe
Nagoya Nara Nairobi Lagos Durban Lusaka Kampala Dakar Melbourne Brisbane Perth Auckland Recife
Salvador Santiago Montevideo Mendoza Quito Caracas Cali
""")
