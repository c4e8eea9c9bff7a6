"""Every reader of the lab: the files that it reads, and what is done with them.

A reader may refuse a damaged file with the lab's own error, or pass over what is damaged; nothing
else may come out of it. To register one, add a line to READERS.
"""

import base64
import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as tensor_bytes
from tiny import TEXT, TINY_MODEL, spam_table

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, DataConfig, RunConfig, TrainConfig
from llmcore.experiments.diverse_data.settings import DiverseConfig
from llmcore.experiments.earlier_nlp.settings import CompareConfig
from llmcore.experiments.learning_curve.settings import CurveConfig
from llmcore.experiments.variants.settings import VariantsConfig


@dataclass(frozen=True)
class Reader:
    """files: name -> bytes of a whole folder. damaged: which of them are damaged, one a case.
    read: is given the folder."""

    files: Callable[[], dict[str, bytes]]
    read: Callable[[Path], object]
    damaged: Sequence[str] = field(default_factory=tuple)  # none named: all of them

    def names(self) -> list[str]:
        return sorted(self.damaged or self.files())


def one_file(name: str, data: bytes, read: Callable[[bytes, str], object]) -> Reader:
    """A reader of the bytes of one file and its name."""
    return Reader(lambda: {name: data}, lambda folder: read((folder / name).read_bytes(), name))


def one_path(name: str, data: bytes, read: Callable[[Path], object]) -> Reader:
    return Reader(lambda: {name: data}, lambda folder: read(folder / name))


# ---- files as the lab writes them


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def _lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@cache
def tokenizer_file() -> bytes:
    tokens = [base64.b64encode(bytes([byte])).decode() for byte in range(256)]
    tokens += [base64.b64encode(token.encode()).decode() for token in ("th", "the", " a")] + [None]
    return _json({
        SCHEMA_KEY: 1, "name": "t", "pattern": _pattern(), "tokens_base64": tokens,
        "special_tokens": {"<|endoftext|>": 259},
    })  # fmt: skip


def _pattern() -> str:
    from llmcore.tokenizers.patterns import BPE_PATTERN

    return BPE_PATTERN


def _config(kind: str, **more: Any) -> bytes:
    config = RunConfig(
        kind=kind, name="a run", model=TINY_MODEL, train=TrainConfig(steps=40),
        data=DataConfig(source="tiny.txt"), sample_prompt="the ", **more,
    )  # fmt: skip
    about = {SCHEMA_KEY: SCHEMA_VERSION, "created": 1.75e9, "lab_version": "0.1.0", "host": "h"}
    return _json({**about, **config.to_dict()})


STATUS = _json({
    "v": 1, "state": "running", "reason": None, "phase": "training", "step": 40, "best_step": 20,
    "val_loss": 2.5, "attempt": 1, "backend": "thread", "control_seq": 0, "error": None,
    "host": "h", "boot_id": "b", "pid": 7, "pid_started": 1.75e9, "oom_kills": 0,
    "heartbeat": 1.75e9, "waiting": False, "handed": False,
})  # fmt: skip
HEAD = {"v": 1, "attempt": 1, "t": 1.75e9}
METRICS = _lines([
    {**HEAD, "step": step, "split": split, "loss": 3.0 - step / 40, "grad_norm": 0.5,
     "tokens": step}
    for step in (1, 2, 5, 10, 20, 30, 40) for split in ("train", "val")
])  # fmt: skip
SCORES = {"n": 4, "accuracy": 0.5, "macro_f1": 0.5, "confusion": [[1, 1], [1, 1]],
          "classes": ["ham", "spam"]}  # fmt: skip
