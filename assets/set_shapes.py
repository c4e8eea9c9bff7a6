"""The shapes of public data sets and of exports of other programs, all invented: what each is
meant to be by its owner. The tests hold the reading to it, as to `data_shapes`."""

import csv
import gzip
import io
import json
import random
from collections.abc import Sequence
from typing import Any

from assets.data_shapes import Shape
from assets.data_shapes import _jsonl as as_jsonl
from assets.data_shapes import _lines as as_lines
from assets.data_shapes import _zip as as_zip

_NOUNS = ("film", "hotel", "phone", "train", "lamp", "soup", "coat", "park", "song", "desk",
          "garden", "bridge", "letter", "ticket", "window", "kettle")  # fmt: skip
_VERBS = ("liked", "saw", "bought", "missed", "wanted", "returned", "opened", "forgot")
_TAILS = ("on Monday", "with my sister", "in the old town", "again today", "for the first time",
          "without a word", "and went home", "before lunch")  # fmt: skip


def sentences(n: int, seed: int = 0) -> list[str]:
    """`n` different texts of a few words."""
    drawn = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < n:
        text = (f"We {drawn.choice(_VERBS)} the {drawn.choice(_NOUNS)} {drawn.choice(_TAILS)}"
              f"{drawn.choice(('', '!', '.', ' really'))}")  # fmt: skip
        found.setdefault(text.rstrip(".!"), text)
    return list(found.values())


def classes(labels: Sequence[str], n: int) -> dict[str, int]:
    return {
        label: sum(labels[i % len(labels)] == label for i in range(n)) for label in sorted(labels)
    }


def as_csv(
    header: Sequence[str] | None, rows: Sequence[Sequence[Any]], cut: str = ",",
    encoding: str = "utf-8", end: str = "\r\n", all_quoted: bool = False,
) -> bytes:  # fmt: skip
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=cut, lineterminator=end, quoting=quoting)
    if header is not None:
        writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode(encoding)


def workbook(sheets: dict[str, list[list[Any]]], change: Any = None) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


S = sentences(120)
_HAM = ("ham", "ham", "spam")
_STARS = (1, 2, 3, 4, 5)


def _rows(labels: Sequence[Any], n: int, form: Any) -> list[Any]:
    return [form(i, labels[i % len(labels)], S[i]) for i in range(n)]


