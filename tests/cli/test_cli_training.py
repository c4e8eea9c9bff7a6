"""The whole way on tiny models: pretrain, generate, finetune, classify, evaluate, runs; errors."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import TEXT, sentences, spam_table

from llmcore.cli import main
from llmcore.paths import PROJECT_ROOT

TINY = (
    "--preset", "tiny", "--tokenizer", "bytes", "--context-length", 16, "--batch-size", 4,
    "--threads", 1, "--eval-every", 1000,
)  # fmt: skip
QUICK = ("--epochs", 1, "--batch-size", 32, "--threads", 1)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    path.write_bytes(spam_table())
    return path


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run, made once."""
    folder = tmp_path_factory.mktemp("pretrained")
    (folder / "corpus.txt").write_text(TEXT)
    command = ("pretrain", "--corpus", folder / "corpus.txt", *TINY, "--steps", 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMLAB_HOME", str(folder))
        assert main([str(word) for word in (*command, "--run-dir", folder / "run")]) == 0
    return folder / "run"


@pytest.fixture
def base(pretrained: Path, home: Path) -> str:
    """A copy of that run in this test's store; its id."""
    run_id = "20260102-030405-base-0123ab"
    shutil.copytree(pretrained, home / "runs" / run_id)
    return run_id


def test_the_whole_way_from_text_to_a_classified_message(lab, corpus, table, home, tmp_path):
    made = lab(
        "pretrain", "--corpus", corpus, *TINY, "--steps", 12, "--eval-every", 6,
        "--learning-rate", 0.003, "--seed", 1, "--name", "my first", "--json",
    )  # fmt: skip
    answer = made.json
    assert answer["state"] == "done" and answer["step"] == 12
    assert {"run", "train_loss", "val_loss", "best_step", "tokens_per_s", "parameters"} <= set(
        answer
    )
    assert 0 < answer["val_loss"] < 6 and answer["best_step"] in {1, 6, 12}
    assert answer["tokens_per_s"] > 0 and answer["parameters"] > 10_000
    assert (home / "runs" / answer["run"] / "config.json").is_file()
    assert "step 12/12" in made.err

    text = lab(
        "generate", "--model", answer["run"], "--prompt", "the cat", "--max-new-tokens", 8,
        "--temperature", 0.5, "--top-k", 20, "--top-p", 0.9, "--seed", 3, "--json",
    ).json  # fmt: skip
    assert len(text["ids"]) <= 8 and isinstance(text["text"], str) and text["tokens_per_s"] > 0
    assert not text["text"].startswith("the cat")

    tuned = lab(
        "finetune", "--task", "classify", "--data", table, "--model", answer["run"],
        "--epochs", 2, "--batch-size", 16, "--threads", 1, "--run-dir", tmp_path / "tuned",
        "--json",
    ).json  # fmt: skip
    assert tuned["run"] == str(tmp_path / "tuned") and tuned["state"] == "done"
    assert {"n", "accuracy", "macro_f1", "confusion"} <= set(tuned["test"])
    assert tuned["test"]["n"] == sum(map(sum, tuned["test"]["confusion"]))
    assert "naive Bayes" in tuned["baselines"]

    lines = b"WIN a prize now\r\n\nare you home?\n"
    labels = lab("classify", "--model", tuned["run"], "-", "--json", stdin=lines)
    results = labels.json["results"]
    assert [result["label"] is None for result in results] == [False, True, False]
    assert set(results[0]["probabilities"]) == {"ham", "spam"}
    assert sum(results[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert "Line 2 is empty" in labels.err
    assert lab("classify", "--model", tuned["run"], "one\ntwo").out.count("\n") == 1

    scores = lab("evaluate", "--model", tuned["run"], "--data", table, "--json").json
    assert scores["n"] == 120 and {"accuracy", "macro_f1", "confusion"} <= set(scores)
    held_out = tmp_path / "more.txt"
    held_out.write_text(sentences(20, seed=9))
    loss = lab("evaluate", "--model", answer["run"], "--data", held_out, "--json").json
    assert {"n", "loss", "perplexity", "bits_per_byte"} <= set(loss)

    listed = lab("runs", "list", "--json").json["runs"]
    mine = next(row for row in listed if row["run"] == answer["run"])
    assert {"run", "name", "kind", "state", "step", "val_loss"} <= set(mine)
    assert (mine["name"], mine["kind"], mine["state"]) == ("my first", "pretrain", "done")


def test_the_same_seed_gives_the_same_answer(lab, corpus):
    command = ("pretrain", "--corpus", corpus, *TINY, "--steps", 4, "--seed", 5, "--json")
    first, second = lab(*command).json, lab(*command).json
    assert first["run"] != second["run"]
    assert first["train_loss"] == second["train_loss"]


def test_a_shape_a_vocabulary_and_a_validation_text_of_one_s_own(lab, corpus, tmp_path, home):
    held_out = tmp_path / "held-out.txt"
    held_out.write_text(sentences(40, seed=9))
    command = (
        "pretrain", "--corpus", corpus, "--validation-corpus", held_out, "--vocab-size", 300,
        "--n-layers", 1, "--n-heads", 3, "--d-model", 24, "--context-length", 16, "--steps", 2,
        "--batch-size", 4, "--precision", "bf16",
    )  # fmt: skip
    answer = lab(*command, "--json").json
    config = json.loads((home / "runs" / answer["run"] / "config.json").read_text())
    model = config["model"]
    assert (model["n_layers"], model["n_heads"], model["d_model"]) == (1, 3, 24)
    assert model["vocab_size"] <= 300 and config["train"]["precision"] == "bf16"
    # The loss of the run is that of the given text, all of which `evaluate` scores as well.
    scores = lab("evaluate", "--model", answer["run"], "--data", held_out, "--json").json
    assert answer["val_loss"] == pytest.approx(scores["loss"], rel=0.02)
    assert "not both" in lab(*command, "--tokenizer", "bytes").error
    assert "nosuch" in lab("pretrain", "--corpus", corpus, "--validation-corpus", "nosuch").error


def test_the_parts_of_the_architecture_are_chosen_by_flags(lab, corpus, home):
    command = (
        "pretrain", "--corpus", corpus, "--vocab-size", 300, "--n-layers", 1, "--n-heads", 4,
        "--d-model", 32, "--context-length", 16, "--steps", 2, "--batch-size", 4,
        "--position", "rope", "--norm", "rms", "--feed-forward", "swiglu", "--n-kv-heads", 2,
    )  # fmt: skip
    answer = lab(*command, "--json").json
    config = json.loads((home / "runs" / answer["run"] / "config.json").read_text())["model"]
    assert (config["position"], config["norm"], config["feed_forward"], config["n_kv_heads"]) == (
        "rope", "rms", "swiglu", 2
    )  # fmt: skip
    written = lab("generate", "--model", answer["run"], "--prompt", "the cat", "--json").json
    assert written["text"]
    refused = lab(*command[:-1], 3)
    assert "n_heads 4 is not divisible by n_kv_heads 3" in refused.error
    assert "'alibi' is not one of learned, rope" in lab(*command, "--position", "alibi").error
    gone = lab("export", "--model", answer["run"], "--format", "hf", "--out", home / "hf")
    assert "has RoPE, RMSNorm, SwiGLU, GQA" in gone.error


def test_runs_show_rename_delete(lab, base, home):
    shown = lab("runs", "show", base, "--json").json
    assert shown["run"] == base and shown["config"]["kind"] == "pretrain"
    assert shown["checkpoints"][-1]["step"] == 6
    assert base in lab("runs", "show", base).out
    assert lab("runs", "rename", base, "a  new name", "--json").json["name"] == "a new name"
    assert "empty" in lab("runs", "rename", base, " ").error
    assert "a new name" in lab("runs", "list").out
    assert "nothing to stop" in lab("runs", "stop", base).error
    assert lab("runs", "resume", base).error  # it is done
    assert lab("runs", "delete", base, "--json").json == {"run": base, "deleted": True}
    assert not (home / "runs" / base).exists()
    assert base in lab("runs", "delete", base).error


def test_a_run_directory_anywhere_is_a_run(lab, corpus, tmp_path):
    directory = tmp_path / "elsewhere" / "run one"
    made = lab(
        "pretrain", "--corpus", corpus, *TINY, "--steps", 2, "--run-dir", directory, "--json"
    )
    assert made.json["run"] == str(directory)
    assert lab("runs", "show", directory, "--json").json["run"] == str(directory)
    assert lab("runs", "list", "--json").json["runs"] == [
        run for run in lab("runs", "list", "--json").json["runs"] if run["example"]
    ]
    assert lab("runs", "rename", directory, "there", "--json").json["name"] == "there"
    again = lab("pretrain", "--corpus", corpus, *TINY, "--steps", 2, "--run-dir", directory)
    assert "not empty" in again.error
    lab("runs", "delete", directory)
    assert not directory.exists()


def test_delete_refuses_a_folder_that_is_no_run(lab, tmp_path):
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    assert "not a run" in lab("runs", "delete", folder).error
    assert (folder / "config.json").is_file()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "a pdf"),
        (b"too short", "short"),
        (b"\0\0\0", "not a text file"),
    ],
)
def test_pretrain_refuses_a_corpus_that_cannot_be_learned(lab, tmp_path, home, content, words):
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(content)
    outcome = lab("pretrain", "--corpus", corpus, *TINY, "--steps", 2)
    assert words in outcome.error.lower() or words in outcome.error
    assert outcome.status == 1
    assert not list((home / "runs").glob("*"))  # nothing half made is left


