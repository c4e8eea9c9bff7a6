# ruff: noqa: E501, B023
"""Mails, folders and corpora in the shapes of public sets and exports, all invented.

Each case says beforehand what its owner means; `test_public_shapes.py` compares.
"""

import base64
import gzip
import io
import json
import quopri
import tarfile
import zipfile
from email.header import Header

from tests.data.reading.public_case import Case, cs, jl, js, pqt, xl

# fmt: off
CASES: list[Case] = []


def case(*args, task="classify", **more):
    CASES.append(Case(*args, task=task, **{"guess": task} | more))


def mail(i, word="meeting", body=None, more="", subject=None):
    return (
        f"Return-Path: <a{i}@example.org>\nReceived: from x by y; Mon, 2 Sep 2002 10:0{i % 10}:00 +0000\nFrom: Anna <a{i}@example.org>\nTo: b@example.org\nSubject: {subject or f'{word} {i}'}\nDate: Mon, 2 Sep 2002 10:00:00 +0000\nMessage-ID: <{word}{i}@x>\n{more}\n"
        + (body or f"Dear Ben,\nthe {word} number {i} is at nine.\n")
    ).encode()


def spam(i):
    return mail(i, "lottery")


def ham(i):
    return mail(i, "meeting")


H = ("meeting 0\nDear Ben,\nthe meeting number 0 is at nine.", "ham")
SP = ("lottery 0\nDear Ben,\nthe lottery number 0 is at nine.", "spam")


def plain(w, i):
    return f"Subject: {w} {i}\nthe {w} number {i} is at nine .\n".encode()


case('enron folders', 'enron', {**{f'enron{k}/{c}/000{i}.199{k}-01-01.{c}.txt': plain('lottery' if c == 'spam' else 'meeting', i + 10 * k) for k in (1, 2) for c in ('ham', 'spam') for i in range(4)}, 'enron1/Summary.txt': b'Legitimate: 4\n', 'enron2/Summary.txt': b'x'}, 16, None, classes={'ham': 8, 'spam': 8}, notices=('loose_files',))
case('spamassassin with cmds', 'sa', {**{f'{d}/000{i:02}.{i:032x}': (spam if 'spam' in d else ham)(i) for d in ('easy_ham', 'spam_2', 'hard_ham') for i in range(4)}, 'easy_ham/cmds': b'mv 1 00001.x\n'}, 12, H, classes={'ham': 8, 'spam': 4}, notices=('merged_folders',))
case('maildir classes', 'md', {f'{c}/{b}/16{i}.M1P2.host:2,S' if b != 'new' else f'{c}/{b}/16{i}.M1P2.host': (spam if c == 'spam' else ham)(i) for c in ('ham', 'spam') for b in ('cur', 'new') for i in range(3)}, 12, H, classes={'ham': 6, 'spam': 6})
case('maildir++ dotted folders', 'md2', {f'.{c}/cur/16{i}.h:2,S': (spam if c == 'Junk' else ham)(i) for c in ('Work', 'Junk') for i in range(3)}, 6, None, classes={'Work': 3, 'Junk': 3}, guess=None)


def mbox(*mails):
    return b"".join(b"From a@example.org Mon Sep  2 10:00:00 2002\n" + m + b"\n" for m in mails)


case('two mboxes', 'boxes.zip', {'ham.mbox': mbox(*map(ham, range(4))), 'spam.mbox': mbox(*map(spam, range(4)))}, 8, H, classes={'ham': 4, 'spam': 4}, notices=('mail_boxes',))
FROMS = mail(
    0,
    body="Hello,\n\n>From what I hear, all is well.\n\nFrom there we go on.\n\nFrom 10:00 to 11:00 in 2024 we sleep.\nEnd.\n",
    more="X-Gmail-Labels: Work\n",
)
case('mbox with From lines in bodies', 'b.mbox', mbox(FROMS, *(mail(i, more=f"X-Gmail-Labels: {('Spam' if i % 2 else 'Work')}\n") for i in range(1, 8))), 8, ('meeting 0\nHello,\n\nFrom what I hear, all is well.\n\nFrom there we go on.\n\nFrom 10:00 to 11:00 in 2024 we sleep.\nEnd.', 'Work'), classes={'Work': 4, 'Spam': 4})


def lab(i):
    return (
        "X-GM-THRID: 1\nX-Gmail-Labels: "
        + (
            "=?UTF-8?Q?Spam,Ge=C3=B6ffnet?="
            if i % 2
            else "=?UTF-8?Q?Posteingang,Wichtig,Ge=C3=B6ffnet,Familie?="
        )
        + "\n"
    )


