"""The app as `xaivision app` serves it, in a process of its own."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS_TO_START = 120
# Of <sys/prctl.h>: the signal that this process is sent when the one that made it has ended.
PR_SET_PDEATHSIG = 1


@contextmanager
def served(model, cwd=HERE, log=None):
    """The address of the app, which knows the models beside this file; stopped afterwards as Ctrl-C would."""
    port = free_port()
    command = [sys.executable, "-m", "xaivision", "app", "--no-open", "--port", str(port)]
    command += ["--model", model] if model else []
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH")))),
        "OMP_NUM_THREADS": "1",
    }
    with open(log or os.devnull, "wb") as said:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=said, stderr=said, start_new_session=True, preexec_fn=_end_with_the_tests
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(address, process)
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_the_tests():
    """Tests that are killed stop nothing any more: Linux tells the server then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(address, process):
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:  # noqa: S310 - our own address
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def wait_for(true, seconds=120):
    """Until `true()` is."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
