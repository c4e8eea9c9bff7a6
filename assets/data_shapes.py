"""Files as people bring them, one for each shape that the lab is asked to read, all invented.

`docs/data.md` is made from them by `assets/make_data_table.py`; the tests hold each one to the
numbers that stand here.
"""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """about: what a person would call it. data: the file, or a folder's files by path. expected:
    keys of the report that must hold: `task`, `format`, `encoding`, `roles`, `classes`, `taken`,
    `left_out`, `repaired`, `splits`, `notices` (kinds that must be there), `status`."""

    about: str
    name: str
    data: bytes | Mapping[str, bytes]
    expected: dict[str, Any] = field(default_factory=dict)
    task: str | None = None


def _lines(*lines: str, encoding: str = "utf-8") -> bytes:
    return ("\n".join(lines) + "\n").encode(encoding)


def _two(n: int, cut: str = ",", text: str = "see you at nine or ten {i}") -> list[str]:
    """Rows of label and text: ham 2 of 3, spam 1 of 3."""
    return [f"{'spam' if i % 3 == 0 else 'ham'}{cut}{text.format(i=i)}" for i in range(n)]


def _jsonl(*records: Any) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _mail(subject: str, body: str) -> bytes:
    head = f"From: a@example.org\nSubject: {subject}\nDate: Mon, 1 Jan 2024 10:00:00 +0000"
    return f"{head}\n\n{body}\n".encode()


HAM_SPAM = {"ham": 40, "spam": 20}

