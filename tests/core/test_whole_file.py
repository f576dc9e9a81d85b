import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xaivision.core.whole_file import write_whole


def test_a_file_is_written_whole(tmp_path):
    assert write_whole(tmp_path / "a.bin", b"new") == tmp_path / "a.bin"
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "a.bin", b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_an_interruption_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(b"old")

    def stopped(path, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.bin", b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_write_that_the_system_cuts_short_leaves_the_old_file_and_no_rubbish(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    program = """
import resource, sys
from xaivision.core.whole_file import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(sys.argv[1], bytes(100_000))
except OSError as error:
    print(error.strerror)
"""
    path = str(tmp_path / "a.bin")
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    written = write_whole(tmp_path / "a.bin", b"")
    assert written.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_missing_folder_is_named_as_it_was_given_and_not_made(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "no" / "where" / "a.bin", b"")
    assert str(caught.value) == (
        f"The folder of a file must exist before the file is written. Got `{tmp_path}/no/where`, which does not. "
        f"Make it first: Path('{tmp_path}/no/where').mkdir(parents=True)."
    )
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(NotADirectoryError, match=r"a`, which is a file\. Name another folder"):
        write_whole(tmp_path / "a" / "b.bin", b"")


def test_a_path_that_is_a_folder_is_named_and_left_alone(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError, match=r"a`, which is a folder\. Add a file name"):
        write_whole(tmp_path / "a", b"")
    assert os.listdir(tmp_path) == ["a"]


def test_what_the_system_refuses_is_said_of_the_path_that_was_given(tmp_path, monkeypatch):
    def closed(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(PermissionError) as caught:
        write_whole(tmp_path / "a.bin", b"")
    assert caught.value.filename == str(tmp_path / "a.bin")
    assert ".part" not in str(caught.value)


def test_parts_are_written_one_after_the_other(tmp_path):
    assert write_whole(tmp_path / "a.bin", b"one ", memoryview(b"or two")[:2], b"").read_bytes() == b"one or"
