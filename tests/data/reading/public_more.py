# ruff: noqa: E501, B023
"""A second round of public shapes: data to answer from, mails, folders and corpora, all invented."""

import io
import json
import zipfile

from tests.data.reading.public_case import Case, cs, jl, js, pqt
from tests.data.reading.public_folders import STORY, ham, mbox, spam
from tests.data.reading.public_instructions import ONE, A, U, a, q, sg

CASES: list[Case] = []


def case(*args, guess=None, **more):
    CASES.append(Case(*args, guess=guess, **more))


def f(*args, **more):
    case(*args, task="classify", **more)


def c(*args, **more):
    case(*args, task="corpus", **more)


def odt():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        packed.writestr("content.xml", "<x/>")
    return buffer.getvalue()


# fmt: off
# ---- instruct, second round
case("airoboros", "air.jsonl", jl(lambda i: {"id": f"{i}", "system": "You are a helper.", "category": "plain", "conversations": sg(("human", q(i)), ("gpt", a(i)))}), 12, ("You are a helper.", ((q(0), a(0)),)))
case("hermes", "h.jsonl", jl(lambda i: {"conversations": sg(("system", "S."), ("human", q(i)), ("gpt", a(i))), "source": "x", "title": None, "custom_instruction": None, "model": None, "hash": None}), 12, ("S.", ((q(0), a(0)),)))
case("tulu", "tulu.jsonl", jl(lambda i: {"dataset": "flan", "id": f"f{i}", "messages": [U(q(i)), A(a(i))]}), 12, ONE)
case("magpie", "m.parquet", pqt(lambda i: {"uuid": f"{i:032x}", "model": "llama", "gen_input_configs": {"temperature": 1.0, "input_generator": "x"}, "instruction": q(i), "response": a(i), "conversations": sg(("human", q(i)), ("gpt", a(i))), "task_category": "Math", "reward": 1.0}), 12, ONE)
case("numina cot", "n.jsonl", jl(lambda i: {"source": "amc", "problem": q(i), "solution": a(i), "messages": [U(q(i)), A(a(i))]}), 12, ONE)
case("open thoughts", "ot.jsonl", jl(lambda i: {"system": "Think.", "conversations": [{"from": "user", "value": q(i)}, {"from": "assistant", "value": f"<|begin_of_thought|>\n\nHm.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>{a(i)}<|end_of_solution|>"}]}), 12, ("Think.", ((q(0), f"<|begin_of_thought|>\n\nHm.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>{a(0)}<|end_of_solution|>"),)))
case("aya", "aya.csv", cs(["inputs", "targets", "language", "language_code", "annotation_type", "user_id"], lambda i: [q(i), a(i), "English", "eng", "original-annotations", f"{i:064x}"]), 12, ONE, guess="instruct")
case("code_search/codealpaca zip", "codealpaca.zip", {"data/code_alpaca_20k.json": js(lambda i: {"instruction": q(i), "input": "", "output": a(i)}), "README.md": b"x", "LICENSE": b"y"}, 12, ONE, guess="instruct")
case("train/test jsonl folder", "set", {"train.jsonl": jl(lambda i: {"prompt": q(i), "completion": a(i)}), "test.jsonl": jl(lambda i: {"prompt": q(i + 50), "completion": a(i + 50)}, 4), "README.md": b"#"}, 16, ONE, splits={"train": 12, "test": 4}, guess="instruct")
case("parquet shards of messages", "set", {f"data/train-0000{k}-of-00002.parquet": pqt(lambda i: {"messages": [U(q(i + 20 * k)), A(a(i + 20 * k))]}) for k in range(2)}, 24, ONE, guess="instruct")
case("function calling hermes", "fc.json", js(lambda i: {"conversations": sg(("system", "Tools."), ("human", q(i)), ("gpt", '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'), ("tool", "<tool_response>7</tool_response>"), ("gpt", a(i)))}), 0, left_out=12, notices=("only_tools",))
case("toolace / xlam", "xlam.json", js(lambda i: {"query": q(i), "answers": '[{"name": "f", "arguments": {"x": 1}}]', "tools": '[{"name": "f"}]'}), 12, None, notices=("unread_columns",))
case("pku saferlhf", "pku.jsonl", jl(lambda i: {"prompt": q(i), "response_0": a(i), "response_1": "No idea, my friend.", "is_response_0_safe": True, "better_response_id": i % 2}), None)
case("webgpt comparisons", "wg.jsonl", jl(lambda i: {"question": {"dataset": "eli5", "id": str(i), "full_text": q(i)}, "answer_0": a(i), "answer_1": "No.", "score_0": 1.0, "score_1": -1.0}), None)
case("summarize from feedback", "sff.jsonl", jl(lambda i: {"prompt": "SUBREDDIT: r/x\nPOST: " + q(i) + "\nTL;DR:", "label": " " + a(i)}), None)
case("nectar", "nec.jsonl", jl(lambda i: {"prompt": f"\n\nHuman: {q(i)}\n\nAssistant: ", "answers": [{"answer": "No.", "model": "x", "rank": 2.0}, {"answer": a(i), "model": "y", "rank": 1.0}], "turns": 1, "num_responses": 2, "source": ["lmsys"], "good_natured": True}), 12, ONE, notices=("rated_answers",))
case("stanford alpaca farm eval", "af.json", js(lambda i: {"dataset": "helpful_base", "instruction": q(i), "output": a(i), "generator": "text_davinci_003"}), 12, ONE)
case("ifeval no answers", "if.jsonl", jl(lambda i: {"key": 1000 + i, "prompt": q(i), "instruction_id_list": ["x"], "kwargs": [{"n": 1}]}), None)
case("openbookqa hub", "ob.jsonl", jl(lambda i: {"id": f"7-{i}", "question_stem": q(i), "choices": {"text": ["one day", "two days"], "label": ["A", "B"]}, "answerKey": "AB"[i % 2]}), None)
case("sciq", "sciq.jsonl", jl(lambda i: {"question": q(i), "distractor3": "x", "distractor1": "y", "distractor2": "z", "correct_answer": a(i), "support": "The lamp is there."}), 12, ONE)
case("drop", "drop.jsonl", jl(lambda i: {"section_id": f"nfl_{i}", "query_id": f"{i:x}", "passage": f"Lamp {i} lies.", "question": q(i), "answers_spans": {"spans": [a(i)], "types": ["span"]}}), None)
case("quac/coqa hub", "cq.jsonl", jl(lambda i: {"source": "wiki", "story": f"Lamp {i}.", "questions": [q(i), "Why?"], "answers": {"input_text": [a(i), "Because."], "answer_start": [0, 1], "answer_end": [1, 2]}}), 12, ("", ((q(0), "Lamp 0.", a(0)), ("Why?", "Because."))))
case("faq json object", "faq.json", json.dumps({"faqs": [{"question": q(i), "answer": a(i)} for i in range(12)]}).encode(), 12, ONE, guess="instruct")
case("faq key value", "faq.json", json.dumps({q(i): a(i) for i in range(12)}).encode(), 12, ONE, notices=("json_form", "two_columns"))
case("anki tsv", "anki.txt", ("#separator:tab\n#html:true\n#tags column:3\n" + "".join(f"{q(i)}\t{a(i)}\ttag\n" for i in range(12))).encode(), None)
case("quizlet tab two columns", "quizlet.txt", "".join(f"{q(i)}\t{a(i)}\n" for i in range(12)).encode(), 12, ONE)
case("zendesk tickets csv", "tickets.csv", cs(["Ticket ID", "Subject", "Description", "Resolution", "Status"], lambda i: [i, "Lamp", q(i), a(i), "closed"]), None)
case("intercom per message csv", "msgs.csv", cs(["conversation_id", "created_at", "author_type", "body"], lambda i: [f"c{i//2}", f"2024-01-01T10:{i:02}:00Z", ["user", "admin"][i % 2], q(i // 2) if i % 2 == 0 else a(i // 2)], 24), None)
case("llm logs csv", "logs.csv", cs(["timestamp", "user_message", "bot_response", "latency_ms"], lambda i: ["2024-01-01T10:00:00", q(i), a(i), 12]), None)
case("google sheet Prompt/Response title case", "p.csv", cs(["Timestamp", "Prompt", "Response"], lambda i: ["1/2/2024 10:00:00", q(i), a(i)]), 12, ONE, guess="instruct")
case("bom and crlf csv", "q.csv", ("\ufeffQuestion,Answer\r\n" + "".join(f'"{q(i)}","{a(i)}"\r\n' for i in range(12))).encode(), 12, ONE, guess="instruct")
case("utf-16 tsv excel", "q.txt", ("Question\tAnswer\r\n" + "".join(f"{q(i)}\t{a(i)}\r\n" for i in range(12))).encode("utf-16"), 12, ONE, guess="instruct")
case("jsonl with trailing comma list", "t.json", ("[\n" + "".join(json.dumps({"prompt": q(i), "completion": a(i)}) + ",\n" for i in range(12)) + "]").encode(), 12, ONE)
case("openai batch requests", "b.jsonl", jl(lambda i: {"custom_id": f"r{i}", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4", "messages": [U(q(i))]}}), 0, left_out=12, notices=("no_answer",))
case("openai stored completions", "sc.jsonl", jl(lambda i: {"messages": [U(q(i))], "choices": [{"message": A(a(i))}]}), 0, left_out=12, notices=("no_answer",))
case("langsmith runs", "ls.csv", cs(["input_question", "output_answer", "id"], lambda i: [q(i), a(i), f"{i:x}"]), None)
case("langsmith jsonl", "ls.jsonl", jl(lambda i: {"inputs": {"question": q(i)}, "outputs": {"answer": a(i)}}), 12, ONE)
case("argilla feedback", "ar.jsonl", jl(lambda i: {"prompt": q(i), "response": [{"user_id": "u", "value": a(i), "status": "submitted"}], "external_id": None}), 12, ONE)
case("dolly/hub with features wrapper", "rows.json", json.dumps({"features": [], "rows": [{"row_idx": i, "row": {"instruction": q(i), "context": "", "response": a(i)}, "truncated_cells": []} for i in range(12)]}).encode(), 12, ONE, guess="instruct")
case("koala style text with roles", "k.jsonl", jl(lambda i: {"text": f"BEGINNING OF CONVERSATION: USER: {q(i)} GPT: {a(i)}</s>"}), None)
case("human/bot tags", "r.jsonl", jl(lambda i: {"text": f"<human>: {q(i)}\n<bot>: {a(i)}"}), 12, ONE)
case("prompt with Human/Assistant in it", "p.jsonl", jl(lambda i: {"prompt": f"\n\nHuman: {q(i)}\n\nAssistant:", "completion": f" {a(i)}"}), 12, ONE)
case("reasoning_content", "rc.jsonl", jl(lambda i: {"messages": [U(q(i)), {"role": "assistant", "reasoning_content": "Hm.", "content": a(i)}]}), 12, ONE)
case("content null with refusal", "rf.jsonl", jl(lambda i: {"messages": [U(q(i)), {"role": "assistant", "content": None, "refusal": "No."} if i == 5 else A(a(i))]}), 11, ONE, left_out=1)
case("duplicate system + user first", "ds.jsonl", jl(lambda i: {"messages": [{"role": "system", "content": "A."}, {"role": "system", "content": "B."}, U(q(i)), A(a(i))]}), 12, ("A.\nB.", ((q(0), a(0)),)))
case("claude jsonl session", "session.jsonl", jl(lambda i: {"type": ["user", "assistant"][i % 2], "uuid": f"u{i}", "parentUuid": f"u{i-1}" if i else None, "sessionId": "s", "timestamp": "2025-01-01T10:00:00Z", "message": {"role": ["user", "assistant"][i % 2], "content": q(i // 2) if i % 2 == 0 else [{"type": "text", "text": a(i // 2)}]}}), None)
case("character.ai / oobabooga history", "h.json", json.dumps({"internal": [[q(i), a(i)] for i in range(12)], "visible": [[q(i), a(i)] for i in range(12)]}).encode(), None)
case("character card chat jsonl (SillyTavern)", "st.jsonl", (json.dumps({"user_name": "You", "character_name": "Mara", "create_date": "x"}) + "\n" + "".join(json.dumps({"name": ["You", "Mara"][i % 2], "is_user": i % 2 == 0, "mes": f"word {i} is here"}) + "\n" for i in range(12))).encode(), None)
# ---- mails / folders, second round
f("thunderbird boxes", "Mail", {"Local/Work": mbox(*map(ham, range(4))), "Local/Work.msf": b"// <!-- <mdb:mork:z v=\"1.4\"/> -->\n", "Local/Junk": mbox(*map(spam, range(4))), "Local/Junk.msf": b"// <!-- <mdb:mork:z v=\"1.4\"/> -->\n"}, 8, None, classes={"Work": 4, "Junk": 4}, guess="classify")
f("lone mbox without labels", "inbox", mbox(*map(ham, range(4))), None)
f("spam folder flat with prefix csv", "sms.zip", {"SMSSpamCollection": "".join(f"{'spam' if i % 3 == 0 else 'ham'}\tsee you at nine {i}\n" for i in range(30)).encode(), "readme": b"SMS Spam Collection v.1\n-------\n\nabout the set.\n"}, 30, None, classes={"ham": 20, "spam": 10})
f("reuters-like cats.txt", "reuters", {"cats.txt": "".join(f"{'test' if i % 4 == 0 else 'training'}/{i} {'grain' if i % 2 else 'trade'}\n" for i in range(12)).encode(), **{f"{'test' if i % 4 == 0 else 'training'}/{i}": f"the {'grain' if i % 2 else 'trade'} text {i}".encode() for i in range(12)}, "stopwords": b"a\nthe\n"}, 12, None, classes={"trade": 6, "grain": 6}, splits={"train": 9, "test": 3})
f("movie reviews with cv names", "movie_reviews", {f"{cl}/cv{i:03}_{29590 + i}.txt": f"a {cl} film {i}".encode() for cl in ("pos", "neg") for i in range(4)}, 8, None, classes={"pos": 4, "neg": 4}, guess="classify")
f("sentence polarity two files", "rt", {"rt-polarity.pos": "".join(f"a good film {i}\n" for i in range(8)).encode("cp1252"), "rt-polarity.neg": "".join(f"a bad film {i}\n" for i in range(8)).encode("cp1252")}, -1, "sub-folder")
f("pos.txt and neg.txt", "rt", {"positive.txt": "".join(f"a good film {i}\n" for i in range(8)).encode(), "negative.txt": "".join(f"a bad film {i}\n" for i in range(8)).encode()}, -1, "sub-folder")
f("ham.csv spam.csv without label", "two.zip", {"ham.csv": cs(["text"], lambda i: [f"see you at {i}"], 6), "spam.csv": cs(["text"], lambda i: [f"win {i} now"], 6)}, -1, "2 tables")
f("folders with one stray pdf", "d", {**{f"{k}/{i}.txt": f"the {k} text {i}".encode() for k in ("a", "b") for i in range(4)}, "a/x.pdf": b"%PDF-1.4"}, 8, None, classes={"a": 4, "b": 4}, notices=("other_files",))
f("class folders with docx only", "d", {f"{k}/{i}.docx": b"PK\x03\x04" for k in ("a", "b") for i in range(4)}, -1, "docx")
f("uppercase folders and spaces", "d", {f"{k}/{i}.TXT": f"the {k} text {i}".encode() for k in ("Not Spam", "Spam!") for i in range(4)}, 8, None, classes={"Not Spam": 4, "Spam!": 4})
c("folder with nested zips", "d", {"a.zip": b"PK\x05\x06" + bytes(18), "b.txt": STORY.format(1).encode()}, 1, None, notices=("other_files",))
c("empty txt among others", "d", {"a.txt": b"", "b.txt": b"  \n", "c.txt": STORY.format(1).encode()}, 1, None)
c("mixed encodings folder", "d", {"a.txt": "Für alle\n".encode(), "b.txt": "Für viele Leute schön\n".encode("cp1252"), "c.txt": "\ufeffFür uns\n".encode("utf-16-le")}, 3, ["Für alle\n", "Für viele Leute schön\n", "Für uns\n"])
c("vcard", "c.vcf", b"BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nEND:VCARD\n", 1, None)
c("kindle azw/mobi", "b.mobi", b"Lamps\0" + bytes(54) + b"BOOKMOBI" + bytes(100), -1, None)
c("djvu", "b.djvu", b"AT&TFORM\x00\x00\x01\x00DJVM" + bytes(100), -1, None)
c("odt named", "b.odt", odt(), -1, "OpenDocument")
c("html saved page with srcset", "p.html", b"<!DOCTYPE html><html><body><nav>Home</nav><article><h1>Lamp</h1><p>It burned.<br>Long.</p><table><tr><td>a</td><td>b</td></tr></table></article></body></html>", 1, None, notices=("html",))
c("ass subtitles", "f.ass", b"[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,The lamp.\n", 1, None, notices=("subtitles",))
c("jsonl title+text ask", "x.jsonl", jl(lambda i: {"title": f"Lamp number {i} in the house", "paragraphs": [STORY.format(i), "More."]}), None)
c("csv with text and lang", "x.csv", cs(["lang", "text"], lambda i: ["en", STORY.format(i)]), 12, None)
c("pile jsonl.zst", "x.jsonl.zst", b"\x28\xb5\x2f\xfd" + bytes(20), -1, "Zstandard")
c("oscar jsonl nested", "o.jsonl", jl(lambda i: {"content": STORY.format(i), "warc_headers": {"warc-record-id": "x"}, "metadata": {"identification": {"label": "en"}}}), 12, None)
c("redpajama", "rp.jsonl", jl(lambda i: {"text": STORY.format(i), "meta": "{'source': 'x'}", "red_pajama_subset": "wiki"}), 12, None)
c("txt with one line a document blank between", "x.txt", ("\n\n".join(STORY.format(i) for i in range(5))).encode(), 1, None)
