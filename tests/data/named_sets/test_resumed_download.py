import errno
import json
import shutil

import pytest
from served import serving

from xaivision.core.errors import Cancelled, InputError
from xaivision.core.progress import CancelToken, reporting
from xaivision.data.named_sets import resumed_download as room
from xaivision.data.named_sets.resumed_download import DownloadError, resumed_download

CONTENT = bytes(range(256)) * 4000


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_alone_and_nothing_is_printed(tmp_path, capfd):
    with serving(CONTENT) as served:
        path = resumed_download(served.address, tmp_path / "sets" / "file.zip")
    assert path.read_bytes() == CONTENT
    assert left(tmp_path / "sets") == ["file.zip"]
    assert capfd.readouterr() == ("", "")


def test_a_download_that_was_interrupted_goes_on_where_it_stopped(tmp_path):
    with serving(CONTENT, stop_after=300_000) as served:
        with pytest.raises(DownloadError, match=r"300,000 of 1,024,000 bytes.*are kept in .*file\.zip\.part.*goes on from there"):
            resumed_download(served.address, tmp_path / "file.zip")
        with pytest.raises(DownloadError, match="600,000 of 1,024,000"):
            resumed_download(served.address, tmp_path / "file.zip")
        served.stop_after = None
        path = resumed_download(served.address, tmp_path / "file.zip")
    assert served.asked == [None, "bytes=300000-", "bytes=600000-"]
    assert path.read_bytes() == CONTENT
    assert left(tmp_path) == ["file.zip"]


def test_a_file_that_changed_at_its_origin_is_fetched_anew(tmp_path):
    with serving(CONTENT, stop_after=1000) as served:
        with pytest.raises(DownloadError):
            resumed_download(served.address, tmp_path / "file.zip")
        served.content, served.tag, served.stop_after = CONTENT[::-1], '"two"', None
        assert resumed_download(served.address, tmp_path / "file.zip").read_bytes() == CONTENT[::-1]
    assert served.asked == [None, "bytes=1000-"]


@pytest.mark.parametrize("how", [{"ranges": False}, {"tag": None}, {"tag": 'W/"weak"'}], ids=str)
def test_a_server_that_cannot_go_on_sends_it_anew(tmp_path, how):
    with serving(CONTENT, stop_after=1000, **how) as served:
        with pytest.raises(DownloadError):
            resumed_download(served.address, tmp_path / "file.zip")
        served.stop_after = None
        assert resumed_download(served.address, tmp_path / "file.zip").read_bytes() == CONTENT


def test_what_is_left_of_another_file_is_not_gone_on_from(tmp_path):
    with serving(CONTENT, stop_after=1000) as first, pytest.raises(DownloadError):
        resumed_download(first.address, tmp_path / "file.zip")
    with serving(CONTENT[::-1]) as other:
        assert resumed_download(other.address, tmp_path / "file.zip").read_bytes() == CONTENT[::-1]
    assert other.asked == [None]


def test_a_range_that_is_refused_is_asked_for_no_more(tmp_path):
    with serving(CONTENT) as served:
        part = tmp_path / "file.zip.part"
        part.write_bytes(CONTENT + b"more")
        (tmp_path / "file.zip.part.json").write_text(json.dumps({"address": served.address, "version": '"one"'}))
        assert resumed_download(served.address, tmp_path / "file.zip").read_bytes() == CONTENT
    assert served.asked == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_server_that_goes_on_elsewhere_is_not_believed(tmp_path):
    with serving(CONTENT, stop_after=1000) as served:
        with pytest.raises(DownloadError):
            resumed_download(served.address, tmp_path / "file.zip")
        served.stop_after, served.wrong_place = None, True
        with pytest.raises(DownloadError, match=r"asked from byte 1,000, the server sends 'bytes 1001-"):
            resumed_download(served.address, tmp_path / "file.zip")
    assert not (tmp_path / "file.zip").exists()


def test_a_server_that_has_no_such_file_is_one_sentence(tmp_path):
    with serving(CONTENT, status=404) as served, pytest.raises(DownloadError, match="the server answers 404 Not Found"):
        resumed_download(served.address, tmp_path / "file.zip")
    assert left(tmp_path) == []


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with serving(CONTENT) as served, pytest.raises(DownloadError, match=r"needs 1,024,000 more bytes, and .* has 1,000 left"):
        resumed_download(served.address, tmp_path / "file.zip")
    assert not (tmp_path / "file.zip").exists()


def test_a_disk_that_fills_up_meanwhile_keeps_what_fits(tmp_path, monkeypatch):
    def full(chunks, *_args, **_named):
        yield next(iter(chunks))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(room, "CHUNK", 1000)
    with serving(CONTENT) as served:
        with monkeypatch.context() as patch:
            patch.setattr(room, "track", full)
            with pytest.raises(DownloadError, match=r"No space left on device\. 1,000 bytes are kept"):
                resumed_download(served.address, tmp_path / "file.zip")
        assert resumed_download(served.address, tmp_path / "file.zip").read_bytes() == CONTENT
    assert served.asked == [None, "bytes=1000-"]


@pytest.mark.parametrize("length", [True, False])
def test_more_than_the_limit_is_refused(tmp_path, monkeypatch, length):
    monkeypatch.setattr(room, "MOST_BYTES", 1000)
    with serving(CONTENT, length=length) as served, pytest.raises(DownloadError, match="1,000 bytes"):
        resumed_download(served.address, tmp_path / "file.zip")
    assert not (tmp_path / "file.zip").exists()


@pytest.mark.parametrize("address", ["http://example.org/a.zip", "file:///etc/passwd", "ftp://example.org/a.zip", "a.zip"])
def test_only_encrypted_addresses_are_asked(tmp_path, address, monkeypatch):
    monkeypatch.setattr(room, "urlopen", None)
    with pytest.raises(InputError, match="must begin with https://"):
        resumed_download(address, tmp_path / "a.zip")
    assert left(tmp_path) == []


def test_a_redirect_to_an_open_address_is_not_followed_into_the_file(tmp_path):
    # 127.0.0.2 is this machine too, but not by a name that is let through.
    with (
        serving(CONTENT, host="127.0.0.2") as elsewhere,
        serving(b"", location=elsewhere.address) as served,
        pytest.raises(InputError, match=r"must begin with https://. Got 'http://127.0.0.2"),
    ):
        resumed_download(served.address, tmp_path / "file.zip")
    assert elsewhere.asked == [None]
    assert not (tmp_path / "file.zip").exists()


def test_cancelling_keeps_what_came(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "CHUNK", 1000)
    token = CancelToken()

    class AfterTwo:
        seen = 0

        def start(self, *_):
            return self

        def advance(self):
            self.seen += 1
            if self.seen == 2:
                token.cancel()

        def finish(self):
            pass

    with serving(CONTENT) as served:
        with pytest.raises(Cancelled), reporting(AfterTwo(), token):
            resumed_download(served.address, tmp_path / "file.zip")
        assert resumed_download(served.address, tmp_path / "file.zip").read_bytes() == CONTENT
    assert served.asked == [None, "bytes=2000-"]


def test_two_at_once_are_told_of_each_other(tmp_path):
    with (
        serving(CONTENT) as served,
        room._alone(tmp_path / "file.zip.lock"),
        pytest.raises(DownloadError, match="by another process"),
    ):
        resumed_download(served.address, tmp_path / "file.zip")