DELIMITED = (
    Shape("spam collection with unnamed columns, Windows-1252", "spam.csv",
          _lines("v1,v2,,,", *[f"{row} for £{i},,," for i, row in enumerate(_two(60))],
                 encoding="cp1252"),
          {"format": "csv", "encoding": "windows-1252", "roles": {"text": "v2", "label": "v1"},
           "classes": HAM_SPAM, "taken": 60, "notices": ["encoding"], "status": 0}),
    Shape("label and text without a header, tabs", "SMSSpamCollection", _lines(*_two(60, "\t")),
          {"format": "tsv", "roles": {"text": "text", "label": "label"}, "classes": HAM_SPAM,
           "taken": 60, "notices": ["no_header"], "status": 0}),
    Shape("text first, no header", "reviews.csv",
          _lines(*[f"film {i} was what I had hoped for,{'pos' if i % 2 else 'neg'}"
                   for i in range(20)]),
          {"roles": {"text": "text", "label": "label"}, "classes": {"neg": 10, "pos": 10},
           "status": 0}),
    Shape("six columns without a header (tweets with emotions)", "tweets.csv",
          _lines(*[f'"{4 * (i % 2)}","{1467810369 + i}","Mon Apr 06 22:19:{i:02d} PDT 2009",'
                   f'"NO_QUERY","user{i}","is so tired of number {i}, really"'
                   for i in range(40)], encoding="latin-1"),
          {"roles": {"text": "column 6", "label": "column 1"}, "classes": {"0": 20, "4": 20},
           "taken": 40, "status": 0}),
    Shape("Excel's CSV in Europe: sep=; and Windows-1252", "umfrage.csv",
          _lines("sep=;", "Label;Text", *[f"{'gut' if i % 2 else 'schlecht'};Ein Film für {i} €"
                                          for i in range(12)], encoding="cp1252"),
          {"format": "csv", "encoding": "windows-1252", "roles": {"text": "Text", "label": "Label"},
           "classes": {"gut": 6, "schlecht": 6}, "taken": 12,
           "notices": ["separator_line", "encoding"], "status": 0}),
    Shape("UTF-16 from Excel (Unicode text)", "export.txt",
          "label\ttext\r\nja\tschön\r\nnein\tübel\r\nja\tgut so\r\nnein\tgar nicht\r\n"
          .encode("utf-16"),
          {"format": "tsv", "encoding": "utf-16", "classes": {"ja": 2, "nein": 2}, "taken": 4,
           "status": 0}),
    Shape("UTF-8 with one broken byte", "mixed.csv",
          _lines("label,text", *[f"{'ab'[i % 2]},naïve café {i}" for i in range(20)])
          + b"a,a broken \xff byte\n",
          {"encoding": "utf-8", "taken": 21, "notices": ["repaired_characters"], "status": 0}),
    Shape("title and comments above the table", "survey.csv",
          _lines("# exported on Monday", "Customer survey", "", "label,text", *_two(60)),
          {"roles": {"text": "text", "label": "label"}, "classes": HAM_SPAM, "taken": 60,
           "notices": ["preamble"], "status": 0}),
    Shape("commas in texts that are not quoted", "films.csv",
          _lines("text,label", *[f"film {i} was good, really,{'ab'[i % 2]}" for i in range(30)]),
          {"classes": {"a": 15, "b": 15}, "taken": 30, "repaired": 30, "notices": ["joined"],
           "status": 0}),
    Shape("empty cells at the end of rows", "trail.csv",
          _lines("label,text", *[f"{'ab'[i % 2]},hello {i},,," for i in range(20)]),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "repaired": 0, "status": 0}),
    Shape("quotation marks written with a backslash", "quotes.csv",
          _lines("text,label", *[f'"She said \\"no {i}\\", and left",{"ab"[i % 2]}'
                                 for i in range(20)]),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "notices": ["escaped_quotes"], "status": 0}),
    Shape("a quotation mark that is never closed", "open.csv",
          _lines("label,text", "ham,ok", 'spam,"never closed', *_two(20)),
          {"taken": 22, "repaired": 1, "notices": ["quotes"], "status": 0}),
    Shape("one label in several spellings", "spelled.csv",
          _lines("label,text", *[f"{('spam', 'Spam', 'SPAM ', 'ham')[i % 4]},message {i}"
                                 for i in range(40)]),
          {"classes": {"ham": 10, "spam": 30}, "taken": 40, "notices": ["merged_labels"],
           "status": 0}),
    Shape("numbers as labels, 1 and 1.0", "numbers.csv",
          _lines("label,text", *[f"{('1', '1.0', '0', '1.00')[i % 4]},message {i}"
                                 for i in range(40)]),
          {"classes": {"0": 10, "1": 30}, "taken": 40, "notices": ["merged_labels"], "status": 0}),
    Shape("missing values", "holes.csv",
          _lines("label,text", "ham,NaN", "nan,hello", "ham,", ",nobody knows", *_two(20)),
          {"taken": 20, "left_out": 4, "classes": {"ham": 13, "spam": 7},
           "notices": ["no_text", "no_label", "missing_label"], "status": 0}),
    Shape("a class that is really called none", "none.csv",
          _lines("emotion,text", *[f"{('joy', 'none', 'anger')[i % 3]},message {i}"
                                   for i in range(30)]),
          {"classes": {"anger": 10, "joy": 10, "none": 10}, "taken": 30, "notices": ["class_none"],
           "status": 0}),
    Shape("several columns of 0 and 1 (toxic comments)", "toxic.csv",
          _lines("id,comment_text,toxic,obscene,insult",
                 *[f"{i},you are number {i} of all,{i % 2},{i % 3 // 2},0" for i in range(30)]),
          {"roles": {"text": "comment_text", "label": None}, "notices": ["several_labels"],
           "status": 2}),
    Shape("film reviews with HTML", "reviews.tsv",
          _lines("id\tsentiment\treview", *[f"{i}\t{i % 2}\tA good film.<br /><br />I saw it {i} "
                                            f"times &amp; more" for i in range(20)]),
          {"format": "tsv", "roles": {"text": "review", "label": "sentiment"}, "taken": 20,
           "notices": ["markup"], "status": 0}),
    Shape("fastText's lines", "train.txt",
          _lines(*[f"__label__{'ab'[i % 2]} words number {i}" for i in range(20)]),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "notices": ["fasttext"], "status": 0}),
    Shape("a header that comes again", "twice.csv",
          _lines("label,text", *_two(30), "label,text", *_two(30)),
          {"classes": HAM_SPAM, "taken": 60, "notices": ["header_again"], "status": 0}),
    Shape("row numbers without a name (R)", "r.csv",
          _lines('"label","text"', *[f'"{i + 1}","{"ab"[i % 2]}","message {i}"'
                                     for i in range(20)]),
          {"roles": {"text": "text", "label": "label"}, "classes": {"a": 10, "b": 10}, "taken": 20,
           "status": 0}),
    Shape("a packed table", "table.csv.gz", gzip.compress(_lines("label,text", *_two(60))),
          {"format": "csv", "classes": HAM_SPAM, "taken": 60, "status": 0}),
    Shape("questions, answers and numbers under unknown names", "fragen.csv",
          _lines("Nr,Spalte A,Spalte B", *[f'{i},"Wo ist Lampe {i}?","Sie ist auf Brett {i}."'
                                           for i in range(12)]),
          {"roles": {"instruction": None, "answer": None}, "status": 2}, task="instruct"),
)  # fmt: skip

