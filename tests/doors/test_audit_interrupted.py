"""Ctrl-C in the middle of an audit by processes: the terminal's signal goes to all of them, as from a keyboard."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

AUDIT = ("audit", "uci_sonar", "-m", "uci_sonar_mlp", "-x", "kernel_shap,occlusion", "--metrics", "deletion,max_sensitivity")
SETTINGS = ("--set", "kernel_shap.budget=128", "--rows", "0-29")


def started(out: Path, *more: str) -> subprocess.Popen[str]:
    """In a session of its own, whose processes the signal reaches; a shell that works in the background is deaf to it."""
    hearing = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, "-m", "xaivision", *AUDIT, *SETTINGS, *more, "-o", str(out)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hearing
    )


def until(holds: Callable[[], bool], seconds: float) -> bool:
    last = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > last:
            return False
        time.sleep(0.02)
    return True


def parts(out: Path) -> set[Path]:
    return set(out.glob("parts/*.parquet"))


def is_empty(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return True
    return False


def findings(out: Path) -> Any:
    return json.loads((out / "report.json").read_text())["findings"]


@pytest.mark.slow
def test_an_audit_by_two_processes_that_is_stopped_goes_on_and_leaves_no_process(tmp_path: Path) -> None:
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    by_two = ("--executor", "process", "--workers", "2")
    running = started(stopped, *by_two)
    try:
        assert until(lambda: bool(parts(stopped)) or running.poll() is not None, 120)
        assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)
        out, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, said.splitlines()[-1:]) == (130, ["Stopped."])
    assert "Traceback" not in out + said
    assert until(lambda: is_empty(running.pid), 20)
    kept = {path: path.read_bytes() for path in parts(stopped)}
    assert not (stopped / "report.json").exists()
    for out_folder, more in ((stopped, by_two), (whole, ())):
        done = started(out_folder, *more)
        _, said = done.communicate(timeout=240)
        assert done.returncode == 0, said
    assert kept
    assert all(path.read_bytes() == before for path, before in kept.items())
    assert findings(stopped) == findings(whole)
