"""What people call the columns of their tables, by role. The first name that is there wins."""

from llmcore.data.reading.asked_names import (
    INPUT_NAMES,
    INSTRUCTION_NAMES,
    OUTPUT_NAMES,
    REJECTED_NAMES,
    SYSTEM_NAMES,
)

TEXT_NAMES = (
    "text", "message", "sentence", "review", "tweet", "sms", "content", "comment", "body",
    "utterance", "document", "post", "review_text", "reviewtext", "review_body", "comment_text",
    "tweet_text", "full_text", "text_body", "message_body", "email_text", "sms_text", "body_text",
    "clean_text", "statement", "headline", "utt", "query", "question", "email", "mail", "abstract",
    "description", "news", "snippet", "title", "subject", "paragraph", "passage", "texts",
    "sentences", "messages", "reviews", "tweets", "comments",
    "texte", "texto", "testo", "tekst", "nachricht", "satz", "mensaje", "mensagem", "messaggio",
    "bericht", "commentaire", "comentario", "kommentar", "avis", "frase", "phrase", "текст",
    "сообщение", "文本", "内容", "テキスト",
)  # fmt: skip
LABEL_NAMES = (
    "label", "class", "category", "sentiment", "target", "tag", "intent", "topic", "labels",
    "polarity", "emotion", "airline_sentiment", "is_spam", "isspam", "spam", "spam/ham", "ham/spam",
    "spam_or_ham", "label_text", "label_name", "category_name", "class_name", "classes",
    "classification", "type", "genre", "rating", "stars", "score", "overall", "priority",
    "department", "y", "gold", "gold_label", "stance", "annotation", "categories", "kategorien",
    "klasse", "kategorie", "etikett", "stimmung", "classe", "catégorie", "categorie", "étiquette",
    "etiquette", "clase", "categoría", "categoria", "etiqueta", "sentimiento", "sentimento",
    "etichetta", "класс", "метка", "категория", "标签", "类别", "ラベル",
)  # fmt: skip
# Names that say "this is it", whatever else is there; names that only may be the label.
SURE_LABELS = frozenset({
    "label", "labels", "class", "gold", "gold_label", "label_text", "label_name", "is_spam",
    "isspam", "spam", "spam/ham", "ham/spam", "spam_or_ham", "airline_sentiment", "klasse",
    "etikett", "etiqueta", "etichetta", "étiquette", "etiquette", "класс", "метка", "标签",
    "ラベル",
})  # fmt: skip
WEAK_LABELS = frozenset({
    "type", "genre", "rating", "stars", "score", "overall", "priority", "department", "y",
    "class_name", "category_name", "classes",
})  # fmt: skip
MARKS = frozenset({"rating", "stars", "score", "overall", "genre"})  # weak beside others only
WEAK_TEXTS = frozenset({"title", "subject", "headline", "news", "email", "mail", "snippet"})
SPLIT_NAMES = ("split", "partition", "subset", "set", "fold_name", "dataset_split")
# What parts of a set are called, and which of the three each is.
SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test",
    "evaluation": "test", "validation": "validation", "valid": "validation", "val": "validation",
    "dev": "validation", "development": "validation",
}  # fmt: skip
# Names of neither role that show a header all the same.
OTHER_NAMES = (
    "id", "idx", "index", "no", "nr", "number", "date", "time", "datetime", "timestamp", "user",
    "username", "author", "name", "url", "source", "lang", "language", "length", "instruction",
    "input", "output", "answer", "response", "prompt", "completion", "context", "chosen",
    "rejected", "system", "conversations", "history", "frage", "antwort", "pregunta", "respuesta",
    "réponse", "product", "helpful", "unnamed: 0", "#", "no.", "nr.", "nro", "nro.", "num", "num.",
    "s.no", "s.no.", "s. no.", "s no", "sno", "sl", "sl.", "sl no", "sl. no.", "sl.no", "sr", "sr.",
    "sr no", "sr. no.", "sr.no", "sr.no.", "n°", "nº", "№", "row", "row_id", "rownum", "lfd. nr.",
    "lfd.nr.", "lfd nr", "pos.", "序号", "番号", "번호",
)  # fmt: skip
_ASKED = (*INSTRUCTION_NAMES, *INPUT_NAMES, *OUTPUT_NAMES, *SYSTEM_NAMES, *REJECTED_NAMES)
_SPELLED = {item for name in _ASKED if len(name) > 2 or not name.isascii()
            for item in (name, name.replace("_", " "))}  # fmt: skip
KNOWN_NAMES = frozenset((*TEXT_NAMES, *LABEL_NAMES, *SPLIT_NAMES, *OTHER_NAMES, *_SPELLED))