JSON_FORMS = (
    Shape("JSON lines with lists and a broken line", "support.jsonl",
          _jsonl(*[{"text": f"where is bill {i}", "label": [("billing", "shipping")[i % 2]]}
                   for i in range(20)]) + b"not json\n",
          {"format": "jsonl", "classes": {"billing": 10, "shipping": 10}, "taken": 20,
           "left_out": 1, "status": 0}),
    Shape("the hub's rows", "rows.json",
          json.dumps({"features": [], "rows": [{"row_idx": i, "row": {"text": f"text {i}",
                      "label": i % 2}} for i in range(10)]}).encode(),
          {"format": "json", "classes": {"0": 5, "1": 5}, "taken": 10, "status": 0}),
    Shape("pandas, by columns", "frame.json",
          json.dumps({"text": {str(i): f"text {i}" for i in range(10)},
                      "label": {str(i): "ab"[i % 2] for i in range(10)}}).encode(),
          {"classes": {"a": 5, "b": 5}, "taken": 10, "status": 0}),
    Shape("Label Studio's export", "project.json",
          json.dumps([{"id": i, "data": {"text": f"text {i}"}, "annotations": [{"result": [
              {"type": "choices", "from_name": "s", "to_name": "text",
               "value": {"choices": ["good" if i % 2 else "bad"]}}]}]}
              for i in range(10)]).encode(),
          {"classes": {"bad": 5, "good": 5}, "taken": 10, "status": 0}),
    Shape("a chatbot's intents", "intents.json",
          json.dumps({"intents": [{"tag": tag, "patterns": [f"{tag} {i}" for i in range(6)],
                                   "responses": ["ok"]} for tag in ("greet", "bye")]}).encode(),
          {"classes": {"bye": 6, "greet": 6}, "taken": 12, "status": 0}, task="classify"),
    Shape("Alpaca with a missing input", "alpaca.json",
          json.dumps([{"instruction": f"Add {i} and 2.", "input": float("nan"),
                       "output": str(i + 2)} for i in range(12)]).encode(),
          {"task": "instruct", "taken": 12, "status": 0}),
    Shape("chat messages, one without a question", "chat.jsonl",
          _jsonl(*[{"messages": [{"role": "user", "content": f"Where is {i}?"},
                                 {"role": "assistant", "content": f"On shelf {i}."}]}
                   for i in range(12)],
                 {"messages": [{"role": "assistant", "content": "You are doing fine!"}]}),
          {"task": "instruct", "taken": 12, "left_out": 1, "status": 0}),
    Shape("preferences", "prefs.jsonl",
          _jsonl(*[{"prompt": f"Say {i}.", "chosen": f"It is {i}.", "rejected": "No."}
                   for i in range(12)]),
          {"task": "instruct", "taken": 12, "roles": {"answer": "chosen"}, "status": 0}),
    Shape("a corpus of JSON lines", "stories.jsonl",
          _jsonl(*[{"text": f"Mara has rake {i}.", "url": f"https://example.org/{i}"}
                   for i in range(30)]),
          {"task": "corpus", "taken": 30, "roles": {"text": "text"}, "status": 0}),
)  # fmt: skip

_REVIEWS = {
    f"reviews/{split}/{label}/{i}_{i % 10}.txt": f"a {label} film, seen {i} times".encode()
    for split in ("train", "test") for label in ("pos", "neg") for i in range(4)
}  # fmt: skip

