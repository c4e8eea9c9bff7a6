"""Downloads from a hub on this machine: whole, sharded, refused, cut short, absent."""

import contextlib
import hashlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from llmcore import models
from llmcore.background import Stopped
from llmcore.convert import hub, import_model
from llmcore.convert.hf_tokenizer import write_tokenizer
from llmcore.errors import DamagedError, LabError, NotFoundError, OfflineError
from llmcore.tokenizers import train_bpe

REVISION = "0123456789abcdef" * 2 + "01234567"
Files = dict[str, bytes]


class _Hub(http.server.ThreadingHTTPServer):
    """Answers /REPOSITORY/resolve/REVISION/FILE from `files`, as the hub does.

    cut: a file whose answers break off half-way, `cuts` times.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, Files] = {}
        self.asked: list[str] = []
        self.cut, self.cuts = "", 0
        self.tokens: list[str | None] = []
        self.status = 200


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        repository, _, rest = self.path.strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        self.server.asked.append(f"{revision}/{name}")
        self.server.tokens.append(self.headers["Authorization"])
        data = self.server.files.get(repository, {}).get(name)
        if data is None or self.server.status != 200:
            self.send_error(404 if data is None and repository else self.server.status)
            return
        first = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if not body:
            return
        cuts = name == self.server.cut and self.server.cuts > 0
        self.server.cuts -= cuts
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data[first : len(data) // 2] if cuts else data[first:])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[_Hub]:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with _Hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{running.server_port}")
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def publish(server: _Hub, make_hf, tmp_path) -> Callable[..., None]:
    """`publish("org/name", n_head=2)` puts a random model on the hub."""

    def put(repository: str, save: dict | None = None, **settings) -> None:
        folder = tmp_path / "published"
        make_hf(folder, save=save, **settings)
        write_tokenizer(train_bpe(["the cat sees the moon. " * 20], 262), folder, 32)
        server.files[repository] = {path.name: path.read_bytes() for path in folder.iterdir()}

    return put


def left(home) -> list[str]:
    """The files of snapshots in the lab's cache, and what is still on its way."""
    hub_cache = home / "cache" / "hub"
    found = [*hub_cache.glob("*/snapshots/*/*"), *hub_cache.rglob("*.incomplete*")]
    return sorted(item.name for item in found)