EVENTS = _lines([
    {**HEAD, "step": 0, "type": "data", "train_tokens": 900, "validation_tokens": 90},
    {**HEAD, "step": 0, "type": "parameters", "trainable": 9, "total": 99},
    {**HEAD, "step": 1, "type": "sample", "prompt": "the ", "text": "cat"},
    {**HEAD, "step": 2, "type": "notice", "text": "A notice."},
    {**HEAD, "step": 3, "type": "setting", "name": "learning_rate", "value": 0.1, "before": 0.2},
    {**HEAD, "step": 9, "type": "checkpoint", "val_loss": 2.5},
    {**HEAD, "step": 9, "type": "answers",
     "rows": [{"prompt": "p", "expected": "e", "answer": "a", "holdout": "slots"}]},
    {**HEAD, "step": 40, "type": "early_stop", "best_step": 20, "text": "Stopped."},
    {**HEAD, "step": 40, "type": "result", "test": SCORES, "baselines": {"naive Bayes": SCORES}},
])  # fmt: skip
PREDICTIONS = _lines([
    {"text": "hi", "label": "ham", "predicted": "spam", "probability": 0.6,
     "probabilities": {"ham": 0.4, "spam": 0.6}},
])  # fmt: skip
STATE = {"v": 1, "step": 40, "val_loss": 2.5, "without_gain": 0, "kind": "classify",
         "labels": ["ham", "spam"], "vote": 1.0}  # fmt: skip
CONTROL = _json({"v": 1, "seq": 3, "state": "run", "learning_rate": 0.01, "saves": 1})
WORDS = _json({"v": 1, "words": ["hi", "win"], "rarity": [1.0, 1.5], "bias": [0.1, -0.1],
               "weights": [[0.5, -0.5], [-0.5, 0.5]]})  # fmt: skip
CHECKPOINT = "checkpoints/step_00000040"


@cache
def weights(n_classes: int) -> bytes:
    """Numbers under the model's own names, so that it can be loaded."""
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import named_weights

    model = GPT(TINY_MODEL)
    made = SequenceClassifier(model, n_classes) if n_classes else model
    shapes = {name: tuple(named_weight.shape) for name, named_weight in named_weights(made).items()}
    numbers = np.random.default_rng(0)
    return tensor_bytes({
        name: (numbers.standard_normal(prod(shape)) * 0.02).astype(np.float32).reshape(shape)
        for name, shape in shapes.items()
    })  # fmt: skip


@cache
def run_files() -> dict[str, bytes]:
    return {
        "config.json": _config("classify", parent="base", words=True), "status.json": STATUS,
        "metrics.jsonl": METRICS, "events.jsonl": EVENTS, "predictions.jsonl": PREDICTIONS,
        "name.txt": b"a name\n", "words.json": WORDS, "control.json": CONTROL,
        "tokenizer/tokenizer.json": tokenizer_file(), f"{CHECKPOINT}/state.json": _json(STATE),
        f"{CHECKPOINT}/model.safetensors": weights(2),
    }  # fmt: skip


def table_run_files() -> dict[str, bytes]:
    """Four experiments in one: the events of all kinds stand in each."""
    events = [
        {"type": "point", "learner": "naive Bayes", "size": 40, "seed": 0, "accuracy": 0.5,
         "macro_f1": 0.5, "seconds": 1.0, "n_test": 40},
        {"type": "task", "task": "spam", "classes": ["ham", "spam"], "truth": [0, 1, 1, 0],
         "n_train": 4, "n_test": 4},
        {"type": "task", "task": "shakespeare", "prompt": "To be"},
        *({"type": "cell", "task": "spam", "model": model, "score": 0.5, "accuracy": 0.5,
           "seconds": 1.0, "n_bytes": 9, "parameters": 9, "note": "n", "samples": ["x"],
           "predicted": [0, 1, 0, 1], "real_words": 0.5, "copied": 3}
          for model in ("naive Bayes", "logistic regression", "llm")),
        {"type": "trained", "corpus": "shakespeare", "words": 9, "corpus_bytes": 99,
         "tokens_read": 9, "seconds": 1.0, "parameters": 9, "variant": "gpt2", "seed": 0},
        {"type": "score", "trained": "shakespeare", "tested": "messages", "bits_per_byte": 2.0},
        *({"type": "look", "variant": "gpt2", "seed": 0, "tokens": n, "bits_per_byte": 3.0 - n / 99,
           "tokens_per_s": 10.0} for n in (10, 20, 30)),
    ]  # fmt: skip
    kinds = {
        "learning-curve": {"experiment": CurveConfig(sizes=(40,))},
        "compare-nlp": {"experiment": CompareConfig()},
        "diverse-data": {"experiment": DiverseConfig()},
        "variants": {"experiment": VariantsConfig()},
    }
    files = {f"{kind}/config.json": _config(kind, **more) for kind, more in kinds.items()}
    files |= {f"{kind}/status.json": STATUS for kind in kinds}
    return files | {"events.jsonl": _lines([{**HEAD, "step": 1, **event} for event in events])}