case('gmail takeout, german', 'takeout.zip', {'Takeout/Mail/Alle E-Mails einschließlich Spam und Papierkorb.mbox': b''.join(b'From 17%d@xxx Mon Sep 02 10:00:00 +0000 2002\r\n' % i + mail(i, more=lab(i)).replace(b'\n', b'\r\n') + b'\r\n' for i in range(8)), 'Takeout/archive_browser.html': b'<html><body>Takeout</body></html>'}, 8, None, classes={'Spam': 4, 'Familie': 4}, notices=('gmail_labels',))


def part(i, kind):
    w = f"meeting {i}"
    if kind == "alt":
        return mail(
            i,
            more='MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="x"\n',
            body=f"--x\nContent-Type: text/html; charset=utf-8\n\n<p>Rich <b>{w}</b></p>\n--x\nContent-Type: text/plain; charset=utf-8\n\nPlain {w}\n--x--\n",
        )
    if kind == "html":
        return mail(
            i,
            more="MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n",
            body=f"<html><style>b {{}}</style><body><p>Rich <b>{w}</b> &amp; tea</p></body></html>\n",
        )
    if kind == "qp":
        return mail(
            i,
            more="MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n",
            body=quopri.encodestring(f"Grüße, {w}\n".encode("latin-1")).decode(),
        )
    if kind == "b64":
        return mail(
            i,
            more="MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n",
            body=base64.encodebytes(f"Größe {w}\n".encode("utf-16")).decode(),
        )
    if kind == "word":
        return mail(
            i, subject=Header(f"Größe für {w}", "utf-8").encode(), more="MIME-Version: 1.0\n"
        )
    if kind == "attach":
        return mail(
            i,
            more='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n',
            body=f'--x\nContent-Type: text/plain\n\nSee file, {w}\n--x\nContent-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"\n\nNOT READ\n--x--\n',
        )


WANT = {
    "alt": "meeting 0\nPlain meeting 0",
    "html": "meeting 0\nRich meeting 0 & tea",
    "qp": "meeting 0\nGrüße, meeting 0",
    "b64": "meeting 0\nGröße meeting 0",
    "word": "Größe für meeting 0\nDear Ben,\nthe meeting number 0 is at nine.",
    "attach": "meeting 0\nSee file, meeting 0",
}
for kind in WANT:
    for suffix in (".eml", ""):
        case(
            f"eml {kind} {suffix or 'no suffix'}",
            "m",
            {
                **{f"ham/{i}{suffix}": part(i, kind) for i in range(3)},
                **{f"spam/{i}{suffix}": spam(i) for i in range(3)},
            },
            6,
            (WANT[kind], "ham"),
            classes={"ham": 3, "spam": 3},
        )


def emlx(i, m):
    return (
        b"%-10d\n" % len(m)
        + m
        + b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n<dict>\n<key>flags</key>\n<integer>8590195713</integer>\n</dict>\n</plist>\n'
    )