def test_pretrain_refuses_a_missing_corpus_and_a_bad_tokenizer(lab, corpus, tmp_path):
    assert "nosuch" in lab("pretrain", "--corpus", "nosuch", *TINY).error
    assert "nosuch" in lab("pretrain", "--corpus", corpus, "--tokenizer", "nosuch").error
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "tokenizer.json").write_text("{")
    assert "tokenizer.json" in lab("tokenize", "x", "--encoding", broken).error


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("", (), "empty"),
        ("label,text\n", (), "row"),
        ("label,text\nham,hello\n", (), "row"),
        ("label,text\nham,hello\nham,bye\nham,see you\nham,soon\n", (), "class"),
        ("label,text\nham,hi\nspam,win\n", ("--text-column", "body"), "body"),
        ("a,b,c\n1,2,3\n4,5,6\n", (), "column"),
    ],
)
def test_finetune_refuses_a_table_that_cannot_be_learned(
    lab, base, tmp_path, home, content, options, words
):
    path = tmp_path / "table.csv"
    path.write_text(content)
    outcome = lab("finetune", "--task", "classify", "--data", path, "--model", base, *options)
    assert words in outcome.error.lower()
    assert outcome.status == (2 if "a,b,c" in content else 1)  # a column has to be chosen
    assert [path.name for path in (home / "runs").iterdir()] == [base]


