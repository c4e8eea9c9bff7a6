"""A run as a zip: out and in again, and every prepared zip refused with its reason."""

import io
import json
import os
import random
import stat
import struct
import zipfile

import pytest
from safetensors.numpy import save as safetensors_bytes
from small_store import tiny_language_model
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models
from llmcore.errors import LabError, StateError
from llmcore.exchange import export_run, import_run
from llmcore.execution import launch
from llmcore.files import json_line, read_json, write_json_atomic
from llmcore.recipes.classification import plan_classify
from llmcore.runs import unpack
from llmcore.runs.state import writer_identity
from llmcore.runs.store import RUN_ID
from llmcore.train.control import write_control


@pytest.fixture
def run(store, tiny_run):
    made = tiny_language_model(tiny_run, "tiny")
    store.rename(made.id, "Émile's run")
    return store.open(made.id)


@pytest.fixture
def packed(run, tmp_path):
    return export_run(run, tmp_path / "out" / "run.zip")


def test_a_run_comes_back_whole_under_a_new_id(run, packed, store):
    again = import_run(packed, store)
    assert RUN_ID.fullmatch(again.id) and again.id != run.id
    info, was = again.info(), run.info()
    assert info.name == "Émile's run" and info.state == "done" and info.kind == was.kind
    assert (info.step, info.val_loss, info.best_step) == (was.step, was.val_loss, was.best_step)
    assert again.metrics().series("train", "loss") == run.metrics().series("train", "loss")
    assert again.events() == run.events()
    prompt = models.load(run.id).tokenizer.encode("the cat")
    for ours, theirs in zip(
        models.load(run.id).model.parameters(), models.load(again.id).model.parameters(),
        strict=True,
    ):  # fmt: skip
        assert (ours == theirs).all()
    assert models.load(again.id).tokenizer.encode("the cat") == prompt


def test_bytes_are_taken_like_a_file(packed, store):
    assert import_run(packed.read_bytes(), store).info().state == "done"


def test_what_travels_and_what_stays(run, tmp_path):
    plain = names(export_run(run, tmp_path / "plain.zip"))
    best, latest = run.checkpoint("best").step, run.checkpoint("latest").step
    steps = {f"checkpoints/step_{step:08d}" for step in (best, latest)}
    assert plain == {
        "config.json", "status.json", "metrics.jsonl", "events.jsonl", "name.txt",
        "tokenizer/tokenizer.json",
        *(f"{step}/{name}" for step in steps for name in ("model.safetensors", "state.json")),
    }  # fmt: skip
    whole = names(export_run(run, tmp_path / "whole.zip", optimizer=True, data=True))
    assert "data/tiny.txt" in whole - plain
    assert f"checkpoints/step_{latest:08d}/optim.safetensors" in whole - plain
    with zipfile.ZipFile(tmp_path / "plain.zip") as archive:
        content = b"".join(archive.read(name) for name in ("config.json", "status.json"))
    identity = {key: str(value).encode() for key, value in writer_identity().items()}
    assert identity["boot_id"] not in content and identity["host"] not in content
    assert b'"pid"' not in content