case('emlx folders', 'am', {f'{c}/{i}.emlx': emlx(i, (spam if c == 'spam' else ham)(i)) for c in ('ham', 'spam') for i in range(4)}, 8, H, classes={'ham': 4, 'spam': 4})
case('apple mail mboxes', 'am', {f'{c}.mbox/ABC-1/Data/Messages/{i}.emlx': emlx(i, (spam if c == 'Junk' else ham)(i)) for c in ('Work', 'Junk') for i in range(4)}, 8, None, classes={'Work': 4, 'Junk': 4}, guess=None)
OLE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + b"\0" * 504
    + "__substg1.0_0037001F".encode("utf-16-le")
    + b"\0" * 512
)
case('outlook msg', 'mail.msg', OLE, -1, 'Outlook', guess=None)
case('old word doc', 'letter.doc', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\x00' * 504 + 'WordDocument'.encode('utf-16-le') + b'\x00' * 512, -1, 'Word', task='corpus', guess=None)
case('outlook pst', 'archive.pst', b'!BDN' + b'\x00' * 600, -1, 'Outlook', guess=None)
case('msg files in class folders', 'm', {f'{c}/{i}.msg': OLE for c in ('ham', 'spam') for i in range(3)}, -1, None, guess=None)


def IDX(n):
    return "".join(f"{'spam' if i % 2 else 'ham'} ../data/inmail.{i}\n" for i in range(n)).encode()


T7 = {
    "full/index": IDX(8),
    "partial/index": b"",
    "delay/index": IDX(4),
    **{f"data/inmail.{i}": (spam if i % 2 else ham)(i) for i in range(8)},
}
case('trec07p', 'trec07p', T7, 8, H, classes={'ham': 4, 'spam': 4})
case('trec07p, missing and unlisted', 'trec07p', {**T7, 'full/index': IDX(10), 'data/inmail.99': ham(99)}, 8, H, left_out=2, notices=('missing_files', 'unlisted_files'), classes={'ham': 4, 'spam': 4})
case('trec07p zip', 'trec07p.zip', {'trec07p/' + k: v for k, v in T7.items()}, 8, H, classes={'ham': 4, 'spam': 4})
case('trec06c', 'trec06c', {'full/index': ''.join(f"{('spam' if i % 2 else 'ham')} ../data/000/{i:03}\n" for i in range(6)).encode(), **{f'data/000/{i:03}': f'Received: from a by b; Fri, 12 Aug 2005\nFrom: =?gb2312?B?1cU=?= <a@b.cn>\nSubject: hi {i}\nDate: Fri, 12 Aug 2005 10:00:00\nContent-Type: text/plain; charset="gb2312"\n\n'.encode() + f'会议 {i} 在九点\n'.encode('gb2312') for i in range(6)}}, 6, ('hi 0\n会议 0 在九点', 'ham'), classes={'ham': 3, 'spam': 3})
case('csdmc labels file', 'csdmc', {'SPAMTrain.label': ''.join(f'{i % 2} TRAIN_{i:05}.eml\n' for i in range(8)).encode(), **{f'TRAINING/TRAIN_{i:05}.eml': (ham if i % 2 else spam)(i) for i in range(8)}}, 8, None, classes={'0': 4, '1': 4})
case('labels csv beside files', 'set', {'labels.csv': b'filename,label\n' + ''.join(f"doc{i}.txt,{('sport' if i % 2 else 'trade')}\n" for i in range(8)).encode(), **{f'doc{i}.txt': f"the {('match' if i % 2 else 'price')} number {i}".encode() for i in range(8)}}, 8, ('the price number 0', 'trade'), classes={'trade': 4, 'sport': 4})
case('labels csv with ids, files in a folder', 'set', {'train_labels.csv': b'id,category\n' + ''.join(f"{i},{('sport' if i % 2 else 'trade')}\n" for i in range(8)).encode(), **{f'texts/{i}.txt': f"the {('match' if i % 2 else 'price')} number {i}".encode() for i in range(8)}}, 8, ('the price number 0', 'trade'), classes={'trade': 4, 'sport': 4})
case('labels csv with paths', 'set.zip', {'index.csv': b'label;path\n' + ''.join(f"{('sport' if i % 2 else 'trade')};data/{i % 2}/d{i}.txt\n" for i in range(8)).encode(), **{f'data/{i % 2}/d{i}.txt': f"the {('match' if i % 2 else 'price')} number {i}".encode() for i in range(8)}}, 8, ('the price number 0', 'trade'), classes={'trade': 4, 'sport': 4})
case('labels jsonl beside files', 'set', {'labels.jsonl': jl(lambda i: {'file': f'd{i}.txt', 'label': 'sport' if i % 2 else 'trade'}, 8), **{f'd{i}.txt': f"the {('match' if i % 2 else 'price')} number {i}".encode() for i in range(8)}}, 8, ('the price number 0', 'trade'), classes={'trade': 4, 'sport': 4})
case('labels xlsx beside files', 'set', {'coding.xlsx': xl([['file', 'label']] + [[f'd{i}.txt', 'sport' if i % 2 else 'trade'] for i in range(8)]), **{f'd{i}.txt': f"the {('match' if i % 2 else 'price')} number {i}".encode() for i in range(8)}}, 8, ('the price number 0', 'trade'), classes={'trade': 4, 'sport': 4})


def news(g, i):
    return (
        f"From: a@b.edu (Al)\nSubject: Re: {g} {i}\nOrganization: B\nLines: 2\n\nThe {g} number {i} is here.\n"
    ).encode()


case('20 newsgroups bydate', '20news', {f'20news-bydate-{s}/{g}/{5000 + i + 10 * k}': news(g, i + 10 * k) for k, s in enumerate(('train', 'test')) for g in ('sci.space', 'rec.autos') for i in range(4)}, 16, None, classes={'rec.autos': 8, 'sci.space': 8}, splits={'train': 8, 'test': 8})
case('bbc with readme', 'bbc', {'README.TXT': b'about', **{f'{c}/{i:03}.txt': f'{c} news {i}\n\nThe text.'.encode() for c in ('business', 'sport') for i in range(4)}}, 8, None, classes={'business': 4, 'sport': 4})
case('aclImdb with extras', 'aclImdb', {'imdb.vocab': b'the\nand\n', 'README': b'Large Movie Review', 'imdbEr.txt': b'0.5\n0.2\n', **{f"{s}/{c}/{i}_{(7 if c == 'pos' else 3)}.txt": f'a {c} film {s} {i}<br /><br />Yes.'.encode() for s in ('train', 'test') for c in ('pos', 'neg') for i in range(4)}, **{f'train/unsup/{i}_0.txt': b'film' for i in range(3)}, 'train/labeledBow.feat': b'9 0:1\n', 'train/urls_pos.txt': b'http://x\n'}, 16, None, classes={'neg': 8, 'pos': 8}, splits={'train': 8, 'test': 8})
case('ling-spam', 'lingspam', {f"bare/part{p}/{('spmsga' if i % 2 else '3-1msg')}{p}{i}.txt": plain('lottery' if i % 2 else 'meeting', i + 10 * p) for p in (1, 2, 3) for i in range(4)}, -1, None, guess=None)
case('enron emails.csv', 'emails.csv', cs(['file', 'message'], lambda i: [f'allen-p/_sent_mail/{i}.', mail(i).decode()]), None, guess=None)
case('files named by class', 'rev.zip', {f'reviews/{c}_{i}.txt': f'a {c} film {i}'.encode() for c in ('pos', 'neg') for i in range(4)}, None, guess=None)

# ---- corpora


def corp(*args, guess=None, **more):
    case(*args, task="corpus", guess=guess, **more)


STORY = "The keeper lit lamp {} in the evening. It burned until the morning came.\n"


def text(n=6):
    return "".join(STORY.format(i) for i in range(n))


docx = io.BytesIO()
with zipfile.ZipFile(docx, "w") as z:
    z.writestr("[Content_Types].xml", "<x/>")
    z.writestr("word/document.xml", "<w/>")
epub = io.BytesIO()
with zipfile.ZipFile(epub, "w") as z:
    z.writestr("mimetype", "application/epub+zip")
    z.writestr("META-INF/container.xml", "<x/>")
corp('folder with txt, pdf, docx', 'docs', {**{f'{i}.txt': STORY.format(i).encode() for i in range(4)}, 'paper.pdf': b'%PDF-1.4\n', 'letter.docx': docx.getvalue()}, 4, None, notices=('other_files',))
corp('docx alone', 'letter.docx', docx.getvalue(), -1, 'Word document')
corp('epub', 'book.epub', epub.getvalue(), -1, 'EPUB', guess=None)
G = (
    "\ufeffThe Project Gutenberg eBook of Lamps\n\nThis eBook is for the use of anyone anywhere.\n\nTitle: Lamps\n\n*** START OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\n"
    + text()
    + "\n*** END OF THE PROJECT GUTENBERG EBOOK LAMPS ***\n\nSection 1. General Terms of Use and Redistributing Project Gutenberg works\n"
)
corp('gutenberg', 'pg1234.txt', G.encode(), 1, None, notices=('gutenberg',))
corp('folder of gutenberg', 'books', {f'pg{i}.txt': G.replace('Lamps', f'Lamps {i}').encode() for i in range(3)}, 3, None, notices=('gutenberg',))
corp('html folder', 'site', {**{f'{i}.html': f'<html><head><title>T</title><script>x()</script></head><body><h1>Lamp {i}</h1><p>It &amp; burned.</p></body></html>'.encode() for i in range(3)}, 'style.css': b'b{}'}, 3, ['Lamp 0\nIt & burned.', 'Lamp 1\nIt & burned.', 'Lamp 2\nIt & burned.'], notices=('html', 'other_files'))
corp('rtf', 'a.rtf', b"{\\rtf1\\ansi{\\fonttbl\\f0\\fswiss Helvetica;}\\f0\\pard The lamp \\'e4 burned.\\par}", 1, ['The lamp ä burned.\n'])
corp('srt', 'f.srt', b'1\r\n00:00:01,000 --> 00:00:02,000\r\nThe lamp.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nIt burned.\r\n', 1, None, notices=('subtitles',))
corp('vtt', 'f.vtt', b'WEBVTT\n\n00:01.000 --> 00:02.000\nThe lamp.\n\n00:03.000 --> 00:04.000\nIt burned.\n', 1, None, notices=('subtitles',))
corp('wikipedia jsonl', 'wiki.jsonl', jl(lambda i: {'id': str(i), 'url': f'https://en.wikipedia.org/wiki?curid={i}', 'title': f'Lamp {i}', 'text': STORY.format(i)}), 12, None)
corp('jsonl content', 'a.jsonl', jl(lambda i: {'content': STORY.format(i), 'repo_name': 'a/b', 'path': f'x{i}.py'}), 12, None)
corp('reddit body', 'rc.jsonl', jl(lambda i: {'author': f'u{i}', 'body': STORY.format(i), 'subreddit': 'lamps', 'score': i, 'created_utc': 1600000000 + i}), 12, None)
corp('c4 shards', 'c4', {f'c4-train.0000{k}-of-00002.json.gz': gzip.compress(jl(lambda i: {'text': STORY.format(i + 100 * k), 'timestamp': '2019-04-25T12:57:54Z', 'url': f'https://x/{i}'}, 6)) for k in range(2)}, 12, None)
corp('jsonl.gz', 'a.jsonl.gz', gzip.compress(jl(lambda i: {'text': STORY.format(i), 'meta': {'pile_set_name': 'Books'}})), 12, None)
corp('txt.gz', 'a.txt.gz', gzip.compress(text().encode()), 1, None)
corp('txt.gz folder', 'f', {f'{i}.txt.gz': gzip.compress(STORY.format(i).encode()) for i in range(3)}, 3, None)
corp('parquet shards', 'p', {f'data/train-0000{k}-of-00002.parquet': pqt(lambda i: {'text': STORY.format(i + 10 * k), 'url': 'https://x', 'score': 0.5}, 6) for k in range(2)}, 12, None)
corp('hub folder with README and dataset_infos', 'hub', {'README.md': b'# Lamps\n\nA set.', 'dataset_infos.json': b'{"default": {"features": {}}}', '.gitattributes': b'x', 'data/train-00000-of-00001.parquet': pqt(lambda i: {'text': STORY.format(i)}, 6)}, 6, None)
corp('utf-16', 'u.txt', ('\ufeff' + text()).encode('utf-16-le'), 1, None)
corp('windows-1252', 'w.txt', 'Die Lampe für 5 € – “schön” war’s.\n'.encode('cp1252') * 20, 1, 'Die Lampe für 5 € – “schön” war’s.\n' * 20)
corp('front matter', 'posts', {f'{i}.md': f'---\ntitle: Lamp {i}\ndate: 2020-01-01\ntags: [a, b]\n---\n\n# Lamp {i}\n\n{STORY.format(i)}'.encode() for i in range(4)}, 4, None, notices=('front_matter',))
corp('latex', 'thesis', {'main.tex': b'\\documentclass{article}\n\\begin{document}\nThe lamp burned.\n\\end{document}\n', 'refs.bib': b'@article{x}', 'fig.png': b'\x89PNG'}, 1, None, notices=('other_files',))
corp('code', 'proj', {'src/a.py': b'def lamp():\n    return 1\n', 'src/b.js': b'function lamp() {}\n', 'README.md': b'# Lamp\n', 'package.json': b'{}', 'node.lock': b'x'}, 3, None)
corp('one huge line', 'l.txt', text(3000).replace('\n', ' ').encode(), 1, None)
corp('crlf', 'c.txt', text().replace('\n', '\r\n').encode(), 1, text())
corp('wikiextractor', 'wiki_00', ''.join(f'<doc id="{i}" url="https://en.wikipedia.org/wiki?curid={i}" title="Lamp {i}">\nLamp {i}\n\n{STORY.format(i)}\n</doc>\n' for i in range(4)).encode(), 4, [f'Lamp {i}\n\n{STORY.format(i)}\n' for i in range(4)], notices=('wiki_pages',))
corp('wikiextractor folder', 'AA', {f'wiki_0{k}': ''.join(f'<doc id="{i}" url="x" title="Lamp {i}">\nLamp {i}\n\n{STORY.format(i)}\n</doc>\n' for i in range(2)).encode() for k in range(2)}, 4, None)
corp('wikitext', 'wiki.train.tokens', (' \n = Lamp = \n \n The lamp burned . \n \n = = Use = = \n \n It is used . \n ' * 4).encode(), 1, None)
corp('tinystories', 'TinyStories.txt', (STORY.format(1) + '<|endoftext|>\n' + STORY.format(2) + '<|endoftext|>\n').encode(), 2, None, notices=('marks',))
corp('json list of strings', 's.json', json.dumps([STORY.format(i) for i in range(6)]).encode(), 6, None)
corp('mediawiki xml dump', 'dump.xml', b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">\n  <page>\n    <title>Lamp</title>\n    <revision>\n      <text bytes="20">The \'\'\'lamp\'\'\' [[burned]].</text>\n    </revision>\n  </page>\n</mediawiki>\n', 1, None, notices=('xml',))
corp('warc wet', 'cc.warc.wet', b'WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://x\r\nContent-Length: 16\r\n\r\nThe lamp burned.\r\n\r\n', 1, None, notices=('web_archive',))
corp('tei xml', 't.xml', b'<?xml version="1.0"?>\n<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><title>T</title></teiHeader><text><body><p>The lamp burned.</p></body></text></TEI>', 1, None)
corp('arxiv metadata', 'arxiv.json', jl(lambda i: {'id': f'0704.{i:04}', 'submitter': 'A', 'authors': 'A and B', 'title': f'Lamps {i}', 'categories': 'hep-ph', 'abstract': '  ' + STORY.format(i), 'update_date': '2008-11-26'}), 12, None, roles={'text': 'abstract'})
corp('poems csv', 'poems.csv', cs(['', 'Title', 'Poem', 'Poet', 'Tags'], lambda i: [i, f'Lamp {i}', f'\r\r\nThe lamp {i}\r\r\nburned long\r\r\nuntil the morning', 'A B', '']), 12, None)
corp('lyrics csv', 'lyrics.csv', cs(['artist', 'song', 'link', 'text'], lambda i: ['A', f'Lamp {i}', f'/a/{i}.html', f'The lamp {i}  \nburned long  \n']), 12, None)
corp('notebook', 'n.ipynb', json.dumps({'cells': [{'cell_type': 'markdown', 'metadata': {}, 'source': ['# Lamp\n', 'It burned.']}, {'cell_type': 'code', 'source': ['x = 1'], 'outputs': [], 'metadata': {}, 'execution_count': 1}], 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5}).encode(), None)
corp('maildir corpus', 'mails', {f'cur/{i}.h:2,S': ham(i) for i in range(4)}, 4, None)
corp('mbox corpus', 'a.mbox', mbox(*map(ham, range(4))), 4, [f'meeting {i}\nDear Ben,\nthe meeting number {i} is at nine.' for i in range(4)], notices=('mails',))
corp('eml corpus', 'a.eml', part(0, 'qp'), 1, ['meeting 0\nGrüße, meeting 0'], notices=('mails',))
corp('slack export', 'slack.zip', {'users.json': b'[{"id": "U1"}]', 'channels.json': b'[{"id": "C1"}]', **{f'general/2023-01-0{d}.json': js(lambda i: {'type': 'message', 'user': 'U1', 'text': f'hello there number {i} of day {d}', 'ts': f'16{i}.0'}, 5) for d in (1, 2)}}, 10, None, notices=('about_files',))
corp('imessage/sms xml', 'sms.xml', b'<?xml version=\'1.0\' encoding=\'UTF-8\'?>\n<smses count="2"><sms address="1" date="1" type="1" body="hello" /><sms address="1" date="2" type="2" body="hi" /></smses>', 1, None)
corp('two parallel files', 'par', {'train.en': text().encode(), 'train.de': text().replace('lamp', 'Lampe').encode()}, 2, None)
corp('twitter archive js', 'tweets.js', b'window.YTD.tweets.part0 = [ {\n "tweet" : { "id" : "1", "full_text" : "The lamp burned." } } ]', 1, None)
corp('cornell', 'movie_lines.txt', ''.join(f'L{i} +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++ The lamp {i} burned.\n' for i in range(9)).encode('latin-1'), 1, None, guess=None)


def tar_xz():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as packed:
        for i in range(3):
            data = STORY.format(i).encode()
            entry = tarfile.TarInfo(f"openwebtext/{i}.txt")
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


corp('tar.xz of texts', 'o.tar.xz', tar_xz(), 3, [STORY.format(i) for i in range(3)])
