"""What people call the columns of questions and answers. The first name that is there wins."""

import re

INSTRUCTION_NAMES = (
    "instruction", "instructions", "question", "prompt", "user", "query", "request", "questions",
    "user_prompt", "user_message", "user_input", "problem", "human", "q", "inquiry", "quest",
    "anweisung", "aufgabe", "frage", "fragen", "anfrage", "pregunta", "preguntas", "instrucción",
    "instruccion", "consigne", "domanda", "istruzione", "pergunta", "instrução", "vraag",
    "opdracht", "fråga", "spørgsmål", "spørsmål", "kysymys", "pytanie", "polecenie", "otázka",
    "kérdés", "întrebare", "soru", "вопрос", "инструкция", "питання", "问题", "問題", "指令",
    "提问",    "質問", "指示", "질문", "지시", "प्रश्न", "सवाल", "سؤال", "שאלה", "ερώτηση", "câu_hỏi",
    "pertanyaan", "คำถาม",
)  # fmt: skip
INPUT_NAMES = (
    "input", "inputs", "context", "document", "passage", "background", "paragraph", "article",
    "story", "eingabe", "kontext", "contexte", "contexto", "contesto", "entrada", "entrée",
    "контекст",
    "输入", "上下文", "入力", "문맥", "입력",
)  # fmt: skip
OUTPUT_NAMES = (
    "output", "answer", "response", "completion", "assistant", "target", "answers", "outputs",
    "reply", "responses", "best_answer", "chosen", "ground_truth", "ideal", "expected_output",
    "model_answer", "targets", "correct_answer", "gpt", "bot", "solution", "a", "antwort",
    "antworten", "ausgabe", "respuesta",
    "respuestas", "respuesta_correcta", "salida", "réponse", "reponse", "réponses", "bonne_réponse",
    "réponse_correcte", "risposta", "risposte", "risposta_corretta", "resposta", "resposta_correta",
    "respostas", "saída", "antwoord", "svar", "vastaus", "odpowiedź", "odpowiedz", "odpověď",
    "válasz", "răspuns", "cevap", "yanıt", "ответ", "відповідь", "答案", "回答", "输出", "答え",
    "解答",    "出力", "답변", "대답", "답", "출력", "उत्तर", "جواب", "إجابة", "תשובה", "απάντηση",
    "câu_trả_lời", "trả_lời", "jawaban", "คำตอบ", "richtige_antwort",
)  # fmt: skip
SYSTEM_NAMES = (
    "system", "system_prompt", "system_message", "systemprompt", "system_instruction", "sys",
    "system_text", "systeminstruction", "meta_instruction", "systemnachricht",
)  # fmt: skip
HISTORY_NAMES = ("history", "chat_history", "conversation_history", "previous_turns", "histoire")
MESSAGES_NAMES = (
    "messages", "conversations", "conversation", "dialogue", "dialog", "dialogues", "dialogs",
    "chat", "chats", "turns", "exchanges", "items", "data", "thread", "session", "transcript",
    "contents", "mapping", "plain_text", "对话",
)  # fmt: skip
CHOICES_NAMES = frozenset({"choices", "options", "endings", "candidates", "distractors"})
EXAMPLES_NAMES = ("instances", "examples")  # of self-instruct: several inputs with outputs each
# Lists of questions with their answers, each for itself.
PAIRS_NAMES = ("qas", "qa", "qa_pairs", "faq", "faqs", "items", "data", "entries", "questions")
CHOSEN_NAMES = ("chosen", "preferred_output", "preferred", "accepted_response")
REJECTED_NAMES = (
    "rejected", "non_preferred_output", "non_preferred", "dispreferred", "rejected_response",
)  # fmt: skip
# Columns of true and false that tell rows to learn from those not to: what they call the good,
# and what they call the bad ones.
GOOD_NAMES = (
    "label", "good", "is_good", "keep", "accept", "accepted", "approved", "valid", "is_valid",
    "correct", "is_correct", "desirable", "thumbs_up", "like", "liked", "upvoted", "is_chosen",
    "usable", "include", "feedback", "kto_tag",
)  # fmt: skip
BAD_NAMES = (
    "bad", "is_bad", "reject", "is_rejected", "flagged", "deleted", "invalid", "undesirable",
    "thumbs_down", "disliked", "discard", "exclude", "excluded", "incorrect", "is_wrong",
)  # fmt: skip
_YES = ("true", "1", "1.0", "yes", "good", "desirable", "accept", "accepted", "thumbs_up", "up",
        "correct", "chosen", "keep", "+1", "like")  # fmt: skip
_NO = ("false", "0", "0.0", "no", "bad", "undesirable", "reject", "rejected", "thumbs_down", "down",
       "incorrect", "wrong", "discard", "-1", "dislike")  # fmt: skip
TRUTHS = {word: True for word in _YES} | {word: False for word in _NO}


def folded_name(name: str) -> str:
    """A name as the tables above have it.

    >>> folded_name(" System Prompt ")
    'system_prompt'
    """
    return re.sub(r"[\s_\-]+", "_", name.strip().casefold())
