"""Anyone's data from the command line: many classes, folders and zips of e-mails, the report."""

import random
import shutil
import zipfile
from pathlib import Path

import pytest
from small_store import tiny_language_model
from tiny import spam_table

from llmcore import models
from llmcore.runs import RunStore

QUICK = ("--epochs", 1, "--batch-size", 16, "--threads", 1)


@pytest.fixture
def parent(tiny_run: Path) -> str:
    models.clear_cache()
    return tiny_language_model(tiny_run).id


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    rng = random.Random(0)
    for label, words in (("spam", "win prize cash now"), ("ham", "see you at the office")):
        (tmp_path / "mails" / label).mkdir(parents=True)
        for i in range(20):
            text = " ".join(rng.choices(words.split(), k=6))
            mail = f"From: a@b.c\nSubject: {label} {i}\nDate: now\n\n{text} {i}\n"
            (tmp_path / "mails" / label / f"{i}.eml").write_text(mail)
    (tmp_path / "mails" / "ham" / "empty.eml").write_bytes(b"")
    return tmp_path / "mails"


def finetune(lab, data, model, *more):
    return lab("finetune", "--task", "classify", "--data", data, "--model", model, *QUICK,
               *more, "--json")  # fmt: skip


def test_twenty_classes(lab, parent, tmp_path):
    table = tmp_path / "topics.csv"
    rows = [f"topic {c},words of topic {c} number {i}" for c in range(20) for i in range(8)]
    table.write_text("\n".join(["label,text", *rows]))
    made = finetune(lab, table, parent, "--balance", "weights")
    assert len(made.json["test"]["classes"]) == 20
    assert made.json["data_report"]["counts"]["topic 7"] == 8
    assert "160 texts of 20 classes" in made.err
    row = lab("classify", "--model", made.json["run"], "words of topic 3", "--json").json
    assert len(row["results"][0]["probabilities"]) == 20


@pytest.mark.parametrize(
    ("flags", "causal"),
    [((), False), (("--causal",), True), (("--train", "last-block"), True),
     (("--train", "lora"), True), (("--train", "last-block", "--both-sides"), False)],
)  # fmt: skip
def test_what_a_token_sees_is_a_choice_and_the_run_keeps_it(lab, parent, mails, flags, causal):
    made = finetune(lab, mails, parent, *flags).json
    assert RunStore().open(made["run"]).config.model.causal == causal
    few, many = "win cash", "win cash now or see you at the office " * 2
    lines = f"{few}\n{many}\n".encode()  # of two lengths: the shorter one is padded
    both = lab("classify", "--model", made["run"], "-", "--json", stdin=lines).json["results"]
    alone = lab("classify", "--model", made["run"], few, "--json").json["results"]
    assert both[0]["probability"] == pytest.approx(alone[0]["probability"], abs=1e-5)
    exported = lab("export", "--model", made["run"], "--format", "hf", "--out", mails / "out")
    if causal:
        assert exported.status == 0
    else:
        assert "attention to both sides" in exported.error and "--causal" in exported.error


def test_few_texts_make_a_probe_whose_words_vote_unless_told_otherwise(lab, parent, mails):
    def made(*flags):
        return lab("finetune", "--task", "classify", "--data", mails, "--model", parent,
                   *flags, "--json")  # fmt: skip

    default = made()
    config = RunStore().open(default.json["run"]).config
    assert (config.trainable, config.words) == ("probe", True)
    assert default.json["model_alone"]["n"] == default.json["test"]["n"]
    assert RunStore().info(default.json["run"]).reason == "the best head was found"
    alone = made("--train", "probe", "--no-words").json
    assert alone["model_alone"] is None
    text = "win cash now"
    rows = [lab("classify", "--model", run, text, "--json").json["results"][0]
            for run in (default.json["run"], alone["run"])]  # fmt: skip
    assert rows[0]["label"] == rows[1]["label"] == "spam"
    assert rows[0]["probability"] != rows[1]["probability"]
    refused = made("--train", "probe", "--learning-rate", 0.1)
    assert refused.status == 1 and "takes no learning_rate" in refused.error
    exported = lab("export", "--model", alone["run"], "--format", "hf", "--out", mails / "out")
    assert "reads every layer" in exported.error


def test_a_folder_of_mails_is_kept_by_the_run_and_its_zip_is_the_same(lab, parent, mails, tmp_path):
    made = finetune(lab, mails, parent)
    assert "empty.eml" in made.err and "40 texts of 2 classes (" in made.err
    run = RunStore().open(made.json["run"])
    assert run.config.data.source == "mails.jsonl" and run.stored_data().name == "mails.jsonl"
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in mails.rglob("*.eml"):
            archive.write(path, path.relative_to(mails))
    for source in (mails, packed):
        scores = lab("evaluate", "--model", made.json["run"], "--data", source, "--json")
        assert scores.json["n"] == 40 and "empty.eml" in scores.err
    shutil.rmtree(mails)  # the run has its own copy
    assert len(run.predictions()) == made.json["test"]["n"] == 8


def test_what_is_wrong_with_the_data_is_said_before_training(lab, parent, tmp_path):
    table = tmp_path / "t.csv"
    rows = [f"ham,hello number {i}" for i in range(30)] + [f"spam,win {i}" for i in range(5)]
    extra = ["ham,win 1", "ham,HELLO number 2", "ham,", f"ham,{'long ' * 30}"]
    table.write_text("\n".join(["label,text", *rows, *extra]))
    said = finetune(lab, table, parent).err
    assert said.index("texts stand there with different labels") < said.index("Run ")
    for words in (
        "6.6 times",
        "2 rows repeat",
        "longer than the 16 tokens",
        "1 row without a text",
    ):
        assert words in said


def test_e_mails_of_the_built_in_set_are_asked_for_in_one_line(lab, parent, tmp_path):
    assert "make email-data" in finetune(lab, "email-spam", parent).error
    wrong = tmp_path / "x.tgz"
    wrong.write_bytes(b"x")
    assert "SHA-256" in lab("datasets", "--add", wrong).error


def test_a_learning_curve_is_printed_resumed_and_is_no_model(lab, parent, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(spam_table(60))
    command = ("learning-curve", "--data", path, "--model", parent, "--seeds", 1, "--threads", 1)
    chosen = ("--sizes", "6", "--learners", "naive Bayes, pretrained")
    made = lab(*command, *chosen, "--json")
    answer = made.json
    assert answer["state"] == "done" and answer["step"] == 4 == len(answer["points"])
    assert [(point["learner"], point["size"]) for point in answer["curve"]] == [
        ("naive Bayes", 6), ("naive Bayes", 48), ("pretrained", 6), ("pretrained", 48),
    ]  # fmt: skip
    assert "4/4  pretrained, 48 texts, seed 0" in made.err
    assert "done" in lab("runs", "resume", answer["run"]).error
    assert "keeps no model" in lab("classify", "--model", answer["run"], "hi").error
    for wrong in (("--sizes", "ten"), ("--learners", "oracle")):
        assert lab(*command, *wrong).error