def zip_files() -> dict[str, bytes]:
    names = ("control.json",)
    return {name: data for name, data in run_files().items() if name not in names}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def hub_files() -> dict[str, bytes]:
    from llmcore.config import ModelConfig
    from llmcore.convert.gpt2_config import write_config
    from llmcore.convert.hf_tokenizer import tokenizer_json
    from llmcore.tokenizers import END_OF_TEXT, Tokenizer
    from llmcore.tokenizers.patterns import GPT2_PATTERN

    ranks = {bytes([byte]): byte for byte in range(256)} | {b"th": 256, b"the": 257}
    tokenizer = Tokenizer("x", ranks, GPT2_PATTERN, {END_OF_TEXT: 258})
    content = tokenizer_json(tokenizer)
    vocabulary, merges = content["model"]["vocab"], content["model"]["merges"]
    shape = ModelConfig(vocab_size=259, context_length=16, n_layers=2, n_heads=2, d_model=16)
    return {
        "config.json": _json(write_config(shape, 258, ["ham", "spam"])),
        "tokenizer.json": _json(content),
        "vocab.json": _json(vocabulary),
        "merges.txt": ("#version: 0.2\n" + "\n".join(map(" ".join, merges)) + "\n").encode(),
        "added_tokens.json": _json({"<|endoftext|>": 258}),
        "model.safetensors.index.json": _json({"weight_map": {"a": "model-1.safetensors"}}),
        "model-1.safetensors": tensor_bytes({"a": np.zeros(3, np.float32)}),
    }


# ---- what is done with them


def read_run(folder: Path) -> None:
    """All that lists, `runs show` and the pages read of a run."""
    from llmcore.advice.doctor import curves_of
    from llmcore.runs.run import Run
    from llmcore.train.control import read_control
    from ui.run_panel.feed import RunFeed

    run = Run(folder)
    info = run.info()
    assert isinstance(info.began, str) and isinstance(info.name, str)
    json.dumps([info.name, info.reason, info.error, info.val_loss, info.created]).encode()
    read_control(folder)
    run.backend(), run.checkpoints(), run.predictions(), run.result(), run.stored_data()
    feed = RunFeed(run)
    feed.refresh()
    feed.marks("time"), feed.marks("tokens"), feed.seconds_left(40), feed.last("train", "loss")
    if info.state != "damaged":
        run.checkpoint("best")
        curves_of(run)
        feed.findings()


def read_table_runs(folder: Path) -> None:
    from llmcore.experiments.diverse_data.cells import DiverseMatrix
    from llmcore.experiments.earlier_nlp.cells import Comparison
    from llmcore.experiments.learning_curve.points import curve_rows, points_of
    from llmcore.experiments.variants.cells import VariantCurves
    from llmcore.runs.run import Run

    runs = {}
    for name in ("learning-curve", "compare-nlp", "diverse-data", "variants"):
        shutil.copy(folder / "events.jsonl", folder / name / "events.jsonl")
        runs[name] = Run(folder / name)
        runs[name].info()
    json.dumps([curve_row.to_dict() for curve_row in curve_rows(points_of(runs["learning-curve"]))])
    table = Comparison(runs["compare-nlp"])
    json.dumps(table.to_dict())
    cells = list(table.cells.values())
    for cell in cells:
        table.interval(cell)
    if cells and zlib.crc32((folder / "events.jsonl").read_bytes()) % 20 == 0:  # it resamples
        table.difference(cells[0].task, cells[0], cells[-1])
    json.dumps(DiverseMatrix(runs["diverse-data"]).to_dict())
    VariantCurves(runs["variants"]).results()


