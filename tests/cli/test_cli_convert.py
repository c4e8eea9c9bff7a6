"""import-gpt2, export, runs export and runs import: the whole way there and back, and errors."""

from pathlib import Path

import pytest
import torch
from tiny import TEXT
from written_runs import write_run

from llmcore.cli import convert
from llmcore.convert.export import FORMATS
from llmcore.convert.hf_tokenizer import write_tokenizer
from llmcore.tokenizers import train_bpe

transformers = pytest.importorskip("transformers")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A random GPT-2 as transformers saves one, with a tokenizer of 300 tokens."""
    torch.manual_seed(0)
    directory = tmp_path / "small-gpt2"
    config = transformers.GPT2Config(
        vocab_size=300, n_positions=32, n_embd=24, n_layer=2, n_head=3, eos_token_id=299,
        bos_token_id=299,
    )  # fmt: skip
    transformers.GPT2LMHeadModel(config).save_pretrained(directory)
    write_tokenizer(train_bpe([TEXT], 300), directory, 32)
    return directory


def test_from_hugging_face_and_back_and_to_llama_cpp(lab, source, tmp_path, home):
    made = lab("import-gpt2", source, "--name", "small one", "--json").json
    assert {"path", "run", "parameters", "max_abs_logit_difference"} <= set(made)
    assert made["max_abs_logit_difference"] <= 1e-4 and made["name"] == "small one"
    assert Path(made["path"]) == home / "runs" / made["run"]
    rows = lab("runs", "list", "--json").json["runs"]
    assert rows[0]["run"] == made["run"] and rows[0]["state"] == "done"

    for model in (made["run"], source):
        text = lab("generate", "--model", model, "--prompt", "the cat", "--max-new-tokens", 5,
                   "--temperature", 0, "--json").json  # fmt: skip
        assert len(text["ids"]) == 5

    out = lab(
        "export", "--model", made["run"], "--format", "hf", "--out", tmp_path / "hf", "--json"
    )
    assert out.json["path"] == str(tmp_path / "hf")
    assert out.json["max_abs_logit_difference"] == 0.0
    assert out.json["parameters"] == made["parameters"]
    ids = torch.arange(20).unsqueeze(0)
    with torch.no_grad():
        one, other = (
            transformers.AutoModelForCausalLM.from_pretrained(path).eval()(ids).logits
            for path in (source, tmp_path / "hf")
        )
    assert torch.equal(one, other)

    file = tmp_path / "small.gguf"
    out = lab("export", "--model", source, "--format", "gguf", "--out", file, "--json")
    assert out.json["path"] == str(file) and file.read_bytes()[:4] == b"GGUF"
    assert out.json["max_abs_logit_difference"] == 0.0


def test_a_classifier_in_hugging_faces_format_is_used_like_a_run(lab, tmp_path):
    out = tmp_path / "spam"
    assert lab("export", "--model", "starter-spam", "--format", "hf", "--out", out).status == 0
    text = "You have won a free prize, call now"
    one, other = (
        lab("classify", text, "--model", model, "--json").json["results"][0]
        for model in ("starter-spam", out)
    )
    assert one["label"] == other["label"]
    assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)
    scores = lab("evaluate", "--model", out, "--data", "sms-spam", "--json").json
    assert scores["accuracy"] > 0.9


def test_import_into_a_directory_of_its_own(lab, source, tmp_path):
    outcome = lab("import-gpt2", source, "--run-dir", tmp_path / "run")
    assert outcome.status == 0
    assert f"{tmp_path / 'run'}: " in outcome.out and "largest difference" in outcome.out
    shown = lab("runs", "show", tmp_path / "run", "--json").json
    assert shown["config"]["imported_from"] == "small-gpt2" and shown["step"] == 0
    assert "not empty" in lab("import-gpt2", source, "--run-dir", tmp_path / "run").error


def test_a_guessed_tokenizer_is_said(lab, source):
    (source / "tokenizer.json").unlink()
    outcome = lab("import-gpt2", source, "--json")
    assert outcome.status == 0 and "read as bytes" in outcome.err
    assert any("read as bytes" in notice for notice in outcome.json["notices"])


def test_a_run_travels_as_a_zip(lab, tmp_path):
    file = tmp_path / "starter.zip"
    packed = lab("runs", "export", "starter", "--out", file, "--json").json
    assert packed["path"] == str(file) and packed["bytes"] == file.stat().st_size
    made = lab("runs", "import", file, "--json").json
    assert made["name"] == "Starter model" and made["state"] == "done" and made["run"] != "starter"
    assert "Starter model, done at step 4000" in lab("runs", "import", file).out
    assert "already exists" in lab("runs", "export", "starter", "--out", file).error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import-gpt2", "nosuch"), "neither a file, a directory nor a name on the hub"),
        (("import-gpt2", "."), "holds no model"),
        (("import-model", "smollm2", "--name", "mine"), "has its own name and place"),
        (("export", "--model", "gpt2-xl", "--format", "hf", "--out", "x"), "import-model gpt2-xl"),
        (("export", "--model", "starter-spam", "--format", "gguf", "--out", "x"), "format hf"),
        (("generate", "--model", "gpt2", "--prompt", "x"), "import-model gpt2"),
        (("runs", "export", "nosuch", "--out", "x.zip"), "no run 'nosuch'"),
        (("runs", "import", "nosuch.zip"), "there is no file nosuch.zip"),
        (("runs", "import", "."), "there is no file"),
    ],
)
def test_what_cannot_work_is_one_line_and_status_1(lab, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    outcome = lab(*arguments, "--json")
    assert words in outcome.error and outcome.status == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"home"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("import-gpt2",),
        ("export", "--model", "starter", "--format", "onnx", "--out", "x"),
        ("export", "--model", "starter", "--out", "x"),
        ("runs", "export", "starter"),
        ("runs", "import"),
    ],
)
def test_bad_arguments_are_one_line_and_status_2(lab, arguments):
    outcome = lab(*arguments)
    assert outcome.error and outcome.status == 2


def test_no_internet_is_one_line(lab, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    assert "connect to the internet" in lab("import-gpt2", "gpt2", "--json").error


def test_a_pickle_and_a_bomb_are_refused_by_reason(lab, source, tmp_path):
    (source / "model.safetensors").rename(source / "pytorch_model.bin")
    assert "pickle" in lab("import-gpt2", source).error
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    assert "cannot be read as a zip" in lab("runs", "import", tmp_path / "bad.zip").error


def test_the_formats_of_the_command_are_those_of_the_package():
    assert convert.FORMATS == FORMATS


def test_a_run_without_weights_is_not_exported(lab, tmp_path):
    run = write_run()
    outcome = lab("export", "--model", run, "--format", "hf", "--out", tmp_path / "out")
    assert "cannot be read" in outcome.error and not (tmp_path / "out").exists()


def test_progress_is_a_line_at_the_start_and_at_the_end(capsys):
    report = convert.DownloadProgress()
    for done in range(0, 101, 10):
        report("model.safetensors", done * 1_000_000, 100_000_000)
    report("tokenizer.json", 1_000_000, None)
    assert capsys.readouterr().err.splitlines() == [
        "model.safetensors  0.0 of 100.0 MB, 0 %",
        "model.safetensors  100.0 of 100.0 MB, 100 %",
        "tokenizer.json  1.0 MB",
    ]