FOLDERS = (
    Shape("film reviews in train and test folders", "reviews", _REVIEWS
          | {"reviews/train/unsup/1.txt": b"no label", "reviews/README": b"about"},
          {"format": "folders", "classes": {"neg": 8, "pos": 8}, "taken": 16,
           "splits": {"test": 8, "train": 8}, "status": 0}),
    Shape("Enron's folders, packed", "enron.tar.gz",
          _tar({f"enron{n}/{label}/{i}.txt": f"Subject: {label} {i}\nwords of mail {i}".encode()
                for n in (1, 2) for label in ("ham", "spam") for i in range(3)}),
          {"format": "folders", "classes": {"ham": 6, "spam": 6}, "taken": 12, "status": 0}),
    Shape("SpamAssassin's folders, mails without a suffix", "corpus.zip",
          _zip({f"{folder}/{i:05d}.7c53336b37003a9286aba55d2945844c":
                _mail(f"{folder} {i}", "words")
                for folder in ("easy_ham", "hard_ham", "spam_2") for i in range(3)}
               | {"easy_ham/cmds": b"mv 1 2"}),
          {"format": "mails", "classes": {"ham": 6, "spam": 3}, "taken": 9, "status": 0}),
    Shape("one table in a zip", "kaggle.zip",
          _zip({"data/reviews.csv": _lines("label,text", *_two(60)), "data/README.md": b"about"}),
          {"format": "csv", "classes": HAM_SPAM, "taken": 60, "status": 0}),
    Shape("tables called train and test", "split.zip",
          _zip({"train.csv": _lines("label,text", *_two(30)),
                "test.csv": _lines("label,text", *_two(12, text="held out number {i}"))}),
          {"classes": {"ham": 28, "spam": 14}, "taken": 42, "splits": {"test": 12, "train": 30},
           "status": 0}),
    Shape("an index of labels beside mails (TREC)", "trec07p",
          {"trec07p/full/index": _lines(*(f"{('ham', 'spam')[i % 2]} ../data/inmail.{i}"
                                          for i in range(13))),
           **{f"trec07p/data/inmail.{i}": _mail(f"note {i}", "words") for i in range(12)}},
          {"format": "mails", "classes": {"ham": 6, "spam": 6}, "taken": 12, "left_out": 1,
           "notices": ["label_index", "missing_files"], "status": 0}),
    Shape("a table of names and labels beside a folder of texts", "coded",
          {"coded/labels.csv": _lines("filename,label", *(
              f"essay{i}.txt,{('sport', 'trade')[i % 2]}" for i in range(12))),
           **{f"coded/texts/essay{i}.txt": f"Essay {i} has a few words.".encode()
              for i in range(12)}},
          {"classes": {"sport": 6, "trade": 6}, "taken": 12, "notices": ["label_index"],
           "status": 0}),
    Shape("a folder of texts without classes", "essays",
          {f"essays/{i}.txt": f"Essay number {i} has a few words.".encode() for i in range(5)},
          {"task": "corpus", "taken": 5, "status": 0}, task="corpus"),
)  # fmt: skip

INSTRUCTIONS = (
    Shape("a quiz whose answers are letters of choices", "quiz.csv",
          _lines("Pregunta,Opción A,Opción B,Respuesta",
                 *(f"¿Cuál es la capital {i}?,Roma,París,{'AB'[i % 2]}" for i in range(12))),
          {"roles": {"answer": None}, "notices": ["choice_numbers"], "status": 2},
          task="instruct"),
    Shape("questions and answers as a text with Q: and A:", "faq.txt",
          _lines(*(f"Q: Where is lamp {i}?\nA: On shelf {i}." for i in range(12))),
          {"format": "text", "taken": 12, "notices": ["question_lines"], "status": 0},
          task="instruct"),
    Shape("a list of questions beside a list of answers", "coqa.jsonl",
          _jsonl(*({"story": f"Mill {i} is in Ulm.", "questions": ["Where?", "Which?"],
                    "answers": ["In Ulm.", f"Mill {i}."]} for i in range(12))),
          {"roles": {"instruction": "questions", "answer": "answers"}, "taken": 12,
           "notices": ["question_lists"], "status": 0},
          task="instruct"),
    Shape("talks between a user and a system", "booking.jsonl",
          _jsonl(*({"turns": [{"speaker": "USER", "utterance": f"A train at {i}?"},
                              {"speaker": "SYSTEM", "utterance": f"It leaves at {i}."}]}
                   for i in range(12))),
          {"taken": 12, "notices": ["system_answers"], "status": 0}, task="instruct"),
    Shape("one message a row, a tree with ranks (OASST)", "messages.jsonl",
          _jsonl({"message_id": "zz", "parent_id": "lost", "role": "assistant", "text": "Odd."},
                 *(item for i in range(12) for item in (
                     {"message_id": f"p{i}", "parent_id": None, "role": "prompter",
                      "text": f"Where is lamp {i}?", "rank": None},
                     {"message_id": f"b{i}", "parent_id": f"p{i}", "role": "assistant",
                      "text": "Nowhere.", "rank": 1},
                     {"message_id": f"a{i}", "parent_id": f"p{i}", "role": "assistant",
                      "text": f"On shelf {i}.", "rank": 0}))),
          {"task": "instruct", "roles": {"messages": "text"}, "taken": 12, "left_out": 1,
           "notices": ["single_messages", "orphans", "other_branches"], "status": 0}),
    Shape("one message a row, by conversation and turn", "support.csv",
          _lines("ticket_id,turn,sender,message",
                 *(f"{i // 2},{i % 2},{('customer', 'agent')[i % 2]},word {i}" for i in range(24))),
          {"task": "instruct", "roles": {"messages": "message"}, "taken": 12,
           "notices": ["single_messages"], "status": 0}),
    Shape("answers with votes (StackExchange)", "answers.jsonl",
          _jsonl(*({"question": f"Where is lamp {i}?", "answers": [
              {"text": "Nowhere.", "author": "x", "pm_score": 1},
              {"text": f"On shelf {i}.", "author": "y", "pm_score": 7}]} for i in range(12))),
          {"roles": {"instruction": "question", "answer": "answers"}, "taken": 12,
           "notices": ["rated_answers"], "status": 0}, task="instruct"),
    Shape("ChatGPT's export, packed", "export.zip",
          _zip({"conversations.json": json.dumps([{
              "title": f"Lamp {i}", "current_node": "c", "mapping": {
                  "a": {"message": None, "parent": None, "children": ["b"]},
                  "b": {"message": {"author": {"role": "user"}, "content": {
                      "content_type": "text", "parts": [f"Where is lamp {i}?"]}},
                      "parent": "a", "children": ["c", "d"]},
                  "c": {"message": {"author": {"role": "assistant"}, "content": {
                      "content_type": "text", "parts": [f"On shelf {i}."]}},
                      "parent": "b", "children": []},
                  "d": {"message": {"author": {"role": "assistant"}, "content": {
                      "content_type": "text", "parts": ["A later try."]}},
                      "parent": "b", "children": []}}} for i in range(12)]).encode(),
              "user.json": b'{"id": "u"}', "chat.html": b"<html></html>"}),
          {"task": "instruct", "roles": {"messages": "mapping"}, "taken": 12,
           "notices": ["other_branches"], "status": 0}),
)  # fmt: skip