def load_model(folder: Path) -> None:
    from llmcore.models import classify_texts, snapshot
    from llmcore.runs.run import Run

    run = Run(folder)
    loaded = snapshot(run, run.checkpoint("best")).read()
    classify_texts(loaded, ["hi there"])


def import_zip(data: bytes) -> None:
    from llmcore.exchange import import_run
    from llmcore.runs.store import delete_run

    run = import_run(data)
    read_run(run.directory)
    delete_run(run)


def read_tokenizer_folder(folder: Path) -> None:
    from llmcore.tokenizers.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(folder)
    assert tokenizer.decode(tokenizer.encode("the cat, 42 °C")) == "the cat, 42 °C"


def saved_files() -> dict[str, bytes]:
    card = {
        "name": "mine", "kind": "bpe", "rule": "lab", "corpus": "shakespeare", "seconds": 1.0,
        "vocab_size": 260, "n_bytes": 900, "bytes_per_token": 2.0, "created": 1.75e9,
    }  # fmt: skip
    merges = '["t", "h", 9, 30]\n["th", "e", 5, 25]\n'
    return {
        "card.json": _json({SCHEMA_KEY: 1, **card}), "merges.jsonl": merges.encode(),
        "tokenizer.json": tokenizer_file(),
    }  # fmt: skip


def read_saved(folder: Path) -> None:
    from llmcore.paths import tokenizers_dir
    from llmcore.tokenizers.store import find_saved, saved_tokenizers

    target = tokenizers_dir() / "mine"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    saved_tokenizers()
    saved = find_saved("mine")
    saved.merges(), saved.load()


def read_hub_folder(folder: Path) -> None:
    from llmcore.convert.gpt2_config import read_labels
    from llmcore.convert.locate import find
    from llmcore.convert.read_tokenizer import tokenizer_of

    found = find(str(folder))
    if found is None:
        return
    found.weight_files(), found.key
    read_labels(found.raw_config, 2, folder)
    tokenizer_of(found)


def read_hub_folder_in_two(folder: Path) -> None:
    (folder / "tokenizer.json").unlink(missing_ok=True)
    read_hub_folder(folder)


def read_weights(path: Path) -> None:
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import load_weights

    load_weights(GPT(TINY_MODEL, initialise=False), path)


def read_queue(path: Path) -> None:
    from llmcore.execution.queue import ORDER, RunQueue

    queue = RunQueue()
    queue.store.root.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, queue.store.root / ORDER)
    queue.waiting()


def read_figures(path: Path) -> None:
    from llmcore.applications.figures import _read

    for figure in _read(path).values():
        figure.works, figure.to_dict()


def figures_file() -> bytes:
    from llmcore.paths import ASSETS

    return (ASSETS / "applications.json").read_bytes()


def read_kept(path: Path) -> None:
    from llmcore.paths import cache_dir
    from ui import progress
    from ui.tours import kept

    cache_dir().mkdir(parents=True, exist_ok=True)
    shutil.copy(path, kept.tours_path())
    shutil.copy(path, progress.progress_path())
    kept.kept_tours(), progress.done_steps(), kept.kept_of("loss")


def read_words(path: Path) -> None:
    from llmcore.classical.word_vote import WordVote

    WordVote.load(path, 2).probabilities(["hi win x"])


def read_control_file(path: Path) -> None:
    from llmcore.train.control import FileControl, write_control

    FileControl(path.parent).request()
    write_control(path.parent, save=True)


# ---- data that people bring


def _labelled(data: bytes, name: str) -> None:
    from llmcore.data import labelled_from_table

    labelled_from_table(data, name)


def _instructions(data: bytes, name: str) -> None:
    from llmcore.data import instructions_from_bytes

    instructions_from_bytes(data, name)


