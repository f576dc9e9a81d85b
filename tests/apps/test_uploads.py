"""Uploads that have to be a file: whole, named by their content, in a folder of their own that does not grow or stay."""

import atexit
import hashlib
import os
import stat
import subprocess
import time

import pytest

from desk import uploads
from desk.upload_folder import PREFIX, UploadFolder, remove_orphans

ROWS = b"age,income,debt,years\n" + b"".join(b"%d,1,2,3\n" % row for row in range(9))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("desk.upload_folder.gettempdir", lambda: str(tmp_path))
    return UploadFolder(most_bytes=100)


def names(folder):
    return sorted(path.name for path in folder.path.iterdir())


def test_a_file_is_named_by_what_it_holds_and_nobody_else_may_look_into_its_folder(folder):
    path = folder.kept(b"rows", "csv")
    assert path == folder.path / f"{hashlib.sha256(b'rows').hexdigest()}.csv"
    assert path.read_bytes() == b"rows"
    assert folder.kept(b"rows", "csv") == path
    assert names(folder) == [path.name]
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_file_is_there_only_once_it_is_whole(folder, monkeypatch):
    path, there, real = folder.path / f"{hashlib.sha256(b'rows').hexdigest()}.csv", [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: there.append(path.exists()) or real(file))
    folder.kept(b"rows", "csv")
    assert there == [False], "written under another name first"
    assert path.exists()


def test_a_full_disk_leaves_nothing_behind_and_the_next_try_writes_it(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            folder.kept(b"rows", "csv")
    assert names(folder) == []
    assert folder.kept(b"rows", "csv").read_bytes() == b"rows"


def test_those_that_nobody_asked_for_longest_make_room(folder):
    contents = [bytes([number]) * 40 for number in range(3)]
    first, second = (folder.kept(one, "csv") for one in contents[:2])
    for age, path in ((20, first), (10, second)):
        os.utime(path, (time.time() - age,) * 2)
    assert folder.kept(contents[0], "csv") == first  # asked for once more
    third = folder.kept(contents[2], "csv")
    assert names(folder) == sorted(path.name for path in (first, third))
    assert sum(path.stat().st_size for path in folder.path.iterdir()) <= 100
    assert folder.kept(contents[1], "csv").read_bytes() == contents[1], "it comes back when it is asked for"


def test_one_that_is_larger_than_all_room_is_kept_alone(folder):
    folder.kept(b"1" * 40, "csv")
    large = folder.kept(b"2" * 200, "csv")
    assert names(folder) == [large.name]


@pytest.fixture
def orphan(tmp_path):
    """The folder of a server that has ended."""
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    return tmp_path / f"{PREFIX}{ended.pid}-ab"


def test_only_folders_of_processes_that_have_ended_are_orphans(folder, tmp_path, orphan):
    folder.kept(b"rows", "csv")
    other = tmp_path / f"{PREFIX}notes"
    for one in (orphan, other):
        one.mkdir()
        (one / "kept.csv").write_bytes(b"1")
    remove_orphans(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([folder.path.name, other.name])
    folder.remove()
    assert not folder.path.exists()


@pytest.fixture
def kept(folder, monkeypatch):
    """The folder of the server, and what is to be done when it ends."""
    ends = []
    monkeypatch.setattr(atexit, "register", ends.append)
    return folder, ends


def test_a_table_is_kept_under_no_name_of_its_owner_and_gone_when_the_server_ends(visit, kept, tmp_path, orphan):
    orphan.mkdir()
    page = visit("tables", "app_models:table", tables_methods=["occlusion"], tables_judge="false")
    page.at.file_uploader(key="tables_rows_of_ones_own").upload("../../<b>evil.csv", ROWS, "text/csv")
    page.run().settled()
    assert page.errors == []
    (place,) = tmp_path.iterdir()
    assert [path.name for path in place.iterdir()] == [f"{hashlib.sha256(ROWS).hexdigest()}.csv"]
    for end in kept[1]:
        end()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"), [(b"\x89PNG\r\n\x1a\n\x00\x01\xff\xfe", "the uploaded file"), (b"", "the uploaded file")]
)
def test_a_table_that_is_none_is_one_sentence_whatever_its_name_says(visit, kept, content, said):
    page = visit("tables", "app_models:table", tables_methods=["occlusion"], tables_judge="false")
    page.at.file_uploader(key="tables_rows_of_ones_own").upload("rows.csv", content, "text/csv")
    page.run()
    (error,) = page.errors
    assert said in error
    assert PREFIX not in error.replace("\\", "")
    assert [one.value for one in page.at.info] == ["There is nothing to explain yet: the sidebar says why."]


def test_a_disk_that_is_full_is_one_sentence(visit, kept, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("desk.upload_folder.write_whole", full)
    page = visit("tables", "app_models:table", tables_methods=["occlusion"], tables_judge="false")
    page.at.file_uploader(key="tables_rows_of_ones_own").upload("rows.csv", ROWS, "text/csv")
    assert page.run().errors == [
        "The uploaded file cannot be kept\\: No space left on device\\. Make room in the temporary folder\\."
    ]


def test_what_a_page_says_of_an_upload_names_no_place_on_this_machine(kept):
    path = str(uploads._folder().kept(b"rows", "safetensors"))
    name = path.rpartition("/")[2]
    assert (
        uploads.as_uploaded(f"`{path}` is none, {name} neither.", path)
        == "`the uploaded file` is none, the uploaded file neither."
    )
    assert uploads.outside_name(path) == "uploaded.safetensors"
    assert uploads.as_uploaded("`wine_forest` is none.", "wine_forest") == "`wine_forest` is none."
    assert uploads.outside_name("wine_forest") == "wine_forest"