SETS = (
    Shape("Enron's mails as one CSV", "enron_spam_data.csv",
          as_csv(["Message ID", "Subject", "Message", "Spam/Ham", "Date"],
                 _rows(("ham", "spam"), 40, lambda i, a, t: [
                     i, f"re : {t[3:12]}", f"{t} .\nplease let me know , thanks\n{t.lower()}",
                     a, f"1999-12-{1 + i % 28:02d}"])),
          {"task": "classify", "roles": {"text": "Message", "label": "Spam/Ham"},
           "classes": {"ham": 20, "spam": 20}, "taken": 40, "status": 0}),
    Shape("a spam set with Category and Message, with a mark and carriage returns", "spam.csv",
          b"\xef\xbb\xbf" + as_csv(["Category", "Message"],
                                   _rows(_HAM, 60, lambda i, a, t: [a, t])),
          {"roles": {"text": "Message", "label": "Category"}, "classes": {"ham": 40, "spam": 20},
           "taken": 60, "status": 0}),
    Shape("v1 and v2 with texts that run on into the unnamed columns", "spam.csv",
          ("v1,v2,,,\r\n" + "".join(f"{'spam' if i % 3 == 2 else 'ham'},{S[i]}"
           + (', and more of it,"" yes "",\r\n' if i == 7 else ",,,\r\n") for i in range(60)))
          .encode("cp1252"),
          {"roles": {"text": "v2", "label": "v1"}, "classes": {"ham": 40, "spam": 20}, "taken": 60,
           "status": 0}),
    Shape("film reviews with review and sentiment", "IMDB Dataset.csv",
          as_csv(["review", "sentiment"], _rows(("positive", "negative"), 40, lambda i, a, t: [
              f'{t}<br /><br />The "plot", if any, is {a}.', a])),
          {"roles": {"text": "review", "label": "sentiment"},
           "classes": {"negative": 20, "positive": 20}, "taken": 40, "notices": ["markup"],
           "status": 0}),
    Shape("1.6 million tweets without a header, Latin-1, sorted by label",
          "training.1600000.processed.noemoticon.csv",
          as_csv(None, [[0 if i < 60 else 4, 1467810369 + 7 * i,
                         f"Mon Apr 06 22:{i % 60:02d}:45 PDT 2009", "NO_QUERY", f"user_{i}",
                         f"@friend{i} {S[i]} caf\xe9 \xa33"] for i in range(120)],
                 encoding="latin-1", end="\n", all_quoted=True),
          {"roles": {"text": "column 6", "label": "column 1"}, "classes": {"0": 60, "4": 60},
           "taken": 120, "status": 0}),
    Shape("news with class, title and description without a header", "train.csv",
          as_csv(None, _rows(("3", "4", "1", "2"), 80, lambda i, a, t: [
              a, f"{t[3:]} (Reuters)", f"Reuters - {t}, said number {i}, and {S[-i - 1]}."]),
              all_quoted=True, end="\n"),
          {"roles": {"text": "column 3", "label": "column 1"},
           "classes": {"1": 20, "2": 20, "3": 20, "4": 20}, "taken": 80,
           "notices": ["column_not_read"], "status": 0}),
    Shape("reviews with stars as JSON lines", "yelp_academic_dataset_review.json",
          as_jsonl(*_rows(_STARS, 50, lambda i, a, t: {
              "review_id": f"Kx{i:020d}", "user_id": f"u{i:021d}", "business_id": f"b{i % 9:021d}",
              "stars": float(a), "useful": i % 3, "funny": i % 2, "cool": i % 2, "text": t,
              "date": f"2018-07-{1 + i % 28:02d} 22:09:11"})),
          {"task": "classify", "format": "jsonl", "roles": {"text": "text", "label": "stars"},
           "classes": {str(a): 10 for a in _STARS}, "taken": 50, "status": 0}),
    Shape("fastText's reviews with a title before a colon", "test.ft.txt",
          as_lines(*_rows(("__label__2", "__label__1"), 40,
                          lambda i, a, t: f"{a} {t[3:15]}: {t}, he said")),
          {"classes": {"1": 20, "2": 20}, "taken": 40, "status": 0}),
    Shape("fastText with several labels a line", "cooking.stackexchange.txt",
          as_lines(*_rows(("__label__sauce", "__label__food-safety __label__acidity",
                           "__label__bread"), 60, lambda i, a, t: f"{a} {t}?")),
          {"taken": 60, "classes": {"bread": 20, "food-safety": 20, "sauce": 20},
           "notices": ["several_labels_a_row"], "status": 0}),
    Shape("questions with coarse and fine labels", "train_5500.label",
          as_lines(*_rows(("DESC:manner", "ENTY:animal", "HUM:ind", "LOC:city"), 80,
                          lambda i, a, t: f"{a} {t} ?"), encoding="latin-1"),
          {"classes": {a: 20 for a in ("DESC:manner", "ENTY:animal", "HUM:ind", "LOC:city")},
           "taken": 80, "status": 0}),
    Shape("tweets about airlines with twelve other columns", "Tweets.csv",
          as_csv(["tweet_id", "airline_sentiment", "airline_sentiment_confidence",
                  "negativereason", "negativereason_confidence", "airline",
                  "airline_sentiment_gold", "name", "negativereason_gold", "retweet_count",
                  "text", "tweet_coord", "tweet_created", "tweet_location", "user_timezone"],
                 _rows(("negative", "neutral", "positive"), 60, lambda i, a, t: [
                     570306133677760513 + i, a, 0.3486 + i % 2 * 0.5,
                     "Bad Flight" if a == "negative" else "", "", ("Delta", "United")[i % 2], "",
                     f"n{i}", "", 0, f"@air {t}", "", "2015-02-24 11:35:52 -0800", "Lets Play",
                     "Eastern Time"])),
          {"roles": {"text": "text", "label": "airline_sentiment"},
           "classes": {"negative": 20, "neutral": 20, "positive": 20}, "taken": 60, "status": 0}),
    Shape("77 intents of a bank", "banking77.csv",
          as_csv(["text", "category"], [[f"{S[i]} {i}?", f"{S[i % 40].lower().replace(' ', '_')}"]
                                        for i in range(120)]),
          {"roles": {"text": "text", "label": "category"}, "taken": 120, "status": 0}),
    Shape("150 intents with parts and questions out of scope", "data_full.json",
          json.dumps({part: [[f"{S[i]} {part}", ("oos" if part.startswith("oos") else
                              ("translate", "transfer", "timer")[i % 3])] for i in range(n)]
                      for part, n in (("oos_val", 6), ("val", 12), ("train", 60), ("oos_test", 9),
                                      ("test", 30), ("oos_train", 6))}).encode(),
          {"taken": 123, "splits": {"test": 39, "train": 66, "validation": 18}, "status": 0,
           "classes": {"oos": 21, "timer": 34, "transfer": 34, "translate": 34}}),
    Shape("comments with one or several emotions by number", "train.tsv",
          as_lines(*_rows(("27", "2", "14", "2,14", "27", "27"), 120,
                          lambda i, a, t: f"{t} [NAME]\t{a}\teebbqe{i}")),
          {"format": "tsv", "roles": {"text": "column 1", "label": "column 2"}, "taken": 120,
           "classes": {"14": 20, "2": 20, "27": 60, "2,14": 20}, "status": 0,
           "notices": ["several_labels_a_row"]}),
    Shape("hate speech with row numbers and counts of votes", "labeled_data.csv",
          as_csv(["", "count", "hate_speech", "offensive_language", "neither", "class", "tweet"],
                 _rows((0, 1, 2), 60, lambda i, a, t: [
                     i, 3, 3 * (a == 0), 3 * (a == 1), 3 * (a == 2), a,
                     f"!!! RT @user{i}: {t} &#128514; &amp; so"])),
          {"roles": {"text": "tweet", "label": "class"}, "classes": {"0": 20, "1": 20, "2": 20},
           "taken": 60, "status": 0}),
    Shape("hate speech with tasks by column", "olid-training-v1.0.tsv",
          as_csv(["id", "tweet", "subtask_a", "subtask_b", "subtask_c"],
                 _rows(("OFF", "NOT", "NOT"), 60, lambda i, a, t: [
                     86426 + i, f"@USER {t}", a,
                     ("UNT", "TIN")[i % 2] if a == "OFF" else "NULL", "NULL"]),
                 cut="\t", end="\n"),
          {"roles": {"text": "tweet", "label": None}, "status": 2}),
    Shape("twenty groups of news as a table of pandas", "newsgroups.csv",
          as_csv(["Unnamed: 0", "content", "target", "target_names"],
                 _rows((0, 1, 2), 60, lambda i, a, t: [
                     i, f"From: a{i}@b.edu\nSubject: {t}\n\n{t}\nand \"so\" on\n", a,
                     ("alt.atheism", "sci.med", "rec.autos")[a]])),
          {"roles": {"text": "content", "label": "target_names"}, "status": 0, "taken": 60,
           "classes": {"alt.atheism": 20, "rec.autos": 20, "sci.med": 20}}),
    Shape("sentences of film reviews with a phrase number", "train.tsv",
          as_csv(["PhraseId", "SentenceId", "Phrase", "Sentiment"],
                 _rows((0, 1, 2, 3, 4), 100, lambda i, a, t: [i + 1, i // 4 + 1, t, a]),
                 cut="\t", end="\n"),
          {"format": "tsv", "roles": {"text": "Phrase", "label": "Sentiment"}, "taken": 100,
           "classes": {str(a): 20 for a in range(5)}, "status": 0}),
    Shape("sentences about finance with an at sign before the label", "Sentences_AllAgree.txt",
          as_lines(*_rows(("neutral", "positive", "negative"), 60,
                          lambda i, a, t: f"{t}, mail ir@firm.fi .@{a}"), encoding="latin-1"),
          {"classes": {"negative": 20, "neutral": 20, "positive": 20}, "taken": 60, "status": 0}),
    Shape("finance without a header, Latin-1", "all-data.csv",
          as_csv(None, _rows(("neutral", "positive", "negative"), 60, lambda i, a, t: [
              a, f"{t} \xa3{i}, said EUR {i}.5 mn"]), encoding="latin-1", end="\n"),
          {"roles": {"text": "text", "label": "label"}, "taken": 60,
           "classes": {"negative": 20, "neutral": 20, "positive": 20}, "status": 0}),
    Shape("emotions before a semicolon", "train.txt",
          as_lines(*_rows(("sadness", "joy", "anger"), 60, lambda i, a, t: f"{t.lower()};{a}")),
          {"classes": {"anger": 20, "joy": 20, "sadness": 20}, "taken": 60, "status": 0}),
    Shape("reviews of a shop with Id, Score, Summary and Text", "Reviews.csv",
          as_csv(["Id", "ProductId", "UserId", "ProfileName", "HelpfulnessNumerator",
                  "HelpfulnessDenominator", "Score", "Time", "Summary", "Text"],
                 _rows(_STARS, 60, lambda i, a, t: [
                     i + 1, f"B00{i}", f"A3{i}", f"Anna {i}", i % 3, i % 4, a, 1303862400 + i,
                     t[3:20], f"{t}. {S[-i - 1]}, too."])),
          {"roles": {"text": "Text", "label": "Score"}, "classes": {str(a): 12 for a in _STARS},
           "taken": 60, "status": 0}),
    Shape("reviews of clothes with an unnamed first column", "Womens Clothing.csv",
          as_csv(["", "Clothing ID", "Age", "Title", "Review Text", "Rating", "Recommended IND"],
                 _rows(_STARS, 60, lambda i, a, t: [
                     i, 767 + i % 5, 33 + i % 9, "" if i % 2 else t[3:12], t, a, int(a > 2)])),
          {"roles": {"text": "Review Text", "label": "Rating"}, "taken": 60,
           "classes": {str(a): 12 for a in _STARS}, "status": 0}),
    Shape("questions of two kinds with a target and a long number", "train.csv",
          as_csv(["qid", "question_text", "target"],
                 _rows((0, 0, 1), 60, lambda i, a, t: [f"{i:020x}", f"{t}?", a])),
          {"roles": {"text": "question_text", "label": "target"},
           "classes": {"0": 40, "1": 20}, "taken": 60, "status": 0}),
    Shape("tweets of disasters with keyword and place", "train.csv",
          as_csv(["id", "keyword", "location", "text", "target"],
                 _rows((1, 0), 60, lambda i, a, t: [
                     i, ("ablaze", "")[i % 2], ("", "Berlin", "NYC, US")[i % 3], t, a])),
          {"roles": {"text": "text", "label": "target"}, "classes": {"0": 30, "1": 30},
           "taken": 60, "status": 0}),
    Shape("sarcastic headlines as JSON lines", "Sarcasm_Headlines_Dataset.json",
          as_jsonl(*_rows((0, 1), 40, lambda i, a, t: {
              "article_link": f"https://www.example.org/{i}", "headline": t, "is_sarcastic": a})),
          {"format": "jsonl", "roles": {"text": "headline", "label": "is_sarcastic"},
           "classes": {"0": 20, "1": 20}, "taken": 40, "status": 0}),
    Shape("news with categories as JSON lines", "News_Category_Dataset_v3.json",
          as_jsonl(*_rows(("POLITICS", "WELLNESS"), 40, lambda i, a, t: {
              "link": f"https://h.org/{i}", "headline": t, "category": a,
              "short_description": f"{S[-i - 1]} and {t.lower()}", "authors": "A. B.",
              "date": "2022-09-23"})),
          {"format": "jsonl", "roles": {"label": "category"}, "taken": 40,
           "classes": {"POLITICS": 20, "WELLNESS": 20}, "notices": ["column_not_read"],
           "status": 0}),
    Shape("the linguists' sentences without a header", "in_domain_train.tsv",
          as_lines(*_rows((1, 1, 0), 60, lambda i, a, t: f"gj04\t{a}\t{'' if a else '*'}\t{t}")),
          {"format": "tsv", "roles": {"text": "column 4", "label": "column 2"}, "taken": 60,
           "classes": {"0": 20, "1": 40}, "status": 0}),
    Shape("pairs of sentences with a gold label", "snli.jsonl",
          as_jsonl(*_rows(("neutral", "entailment", "contradiction"), 60, lambda i, a, t: {
              "annotator_labels": [a], "captionID": f"c{i}", "gold_label": a, "pairID": f"p{i}",
              "sentence1": t, "sentence2": S[-i - 1]})),
          {"roles": {"text": None, "label": "gold_label"}, "status": 2}),
    Shape("a folder of tweet_eval: texts beside labels", "emotion",
          {"emotion/train_text.txt": as_lines(*S[:40]),
           "emotion/train_labels.txt": as_lines(*[str(i % 4) for i in range(40)]),
           "emotion/test_text.txt": as_lines(*S[40:60]),
           "emotion/test_labels.txt": as_lines(*[str(i % 4) for i in range(20)]),
           "emotion/mapping.txt": b"0\tanger\n1\tjoy\n2\toptimism\n3\tsadness\n"},
          {"status": 0, "taken": 60, "splits": {"test": 20, "train": 40},
           "classes": {"anger": 15, "joy": 15, "optimism": 15, "sadness": 15}}),
)  # fmt: skip

_HTML = "<html><head><title>502 Bad Gateway</title></head>\n<body><h1>502</h1>nginx</body></html>\n"
_XML = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access '
        "Denied</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>\n")  # fmt: skip

EXPORTS = (
    Shape("answers of a form with the time first", "Feedback (Responses).csv",
          as_csv(["Timestamp", "How was it?", "What should we change?"],
                 _rows(("Good", "Bad"), 30, lambda i, a, t: [
                     f"2024/01/{1 + i % 28:02d} 9:0{i % 10}:00 AM GMT+1", a, t])),
          {"roles": {"text": "What should we change?", "label": "How was it?"},
           "classes": {"Bad": 15, "Good": 15}, "taken": 30, "status": 0}),
    Shape("mails from Outlook with a class column", "outlook.csv",
          b"\xef\xbb\xbf" + as_csv(
              ["Subject", "Body", "From: (Name)", "From: (Address)", "From: (Type)", "To: (Name)",
               "Categories", "Importance", "Sensitivity"],
              _rows(("Invoice", "Complaint"), 40, lambda i, a, t: [
                  f"RE: {t[3:12]}", f"Dear all,\r\n\r\n{t}\r\n\r\nKind regards\r\nAnna", "Anna",
                  f"a{i}@b.org", "SMTP", "Team", a, "Normal", "Normal"])),
          {"roles": {"text": "Body", "label": "Categories"},
           "classes": {"Complaint": 20, "Invoice": 20}, "taken": 40, "status": 0}),
    Shape("tickets with HTML bodies", "tickets.csv",
          as_csv(["Ticket ID", "Subject", "Description", "Status", "Type", "Created time"],
                 _rows(("Question", "Problem", "Refund"), 60, lambda i, a, t: [
                     i, t[3:18], f'<div dir="ltr"><p>Hello,</p><p>{t} &amp; so on</p></div>',
                     ("Open", "Closed")[i % 2], a, f"2023-05-{1 + i % 28:02d} 10:11:12"])),
          {"roles": {"text": "Description", "label": None}, "status": 2}),
    Shape("a semicolon between cells, commas in numbers", "bewertungen.csv",
          as_csv(["Nr.", "Bewertung", "Text", "Klasse"],
                 _rows(("gut", "schlecht"), 30, lambda i, a, t: [
                     i + 1, f"{i % 5},{i % 10}", f"{t}, für {i},50 €", a]),
                 cut=";", encoding="cp1252"),
          {"roles": {"text": "Text", "label": "Klasse"}, "classes": {"gut": 15, "schlecht": 15},
           "taken": 30, "status": 0}),
    Shape("tabs, with quotation marks that do not close", "notes.tsv",
          as_lines("label\ttext", *_rows(("a", "b"), 40,
                   lambda i, a, t: f'{a}\t{chr(34) if i % 3 == 0 else ""}{t} 5" long')),
          {"format": "tsv", "classes": {"a": 20, "b": 20}, "taken": 40, "status": 0}),
    Shape("cells of several lines", "letters.csv",
          as_csv(["text", "label"], _rows(("a", "b"), 40, lambda i, a, t: [
              f'{t}\n\n"{t.lower()}", he said;\n- one\n- two', a])),
          {"classes": {"a": 20, "b": 20}, "taken": 40, "status": 0}),
    Shape("lines that end with a carriage return alone", "mac.csv",
          as_csv(["label", "text"], _rows(_HAM, 30, lambda i, a, t: [a, f"{t}, too"]), end="\r"),
          {"classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("zero bytes between the characters of some cells", "nul.csv",
          as_csv(["label", "text"], _rows(_HAM, 30, lambda i, a, t: [a, t]))
          .replace(b"lamp", b"la\0mp"),
          {"classes": {"ham": 20, "spam": 10}, "taken": 30, "notices": ["zero_characters"],
           "status": 0}),
    Shape("quotation marks of Word", "word.csv",
          as_csv(["label", "text"], _rows(_HAM, 30, lambda i, a, t: [a, f"\u201c{t}\u201d \u2013 "
                 "it\u2019s so\u2026"]), encoding="cp1252"),
          {"encoding": "windows-1252", "classes": {"ham": 20, "spam": 10}, "taken": 30,
           "status": 0}),
    Shape("joined files with their headers in the middle", "joined.csv",
          b"".join(as_csv(["Text", "Label"], _rows(("x", "y"), 10, lambda i, a, t, k=k:
                   [S[10 * k + i], a])) for k in range(3)),
          {"classes": {"x": 15, "y": 15}, "taken": 30, "notices": ["header_again"], "status": 0}),
    Shape("a line of totals at the end", "totals.csv",
          as_csv(["Label", "Text"], [*_rows(("x", "y"), 30, lambda i, a, t: [a, t]),
                                     ["Total", "30"]]),
          {"classes": {"x": 15, "y": 15}, "taken": 30, "left_out": 1, "notices": ["totals"],
           "status": 0}),
    Shape("a delimiter behind each row", "trailing.csv",
          as_lines("label;text;", *_rows(("x", "y"), 30, lambda i, a, t: f"{a};{t};")),
          {"classes": {"x": 15, "y": 15}, "taken": 30, "repaired": 0, "status": 0}),
    Shape("row numbers under the name #", "numbered.csv",
          as_csv(["#", "SMS", "Kind"], _rows(_HAM, 30, lambda i, a, t: [i + 1, t, a])),
          {"roles": {"text": "SMS", "label": "Kind"}, "classes": {"ham": 20, "spam": 10},
           "taken": 30, "status": 0}),
    Shape("row numbers under the name S.No, few rows", "few.csv",
          as_csv(["S.No", "Remarks", "Nature"], _rows(("Good", "Bad"), 8,
                 lambda i, a, t: [i + 1, t, a])),
          {"roles": {"text": "Remarks", "label": "Nature"}, "classes": {"Bad": 4, "Good": 4},
           "taken": 8, "status": 0}),
    Shape("a header of No. and words that nobody knows", "x.csv",
          as_csv(["No.", "Zpráva", "Druh"], _rows(("dobrá", "špatná"), 20,
                 lambda i, a, t: [i + 1, t, a])),
          {"roles": {"text": "Zpráva", "label": "Druh"}, "classes": {"dobrá": 10, "špatná": 10},
           "taken": 20, "status": 0}),
    Shape("yes, Yes and YES", "yes.csv",
          as_csv(["comment", "is it spam?"], _rows(("yes", "no", "Yes", "NO"), 40,
                 lambda i, a, t: [t, a])),
          {"taken": 40, "notices": ["merged_labels"], "status": 0}),
    Shape("pos and positive for the same", "mixed_words.csv",
          as_csv(["text", "sentiment"], _rows(("positive", "negative", "pos", "neg"), 40,
                 lambda i, a, t: [t, a])),
          {"taken": 40, "notices": ["alike_labels"], "status": 0}),
    Shape("a table in a zip from a Mac", "Archive.zip",
          as_zip({"reviews.csv": as_csv(["label", "text"], _rows(_HAM, 30,
                                        lambda i, a, t: [a, t])),
                  "__MACOSX/._reviews.csv": b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(80),
                  ".DS_Store": b"\0\0\0\1Bud1" + bytes(60)}),
          {"format": "csv", "classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("packed with gzip, and not called so", "reviews.csv",
          gzip.compress(as_csv(["label", "text"], _rows(_HAM, 30, lambda i, a, t: [a, t]))),
          {"format": "csv", "classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("not packed, and called .gz", "reviews.csv.gz",
          as_csv(["label", "text"], _rows(_HAM, 30, lambda i, a, t: [a, t])),
          {"format": "csv", "classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("JSON called .csv", "reviews.csv",
          as_jsonl(*_rows(_HAM, 30, lambda i, a, t: {"text": t, "label": a})),
          {"format": "jsonl", "classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("a workbook called .csv", "reviews.csv",
          workbook({"Sheet1": [["label", "text"], *_rows(_HAM, 30, lambda i, a, t: [a, t])]}),
          {"format": "xlsx", "classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("the page of a proxy called .csv", "data.csv", _HTML.encode(), {"status": 1}),
    Shape("a refusal of a cloud store called .csv", "data.csv", _XML.encode(), {"status": 1}),
    Shape("a list of titles in XML called .txt", "feed.txt",
          b'<rss version="2.0"><channel><title>News</title></channel></rss>\n', {"status": 1},
          task="classify"),
    Shape("the refusal of an interface called .json", "data.json",
          b'{"error": {"code": 401, "message": "Invalid token"}}', {"status": 1}),
    Shape("lines of commas alone", "data.csv", b",,,\n" * 20, {"status": 1}),
    Shape("a header and nothing below", "data.csv", b"text,label\n", {"status": 1}),
    Shape("scores with fractions", "scores.csv",
          as_csv(["text", "score"], _rows((0.13, 0.9, 0.42, 0.77), 60,
                 lambda i, a, t: [t, round(a + i / 1000, 3)])),
          {"task": "classify", "roles": {"text": "text", "label": None},
           "notices": ["numbers_no_classes"], "status": 2}),
    Shape("a label before a colon", "messages.txt",
          as_lines(*_rows(_HAM, 60, lambda i, a, t: f"{a}: {t}")),
          {"task": "classify", "classes": {"ham": 40, "spam": 20}, "taken": 60,
           "notices": ["line_form"], "status": 0}),
    Shape("a label before a space", "messages.txt",
          as_lines(*_rows(("ham", "ham", "spam"), 60, lambda i, a, t: f"{a} {t.lower()}")),
          {"task": "classify", "classes": {"ham": 40, "spam": 20}, "taken": 60,
           "notices": ["line_form"], "status": 0}),
    Shape("a number before a space", "messages.txt",
          as_lines(*_rows(("0", "1"), 60, lambda i, a, t: f"{a} {t.lower()}")),
          {"task": "classify", "classes": {"0": 30, "1": 30}, "taken": 60,
           "notices": ["line_form"], "status": 0}),
    Shape("label;text without a header", "messages.txt",
          as_lines(*_rows(_HAM, 60, lambda i, a, t: f"{a};{t}")),
          {"task": "classify", "classes": {"ham": 40, "spam": 20}, "taken": 60, "status": 0}),
    Shape("a label in brackets before the text", "messages.txt",
          as_lines(*_rows(_HAM, 60, lambda i, a, t: f"[{a}] {t}")),
          {"task": "classify", "classes": {"ham": 40, "spam": 20}, "taken": 60,
           "notices": ["line_form"], "status": 0}),
    Shape("fastText's lines with an own mark of three", "some.txt",
          as_lines(*_rows(("__label__x", "__label__y"), 40, lambda i, a, t: f"{a} , {t}")),
          {"classes": {"x": 20, "y": 20}, "taken": 40, "status": 0}),
    Shape("Markdown's table", "table.md",
          as_lines("| label | text |", "|---|---|",
                   *_rows(_HAM, 30, lambda i, a, t: f"| {a} | {t} |")),
          {"classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}, task="classify"),
)  # fmt: skip

_FRAME = _rows(_HAM, 30, lambda i, a, t: {"text": t, "label": a})
_COUNTS = {"ham": 20, "spam": 10}

JSONS = (
    *(Shape(about, "data.json", json.dumps(value).encode(),
            {"classes": _COUNTS, "taken": 30, "status": 0})
      for about, value in (
          ("rows under data", {"version": "1.0", "data": _FRAME}),
          ("rows under records", {"count": 30, "records": _FRAME}),
          ("rows of rows", {"num_rows": 30, "rows": [{"row_idx": i, "row": row,
                            "truncated_cells": []} for i, row in enumerate(_FRAME)]}),
          ("pandas, split", {"columns": ["text", "label"], "index": list(range(30)),
                             "data": [[row["text"], row["label"]] for row in _FRAME]}),
          ("pandas, table", {"schema": {"fields": [{"name": "index", "type": "integer"},
                             {"name": "text", "type": "string"},
                             {"name": "label", "type": "string"}], "primaryKey": ["index"],
                             "pandas_version": "1.4.0"},
                             "data": [{"index": i, **row} for i, row in enumerate(_FRAME)]}),
          ("pandas, columns", {key: {str(i): row[key] for i, row in enumerate(_FRAME)}
                               for key in ("text", "label")}),
          ("pandas, index", {str(i): row for i, row in enumerate(_FRAME)}),
          ("pandas, values", [[row["text"], row["label"]] for row in _FRAME]),
          ("pandas, list", {key: [row[key] for row in _FRAME] for key in ("text", "label")}),
          ("records under results of results", {"results": {"items": _FRAME}}),
          ("texts by label", {label: [row["text"] for row in _FRAME if row["label"] == label]
                              for label in ("ham", "spam")}),
          ("a list of rows by label", [{"label": label, "texts": [
              row["text"] for row in _FRAME if row["label"] == label]}
              for label in ("ham", "spam")]),
          ("labels as objects with a value", [{"text": row["text"],
                                               "label": [{"value": row["label"]}]}
                                              for row in _FRAME]),
          ("labels as objects with a name", [{"text": row["text"], "label": {
              "name": row["label"], "id": i % 2}} for i, row in enumerate(_FRAME)]),
          ("labels as lists of one", [{"text": row["text"], "labels": [row["label"]]}
                                      for row in _FRAME]),
          ("texts as objects", [{"data": {"text": row["text"]}, "label": row["label"]}
                                for row in _FRAME]),
          ("texts with cats (spaCy)", [[row["text"], {"cats": {
              label: float(label == row["label"]) for label in ("ham", "spam")}}]
              for row in _FRAME]),
          ("labels as scores of one (cats)", [{"text": row["text"], "cats": {
              label: int(label == row["label"]) for label in ("ham", "spam")}}
              for row in _FRAME]),
      )),
    Shape("names beside numbers of classes", "data.jsonl",
          as_jsonl(*_rows((0, 1, 2), 60, lambda i, a, t: {
              "text": t, "label": a, "label_text": ("sadness", "joy", "love")[a]})),
          {"classes": {"joy": 20, "love": 20, "sadness": 20}, "roles": {"label": "label_text"},
           "taken": 60, "status": 0}),
    Shape("numbers of classes, named by the hub's features", "rows.json",
          json.dumps({"dataset": "x", "features": [
              {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}},
              {"feature_idx": 1, "name": "label",
               "type": {"names": ["neg", "pos"], "_type": "ClassLabel"}}],
              "rows": [{"row_idx": i, "row": {"text": S[i], "label": i % 2}} for i in range(30)],
              "num_rows_total": 30}).encode(),
          {"classes": {"neg": 15, "pos": 15}, "taken": 30, "status": 0}),
    Shape("a folder of the hub with its card", "hub",
          {"hub/README.md": b"---\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n"
           b"  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': neg\n"
           b"          '1': pos\n---\n# Reviews\n",
           "hub/train.jsonl": as_jsonl(*[{"text": S[i], "label": i % 2} for i in range(30)]),
           "hub/test.jsonl": as_jsonl(*[{"text": S[30 + i], "label": i % 2} for i in range(10)])},
          {"classes": {"neg": 20, "pos": 20}, "taken": 40, "splits": {"test": 10, "train": 30},
           "notices": ["class_names"], "status": 0}),
    Shape("a folder with dataset_infos.json", "hub",
          {"hub/dataset_infos.json": json.dumps({"default": {"features": {
              "text": {"dtype": "string", "_type": "Value"},
              "label": {"num_classes": 2, "names": ["neg", "pos"], "_type": "ClassLabel"}}}})
              .encode(),
           "hub/train.csv": as_csv(["text", "label"], [[S[i], i % 2] for i in range(30)])},
          {"classes": {"neg": 15, "pos": 15}, "taken": 30, "notices": ["class_names"],
           "status": 0}),
    Shape("truth values as labels", "data.jsonl",
          as_jsonl(*_rows((True, False), 30, lambda i, a, t: {"comment": t, "toxic": a})),
          {"classes": {"false": 15, "true": 15}, "taken": 30, "status": 0}),
    Shape("lines with a comment above and a mark", "data.jsonl",
          b"\xef\xbb\xbf# exported on Monday\n// by hand\n" + as_jsonl(*_FRAME),
          {"classes": _COUNTS, "taken": 30, "left_out": 0, "status": 0}),
    Shape("lines of two forms", "data.jsonl",
          as_jsonl(*_FRAME[:20], *[[row["text"], row["label"]] for row in _FRAME[20:]]),
          {"classes": _COUNTS, "taken": 30, "left_out": 0, "status": 0}),
    Shape("objects with other names for some rows", "data.jsonl",
          as_jsonl(*_FRAME[:20], *[{"content": row["text"], "category": row["label"]}
                                   for row in _FRAME[20:]]),
          {"classes": _COUNTS, "taken": 30, "left_out": 0, "status": 0}),
    Shape("texts in doccano's export of several labels", "all.jsonl",
          as_jsonl(*[{"id": i, "text": S[i], "label": (["a"], ["b"], ["b", "a"])[i % 3],
                      "Comments": []} for i in range(30)]),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "left_out": 10,
           "notices": ["several_labels"], "status": 0}),
    Shape("Argilla's records", "argilla.json",
          json.dumps([{"id": str(i), "fields": {"text": S[i]}, "metadata": {}, "responses": {
              "label": [{"value": "ab"[i % 2], "user_id": "u", "status": "submitted"}]},
              "suggestions": {}} for i in range(20)]).encode(),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "status": 0}),
    Shape("the hub's copy of Argilla's records", "argilla.jsonl",
          as_jsonl(*[{"text": S[i], "label": [{"user_id": "u", "value": "ab"[i % 2],
                      "status": "submitted"}], "label-suggestion": None, "external_id": str(i),
                      "metadata": "{}"} for i in range(20)]),
          {"classes": {"a": 10, "b": 10}, "taken": 20, "status": 0}),
    Shape("rows of a search engine", "es.json",
          json.dumps({"took": 3, "hits": {"total": 30, "hits": [
              {"_index": "m", "_id": str(i), "_score": 1.0, "_source": row}
              for i, row in enumerate(_FRAME)]}}).encode(),
          {"classes": _COUNTS, "taken": 30, "status": 0}),
    Shape("documents of MongoDB", "mongo.json",
          b"".join(json.dumps({"_id": {"$oid": f"{i:024x}"}, **row}).encode() + b"\n"
                   for i, row in enumerate(_FRAME)),
          {"classes": _COUNTS, "taken": 30, "status": 0}),
)  # fmt: skip


def _titled(book: Any) -> None:
    book.active.merge_cells("A1:C1")


def _hidden(book: Any) -> None:
    book["Data"].column_dimensions["C"].hidden = True
    book["Data"].auto_filter.ref = "A1:C31"
    book["Data"].row_dimensions[3].hidden = True


WORKBOOKS = (
    Shape("a workbook with a note first and the data on the second sheet", "survey.xlsx",
          workbook({"Read me": [["This file holds the survey."], ["Ask Anna."]],
                    "Data": [["Comment", "Mood"], *_rows(("good", "bad"), 30,
                                                        lambda i, a, t: [t, a])],
                    "Lists": [["good"], ["bad"]]}),
          {"format": "xlsx", "roles": {"text": "Comment", "label": "Mood"}, "taken": 30,
           "classes": {"bad": 15, "good": 15}, "notices": ["other_sheets"], "status": 0}),
    Shape("a merged title above the table", "report.xlsx",
          workbook({"S": [["Customer survey 2023", None, None], [None, None, None],
                          ["Nr", "Comment", "Mood"],
                          *_rows(("good", "bad"), 30, lambda i, a, t: [i + 1, t, a])]}, _titled),
          {"roles": {"text": "Comment", "label": "Mood"}, "taken": 30,
           "classes": {"bad": 15, "good": 15}, "notices": ["preamble"], "status": 0}),
    Shape("numbers as labels, a hidden column and a filter", "filtered.xlsx",
          workbook({"Data": [["Text", "Class", "Old class"],
                             *_rows((1, 2), 30, lambda i, a, t: [t, a, 3 - a])]}, _hidden),
          {"roles": {"text": "Text", "label": "Class"}, "classes": {"1": 15, "2": 15},
           "taken": 30, "notices": ["hidden_rows"], "status": 0}),
    Shape("a sheet for each class", "by_class.xlsx",
          workbook({"ham": [["message"], *[[S[i]] for i in range(20)]],
                    "spam": [["message"], *[[S[30 + i]] for i in range(10)]]}),
          {"classes": {"ham": 20, "spam": 10}, "taken": 30, "status": 0}),
    Shape("a totals row and a summary below the table", "totals.xlsx",
          workbook({"S": [["Text", "Label"], *_rows(("x", "y"), 30, lambda i, a, t: [t, a]),
                          [None, None], ["Total", 30]]}),
          {"classes": {"x": 15, "y": 15}, "taken": 30, "left_out": 1, "notices": ["totals"],
           "status": 0}),
)  # fmt: skip

SET_SHAPES = (*SETS, *EXPORTS, *JSONS, *WORKBOOKS)
_NEW = frozenset({
    "fastText with several labels a line", "comments with one or several emotions by number",
    "twenty groups of news as a table of pandas", "a folder of tweet_eval: texts beside labels",
    "a line of totals at the end", "pos and positive for the same",
    "the page of a proxy called .csv", "a refusal of a cloud store called .csv",
    "lines of commas alone", "a header and nothing below", "scores with fractions",
    "a label before a colon", "a label before a space", "a label in brackets before the text",
    "labels as objects with a value", "texts with cats (spaCy)", "names beside numbers of classes",
    "a folder of the hub with its card", "lines with a comment above and a mark",
    "lines of two forms", "Argilla's records", "a sheet for each class",
    "150 intents with parts and questions out of scope", "a merged title above the table",
})  # fmt: skip
# What the page of shapes lists as well: kinds that `data_shapes` has not.
LISTED = tuple(set_shape for set_shape in SET_SHAPES if set_shape.about in _NEW)
