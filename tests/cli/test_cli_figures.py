"""Every figure that `--json` answers print, against scikit-learn, sacrebleu, plain torch or counts.

The table of all figures, their rows and units is docs/figures.md."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from sklearn.naive_bayes import MultinomialNB
from tiny import TEXT, spam_table

from llmcore import models
from llmcore.data import LabelledSet, Splits
from llmcore.data.chosen import read_splits
from llmcore.evaluation import chrf, chrf_by_row
from llmcore.runs import Run, open_run
from llmcore.train.trainer import _Speedometer

WORDS = r"\w+|[^\w\s]"
QUICK = ("--batch-size", 8, "--threads", 1, "--learning-rate", 0.01)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "corpus.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def base(lab, corpus, tmp_path) -> tuple[dict, Path]:
    out = tmp_path / "base"
    answer = lab(
        "pretrain", "--corpus", corpus, "--preset", "tiny", "--vocab-size", 300, "--steps", 12,
        "--context-length", 48, "--batch-size", 4, "--threads", 1, "--eval-every", 3,
        "--run-dir", out, "--json",
    )  # fmt: skip
    return answer.json, out


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "spam.csv"
    path.write_bytes(spam_table(120))
    return path


def plain_losses(loaded: models.Loaded, ids: list[int]) -> np.ndarray:
    """Nats of each token after the first, from one forward pass over a text within the context."""
    with torch.no_grad():
        logits = loaded.trunk(torch.tensor([ids[:-1]]))[0].double()
    return F.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none").numpy()


# ---- pretrain, evaluate, score


def test_figures_of_a_pretraining(lab, base):
    answer, out = base
    run = Run(out)
    steps, losses = run.metrics().series("val", "loss")
    assert (answer["val_loss"], answer["best_step"]) == min(zip(losses, steps, strict=True))
    assert answer["train_loss"] == run.metrics().series("train", "loss")[1][-1]
    loaded = models.load(str(out))
    weights = {id(parameter): parameter.numel() for parameter in loaded.model.parameters()}
    assert answer["parameters"] == sum(weights.values())
    kept = run.checkpoint().state["val_loss"]
    assert kept == answer["val_loss"]


def test_loss_perplexity_and_bits_of_a_validation_are_those_of_plain_windows(base):
    """Disjoint or evenly spaced windows, each read without what stands before it."""
    from llmcore.data import load_corpus

    answer, out = base
    run, loaded = Run(out), models.load(str(out))
    stored = run.stored_data()
    text = load_corpus(str(stored))
    _, documents = text.split(run.config.data.validation, run.config.train.seed)
    ids = [int(i) for document in documents for i in [*loaded.tokenizer.encode(document),
                                                 loaded.tokenizer.eot_id]]  # fmt: skip
    T, train = 48, run.config.train
    n_windows = min(train.eval_batches * train.batch_size, (len(ids) - 1) // T)
    starts = np.linspace(0, len(ids) - T - 1, n_windows).astype(int)
    losses = np.concatenate([plain_losses(loaded, ids[s : s + T + 1]) for s in starts])
    assert losses.mean() == pytest.approx(answer["val_loss"], rel=1e-4)
    record = next(
        dict(zip(("perplexity", "bits_per_byte"), pair, strict=True))
        for step, *pair in zip(
            run.metrics().series("val", "loss")[0],
            run.metrics().series("val", "perplexity")[1],
            run.metrics().series("val", "bits_per_byte")[1],
            strict=True,
        )
        if step == answer["best_step"]
    )
    assert record["perplexity"] == pytest.approx(math.exp(losses.mean()), rel=1e-4)
    n_bytes = sum(len(document.encode()) for document in documents)
    bits = losses.mean() / math.log(2) * len(ids) / n_bytes
    assert record["bits_per_byte"] == pytest.approx(bits, rel=1e-4)


def test_tokens_and_tokens_per_second_are_counts_over_the_time_of_the_steps(base):
    _, out = base
    metrics = Run(out).metrics()
    steps, tokens = metrics.series("train", "tokens")
    assert list(tokens) == [step * 4 * 48 for step in steps]
    _, rates = metrics.series("train", "tokens_per_s")
    _, seconds = metrics.clock("train")
    # From record to record, evaluations and all: never faster than the steps alone.
    paced = np.diff(tokens) / np.maximum(np.diff(seconds), 1e-3)
    assert np.median(rates) >= 0.8 * np.median(paced)


def test_a_training_s_speed_is_tokens_by_seconds(monkeypatch):
    """By a clock of the test's own; what lies between two steps does not count."""
    now = [0.0]
    monkeypatch.setattr("llmcore.train.trainer.time.perf_counter", lambda: now[0])
    speed, shown = _Speedometer(), []
    for seconds, tokens in ((2.0, 100), (1.0, 100), (4.0, 100)):
        now[0] += 60.0  # an evaluation
        speed.restart()
        now[0] += seconds
        shown.append(speed.lap(tokens))
    first, second = 50.0, 0.95 * 50 + 0.05 * 100
    assert shown == pytest.approx([first, second, 0.95 * second + 0.05 * 25])