CORPORA = (
    Shape("a folder of code with its README", "mill",
          {"mill/README.md": b"# Mill", "mill/src/mill.py": b"x = 1\n" * 20},
          {"task": "corpus", "taken": 2, "status": 0}, task="corpus"),
    Shape("a mail box as a corpus", "box.mbox",
          b"".join(b"From a@example.org Mon Sep  2 10:00:00 2002\n" + _mail(f"note {i}", "words")
                   + b"\n" for i in range(3)),
          {"format": "mails", "taken": 3, "notices": ["mails"], "status": 0}, task="corpus"),
    Shape("Wikipedia by WikiExtractor", "wiki_00",
          "".join(f'<doc id="{i}" url="u" title="Mill {i}">\nMill {i}\n\nIt turns.\n</doc>\n'
                  for i in range(3)).encode(),
          {"taken": 3, "notices": ["wiki_pages"], "status": 0}, task="corpus"),
    Shape("a book of Project Gutenberg", "pg1.txt",
          b"Title: Mills\n\n*** START OF THE PROJECT GUTENBERG EBOOK MILLS ***\n\nIt turns.\n",
          {"taken": 1, "notices": ["gutenberg"], "status": 0}, task="corpus"),
    Shape("subtitles", "film.srt",
          b"1\r\n00:00:01,000 --> 00:00:02,000\r\nI saw the mill.\r\n",
          {"taken": 1, "notices": ["subtitles"], "status": 0}, task="corpus"),
)  # fmt: skip

REFUSED = (
    Shape("a PDF", "paper.pdf", b"%PDF-1.7\n%...", {"status": 1}),
    Shape("a Python pickle", "frame.pkl", b"\x80\x04\x95\x00", {"status": 1}),
    Shape("a picture", "cat.png", b"\x89PNG\r\n\x1a\n" + bytes(64), {"status": 1}),
    Shape(
        "a mail of Outlook",
        "offer.msg",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(504)
        + "__substg1.0_0037001F".encode("utf-16-le")
        + bytes(512),
        {"status": 1},
    ),
    Shape("a file of nothing", "empty.csv", b"\n\n", {"status": 1}),
)

SHAPES = (*DELIMITED, *JSON_FORMS, *INSTRUCTIONS, *FOLDERS, *CORPORA, *REFUSED)
