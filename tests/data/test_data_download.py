"""Downloads against a server on this machine: whole, wrong, cut short, absent."""

import contextlib
import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator

import pytest

from llmcore.data import download, ensure, load_corpus, load_labelled, sources
from llmcore.data.download import fetch
from llmcore.data.sources import Download
from llmcore.errors import LabError, NotFoundError, OfflineError

TEXT = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 2000
SMS = "ham\tOk lar... Joking wif u oni\nspam\tWIN a £100 prize &amp; more\n".encode()


def _zip(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


FILES = {
    "/text": TEXT,
    "/sms.zip": _zip("SMSSpamCollection", SMS),
    "/bomb.zip": _zip("SMSSpamCollection", b"\0" * 3_000_000),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, how = self.path.partition("?")
        if path not in FILES:
            self.send_error(404)
            return
        data = FILES[path]
        self.send_response(200)
        if how != "no-length":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data[: len(data) // 2] if how == "cut" else data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LLMLAB_HOME", str(tmp_path / "home"))
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _left(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_a_good_file_is_kept_with_progress(server: str, tmp_path) -> None:
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "into" / "text.txt"
    fetch(server + "text", target, _sha(TEXT), len(TEXT), progress=lambda *at: seen.append(at))
    assert target.read_bytes() == TEXT
    assert seen[-1] == (len(TEXT), len(TEXT)) and len(seen) > 1
    fetch(server + "text?no-length", target, _sha(TEXT), len(TEXT), progress=None)
    assert _left(tmp_path / "into") == ["text.txt"]


@pytest.mark.parametrize(
    ("path", "sha", "limit", "error", "words"),
    [
        ("text", "0" * 64, len(TEXT), LabError, "SHA-256"),
        ("text?cut", _sha(TEXT), len(TEXT), OfflineError, "broke off"),
        ("text", _sha(TEXT), 1000, LabError, "1,000 bytes"),
        ("text?no-length", _sha(TEXT), 1000, LabError, "1,000 bytes"),
        ("nothing", _sha(TEXT), 1000, OfflineError, "404"),
    ],
)
def test_a_bad_file_is_not_kept(server, tmp_path, path, sha, limit, error, words) -> None:
    target = tmp_path / "into" / "text.txt"
    with pytest.raises(error, match=words):
        fetch(server + path, target, sha, limit)
    assert _left(tmp_path / "into") == []


def test_a_bad_file_leaves_the_old_one(server: str, tmp_path) -> None:
    target = tmp_path / "text.txt"
    target.write_bytes(b"old")
    with pytest.raises(LabError):
        fetch(server + "text", target, "0" * 64, len(TEXT))
    assert target.read_bytes() == b"old"


def test_no_server_is_offline(tmp_path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as closed:
        port = closed.server_port
    with pytest.raises(OfflineError, match="internet"):
        fetch(f"http://127.0.0.1:{port}/text", tmp_path / "x", _sha(TEXT), 10)


def test_a_silent_server_is_given_up(tmp_path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/text"
        with pytest.raises(OfflineError):
            fetch(url, tmp_path / "x", _sha(TEXT), 10, timeout=0.2)


def test_a_member_of_a_zip(server: str, tmp_path) -> None:
    target = tmp_path / "sms"
    fetch(server + "sms.zip", target, _sha(SMS), 10_000, member="SMSSpamCollection")
    assert target.read_bytes() == SMS
    with pytest.raises(LabError, match="holds missing"):
        fetch(server + "sms.zip", target, _sha(SMS), 10_000, member="missing")
    with pytest.raises(LabError, match="zip"):
        fetch(server + "text", target, _sha(SMS), len(TEXT), member="SMSSpamCollection")
    with pytest.raises(LabError, match="larger"):
        fetch(server + "bomb.zip", target, _sha(SMS), 100_000, member="SMSSpamCollection")
    assert target.read_bytes() == SMS


@pytest.fixture
def local_sources(server: str, monkeypatch) -> None:
    small = {
        "tiny-shakespeare": Download(server, "text", _sha(TEXT), len(TEXT), "tiny.txt"),
        "sms-spam": Download(
            server, "sms.zip", _sha(SMS), len(SMS) * 4, "SMSSpamCollection", "SMSSpamCollection"
        ),
    }
    monkeypatch.setattr(sources, "DOWNLOADS", {**sources.DOWNLOADS, **small})


def test_a_downloaded_corpus_is_used_from_the_cache(local_sources, monkeypatch) -> None:
    path = ensure("tiny-shakespeare")
    monkeypatch.setattr("llmcore.data.sources.fetch", None)  # no second download
    assert ensure("tiny-shakespeare") == path
    assert load_corpus("tiny-shakespeare").n_bytes == len(TEXT)
    row = next(r for r in sources.dataset_table() if r["name"] == "tiny-shakespeare")
    assert row["available"] and row["source"].startswith("cache")


def test_a_damaged_cache_is_fetched_again(local_sources) -> None:
    path = ensure("tiny-shakespeare")
    path.write_bytes(b"torn")
    assert sources.cached_path("tiny-shakespeare") is None
    assert ensure("tiny-shakespeare").read_bytes() == TEXT


def test_the_full_sms_set_is_preferred_once_there(local_sources) -> None:
    assert len(load_labelled("sms-spam")) == 4862
    download("sms-spam")
    full = load_labelled("sms-spam")
    assert full.texts == ["Ok lar... Joking wif u oni", "WIN a £100 prize & more"]
    assert load_corpus("messages").documents[:2] == full.texts


def test_base_url_can_be_given(server: str, monkeypatch) -> None:
    source = Download("http://nowhere.invalid/", "text", _sha(TEXT), len(TEXT), "tiny.txt")
    monkeypatch.setattr(sources, "DOWNLOADS", {"tiny-shakespeare": source})
    assert ensure("tiny-shakespeare", base_url=server).read_bytes() == TEXT


def test_unknown_names_and_missing_packages(monkeypatch) -> None:
    with pytest.raises(NotFoundError, match="sms-spam"):
        ensure("nothing")
    with pytest.raises(NotFoundError, match="the-verdict"):
        download("conversations")
    monkeypatch.setattr(sources, "packaged_path", lambda *args: None)
    with pytest.raises(OfflineError, match=r"requirements-data\.txt"):
        ensure("tweet-sentiment")
