import hashlib
import os
import urllib.request

import pytest

from xaivision.core.errors import Cancelled, XaivisionError
from xaivision.core.progress import CancelToken, reporting
from xaivision.models import weights_file
from xaivision.models.weights_file import DownloadError, downloaded

CONTENT = bytes(range(256)) * 8


@pytest.fixture
def address(tmp_path):
    """A file on a server, named after its hash."""
    origin = tmp_path / "server"
    origin.mkdir()
    path = origin / f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
    path.write_bytes(CONTENT)
    return path.as_uri()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "checkpoints"


class Bar:
    def __init__(self):
        self.seen = []

    def start(self, what, total):
        self.seen.append((what, total))
        return self

    def advance(self):
        self.seen.append("advance")

    def finish(self):
        self.seen.append("finish")


def test_the_file_arrives_whole_and_alone_and_nothing_is_printed(address, folder, capfd):
    path = downloaded(address, folder)
    assert path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_there_is_not_fetched_again(address, folder, monkeypatch):
    path = downloaded(address, folder)
    monkeypatch.setattr(weights_file, "urlopen", None)
    assert downloaded(address, folder) == path


def test_a_damaged_file_is_fetched_again(address, folder):
    path = downloaded(address, folder)
    path.write_bytes(CONTENT[:-1])
    assert downloaded(address, folder).read_bytes() == CONTENT


def test_wrong_content_is_refused_and_removed(address, folder, tmp_path):
    next((tmp_path / "server").iterdir()).write_bytes(b"something else")
    with pytest.raises(DownloadError, match="SHA-256"):
        downloaded(address, folder)
    assert list(folder.iterdir()) == []


def test_a_connection_that_breaks_leaves_nothing_and_is_one_error_of_the_library(address, folder, monkeypatch):
    class Broken:
        headers = {"Content-Length": "2048"}  # noqa: RUF012 - a stand-in

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def read(self, size, parts=iter([CONTENT[:100]])):  # noqa: B008 - one supply for the whole answer
            if (part := next(parts, None)) is None:
                raise ConnectionResetError("connection reset by peer")
            return part

    monkeypatch.setattr(weights_file, "urlopen", lambda *_, **__: Broken())
    with pytest.raises(XaivisionError, match="connection reset by peer"):
        downloaded(address, folder)
    assert list(folder.iterdir()) == []


def test_cancelling_stops_the_download_and_leaves_nothing(address, folder):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled), reporting(None, token):
        downloaded(address, folder)
    assert list(folder.iterdir()) == []


def test_progress_counts_the_pieces_of_the_file(address, folder, monkeypatch):
    monkeypatch.setattr(weights_file, "CHUNK", 1000)
    bar = Bar()
    with reporting(bar):
        path = downloaded(address, folder)
    assert bar.seen == [(f"downloading {path.name}", 3), "advance", "advance", "advance", "finish"]


def test_an_address_without_a_hash_is_refused_before_it_is_asked(folder, monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", None)
    with pytest.raises(DownloadError, match="could not be verified"):
        downloaded("https://example.org/net.pth", folder)
    assert not folder.exists()


def test_others_may_read_the_file(address, folder):
    umask = os.umask(0o022)
    try:
        assert downloaded(address, folder).stat().st_mode & 0o044 == 0o044
    finally:
        os.umask(umask)
