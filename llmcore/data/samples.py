"""Texts of many languages and of code, from packages on this machine: to measure on.

None is for training. Cut to `MAX_CHARACTERS`, so that the largest does not make one wait.
"""

import logging
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmcore.data.builtin import read_turns
from llmcore.packaged import packaged_path

log = logging.getLogger(__name__)

MAX_CHARACTERS = 40_000
_CONVERSATIONS = "chatterbot_corpus/data"
# Folder of chatterbot-corpus -> language.
_LANGUAGES = {
    "english": "English", "german": "German", "french": "French", "spanish": "Spanish",
    "portuguese": "Portuguese", "italian": "Italian", "swedish": "Swedish", "turkish": "Turkish",
    "indonesian": "Indonesian", "russian": "Russian", "ukrainian": "Ukrainian",
    "hebrew": "Hebrew", "persian": "Persian", "hindi": "Hindi", "bengali": "Bengali",
    "chinese": "Chinese", "japanese": "Japanese", "korean": "Korean",
}  # fmt: skip
_PYTHON = ("textwrap.py", "json/encoder.py", "random.py", "heapq.py")  # of the standard library
_PACKAGED_CODE = {
    "JavaScript": ("sphinxcontrib-jquery", "sphinxcontrib/jquery/jquery-3.6.0.js"),
    "C++": ("torch", "torch/include/ATen/core/TensorBase.h"),
}

# The same two questions, written for this lab: what they cost differs, what they say does not.
SENTENCES: dict[str, str] = {
    "English": "Good morning. How much does the bread cost, and when does the train leave?",
    "German": "Guten Morgen. Wie viel kostet das Brot, und wann fährt der Zug ab?",
    "French": "Bonjour. Combien coûte le pain, et à quelle heure part le train ?",
    "Spanish": "Buenos días. ¿Cuánto cuesta el pan y a qué hora sale el tren?",
    "Italian": "Buongiorno. Quanto costa il pane e a che ora parte il treno?",
    "Swedish": "God morgon. Vad kostar brödet, och när går tåget?",
    "Turkish": "Günaydın. Ekmek ne kadar ve tren ne zaman kalkıyor?",
    "Greek": "Καλημέρα. Πόσο κάνει το ψωμί και πότε φεύγει το τρένο;",
    "Russian": "Доброе утро. Сколько стоит хлеб и когда отправляется поезд?",
    "Ukrainian": "Доброго ранку. Скільки коштує хліб і коли відправляється потяг?",
    "Hebrew": "בוקר טוב. כמה עולה הלחם, ומתי יוצאת הרכבת?",
    "Arabic": "صباح الخير. كم ثمن الخبز، ومتى يغادر القطار؟",
    "Hindi": "सुप्रभात। रोटी कितने की है, और ट्रेन कब छूटती है?",
    "Chinese": "早上好。面包多少钱？火车几点开？",
    "Japanese": "おはようございます。パンはいくらですか。電車は何時に出ますか。",
    "Korean": "좋은 아침입니다. 빵은 얼마이고 기차는 언제 출발합니까?",
}


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    text: str
    origin: str


@lru_cache(maxsize=1)
def sample_texts() -> tuple[Sample, ...]:
    """Languages first, then code; what is not installed is left out."""
    return (*_languages(), *_code())


def _languages() -> list[Sample]:
    root = packaged_path("chatterbot-corpus", _CONVERSATIONS)
    found = []
    for folder, language in _LANGUAGES.items():
        if root is None or not (root / folder).is_dir():
            continue
        turns = dict.fromkeys(turn for turns in read_turns(root / folder) for turn in turns)
        text = "\n".join(turns)[:MAX_CHARACTERS]
        if text:
            found.append(Sample(language, text, f"conversations, chatterbot-corpus/{folder}"))
    return found


def _code() -> list[Sample]:
    library = Path(sysconfig.get_path("stdlib"))
    files = {"Python": [library / name for name in _PYTHON]}
    origins = {"Python": f"{', '.join(_PYTHON)} of its standard library"}
    for language, (package, relative) in _PACKAGED_CODE.items():
        path = packaged_path(package, relative)
        files[language] = [path] if path else []
        origins[language] = f"{Path(relative).name} of {package}"
    found = []
    for language, paths in files.items():
        text = "\n".join(_read(path) for path in paths)[:MAX_CHARACTERS]
        if text.strip():
            found.append(Sample(f"{language} (code)", text, origins[language]))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        log.info("%s is left out: %s", path, error)
        return ""