def names(path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_a_stopped_run_goes_on_there_as_it_would_have_here(store, tmp_path):
    directory = store.directory(store.mint_id("tiny"))

    def stop_at_4(record):
        if record["step"] == 4:
            write_control(directory, "stop")

    launch.run_foreground(directory, pretrain_config(), TEXT.encode(), stop_at_4)
    run = store.open(directory.name)
    assert run.info().state == "stopped" and run.info().step < 8
    again = import_run(export_run(run, tmp_path / "r.zip", optimizer=True, data=True), store)
    assert again.info().can_resume and again.stored_data().read_bytes() == TEXT.encode()
    for made in (run, again):
        assert launch.run_foreground(made.directory).step == 8
    weights = [made.checkpoint("latest").weights.read_bytes() for made in (run, again)]
    assert weights[0] == weights[1]


def test_a_classifier_travels_without_its_texts(store, run, tmp_path):
    config = plan_classify("t.csv", run.id, table=spam_table(), epochs=1)
    info = launch.run_foreground(store.directory(store.mint_id("c")), config, spam_table())
    path = export_run(store.open(info.id), tmp_path / "c.zip")
    assert b"WIN a prize" not in b"".join(contents(path).values())
    again = import_run(path, store)
    assert models.load(again.id).labels == ["ham", "spam"]
    assert again.result() == store.open(info.id).result()


@pytest.mark.parametrize("change", [
    lambda scores: scores.pop("macro_f1"),
    lambda scores: scores["confusion"].pop(),
    lambda scores: scores.update(accuracy="high"),
    lambda scores: scores.update(classes=["ham", 7]),
])  # fmt: skip
def test_a_classifier_with_damaged_scores_is_refused(store, run, tmp_path, change):
    config = plan_classify("t.csv", run.id, table=spam_table(), epochs=1)
    info = launch.run_foreground(store.directory(store.mint_id("c")), config, spam_table())
    files = contents(export_run(store.open(info.id), tmp_path / "c.zip"))
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    change(next(event for event in events if event["type"] == "result")["test"])
    files["events.jsonl"] = "".join(map(json_line, events)).encode()
    refused(store, zipped(files), "of events.jsonl is damaged: The event 'result'")


DAMAGE = {
    "tokenizer/tokenizer.json": b"{}",
    "STEP/model.safetensors": b"\x80\x04pickle",
    "STEP/state.json": b"[]",
    "CUT/model.safetensors": None,
    "GONE/model.safetensors": None,
    "GONE/tokenizer/tokenizer.json": None,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_run_that_no_lab_would_take_is_not_exported(run, tmp_path, name):
    best = run.checkpoint("best").directory
    path = run.directory / name.removeprefix("GONE/")
    if name.endswith(("model.safetensors", "state.json")):
        path = best / path.name
    content = path.read_bytes()[:-100] if name.startswith("CUT") else DAMAGE[name]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError, match="was not exported"):
        export_run(run, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_what_readers_pass_over_does_not_travel(run, store, tmp_path):
    """A torn or damaged line of a run would make every lab refuse its zip."""
    for name, line in (
        ("metrics.jsonl", '{"step": 1, "split": "val", "loss": "x"}'),
        ("events.jsonl", '{"type": "setting", "step": 1, "name": "learning_rate", "value": "x"}'),
        ("events.jsonl", '{"type": "sam'),
    ):
        with (run.directory / name).open("a") as file:
            file.write(line + "\n")
    again = import_run(export_run(run, tmp_path / "out.zip"), store)
    assert again.events() == run.events() and len(run.events()) > 2


def test_an_imported_run_reads_as_such(run, packed, store):
    """It keeps its name and date, and no menu shows the two under one label."""
    again = import_run(packed, store).info()
    assert again.created == run.info().created and again.began.startswith("imported 20")
    third = import_run(packed, store)
    labels = [(info.name, info.began) for info in store.list() if not info.example]
    assert len(labels) == len(set(labels)) == 3
    packed_again = contents(export_run(third, store.root / "x.zip"))
    assert b'"imported"' not in packed_again["config.json"]


def test_what_a_killed_import_left_goes_with_the_next_one(packed, store):
    left, fresh, others = (store.root / name for name in (
        ".import-abcd12_z", ".import-12345678", ".import-mine"
    ))  # fmt: skip
    for path in (left, fresh, others):
        (path / "run").mkdir(parents=True)
        (path / "run" / "config.json").write_text("{}")
    for path in (left / "run" / "config.json", left / "run", left, others):
        os.utime(path, (1e9, 1e9))
    import_run(packed, store)
    assert not left.exists() and fresh.exists() and others.exists()


@pytest.mark.parametrize(("kept", "travels"), [("a.CSV", "a.csv"), ("a.log", "a.txt")])
def test_data_of_any_kind_can_come_back(store, run, tmp_path, kept, travels):
    (run.directory / "data" / "tiny.txt").rename(run.directory / "data" / kept)
    again = import_run(export_run(run, tmp_path / "r.zip", data=True), store)
    assert again.stored_data().name == travels


def test_an_absolute_path_of_data_stays_at_home(store, run, tmp_path):
    for source in ("/home/me/secret/corpus.txt", "C:\\Users\\me\\corpus.txt"):
        config = run.raw_config | {"data": {**run.raw_config["data"], "source": source}}
        write_json_atomic(run.directory / "config.json", config)
        path = export_run(store.open(run.id), tmp_path / f"{len(source)}.zip")
        content = json.loads(contents(path)["config.json"])
        assert content["data"]["source"] == "corpus.txt"


def test_a_live_run_and_an_existing_file_are_refused(store, run, tmp_path):
    (tmp_path / "taken.zip").write_bytes(b"mine")
    with pytest.raises(StateError, match="already exists"):
        export_run(run, tmp_path / "taken.zip")
    status = {**run.status(), "state": "running", "heartbeat": 9e9, **writer_identity()}
    write_json_atomic(run.directory / "status.json", status)
    with pytest.raises(StateError, match="stop it first"):
        export_run(run, tmp_path / "live.zip")
    assert (tmp_path / "taken.zip").read_bytes() == b"mine"
    assert not (tmp_path / "live.zip").exists()


# ---- zips that somebody prepared


def contents(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    pairs = files.items() if isinstance(files, dict) else files
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pairs:
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(store, data: bytes, words: str) -> None:
    before = sorted(store.root.iterdir())
    with pytest.raises(LabError, match=words) as caught:
        import_run(data, store)
    assert str(caught.value).startswith("The zip was not imported: ")
    assert "\n" not in str(caught.value) and ".import-" not in str(caught.value)
    assert sorted(store.root.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/cron.d/x", "absolute path"),
        ("C:/x", "absolute path"),
        ("c:x.json", "absolute path"),
        ("../x.json", "leads out"),
        ("checkpoints/../../x.json", "leads out"),
        ("./config.json", "leads out"),
        ("a\\b.json", "backslash"),
        ("..\\x.json", "backslash"),
        ("model.pkl", "not among the files"),
        ("pytorch_model.bin", "not among the files"),
        ("checkpoints/step_00000008/model.pt", "not among the files"),
        ("run.py", "not among the files"),
        ("lock", "not among the files"),
        ("control.json", "not among the files"),
        ("configXjson", "not among the files"),
        ("data/../config.json", "leads out"),
        ("data/x.py", "not among the files"),
        ("data/a b.txt", "not among the files"),
        ("Config.json", "twice"),
        ("extra/", "a folder that no run has"),
        ("tokenizer//tokenizer.json", "not among the files"),
    ],
)
def test_a_name_that_no_run_has_is_refused(store, packed, name, words):
    refused(store, zipped({**contents(packed), name: b"{}"}), words)


def test_a_zero_byte_in_a_name_is_refused(store, packed):
    data = zipped({**contents(packed), "data/x.txt_.py": b"{}"})
    refused(store, data.replace(b"data/x.txt_.py", b"data/x.txt\0.py"), "zero byte")


def test_a_link_is_refused(store, packed):
    link = zipfile.ZipInfo("data/x.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(store, zipped([*contents(packed).items(), (link, b"/etc/passwd")]), "a link")


def test_a_name_that_stands_twice_is_refused(store, packed):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([*contents(packed).items(), ("config.json", b"{}")])
    refused(store, data, "'config.json' stands in it twice")


def test_a_bomb_is_refused_while_it_is_read(store, packed):
    files = contents(packed)
    refused(store, zipped({**files, "metrics.jsonl": b"\n" * 90_000_000}), "bomb")


def test_a_bomb_beside_large_weights_is_refused_too(store, packed):
    """The zip as a whole is large enough for 40 MB; the entry that unpacks to them is not."""
    import numpy as np

    files = contents(packed)
    rng = np.random.default_rng(0)
    weights = safetensors_bytes({"x": rng.standard_normal(200_000).astype(np.float32)})
    files[f"{step_of(files)}/optim.safetensors"] = weights
    data = zipped({**files, "metrics.jsonl": b"\n" * 40_000_000})
    assert len(data) * 200 > 3 * 40_000_000
    refused(store, data, "metrics.jsonl.* bomb")


@pytest.mark.parametrize(
    "name", ["checkpoints/step_٠٠٠٠٠٠٠٨/state.json", "checkpoints/step_8/state.json"]
)
def test_digits_of_other_scripts_are_no_step(store, packed, name):
    refused(store, zipped({**contents(packed), name: b"{}"}), "not among the files")


def test_a_bomb_whose_header_lies_is_refused_too(store, packed):
    data = zipped({**contents(packed), "metrics.jsonl": b"\n" * 90_000_000})
    refused(
        store, data.replace(struct.pack("<I", 90_000_000), struct.pack("<I", 10)), "cannot be read"
    )


def test_the_sum_of_all_entries_is_limited(store, packed, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_TEXT_BYTES", 2000)
    refused(store, packed.read_bytes(), "far more than a zip")
    monkeypatch.undo()
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 5)
    refused(store, packed.read_bytes(), "has [0-9]+ entries, but a run has at most 5")


def test_an_encrypted_or_oddly_packed_entry_is_refused(store, packed):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in contents(packed).items():
            archive.writestr(name, content)
    refused(store, buffer.getvalue(), "packed in a way")
    data = bytearray(zipped(contents(packed)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    refused(store, bytes(data), "encrypted")


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_zip_is_refused(store, data):
    store.root.mkdir(parents=True, exist_ok=True)
    refused(store, data, r"cannot be read as a zip|no config\.json")


def test_a_cut_zip_and_a_missing_file_are_refused(store, packed, tmp_path):
    refused(store, packed.read_bytes()[:-40], "cannot be read as a zip")
    data = bytearray(packed.read_bytes())
    data[data.index(b"safetensors") + 3000] ^= 0xFF  # inside the stored weights
    refused(store, bytes(data), "cannot be read as a zip|CRC")
    with pytest.raises(LabError, match="there is no file"):
        import_run(tmp_path / "nothing.zip", store)


def test_whatever_bytes_are_spoiled_the_refusal_is_one_sentence(store, packed):
    whole, rng = packed.read_bytes(), random.Random(4)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            data[-rng.randrange(1, 1000)] = rng.randrange(256)  # the list of entries is at the end
        try:
            import_run(bytes(data), store)
        except LabError as error:
            assert "\n" not in str(error)


def step_of(files):
    return next(name.rpartition("/")[0] for name in files if name.endswith("/state.json"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", None, r"no config\.json"),
        ("config.json", b"{half", r"config\.json cannot be read as JSON"),
        ("config.json", b"[]", "should hold a JSON object"),
        ("config.json", b'{"kind": "pretrain"}', "llmlab_schema"),
        ("config.json", b"[" * 100_000, "nested too deeply|cannot be read"),
        ("config.json", b'{"a":' * 500 + b"1" + b"}" * 500, "nested too deeply"),
        ("status.json", b"\xff", r"status\.json cannot be read"),
        ("status.json", None, r"status\.json cannot be read"),
        ("name.txt", b"\xff\xfe", r"name\.txt is not UTF-8"),
        ("metrics.jsonl", b'{"step": 1, "split": "val"}\n[]\n', r"line 2 of metrics\.jsonl"),
        ("metrics.jsonl", b'{"step": "1", "split": "val"}\n', "no whole number"),
        ("metrics.jsonl", b'{"step": 1, "split": "val", "loss": "x"}\n', "loss is no number"),
        ("metrics.jsonl", b'{"step": 1%s, "split": "val"}\n' % (b"0" * 400), "too large"),
        ("metrics.jsonl", b'{"step": 1, "split": "val", "loss": Infinity}\n', "no number"),
        ("events.jsonl", b'{"type": "setting", "step": 1, "name": "learning_rate", "value": "x"}',
         "value is 'x', which is no number"),
        ("events.jsonl", b'{"type": "setting", "step": "x", "name": "a", "value": 1}', "step is"),
        ("events.jsonl", b'{"type": "early_stop", "step": 1, "best_step": []}', "best_step is"),
        ("events.jsonl", b'{"type": "data", "step": 1, "train_tokens": "many"}', "train_tokens"),
        ("events.jsonl", b'{"type": "data", "step": 1%s}' % (b"0" * 5000), "cannot be read as"),
        ("events.jsonl", b'{"type": ["x"]}', "type is a list, which is no text"),
        ("events.jsonl", b"\x80\x04pickle", r"line 1 of events\.jsonl"),
        ("tokenizer/tokenizer.json", b"{}", "not a tokenizer"),
        ("tokenizer/tokenizer.json", None, r"tokenizer\.json cannot be read"),
        ("STEP/state.json", b"nonsense", r"state\.json cannot be read"),
        ("STEP/state.json", b'{"val_loss": "low"}', "val_loss is 'low', which is no number"),
        ("STEP/state.json", b'{"adapter": {"parent": "/etc"}}', "LoRA adapter without the model"),
        ("STEP/model.safetensors", b"\x80\x04pickle", "is no safetensors file"),
        ("STEP/model.safetensors", None, "is no safetensors file"),
        ("STEP/optim.safetensors", b"\x80\x04", "is no safetensors file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(store, packed, name, content, words):
    files = contents(packed)
    name = name.replace("STEP", step_of(files))
    files.pop(name, None)
    if content is not None:
        files[name] = content
    refused(store, zipped(files), words)


def test_weights_that_do_not_fill_the_model_are_refused(store, packed):
    import numpy as np

    files = contents(packed)
    huge = json.loads(files["config.json"])
    huge["model"] |= {"d_model": 65_536, "n_layers": 200, "n_heads": 1}
    refused(store, zipped({**files, "config.json": json.dumps(huge).encode()}), "describes")
    odd = json.loads(files["config.json"])
    odd["model"] |= {"n_layers": 2.0}
    refused(store, zipped({**files, "config.json": json.dumps(odd).encode()}), "no whole number")
    empty = safetensors_bytes({"x": np.zeros(3, dtype=np.float32)})
    files[f"{step_of(files)}/model.safetensors"] = empty
    refused(store, zipped(files), "are 3 numbers, but its config.json describes")


def test_a_zip_without_a_checkpoint_is_refused(store, packed):
    files = {k: v for k, v in contents(packed).items() if not k.startswith("checkpoints/")}
    refused(store, zipped(files), "no checkpoint")


def test_what_another_machine_wrote_of_itself_is_dropped(store, packed):
    files = contents(packed)
    status = json.loads(files["status.json"]) | {
        "state": "running", "host": "elsewhere", "pid": 1, "heartbeat": 9e9, "val_loss": "x",
        "reason": ["a"],
    }  # fmt: skip
    config = json.loads(files["config.json"])
    config["data"]["source"] = "/etc/passwd"
    files |= {
        "status.json": json.dumps(status).encode(), "config.json": json.dumps(config).encode(),
        "name.txt": b"  a\nvery " + b"long " * 50,
    }  # fmt: skip
    again = import_run(zipped(files), store)
    info = again.info()
    assert info.state == "stopped" and info.val_loss is None and info.reason is None
    assert "host" not in read_json(again.directory / "status.json")
    assert again.config.data.source == "passwd"
    assert info.name.startswith("a very long") and len(info.name) <= 80
