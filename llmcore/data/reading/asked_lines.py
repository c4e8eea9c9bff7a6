"""Texts whose lines begin with Q: and A:, as people write lists of questions, as two columns."""

import re
from collections.abc import Iterator

from llmcore.data.reading.rows import Rows, chunked

_ASKED = re.compile(r"\s*(?:\d+[.)]\s*)?(?:Q|Question|Frage|F|Pregunta|P|Domanda|D|Vraag)"
                    r"\s?\d*\s?[:：]\s*", re.IGNORECASE)  # fmt: skip
_SAID = re.compile(r"\s*(?:A|Answer|Antwort|Respuesta|R|Réponse|Reponse|Risposta|Antwoord)"
                   r"\s?\d*\s?[:：]\s*", re.IGNORECASE)  # fmt: skip


def asked_lines(rows: Rows, name: str) -> Rows:
    """`rows` of a text with a text a line as questions and answers, if its first line begins
    with a mark of a question and about as many lines with one of an answer; else unchanged."""
    if rows.format != "text" or len(rows.columns) != 1 or rows.header:
        return rows
    texts = [row[0] for row in rows.sample() if row and isinstance(row[0], str)]
    n_asked = sum(bool(_ASKED.match(text)) for text in texts)
    n_said = sum(bool(_SAID.match(text)) for text in texts)
    if not texts or not _ASKED.match(texts[0]) or not 0.5 * n_asked <= n_said <= 1.5 * n_asked:
        return rows
    rows.notices.add("question_lines", "The lines of {file} that begin with Q: and A: (or such "
                     "words) are questions and their answers, each pair for itself; lines between "
                     "them go on with the one before", file=name)  # fmt: skip
    return Rows("text", ["question", "answer"], True, chunked(_pairs(rows)), rows.notices,
                rows.encoding, "its lines begin with marks of questions and answers")  # fmt: skip


def _pairs(rows: Rows) -> Iterator[tuple[int, list[str]]]:
    """(line of the question, [question, answer]); the answer is empty if there is none."""
    begins, asked, said = 1, list[str](), list[str]()
    answering = False
    for chunk in rows.take():
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            text = str(row[0]) if row else ""
            if mark := _ASKED.match(text):
                if asked:
                    yield begins, ["\n".join(asked), "\n".join(said)]
                begins, asked, said, answering = line, [text[mark.end() :]], [], False
            elif mark := _SAID.match(text):
                answering = True
                said.append(text[mark.end() :])
            else:
                (said if answering else asked).append(text)
    if asked:
        yield begins, ["\n".join(asked), "\n".join(said)]