def test_finetune_refuses_a_table_that_is_no_text(lab, base, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"label,text\n" + bytes(range(256)))
    outcome = lab("finetune", "--task", "classify", "--data", path, "--model", base)
    assert "not a text file" in outcome.error


def test_finetune_refuses_a_context_longer_than_the_models(lab, base, table):
    outcome = lab(
        "finetune", "--task", "classify", "--data", table, "--model", base,
        "--context-length", 64,
    )  # fmt: skip
    assert "64" in outcome.error and "16" in outcome.error


def test_each_command_wants_its_own_kind_of_model_and_data(lab, base, table, corpus):
    assert "not a classifier" in lab("classify", "--model", base, "hello").error
    assert "finetune" in lab("evaluate", "--model", base, "--data", "sms-spam").error
    tuned = lab(
        "finetune", "--task", "classify", "--data", table, "--model", base, *QUICK,
        "--train", "head", "--json",
    ).json["run"]  # fmt: skip
    assert "classifier" in lab("generate", "--model", tuned, "--prompt", "x").error
    assert "labels" in lab("evaluate", "--model", tuned, "--data", "shakespeare").error
    assert lab("evaluate", "--model", tuned, "--data", corpus).error
    assert "no text" in lab("classify", "--model", tuned, "").error.lower()
    assert "no text" in lab("classify", "--model", tuned, "-", stdin=b"\n \n").error.lower()
    assert "€" in lab("classify", "--model", tuned, "-", stdin=b"\x80 and more\n").out