def test_a_name_is_downloaded_once_with_progress_and_then_at_hand(server, publish, home):
    publish("openai-community/gpt2")
    seen: list[tuple[str, int, int | None]] = []
    foreign = import_model.locate("gpt2", lambda *at: seen.append(at))
    size = len(server.files["openai-community/gpt2"]["model.safetensors"])
    assert ("model.safetensors", size, size) in seen
    assert foreign.directory.name == REVISION and foreign.ref == "gpt2"
    assert left(home) == [
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert server.asked[0] == "main/config.json"
    needed = {"model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.json",
              "merges.txt", "added_tokens.json"}  # fmt: skip
    later = server.asked[server.asked.index(f"{REVISION}/tokenizer.json") :]
    assert {path.removeprefix(f"{REVISION}/") for path in later} == needed
    server.files.clear()
    asked = len(server.asked)
    assert models.load("gpt2").tokenizer.vocab_size == 262
    assert import_model.locate("gpt2").directory == foreign.directory
    assert len(server.asked) == asked


def test_numbered_files_come_with_their_index(publish, home):
    publish("some-one/big", save={"max_shard_size": "20KB"})
    directory = hub.download("some-one/big")
    assert len(list(directory.glob("model-*.safetensors"))) > 2
    assert models.load("some-one/big").trunk.config.n_layers == 2


def test_a_broken_download_is_no_model(server, publish, home, monkeypatch):
    publish("some-one/tiny")
    server.cut, server.cuts = "model.safetensors", 99
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    with pytest.raises(OfflineError, match=r"model\.safetensors broke off after .* of .* bytes"):
        hub.download("some-one/tiny")
    assert "model.safetensors" not in left(home) and "config.json" not in left(home)
    with pytest.raises(NotFoundError):
        models.load("some-one/tiny")
    server.cut = ""
    hub.download("some-one/tiny")
    assert models.load("some-one/tiny").step == 0


def test_a_download_goes_on_where_it_broke_off(server, publish, monkeypatch):
    publish("some-one/tiny")
    server.cut, server.cuts = "model.safetensors", 1
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    seen: list[tuple[str, int, int | None]] = []
    hub.download("some-one/tiny", lambda *at: seen.append(at))
    assert server.cuts == 0 and models.load("some-one/tiny").step == 0
    size = len(server.files["some-one/tiny"]["model.safetensors"])
    done = [at for name, at, total in seen if name == "model.safetensors" and total == size]
    assert done == sorted(done) and done[-1] == size


def test_a_token_of_the_hub_is_sent(server, publish, monkeypatch):
    publish("some-one/gated")
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    hub.download("some-one/gated")
    assert set(server.tokens) == {"Bearer hf_mine"}


def test_a_download_that_is_given_up_leaves_nothing_half(publish, home):
    publish("some-one/tiny")

    def stop(name, done, total):
        if name == "model.safetensors":
            raise Stopped

    with pytest.raises(Stopped):
        hub.download("some-one/tiny", stop)
    assert left(home) == ["tokenizer.json", "tokenizer_config.json"]


def test_a_file_shorter_than_its_header_says_is_damaged(server, publish, home):
    publish("some-one/tiny")
    files = server.files["some-one/tiny"]
    files["model.safetensors"] = files["model.safetensors"][:-10]
    with pytest.raises(DamagedError, match="arrived damaged"):
        hub.download("some-one/tiny")
    assert "model.safetensors" not in left(home)


def test_a_model_with_a_pickle_only_is_refused_before_it_is_fetched(server, publish):
    publish("some-one/old")
    files = server.files["some-one/old"]
    files["pytorch_model.bin"] = files.pop("model.safetensors")
    with pytest.raises(LabError, match="pickle"):
        hub.download("some-one/old")
    assert not any("pytorch_model" in asked_path for asked_path in server.asked)


def test_another_kind_of_model_is_refused_before_its_weights(server, publish):
    publish("some-one/bert")
    server.files["some-one/bert"]["config.json"] = b'{"model_type": "bert"}'
    with pytest.raises(LabError, match="a bert model"):
        hub.download("some-one/bert")
    assert set(server.asked) == {"main/config.json"}


def test_what_the_hub_does_not_give_is_one_sentence(server, publish):
    with pytest.raises(NotFoundError, match="no public model some-one/nothing"):
        hub.download("some-one/nothing")
    publish("some-one/tiny")
    server.status = 503
    with pytest.raises(OfflineError, match="503"):
        hub.download("some-one/tiny")


def test_no_internet_is_one_sentence(monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as closed:
        port = closed.server_port
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    began = time.monotonic()
    with pytest.raises(OfflineError, match="connect to the internet") as caught:
        import_model.locate("gpt2-medium")
    assert time.monotonic() - began < 10  # not after many tries
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_said_before_the_download(publish, monkeypatch):
    publish("some-one/tiny")
    usage = type("Usage", (), {"free": 20_000})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(LabError, match="only 20,000 are free"):
        hub.download("some-one/tiny")


@pytest.mark.parametrize("source", ["", "nothing", "a b", "../x", "gpt3"])
def test_what_is_no_name_is_refused_without_asking(server, source):
    with pytest.raises(LabError):
        import_model.locate(source)
    assert server.asked == []


def test_a_directory_without_a_model_is_refused(server, tmp_path):
    with pytest.raises(LabError, match=r"holds no model"):
        import_model.locate(str(tmp_path))
    assert server.asked == []
