"""Peers in processes of their own, on glibc's heap as it is: there they run as they do for those who use them.

Whoever has told the allocator anything has changed it for the whole process, also after the settings were put back: glibc
stops adapting its thresholds. A peer that runs after us in one process is faster than its users ever see it.

`python -m benchmarks.peers MODULE CONTEST NAME` is the process: for each line that comes in it runs the contestant once and
answers with its CPU seconds. The parent decides whose turn it is, so that a busy machine slows everybody alike.
"""

import argparse
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from benchmarks.timing import cpu_seconds
from xaivision.core import heap

ROOT = Path(__file__).resolve().parents[1]
ANSWER = "seconds "
SECONDS_TO_END = 60


class Peer:
    """What `MODULE.peer(contest, name, quick)` gives, run in a process of its own that starts with the first question."""

    def __init__(self, module: str, contest: str, name: str, *, quick: bool = False) -> None:
        self._command = [sys.executable, "-m", "benchmarks.peers", module, contest, name, *(["--quick"] if quick else [])]
        self._process: subprocess.Popen[str] | None = None

    def seconds(self) -> float:
        """CPU seconds of one run. Raises: RuntimeError, where the process has ended."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("again\n")
        for line in self._process.stdout:  # a peer may print
            if line.startswith(ANSWER):
                return float(line.removeprefix(ANSWER))
        self.close()
        raise RuntimeError(f"The peer ended before it answered: {' '.join(self._command[1:])}.")

    def close(self) -> None:
        """End the process: by itself, since nothing more comes in, or, where it is still at work after a minute, at once."""
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("contest")
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    work = import_module(f"benchmarks.{asked.module}").peer(asked.contest, asked.name, asked.quick)
    for _ in sys.stdin:
        taken = cpu_seconds(work)
        if not asked.name.startswith("xaivision"):
            check_untouched()
        print(f"{ANSWER}{taken}", flush=True)


def check_untouched() -> None:
    """Raises: RuntimeError, where something in this process has kept the heap."""
    if heap._glibc.cache_info().currsize:
        raise RuntimeError("The allocator was told something in the process of a peer: its time is not what its users see.")


if __name__ == "__main__":
    main()
