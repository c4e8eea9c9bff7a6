"""The recipe of the base model, on texts of a few kilobytes written here."""

import gzip
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from assets import base_card, base_text, bundling, make_base
from llmcore.config import ModelConfig
from llmcore.data import CORPUS_SPLIT_SEED, fold, load_corpus
from llmcore.data.held_back import held_back_texts
from llmcore.nn.model import GPT
from llmcore.nn.weights import named_weights
from llmcore.tokenizers import Tokenizer


def sentences(seed: int, n: int) -> str:
    return " ".join(
        f"It was the {seed}th day and the {i}th of the boats was on the lake." for i in range(n)
    )


def write_gzip(path: Path, texts: list[str]) -> None:
    path.write_bytes(gzip.compress("<|endoftext|>".join(texts).encode()))


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder like the one that the recipe takes; one web page quotes a held-back message."""
    folder = tmp_path / "texts"
    folder.mkdir()
    books = [
        f"# Title: Book {i}\n\n## Author: Author {i}\n\n## Year: 1911\n\n---\n\n{sentences(i, 99)}"
        for i in range(6)
    ]
    write_gzip(folder / base_text.BOOK_FILES[0], books[:4])
    write_gzip(folder / base_text.BOOK_FILES[1], books[3:])
    message = next(document for document in load_corpus("messages").documents
                   if fold(document) in held_back_texts())  # fmt: skip
    write_gzip(folder / base_text.ARTICLE_FILE, [f"{sentences(7, 3)}\n{message}", sentences(8, 3)])
    write_gzip(folder / base_text.STORY_FILE, [sentences(9, 4)])
    return folder


def test_prepare_writes_text_tokenizer_and_card(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_text, "VALIDATION_BYTES", 8_000)
    monkeypatch.setattr(base_text, "VOCAB_SIZE", 400)
    monkeypatch.setattr(base_text, "BUILTIN", ("conversations",))
    out = tmp_path / "out"
    base_text.prepare(texts, out)
    card = json.loads((out / "card.json").read_text())
    train = load_corpus(str(out / "train.txt")).documents
    validation = load_corpus(str(out / "validation.txt")).documents

    assert (card["books_read"], card["books_kept"]) == (7, 6)  # book 3 stood in both files
    assert [book["title"] for book in card["held_out"]] == [d.split("\n")[0] for d in validation]
    assert validation and not set(train) & set(validation)
    pages = card["sources"]["web-and-wiki"]
    assert (pages["documents"], pages["withheld_documents"], pages["withheld_lines"]) == (2, 0, 1)
    held_back = held_back_texts()
    assert not any(fold(line) in held_back for text in train for line in text.split("\n"))
    assert train.count(sentences(9, 4)) == base_text.REPEATS["tinystories"]
    held_out = set(load_corpus("conversations").split(0.1, CORPUS_SPLIT_SEED)[1])
    assert not held_out & set(train)
    assert Tokenizer.load(out / "tokenizer").vocab_size == card["vocab_size"] <= 400

    first = (out / "train.txt").read_bytes()
    base_text.prepare(texts, out)
    assert (out / "train.txt").read_bytes() == first


def test_train_starts_then_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(make_base, "lab", lambda words: asked.append(list(words)))
    monkeypatch.setattr(make_base, "on_gpu", lambda: True)
    make_base.train(tmp_path, steps=7)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    make_base.train(tmp_path, steps=7)
    new, resumed = asked
    assert new[new.index("--steps") + 1] == "7"
    assert new[new.index("--d-model") + 1] == "384"
    assert new[new.index("--corpus") + 1] == str(tmp_path / "train.txt")
    assert resumed == ["pretrain", "--resume", str(tmp_path / "run")]


def finished_run(folder: Path) -> Path:
    """A run of two steps on a few sentences, trained in place."""
    corpus = folder / "text.txt"
    corpus.write_text("\n".join(sentences(i, 40) for i in range(3)))
    run = folder / "run"
    bundling.lab(
        f"pretrain --corpus {corpus} --preset tiny --vocab-size 300 --n-layers 1 --n-heads 1 "
        f"--d-model 16 --context-length 32 --batch-size 2 --steps 2 --run-dir {run}".split()
    )
    return run


@pytest.mark.slow
def test_bundle_and_card_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished_run(tmp_path)
    target = tmp_path / "base"
    step = bundling.bundle(run, target, "A title", dtype="bfloat16")
    make_base.check_weights(run, target, step)
    (weights,) = target.rglob("*.safetensors")
    assert {value.dtype for value in load_file(weights).values()} == {torch.bfloat16}
    kept = "".join(path.read_text() for path in target.glob("*.json"))
    assert "pid" not in kept and str(tmp_path) not in kept

    source = {"documents": 2, "bytes": 10, "repeats": 1}
    withheld = {"withheld_documents": 1, "withheld_lines": 2}
    card = {
        "sources": {"books": {**source, **withheld}},
        "held_out": [{"title": "Book 1", "author": "Author 1", "bytes": 5}],
        "books_kept": 6, "books_read": 7, "held_back_texts": 9,
    }  # fmt: skip
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "validation.txt").write_text(sentences(5, 20))
    monkeypatch.setattr(base_card, "BUILTIN", ())
    monkeypatch.setattr(base_card, "PROMPTS", ("It was", "Q: *?*\n"))
    base_card.write_card(tmp_path, target, tmp_path / "card.md")
    text = (tmp_path / "card.md").read_text()
    assert "| books | 2 | 10 | 1 |" in text
    assert "Book 1 (Author 1)" in text and "3 were found" in text
    assert "\n1. **It was**" in text and "\n2. **Q: \\*?\\* ⏎ **" in text
    assert "| held-out books |" in text


def test_weights_too_far_from_the_run_are_refused(tmp_path: Path) -> None:
    for folder, shift in (("run", 0.0), ("base", 0.02)):
        place = tmp_path / folder / "checkpoints" / "step_00000001"
        place.mkdir(parents=True)
        config = {"vocab_size": 8, "context_length": 4, "n_layers": 1, "n_heads": 1, "d_model": 4}
        run = {"kind": "pretrain", "name": "x", "model": config, "train": {}, "data": {}}
        (tmp_path / folder / "config.json").write_text(json.dumps(run))
        generator = torch.Generator().manual_seed(0)
        model = GPT(ModelConfig.from_dict(config), generator=generator)
        tensors = {name: value.detach() + shift for name, value in named_weights(model).items()}
        save_file(tensors, place / "model.safetensors")
    with pytest.raises(SystemExit, match="bf16 changes a weight by 0.02"):
        make_base.check_weights(tmp_path / "run", tmp_path / "base", 1)
