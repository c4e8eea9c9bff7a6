"""Instructions from the command line: finetune, evaluate, generate, and what goes wrong."""

import json
import random
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny import TEXT

from llmcore import load_assistant
from llmcore.cli import main
from llmcore.models import load
from llmcore.runs import RunStore

QUICK = ("--batch-size", 8, "--threads", 1, "--learning-rate", 0.01)
ANSWERS = {"cat": "sees", "dog": "likes", "bird": "hears"}


def records(n=60, seed=0):
    rng = random.Random(seed)
    made = []
    for i in range(n):
        animal = rng.choice(list(ANSWERS))
        made.append(
            {"instruction": f"What about {animal} {i}?", "output": f"It {ANSWERS[animal]}."}
        )
    return made  # fmt: skip


@pytest.fixture
def alpaca(tmp_path: Path) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(records()))
    return path


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat.jsonl"
    turns = (
        [{"role": "user", "content": record["instruction"]},
         {"role": "assistant", "content": record["output"]}] for record in records()
    )  # fmt: skip
    path.write_text("\n".join(json.dumps({"messages": turn}) for turn in turns))
    return path


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrained")
    (folder / "corpus.txt").write_text(TEXT)
    command = ("pretrain", "--corpus", folder / "corpus.txt", "--preset", "tiny", "--tokenizer",
               "bytes", "--context-length", 64, "--batch-size", 4, "--threads", 1, "--steps", 4,
               "--run-dir", folder / "run")  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMLAB_HOME", str(folder))
        assert main([str(word) for word in command]) == 0
    return folder / "run"


@pytest.fixture
def base(made_once: Path, home: Path) -> str:
    run_id = "20260102-030405-base-0123ab"
    shutil.copytree(made_once, home / "runs" / run_id)
    return run_id


def test_a_user_s_alpaca_file_end_to_end(lab, alpaca, base):
    tuned = lab(
        "finetune", "--task", "instruct", "--data", alpaca, "--model", base, "--epochs", 6, *QUICK,
        "--json",
    ).json  # fmt: skip
    assert tuned["state"] == "done" and tuned["step"] == 6 * 6
    assert {"n", "exact_match", "loss", "by_holdout"} <= set(tuned["test"])
    assert tuned["test"]["n"] == 12 and tuned["test"]["by_holdout"] == {}
    _check_chrf(tuned["test"], tuned["baselines"]["nearest neighbour"])
    assert tuned["parameters"] == tuned["trainable_parameters"] > 10_000
    run = RunStore().open(tuned["run"])
    shown = run.events("answers")
    assert len(shown[-1]["rows"]) == 5 and shown[0]["step"] == 1
    assert len(run.predictions()) == 12 and {
        "prompt",
        "expected",
        "answer",
        "right",
        "loss",
    } <= set(run.predictions()[0])
    assert load(tuned["run"]).card["template"].startswith("[[{system}")

    scores = lab("evaluate", "--model", tuned["run"], "--data", alpaca, "--json").json
    assert scores["n"] == 60 and 0 <= scores["exact_match"] <= 1
    _check_chrf(scores)
    made = lab(
        "generate", "--model", tuned["run"], "--instruction", "What about cat 3?", "--json",
        "--max-new-tokens", 12,
    ).json  # fmt: skip
    assert made["prompt"] == "Q: What about cat 3?\nA:" and made["text"] == made["text"].strip()
    same = lab("generate", "--model", tuned["run"], "--prompt", made["prompt"], "--temperature", 0,
               "--max-new-tokens", 12, "--json").json  # fmt: skip
    assert same["ids"] == made["ids"]


def _check_chrf(*reports: dict[str, object]) -> None:
    """A number from 0 to 100 in each report; null only where sacrebleu is not installed."""
    known = find_spec("sacrebleu") is not None
    for report in reports:
        assert "chrf" in report and (report["chrf"] is not None) == known
        assert not known or 0 <= report["chrf"] <= 100