def _corpus(data: bytes, name: str) -> None:
    from llmcore.data import corpus_from_bytes

    corpus_from_bytes(data, name)


def _data_record(folder: Path) -> None:
    from llmcore.runs import Run
    from llmcore.runs.data_record import ChangedDataError, check_data

    with suppress(ChangedDataError):  # what the record tells of is not there
        check_data(Run(folder))


def data_record_files() -> dict[str, bytes]:
    stamp = {"path": "/nowhere/a.txt", "n_bytes": 9, "modified": 1, "sha256": "0"}
    record = {"v": 1, "sources": {"tiny.txt": stamp}, "accepted": ["It has changed."]}
    return {**run_files(), "config.json": _config("pretrain"), "data.json": _json(record)}


def _texts(path: Path) -> None:
    from llmcore.data.streams import texts_of_file

    for _ in texts_of_file(path):
        pass


def _rows(data: bytes, name: str) -> None:
    from llmcore.data.reading.open import open_rows
    from llmcore.data.reading.report import Notices
    from llmcore.data.reading.source import source_of

    for roles in ("labels", "instructions"):
        notices = Notices()
        for _ in open_rows(source_of(data, name), notices, roles=roles).records():
            pass
        notices.texts()


def _workbook() -> bytes:
    import openpyxl

    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in (["text", "label"], *([row["text"], n % 2] for n, row in enumerate(ROWS))):
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def _arrow(stream: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, buffer = pa.Table.from_pylist(ROWS), io.BytesIO()
    if not stream:
        pq.write_table(table, buffer)
        return buffer.getvalue()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def _tar(files: dict[str, bytes]) -> bytes:
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


ROWS = [{"text": f"are you home at {n}", "label": ("ham", "spam")[n % 2]} for n in range(30)]
ALPACA = [{"instruction": f"Add 1 and {n}.", "input": "", "output": str(n + 1)} for n in range(30)]
TALKS = [
    {
        "messages": [
            {"role": "user", "content": f"Where is lamp {n}?"},
            {"role": "assistant", "content": f"On shelf {n}."},
        ]
    }
    for n in range(30)
]
MAIL = b"\r\n".join((
    b"From: a@b.c", b"To: d@e.f", b"Subject: =?utf-8?B?SGVsbG8=?=", b"MIME-Version: 1.0",
    b"Content-Type: multipart/alternative; boundary=xx", b"", b"--xx",
    b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable", b"",
    b"Hello=20there", b"--xx", b"Content-Type: text/html", b"", b"<p>Hello <b>there</b></p>",
    b"--xx--", b"",
))  # fmt: skip
MBOX_LINE = b"From a@b.c Fri May  1 10:00:00 2026\r\n"
MAILS = zipped({f"{kind}/{n}.eml": MAIL for kind in ("ham", "spam") for n in range(12)})

HTML = (b"<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body><p>Dear "
        b"<b>friend</b>, &pound;5</p><!-- x --><script>x()</script></body></html>")  # fmt: skip
RTF = (rb"{\rtf1\ansi{\fonttbl\f0 Times;}\f0 Caf\'e9 and {\b rake}\par second \u8364? line "
       rb"\uc1 {\*\pict 00ff}\tab x}")  # fmt: skip

READERS: dict[str, Reader] = {
    "run": Reader(run_files, read_run, [n for n in run_files() if "tensors" not in n]),
    "experiments": Reader(table_run_files, read_table_runs),
    "model of a run": Reader(run_files, load_model, [
        "config.json", f"{CHECKPOINT}/state.json", f"{CHECKPOINT}/model.safetensors",
        "tokenizer/tokenizer.json", "words.json", "status.json",
    ]),
    "zip": one_file("run.zip", zipped(zip_files()), lambda data, _: import_zip(data)),
    "files in a zip": Reader(zip_files, lambda folder: import_zip(zipped({
        name: (folder / name).read_bytes() for name in zip_files()
    }))),
    "tokenizer": Reader(lambda: {"tokenizer.json": tokenizer_file()}, read_tokenizer_folder),
    "saved tokenizer": Reader(saved_files, read_saved),
    "hub folder": Reader(hub_files, read_hub_folder, [
        "config.json", "tokenizer.json", "model.safetensors.index.json",
    ]),
    "hub folder, two files": Reader(hub_files, read_hub_folder_in_two, [
        "vocab.json", "merges.txt", "added_tokens.json",
    ]),
    "weights": one_path("model.safetensors", weights(0), read_weights),
    "queue": one_path(
        ".queue.json", _json({"v": 1, "order": ["20260101-000000-x-abcdef"]}), read_queue
    ),
    "figures": one_path("applications.json", figures_file(), read_figures),
    "progress": one_path("tours.json", _json({
        "loss": {"begun": 1.75e9, "done": ["a"], "answered": True}, "done": ["tokens"],
    }), read_kept),
    "words": one_path("words.json", WORDS, read_words),
    "control": one_path("control.json", CONTROL, read_control_file),
    "labelled csv": one_file("a.csv", spam_table(40), _labelled),
    "labelled tsv": one_file("a.tsv", spam_table(40).replace(b",", b"\t"), _labelled),
    "labelled jsonl": one_file("a.jsonl", _lines(ROWS), _labelled),
    "labelled json": one_file("a.json", _json(ROWS), _labelled),
    "instructions json": one_file("a.json", _json(ALPACA), _instructions),
    "instructions jsonl": one_file("a.jsonl", _lines(TALKS), _instructions),
    "corpus": one_file("a.txt", TEXT[:5000].encode(), _corpus),
    "corpus jsonl": one_file("a.jsonl", _lines([{"text": x} for x in TEXT[:3000].split("\n")]),
                             _corpus),
    "corpus html": one_file("a.html", HTML, _corpus),
    "corpus rtf": one_file("a.rtf", RTF, _corpus),
    "corpus zip": one_file("a.zip", zipped({f"{n}.txt": TEXT[:300].encode() for n in range(9)}),
                           _corpus),
    "data of a run": Reader(data_record_files, _data_record, ["data.json"]),
    "texts csv": one_path("a.csv", spam_table(40), _texts),
    "texts jsonl": one_path("a.jsonl", _lines(ROWS), _texts),
    "texts txt": one_path("a.txt", TEXT[:3000].encode(), _texts),
    "mails": one_file("a.zip", MAILS, _rows),
    "workbook": one_file("a.xlsx", _workbook(), _rows),
    "parquet": one_file("a.parquet", _arrow(stream=False), _rows),
    "arrow": one_file("a.arrow", _arrow(stream=True), _rows),
    "tar": one_file("a.tgz", _tar({f"{kind}/1.eml": MAIL for kind in ("ham", "spam")}), _rows),
    "mbox": one_file("a.mbox", (MBOX_LINE + MAIL + b"\r\n\r\n") * 3, _rows),
    "tables in a zip": one_file("a.zip", zipped({
        "train.csv": spam_table(20), "test.jsonl": _lines(ROWS),
    }), _rows),
    "json of pandas": one_file("a.json", _json({
        "columns": ["text", "label"], "data": [[row["text"], row["label"]] for row in ROWS],
    }), _rows),
    "intents": one_file("a.json", _json({"intents": [
        {"tag": "hi", "patterns": ["Hi", "Hello"], "responses": ["Good day."]},
        {"tag": "bye", "patterns": ["Bye", "See you"], "responses": ["Bye."]},
    ]}), _rows),
    "label studio": one_file("a.json", _json([{
        "data": {"text": "a"}, "annotations": [{"result": [
            {"value": {"choices": ["x"]}, "from_name": "label"},
        ]}],
    }] * 3), _rows),
    "a mail": one_file("ham/1.eml", MAIL, lambda data, name: _rows(zipped({
        "ham/1.eml": data, "ham/2.eml": MAIL, "spam/1.eml": MAIL, "spam/2.eml": MAIL,
    }), "a.zip")),
}  # fmt: skip
