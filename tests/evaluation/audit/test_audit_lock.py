"""The lock of an audit's folder where there is none to be had; that it holds is tested with the job."""

import errno
import sys
from pathlib import Path

import pytest

from xaivision.evaluation.audit import lock


def test_a_system_without_locks_is_told_of_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where Python has no such module."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.warns(RuntimeWarning) as seen:
        lock.hold(tmp_path / "audit.lock")
    assert [str(one.message) for one in seen] == [
        f"`{tmp_path}` cannot be locked, since Python has no `fcntl` on this system: let no other process work on it at the same "
        "time."
    ]
    assert (tmp_path / "audit.lock").resolve() not in lock._open
    lock.let_go(tmp_path / "audit.lock")


def test_a_disk_without_locks_is_told_of_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refuse)
    with pytest.warns(RuntimeWarning, match=r"since the disk gives no locks \(\[Errno \d+\] No locks available\): let no other"):
        lock.hold(tmp_path / "audit.lock")
    assert (tmp_path / "audit.lock").resolve() not in lock._open