def test_a_chat_file_with_packing_lora_and_another_template(lab, chat, base, tmp_path):
    out = tmp_path / "run"
    tuned = lab(
        "finetune", "--task", "instruct", "--data", chat, "--model", base, "--epochs", 2, *QUICK,
        "--train", "lora", "--lora-rank", 2, "--packing", "--template", "chat", "--run-dir", out,
        "--json",
    ).json  # fmt: skip
    assert tuned["state"] == "done" and tuned["run"] == str(out)
    assert 0 < tuned["trainable_parameters"] < tuned["parameters"] / 10
    config = json.loads((out / "config.json").read_text())
    assert config["data"]["packing"] is True and config["data"]["template"] == "chat"
    scores = lab("evaluate", "--model", out, "--data", chat, "--json").json
    assert scores["n"] == 60
    _check_chrf(tuned["test"], scores)
    made = lab("generate", "--model", out, "--instruction", "What about dog 1?", "--json").json
    assert made["prompt"] == "User: What about dog 1?\nAssistant:"
    plain = lab("generate", "--model", out, "--instruction", "Hi", "--template",
                "Do {instruction}:", "--max-new-tokens", 2, "--json").json  # fmt: skip
    assert plain["prompt"] == "Do Hi:"


def test_chosen_columns_and_last_block(lab, base, tmp_path):
    table = tmp_path / "faq.csv"
    lines = ["frage,antwort"] + [
        f"{record['instruction']},{record['output']}" for record in records(24)
    ]
    table.write_text("\n".join(lines))
    command = ("finetune", "--task", "instruct", "--data", table, "--model", base, "--epochs", 1,
               "--train", "last-block", *QUICK)  # fmt: skip
    assert "no column 'fragen'" in lab(*command, "--instruction-column", "fragen").error
    tuned = lab(*command, "--instruction-column", "frage", "--output-column", "antwort", "--json")
    assert tuned.json["state"] == "done"
    assert tuned.json["trainable_parameters"] < tuned.json["parameters"]


def test_a_built_in_set_starts(lab, base, monkeypatch):
    """A few of its rows: the whole set has its own, longer runs."""
    from llmcore.data import chosen

    whole = chosen.load_builtin("airline-support")
    whole.train, whole.validation, whole.test = whole.train[:40], whole.validation[:5], (
        whole.test[::80]
    )  # fmt: skip
    monkeypatch.setattr(chosen, "load_builtin", lambda name: whole)
    tuned = lab("finetune", "--task", "instruct", "--data", "airline-support", "--model", base,
                "--epochs", 1, *QUICK, "--json").json  # fmt: skip
    assert set(tuned["test"]["by_holdout"]) == {"slots", "phrasings", "frames"}
    keys = {"n", "exact_match", "exact_match_interval"}
    assert all(keys == set(v) for v in tuned["test"]["by_holdout"].values())


def test_a_base_model_is_said_to_be_one_and_is_measured_all_the_same(lab, base, alpaca):
    said = lab("generate", "--model", base, "--instruction", "Hi", "--max-new-tokens", 2)
    assert said.status == 0 and "does not answer" in said.err
    scores = lab("evaluate", "--model", base, "--data", alpaca, "--template", "plain", "--json")
    assert scores.json["exact_match"] == 0.0 and scores.json["n"] == 60