def test_finetune_with_lora_counts_what_learns_and_checks_its_settings(lab, base, table):
    lora = ("finetune", "--task", "classify", "--data", table, "--model", base, *QUICK)
    flags = ("--lora-rank", 2, "--lora-targets", "qkv, down")
    made = lab(*lora, "--train", "lora", *flags, "--json").json
    assert 0 < made["trainable_parameters"] < made["parameters"] / 5
    config = lab("runs", "show", made["run"], "--json").json["config"]
    assert config["trainable"] == "lora"
    assert config["lora"] == {"rank": 2, "alpha": 16.0, "targets": ["qkv", "down"]}
    assert lab("classify", "--model", made["run"], "hello", "--json").json["results"][0]["label"]
    assert "--train lora" in lab(*lora, *flags).error
    assert "qkv" in lab(*lora, "--train", "lora", "--lora-targets", "head").error


def test_evaluate_counts_a_label_that_was_never_trained_on_as_wrong(lab, base, table, tmp_path):
    tuned = lab(
        "finetune", "--task", "classify", "--data", table, "--model", base, *QUICK, "--json"
    ).json["run"]
    path = tmp_path / "other.csv"
    path.write_text("label,text\nnews,an election\nnews,a storm\n")
    outcome = lab("evaluate", "--model", tuned, "--data", path, "--json")
    assert outcome.json["n"] == 2 and outcome.json["accuracy"] == 0
    assert "news" in outcome.err


def test_evaluate_by_name_takes_the_very_test_split_of_the_run(lab, base):
    tuned = lab(
        "finetune", "--task", "classify", "--data", "sms-spam", "--model", base, *QUICK,
        "--train", "head", "--seed", 7, "--json",
    ).json  # fmt: skip
    assert tuned["test"]["n"] > 500
    scores = lab("evaluate", "--model", tuned["run"], "--data", "sms-spam", "--json").json
    assert scores["n"] == tuned["test"]["n"]
    assert scores["confusion"] == tuned["test"]["confusion"]


def test_deleted_and_damaged_runs_are_told_in_one_line(lab, base, home):
    directory = home / "runs" / base
    for weights in directory.glob("checkpoints/*/model.safetensors"):
        weights.write_bytes(weights.read_bytes()[:40])
    assert lab("generate", "--model", base, "--prompt", "x").error
    (directory / "config.json").write_text("{ not json")
    assert lab("generate", "--model", base, "--prompt", "x").error
    assert lab("runs", "resume", base).error
    damaged = next(run for run in lab("runs", "list", "--json").json["runs"] if run["run"] == base)
    assert damaged["state"] == "damaged" and damaged["error"]
    assert lab("runs", "show", base, "--json").json["state"] == "damaged"
    lab("runs", "delete", base)
    assert not directory.exists()
    assert base in lab("generate", "--model", base, "--prompt", "x").error
    assert base in lab("runs", "show", base).error


def test_ctrl_c_saves_a_checkpoint_and_resume_goes_on(lab, corpus, home, wait_until, tmp_path):
    directory = tmp_path / "stopped"
    command = [
        sys.executable, "-m", "llmcore", "pretrain", "--corpus", corpus, *TINY, "--steps", 150,
        "--run-dir", directory, "--json",
    ]  # fmt: skip
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=PROJECT_ROOT,
        env={**os.environ, "LLMLAB_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until((directory / "metrics.jsonl").exists, 60)
        wait_until(lambda: (directory / "metrics.jsonl").stat().st_size > 0, 60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    answer = json.loads(out)
    assert answer["state"] == "stopped" and 1 <= answer["step"] < 150, err
    assert process.returncode == 0 and "error:" not in err
    assert list(directory.glob("checkpoints/step_*/optim.safetensors"))
    ended = lab("pretrain", "--resume", directory, "--steps", 7, "--json")
    assert ended.json["state"] == "done" and ended.json["step"] == 150
    assert ended.json["run"] == str(directory)
    assert "not used: --steps" in ended.err


def test_runs_stop_stops_a_run_of_another_process(lab, corpus, home, wait_until):
    command = [
        sys.executable, "-m", "llmcore", "pretrain", "--corpus", corpus, *TINY,
        "--steps", 100_000, "--json",
    ]  # fmt: skip
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=PROJECT_ROOT,
        env={**os.environ, "LLMLAB_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_until(lambda: list(home.glob("runs/*/checkpoints/step_*")), 60)
        run = next(home.glob("runs/*")).name
        assert "stop it first" in lab("runs", "delete", run).error
        stopped = lab("runs", "stop", run, "--json").json
        assert stopped["run"] == run and stopped["state"] == "stopped"
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert json.loads(out)["state"] == "stopped"
