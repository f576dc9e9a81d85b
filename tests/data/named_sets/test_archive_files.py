import gzip
import io
import os
import tarfile
import zipfile

import pytest

from xaivision.core.errors import FileFormatError, InputError
from xaivision.data.named_sets import archive_files as room
from xaivision.data.named_sets.archive_files import archived_files

FILES = {"top/a/1.jpg": b"one", "top/b/2.jpg": b"two" * 1000}


def zipped(path, files=FILES):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("top")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path, files=FILES, mode="w:gz", extra=()):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in extra:
            archive.addfile(entry)
    return path


def in_folder(path, files=FILES):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def read(path):
    return {str(file.name): file.read() for file in archived_files(path)}


@pytest.mark.parametrize("made", [zipped, tarred, lambda path: tarred(path, mode="w")], ids=["zip", "tar.gz", "tar"])
def test_plain_files_are_read_one_by_one(tmp_path, made):
    assert read(made(tmp_path / "archive")) == FILES


def test_files_of_a_folder_are_named_by_their_whole_paths(tmp_path):
    assert read(in_folder(tmp_path)) == {str(tmp_path / name): content for name, content in FILES.items()}


def test_nothing_is_written_wherever_an_archive_says(tmp_path):
    out = {"../../escaped.jpg": b"out", "/escaped.jpg": b"out"}
    (tmp_path / "inner").mkdir()
    before = sorted(os.listdir(tmp_path))
    for made in (zipped, tarred):
        assert set(read(made(tmp_path / "inner" / made.__name__, out)).values()) == {b"out"}
    assert sorted(os.listdir(tmp_path)) == before
    assert sorted(os.listdir(tmp_path / "inner")) == ["tarred", "zipped"]


def test_links_and_devices_are_passed_over(tmp_path):
    entries = []
    for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
        entry = tarfile.TarInfo(f"top/a/{number}.png")
        entry.type, entry.linkname = kind, "/etc/passwd"
        entries.append(entry)
    assert read(tarred(tmp_path / "a.tar.gz", extra=entries)) == FILES
    with zipfile.ZipFile(zipped(tmp_path / "a.zip"), "a") as archive:
        link = zipfile.ZipInfo("top/a/link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert read(tmp_path / "a.zip") == FILES
    folder = in_folder(tmp_path / "folder")
    (folder / "top" / "link.jpg").symlink_to("/etc/passwd")
    os.mkfifo(folder / "top" / "pipe.jpg")
    assert len(read(folder)) == len(FILES)


@pytest.mark.parametrize("made", [zipped, tarred])
def test_a_file_that_is_too_large_is_refused_and_not_unpacked(tmp_path, made, monkeypatch):
    monkeypatch.setattr(room, "MOST_OF_A_FILE", 2999)
    archive = made(tmp_path / "archive")
    with pytest.raises(FileFormatError, match=r"2\.jpg` must have at most 2,999 bytes"):
        read(archive)


@pytest.mark.parametrize("made", [zipped, tarred])
@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 1), ("MOST_OF_ALL", 2000)])
def test_an_archive_that_holds_too_much_is_refused(tmp_path, made, limit, value, monkeypatch):
    monkeypatch.setattr(room, limit, value)
    with pytest.raises(FileFormatError, match=r"must hold at most .* Unpack what you need"):
        read(made(tmp_path / "archive"))


def test_a_name_that_claims_to_be_huge_is_not_read(tmp_path):
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(header.tobuf(tarfile.PAX_FORMAT))
        file.write(b"\0" * 4096)
    with pytest.raises(FileFormatError, match="whole"):
        read(tmp_path / "a.tar.gz")


@pytest.mark.parametrize("made", [zipped, tarred], ids=["zip", "tar.gz"])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_archive_is_one_sentence(tmp_path, made, damage):
    archive = made(tmp_path / "archive", {f"a/{number}.jpg": os.urandom(3000) for number in range(5)})
    content = bytearray(archive.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    else:
        content[2000] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"must be a zip or tar archive that is whole\. Got: .+ Fetch it again"):
        read(archive)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "page.html").write_text("<html>not here</html>" * 100)
    with pytest.raises(FileFormatError, match="must be a zip or tar archive"):
        read(tmp_path / "page.html")
    with pytest.raises(InputError, match="There is no such file"):
        read(tmp_path / "nothing.zip")