def test_figures_of_an_evaluation_and_of_a_score_are_those_of_a_plain_pass(lab, base, tmp_path):
    _, out = base
    loaded = models.load(str(out))
    text = "the cat sees the moon."
    path = tmp_path / "short.txt"
    path.write_text(text)
    eot = loaded.tokenizer.eot_id
    ids = loaded.tokenizer.encode(text)
    losses = plain_losses(loaded, [eot, *ids, eot])
    found = lab("evaluate", "--model", out, "--data", path, "--json").json
    assert found["n"] == len(ids) + 1 and found["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(losses.mean()), rel=1e-5)
    bits = losses.sum() / math.log(2) / len(text)
    assert found["bits_per_byte"] == pytest.approx(bits, rel=1e-5)
    scored = lab("score", text, "--model", out, "--json").json
    each = losses[:-1]  # a score asks for no end of the text
    assert scored["n"] == len(ids) and scored["bytes"] == len(text)
    assert scored["loss"] == pytest.approx(each.mean(), rel=1e-5)
    assert [token["loss"] for token in scored["tokens"]] == pytest.approx(each.tolist(), rel=1e-4)
    chances = [token["probability"] for token in scored["tokens"]]
    assert chances == pytest.approx(np.exp(-each).tolist(), rel=1e-4)
    assert scored["bits_per_byte"] == pytest.approx(each.sum() / math.log(2) / len(text), rel=1e-5)


def test_the_speed_of_writing_is_tokens_by_time(lab, base, monkeypatch):
    """By a clock of the test's own: a tick for each look at it."""
    _, out = base
    now = [0.0]

    def tick() -> float:
        now[0] += 0.5
        return now[0]

    monkeypatch.setattr("llmcore.generation.background.time.perf_counter", tick)
    monkeypatch.setattr("llmcore.generation.streaming.time.perf_counter", tick, raising=False)
    made = lab("generate", "--model", out, "--prompt", "the", "--max-new-tokens", 8, "--json").json
    assert len(made["ids"]) == len(made["probabilities"]) <= 8
    assert 0 < made["tokens_per_s"] <= 8 / 0.5 and made["first_token_s"] >= 0.5


# ---- classify


def scores_by_scikit_learn(truth: list[str], guess: list[str], classes: list[str]) -> dict:
    return {
        "n": len(truth),
        "accuracy": accuracy_score(truth, guess),
        "macro_f1": f1_score(truth, guess, average="macro"),
        "confusion": confusion_matrix(truth, guess, labels=classes).tolist(),
    }


def assert_scores(found: dict, truth: list[str], guess: list[str]) -> None:
    expected = scores_by_scikit_learn(truth, guess, found["classes"])
    assert found["confusion"] == expected.pop("confusion")
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert found["chance"] == pytest.approx(max(Counter(truth).values()) / len(truth))


def splits_of(run: Run) -> Splits:
    stored = run.stored_data()
    assert stored is not None
    return read_splits(run.config.data, run.config.train.seed, stored.read_bytes())


@pytest.mark.parametrize("train", ["head", "probe"])
def test_figures_of_a_classifier_are_scikit_learn_s(lab, base, table, tmp_path, train):
    _, out = base
    target = tmp_path / f"tuned-{train}"
    quick = QUICK if train != "probe" else ("--threads", 1)
    answer = lab("finetune", "--task", "classify", "--data", table, "--model", out, "--train",
                 train, *quick, "--run-dir", target, "--json").json  # fmt: skip
    run = Run(target)
    splits, loaded = splits_of(run), models.load(str(target))
    test = splits.test
    rows = models.classify_texts(loaded, test.texts)
    assert_scores(answer["test"], test.labels, [row["label"] for row in rows])
    assert [prediction["text"] for prediction in run.predictions()] == test.texts
    alone = models.classify_texts(models.Loaded(*_without_words(loaded)), test.texts)
    if answer["words"]["vote"]:
        assert_scores(answer["model_alone"], test.labels, [row["label"] for row in alone])
    else:
        assert answer["model_alone"] is None
    assert_baselines(answer["baselines"], splits)
    assert_counts(answer, run, loaded)
    if train == "head":  # a probe learns from the validation texts in the end
        assert_validation(answer, loaded, splits.validation)


def _without_words(loaded: models.Loaded) -> tuple:
    return (loaded.key, loaded.ref, loaded.model, loaded.tokenizer, loaded.labels, loaded.step,
            loaded.card, None)  # fmt: skip


def assert_baselines(found: dict, splits: Splits) -> None:
    """Naive Bayes and logistic regression with scikit-learn alone, and the largest class."""
    train, test = splits.train, splits.test
    for name, vectors, model in (
        ("naive Bayes", CountVectorizer(token_pattern=WORDS), MultinomialNB()),
        ("logistic regression", TfidfVectorizer(token_pattern=WORDS, sublinear_tf=True),
         LogisticRegression(C=10.0, max_iter=1000)),
    ):  # fmt: skip
        model.fit(vectors.fit_transform(train.texts), train.labels)
        guess = model.predict(vectors.transform(test.texts)).tolist()
        assert_scores(found[name], test.labels, guess)
    largest = Counter(train.labels).most_common(1)[0][0]
    assert_scores(found[f"always {largest}"], test.labels, [largest] * len(test.labels))


def assert_counts(answer: dict, run: Run, loaded: models.Loaded) -> None:
    total = sum(
        {id(parameter): parameter.numel() for parameter in loaded.model.parameters()}.values()
    )
    assert answer["parameters"] == total
    head = sum(parameter.numel() for parameter in loaded.model.classifier_head.parameters())
    norm = sum(parameter.numel() for parameter in loaded.trunk.final_norm.parameters())
    assert answer["trainable_parameters"] in (head, head + norm)


def assert_validation(answer: dict, loaded: models.Loaded, validation: LabelledSet) -> None:
    """Loss, accuracy and macro F1 of the step that is kept: of the model alone, on validation."""
    alone = models.Loaded(*_without_words(loaded))
    rows = models.classify_texts(alone, validation.texts)
    chances = [[row["probabilities"][label] for label in loaded.labels] for row in rows]
    assert answer["val_loss"] == pytest.approx(
        log_loss(validation.labels, chances, labels=loaded.labels), rel=1e-4
    )
    metrics = open_run(str(answer["run"])).metrics()
    at = list(metrics.series("val", "loss")[0]).index(answer["kept_step"])
    guess = [row["label"] for row in rows]
    assert metrics.series("val", "accuracy")[1][at] == accuracy_score(validation.labels, guess)
    assert metrics.series("val", "macro_f1")[1][at] == pytest.approx(
        f1_score(validation.labels, guess, average="macro")
    )


def test_an_evaluation_of_a_classifier_is_that_of_its_own_labels(lab, tmp_path):
    """`evaluate` of a file against `classify` of its texts, with a label that is unknown."""
    rows = [("spam", "WIN a free prize, call now"), ("ham", "see you at home"),
            ("ham", "call me when you are free"), ("advert", "a free call"),
            ("spam", "URGENT! claim your prize"), ("ham", "are you home tonight")]  # fmt: skip
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["label,text", *(f'{label},"{text}"' for label, text in rows)]))
    found = lab("evaluate", "--model", "starter-spam", "--data", path, "--json").json
    texts = "\n".join(text for _, text in rows).encode()
    named = lab("classify", "--model", "starter-spam", "-", "--json", stdin=texts).json["results"]
    assert_scores(found, [label for label, _ in rows], [row["label"] for row in named])
    for row in named:
        assert row["probability"] == max(row["probabilities"].values())
        assert sum(row["probabilities"].values()) == pytest.approx(1)


