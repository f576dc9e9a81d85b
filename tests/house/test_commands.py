"""The two commands and the gates, with everything that takes time replaced by a note of what was asked."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from source_rules import ROOT

GATES = ["lint", "types", "docs", "test", "slow"]


@pytest.fixture
def checkout(tmp_path):
    """A folder with the commands and what they depend on, and nothing installed."""
    folder = tmp_path / "checkout"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/run"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # This test may itself run under make, whose own settings are inherited through these.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "OMP_"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_make_alone_lists_every_command(checkout):
    listed = re.findall(r"make (\w+)", make(checkout).stdout)
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert listed == targets
    assert {"demo", "test", *GATES} <= set(listed)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ('case "$2" in *version_info*) exit 1;; esac', "is too old: Python 3.11 or newer is needed."),
        ('case "$2" in *ensurepip*) exit 1;; esac', "cannot make environments: install its venv package"),
    ],
)
def test_a_python_that_will_not_do_is_refused_with_one_sentence(checkout, script, sentence):
    done = make(checkout, "demo", f"PYTHON={program(checkout / 'python', script)}")
    assert done.returncode != 0
    assert sentence in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_refused_with_one_sentence(checkout):
    done = make(checkout, "test", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert done.stdout.startswith("There is no no-such-python: install Python 3.11 or newer")


def test_what_is_installed_is_installed_again_only_when_a_requirement_changed(checkout):
    note = 'case "$1" in cache) echo "$PWD/cache";; *) echo "asked: $*" >> "$PWD/asked";; esac'
    program(checkout / ".venv/bin/uv", note)
    program(checkout / ".venv/bin/python", "true")
    (checkout / ".venv/pyvenv.cfg").touch()

    assert make(checkout, "test").returncode == 0
    asked = (checkout / "asked").read_text()
    assert "-c constraints.txt -e .[demo] --group test --group peers" in asked

    assert make(checkout, "test").returncode == 0
    assert (checkout / "asked").read_text() == asked

    os.utime(checkout / "pyproject.toml", (2**32 - 1,) * 2)
    assert make(checkout, "test").returncode == 0
    assert len((checkout / "asked").read_text()) > len(asked)


def test_threads_wait_passively_in_everything_that_make_runs(checkout):
    program(checkout / ".venv/bin/python", 'echo "policy: $OMP_WAIT_POLICY"')
    assert "policy: passive" in make(checkout, "--assume-old=.venv/.installed-test", "test").stdout


def gates(checkout: Path, fails: str = "none", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `.ci/run` with a `make` that says what it was asked and fails at one gate."""
    script = f'echo "gate: $2, data: ${{XAIVISION_DATA:-none}}, $OMP_WAIT_POLICY"; test "$2" != {fails}'
    program(checkout / "programs/make", script)
    program(checkout / "programs/chromium", "true")  # nothing is installed on the machine of who runs the tests
    environment = {name: value for name, value in os.environ.items() if name != "XAIVISION_DATA"} | more
    environment["PATH"] = f"{checkout / 'programs'}:{environment['PATH']}"
    return subprocess.run(["bash", ".ci/run"], cwd=checkout, env=environment, capture_output=True, text=True)


def asked_gates(output: str) -> list[str]:
    return re.findall(r"^gate: (\w+)", output, re.MULTILINE)


def test_the_gates_run_in_order(checkout):
    done = gates(checkout)
    assert done.returncode == 0, done.stderr
    assert asked_gates(done.stdout) == GATES
    assert done.stdout.count("passive") == len(GATES)


@pytest.mark.parametrize("gate", GATES)
def test_the_first_gate_that_fails_ends_the_run(checkout, gate):
    done = gates(checkout, fails=gate)
    assert done.returncode != 0
    assert asked_gates(done.stdout) == GATES[: GATES.index(gate) + 1]


def test_real_data_beside_the_checkout_is_offered_unless_some_is_named(checkout):
    assert "data: none" in gates(checkout).stdout
    data = checkout.parent / "shared" / "data"
    data.mkdir(parents=True)
    assert f"data: {data.resolve()}," in gates(checkout).stdout
    assert "data: /elsewhere," in gates(checkout, XAIVISION_DATA="/elsewhere").stdout
