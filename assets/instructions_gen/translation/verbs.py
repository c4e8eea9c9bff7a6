"""The verbs of the set `translation`, with all the forms that its frames use."""

from dataclasses import dataclass

PERSONS = ("1s", "2s", "3s", "1p", "3p")  # I, you (one friend), he or she, we, they


@dataclass(frozen=True)
class Verb:
    """en: base, third person, past. fr and es: the forms in the order of PERSONS."""

    en: tuple[str, str, str]
    fr_infinitive: str
    fr: tuple[str, ...]
    fr_participle: str
    es_infinitive: str
    es: tuple[str, ...]
    es_past: tuple[str, ...]
    objects: tuple[str, ...] = ()


def verb(en: str, fr: str, es: str, objects: str = "") -> Verb:
    """fr: infinitive, five forms of the present, participle; or an infinitive in -er alone.
    es: infinitive, five forms of the present, five of the past; or an infinitive in -ar alone."""
    french, spanish = fr.split(), es.split()
    if len(french) == 1:
        stem = fr.removesuffix("er")
        french = [fr, *(stem + end for end in ("e", "es", "e", "ons", "ent", "é"))]
    if len(spanish) == 1:
        stem = es.removesuffix("ar")
        present = ("o", "as", "a", "amos", "an")
        past = ("é", "aste", "ó", "amos", "aron")
        spanish = [es, *(stem + end for end in (*present, *past))]
    english = en.split(",")
    return Verb(
        (english[0], english[1], english[2]), french[0], tuple(french[1:6]), french[6],
        spanish[0], tuple(spanish[1:6]), tuple(spanish[6:]), tuple(objects.split()),
    )  # fmt: skip


TRANSITIVE = {
    one.en[0]: one
    for one in (
        verb("buy,buys,bought", "acheter achète achètes achète achetons achètent acheté",
              "comprar", "thing food"),
        verb("sell,sells,sold", "vendre vends vends vend vendons vendent vendu",
              "vender vendo vendes vende vendemos venden vendí vendiste vendió vendimos vendieron",
              "thing food animal"),
        verb("see,sees,saw", "voir vois vois voit voyons voient vu",
              "ver veo ves ve vemos ven vi viste vio vimos vieron",
              "thing animal person place"),
        verb("find,finds,found", "trouver",
              "encontrar encuentro encuentras encuentra encontramos encuentran encontré "
              "encontraste encontró encontramos encontraron", "thing animal"),
        verb("lose,loses,lost", "perdre perds perds perd perdons perdent perdu",
              "perder pierdo pierdes pierde perdemos pierden perdí perdiste perdió perdimos "
              "perdieron", "thing"),
        verb("open,opens,opened", "ouvrir ouvre ouvres ouvre ouvrons ouvrent ouvert",
              "abrir abro abres abre abrimos abren abrí abriste abrió abrimos abrieron",
              "opening"),
        verb("close,closes,closed", "fermer",
              "cerrar cierro cierras cierra cerramos cierran cerré cerraste cerró cerramos "
              "cerraron", "opening"),
        verb("eat,eats,ate", "manger mange manges mange mangeons mangent mangé",
              "comer como comes come comemos comen comí comiste comió comimos comieron", "food"),
        verb("read,reads,read", "lire lis lis lit lisons lisent lu",
              "leer leo lees lee leemos leen leí leíste leyó leímos leyeron", "text"),
        verb("write,writes,wrote", "écrire écris écris écrit écrivons écrivent écrit",
              "escribir escribo escribes escribe escribimos escriben escribí escribiste escribió "
              "escribimos escribieron", "written"),
        verb("help,helps,helped", "aider", "ayudar", "person"),
        verb("call,calls,called", "appeler appelle appelles appelle appelons appellent appelé",
              "llamar", "person"),
        verb("wait for,waits for,waited for",
              "attendre attends attends attend attendons attendent attendu", "esperar", "person"),
        verb("look for,looks for,looked for", "chercher",
              "buscar busco buscas busca buscamos buscan busqué buscaste buscó buscamos buscaron",
              "thing animal person"),
        verb("visit,visits,visited", "visiter", "visitar", "place"),
        verb("wash,washes,washed", "laver", "lavar", "washed"),
        verb("bring,brings,brought", "apporter",
              "traer traigo traes trae traemos traen traje trajiste trajo trajimos trajeron",
              "thing food"),
        verb("choose,chooses,chose", "choisir choisis choisis choisit choisissons choisissent "
              "choisi", "elegir elijo eliges elige elegimos eligen elegí elegiste eligió elegimos "
              "eligieron", "thing food"),
        verb("forget,forgets,forgot", "oublier", "olvidar", "thing"),
        verb("draw,draws,drew", "dessiner", "dibujar", "animal person thing"),
    )
}  # fmt: skip

# With `to`, French `à` and Spanish `a`; the French past is made with `être`.
MOTION = {
    one.en[0]: one
    for one in (
        verb("go to,goes to,went to", "aller vais vas va allons vont allé",
              "ir voy vas va vamos van fui fuiste fue fuimos fueron"),
        verb("return to,returns to,returned to", "retourner",
              "volver vuelvo vuelves vuelve volvemos vuelven volví volviste volvió volvimos "
              "volvieron"),
        verb("arrive at,arrives at,arrived at", "arriver",
              "llegar llego llegas llega llegamos llegan llegué llegaste llegó llegamos llegaron"),
    )
}  # fmt: skip

# A verb and the infinitive that follows it.
MODAL = {
    "want to": verb("want to,wants to,wanted to", "vouloir veux veux veut voulons veulent voulu",
                     "querer quiero quieres quiere queremos quieren quise quisiste quiso quisimos "
                     "quisieron"),
    "can": verb("can,can,could", "pouvoir peux peux peut pouvons peuvent pu",
                 "poder puedo puedes puede podemos pueden pude pudiste pudo pudimos pudieron"),
    "must": verb("must,must,had to", "devoir dois dois doit devons doivent dû",
                  "deber debo debes debe debemos deben debí debiste debió debimos debieron"),
}  # fmt: skip

FR_AVOIR, FR_ETRE, FR_ETAIT, FR_ALLER = (
    ("ai", "as", "a", "avons", "ont"),
    ("suis", "es", "est", "sommes", "sont"),
    ("étais", "étais", "était", "étions", "étaient"),
    ("vais", "vas", "va", "allons", "vont"),
)
ES_SER, ES_ERA, ES_ESTAR, ES_ESTABA, ES_IR, ES_TENER = (
    ("soy", "eres", "es", "somos", "son"),
    ("era", "eras", "era", "éramos", "eran"),
    ("estoy", "estás", "está", "estamos", "están"),
    ("estaba", "estabas", "estaba", "estábamos", "estaban"),
    ("voy", "vas", "va", "vamos", "van"),
    ("tengo", "tienes", "tiene", "tenemos", "tienen"),
)

LIVE = verb("live,lives,lived", "habiter",
            "vivir vivo vives vive vivimos viven viví viviste vivió vivimos vivieron")  # fmt: skip

ORDERS = {  # French and Spanish imperatives, to one friend
    "open": ("ouvre", "abre"), "close": ("ferme", "cierra"), "read": ("lis", "lee"),
    "buy": ("achète", "compra"), "bring": ("apporte", "trae"), "wash": ("lave", "lava"),
    "choose": ("choisis", "elige"), "look for": ("cherche", "busca"), "call": ("appelle", "llama"),
    "help": ("aide", "ayuda"), "wait for": ("attends", "espera"), "write": ("écris", "escribe"),
}  # fmt: skip