@pytest.mark.parametrize(
    "arguments, part",
    [
        (("--task", "instruct", "--data", "nowhere.json"), "There is no data set"),
        (("--task", "instruct", "--data", "general", "--train", "head"), "no new head"),
        (("--task", "instruct", "--data", "general", "--template", "nonsense"), "no template"),
        (("--task", "instruct", "--data", "general", "--template", "{input}"), "exactly once"),
        (("--task", "instruct", "--data", "general", "--balance", "equal"), "no --balance"),
        (("--task", "classify", "--data", "sms-spam", "--packing"), "no --packing"),
        (("--task", "instruct", "--data", "general", "--both-sides"), "no --causal"),
        (("--task", "sing", "--data", "general"), "classify, instruct"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(lab, base, arguments, part):
    assert part in lab("finetune", "--model", base, *arguments).error
    assert len(list(RunStore().root.iterdir())) == 1  # the base alone: nothing was begun


def test_a_prompt_that_is_not_read_whole_is_told(lab, base, caplog):
    long = "What about cat? " * 30
    said = lab("generate", "--model", base, "--instruction", long, "--max-new-tokens", 2)
    assert said.status == 0 and "its beginning is not read" in said.err
    said = lab("generate", "--model", base, "--prompt", "hello", "--max-new-tokens", 2)
    assert "not read" not in said.err
    load_assistant(base).answer(["short", long], 2)
    assert "1 of 2 prompts are longer than the 64 tokens" in caplog.text


def test_generate_wants_a_prompt_or_an_instruction(lab, base):
    assert "either --prompt or --instruction" in lab("generate", "--model", base).error
    both = lab("generate", "--model", base, "--prompt", "a", "--instruction", "b")
    assert "either --prompt or --instruction" in both.error
    assert "need --instruction" in lab("generate", "--model", base, "--prompt", "a", "--input",
                                       "b").error  # fmt: skip


def test_a_small_file_is_told_in_numbers_and_keeps_its_last_weights(lab, base, tmp_path):
    """Its validation rows ask for facts of their own, so they cannot tell when to stop."""
    path = tmp_path / "small.json"
    path.write_text(json.dumps(records(20)))
    done = lab("finetune", "--task", "instruct", "--data", path, "--model", base, "--epochs", 12,
               *QUICK, "--json")  # fmt: skip
    tuned = done.json
    assert "14 rows to learn from, 2 to validate, 4 to test" in done.err
    assert "Held out and never learned: 'What about" in done.err
    assert tuned["data_report"]["rows"] == {"train": 14, "validation": 2, "test": 4}
    assert len(tuned["data_report"]["held_out"]) == 4 and tuned["data_report"]["keeps"] == "last"
    assert tuned["step"] == tuned["kept_step"] == tuned["best_step"] == 24  # not stopped early
    assert tuned["reason"] == "all steps done" and tuned["train_rows"]["n"] == 14
    assert tuned["test"]["exact_match_interval"][1] > 0.4  # of four rows
    run = RunStore().open(tuned["run"])
    assert load(tuned["run"]).step == 24
    last = [series for series in run.metrics().series("val", "loss")[1]][-1]
    assert tuned["val_loss"] == pytest.approx(last)  # of the weights that are kept
    made = lab("finetune", "--task", "instruct", "--data", path, "--model", base, "--epochs", 2,
               *QUICK).out  # fmt: skip
    assert "all steps done" in made and "kept: step 4\n" in made
    assert "training rows: exact match" in made and "(95%: " in made


def test_with_patience_a_small_file_stops_early_and_says_which_step_it_keeps(lab, base, tmp_path):
    path = tmp_path / "small.json"
    path.write_text(json.dumps(records(20)))
    done = lab("finetune", "--task", "instruct", "--data", path, "--model", base, "--epochs", 60,
               *QUICK[:-1], 0.05, "--patience", 2)  # fmt: skip
    assert "stopped early: the validation loss has not fallen for 2 evaluations" in done.out
    assert "kept: step " in done.out and ", the best of " in done.out


def test_rows_that_are_all_too_long_are_told_before_there_is_a_run(lab, base, tmp_path):
    path = tmp_path / "long.json"
    rows = [{"instruction": f"Sum up {n}: {'word ' * 40}", "output": "Words."} for n in range(12)]
    path.write_text(json.dumps(rows))
    command = ("finetune", "--task", "instruct", "--data", path, "--model", base)
    for more in ((), ("--queue",)):
        assert "No training row has an answer within 64 tokens" in lab(*command, *more).error
        assert "take a model with a longer context" in lab(*command, *more).error
    shorter = lab(*command, "--context-length", 16).error
    assert "choose a context length of up to 64" in shorter
    assert len(list(RunStore().root.iterdir())) == 1


def test_rows_that_do_not_fit_are_no_part_of_a_score(lab, base, tmp_path):
    path = tmp_path / "mixed.json"
    long = [{"instruction": f"Sum up {n}: {'word ' * 40}", "output": "Words."} for n in range(8)]
    path.write_text(json.dumps([*records(12), *long]))
    done = lab("evaluate", "--model", base, "--data", path, "--template", "plain", "--json")
    assert (done.json["n"], done.json["left_out"]) == (12, 8)
    assert "8 of 20 given rows do not fit" in done.err
    path.write_text(json.dumps(long))
    none = lab("evaluate", "--model", base, "--data", path, "--template", "plain", "--json")
    assert (none.json["n"], none.json["left_out"]) == (0, 8)
    assert none.json["exact_match"] is None and none.json["loss"] is None
    said = lab("evaluate", "--model", base, "--data", path, "--template", "plain").out
    assert "exact match not measured" in said and "8 more do not fit" in said


def test_a_column_without_a_known_name_is_asked_for_with_status_2(lab, base, tmp_path):
    table = tmp_path / "faq.csv"
    lines = [f"{n},Lampe {n},Auf Brett {n}.,Sei kurz." for n in range(12)]
    table.write_text("\n".join(["Nr,Sache,Text,Rolle", *lines]))
    command = ("finetune", "--task", "instruct", "--data", table, "--model", base, "--epochs", 1,
               *QUICK)  # fmt: skip
    asked = lab(*command)
    assert asked.status == 2 and "1 Nr, 2 Sache, 3 Text, 4 Rolle" in asked.error
    assert "--instruction-column and --output-column" in asked.error
    assert not list((RunStore().root).glob("*faq*"))
    tuned = lab(*command, "--instruction-column", 2, "--output-column", 3, "--system-column", 4,
                "--json")  # fmt: skip
    report = tuned.json["data_report"]["reading"]
    assert report["roles"] == {"instruction": "Sache", "answer": "Text", "system": "Rolle"}
    assert report["rows"] == {"read": 12, "taken": 12, "left_out": 0, "repaired": 0}
    assert RunStore().open(tuned.json["run"]).config.data.system_column == "4"
    scored = lab("evaluate", "--model", tuned.json["run"], "--data", table)
    assert scored.status == 2 and "1 Nr, 2 Sache, 3 Text, 4 Rolle" in scored.error


def test_what_was_left_out_is_said_before_anything_learns(lab, base, tmp_path):
    path = tmp_path / "chat.jsonl"
    rows = [{"messages": [{"role": "user", "content": f"Hi {n}"},
                          {"role": "assistant", "content": "Ho"}]} for n in range(12)]  # fmt: skip
    rows.append({"messages": [{"role": "assistant", "content": "You are doing fine!"}]})
    path.write_text("\n".join(map(json.dumps, rows)))
    tuned = lab("finetune", "--task", "instruct", "--data", path, "--model", base, "--epochs", 1,
                *QUICK)  # fmt: skip
    assert "1 row without a question was left out (in line 13)." in tuned.err
    assert tuned.err.index("left out (in line 13)") < tuned.err.index("Run ")


def test_a_notice_is_printed_once(lab, base, tmp_path):
    path = tmp_path / "twice.jsonl"
    rows = [{"question": record["instruction"], "answer": record["output"], "kind": "some text"}
            for record in records(20)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, [*rows, rows[0], {"question": "What?"}])))
    tuned = lab("finetune", "--task", "instruct", "--data", path, "--model", base, "--epochs", 1,
                *QUICK)  # fmt: skip
    assert tuned.status == 0
    lines = [line for line in tuned.err.splitlines() if line.strip()]
    assert len(lines) == len(set(lines)), tuned.err
    assert any("text and is not read: kind" in line for line in lines)


def test_evaluate_reads_a_file_in_the_encoding_that_is_named(lab, base, tmp_path):
    """In ISO 8859-15 the sign of the euro is one that Windows-1252 has for another."""
    path, text = tmp_path / "euro.csv", tmp_path / "euro.txt"
    rows = "".join(f"How much is lamp {i}?,{i} €\n" for i in range(4))
    path.write_bytes(f"question,answer\n{rows}".encode("iso8859-15"))
    text.write_bytes("The lamp is 10 €.\n".encode("iso8859-15"))
    guessed, named = [
        [lab("evaluate", "--model", base, "--data", source, *more, *flags, "--json").json["loss"]
         for source, more in ((path, ("--template", "plain")), (text, ()))]
        for flags in ((), ("--encoding", "iso8859-15"))
    ]  # fmt: skip
    path.write_text(f"question,answer\n{rows}", encoding="utf-8")
    text.write_text("The lamp is 10 €.\n", encoding="utf-8")
    right = [lab("evaluate", "--model", base, "--data", path, "--template", "plain", "--json"),
             lab("evaluate", "--model", base, "--data", text, "--json")]  # fmt: skip
    assert named == [outcome.json["loss"] for outcome in right]
    assert all(guess != other for guess, other in zip(guessed, named, strict=True))