# ---- instructions


def plain_chrf(expected: list[str], answers: list[str], order: int = 6, beta: float = 2.0) -> float:
    """chrF as Popović (2015) has it, over all rows: letters without spaces, n-grams of 1 to 6."""
    precisions, recalls = [], []
    for n in range(1, order + 1):
        common = said = wanted = 0
        for truth, answer in zip(expected, answers, strict=True):
            one, two = ("".join(text.split()) for text in (truth, answer))
            grams = [Counter(text[i : i + n] for i in range(len(text) - n + 1))
                     for text in (one, two)]  # fmt: skip
            common += sum((grams[0] & grams[1]).values())
            wanted, said = wanted + sum(grams[0].values()), said + sum(grams[1].values())
        if wanted and said:
            precisions.append(common / said)
            recalls.append(common / wanted)
    p, r = np.mean(precisions), np.mean(recalls)
    return 100 * (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


def test_chrf_is_the_paper_s():
    pytest.importorskip("sacrebleu")
    truth = ["une voiture rouge passe", "un chat dort", "il pleut beaucoup ce soir"]
    said = ["une voiture rouges passe vite", "un chien dort", "il pleut"]
    assert chrf(truth, said) == pytest.approx(plain_chrf(truth, said), abs=0.01)
    rows = chrf_by_row(truth, said)
    each = [plain_chrf([sentence], [two]) for sentence, two in zip(truth, said, strict=True)]
    assert rows == pytest.approx(each, abs=0.01)


def test_figures_of_answers_are_counts_and_plain_losses(lab, base, tmp_path):
    _, out = base
    path = tmp_path / "mine.json"
    rows = [{"instruction": f"the cat {n}", "output": "sees it" if n % 2 else "likes it"}
            for n in range(40)]  # fmt: skip
    path.write_text(json.dumps(rows))
    target = tmp_path / "answers"
    answer = lab("finetune", "--task", "instruct", "--data", path, "--model", out, "--epochs", 4,
                 "--template", "{instruction}:", *QUICK, "--run-dir", target,
                 "--json").json  # fmt: skip
    run, loaded = Run(target), models.load(str(target))
    kept, test = run.predictions(), answer["test"]
    assert test["n"] == len(kept) and test["left_out"] == 0
    right = [pair["answer"].strip() == pair["expected"].strip() for pair in kept]
    assert [pair["right"] for pair in kept] == right
    assert test["exact_match"] == pytest.approx(np.mean(right))
    if test["chrf"] is not None:
        sides = [pair["expected"] for pair in kept], [pair["answer"] for pair in kept]
        assert test["chrf"] == pytest.approx(plain_chrf(*sides), abs=0.01)
    total = count = 0.0
    for pair in kept:  # the loss of the expected answer and its end, after the prompt
        asked = loaded.tokenizer.encode(f"{pair['prompt']}:")
        said = [*loaded.tokenizer.encode(f" {pair['expected']}"), loaded.tokenizer.eot_id]
        losses = plain_losses(loaded, [*asked, *said])[len(asked) - 1 :]
        assert pair["loss"] == pytest.approx(losses.mean(), rel=1e-3)
        total, count = total + losses.sum(), count + len(losses)
    assert test["loss"] == pytest.approx(total / count, rel=1e-3)
    assert answer["train_rows"]["n"] == answer["data_report"]["rows"]["train"] == 29
    lookup = answer["baselines"]["nearest neighbour"]
    assert lookup["n"] == test["n"]
