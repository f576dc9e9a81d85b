"""What asks, shows, shuffles and marks is broken on purpose, in many ways: a real test must notice."""

import importlib
import inspect
from pathlib import Path

import pytest
from mutating import broken, put_everywhere
from simulatability_mutants import MUTANTS

from xaivision.evaluation import simulatability

# Whoever holds what a changed module makes: the library, and the tests that are asked.
ROOMS = ("xaivision.", "test_simulatability", "test_study_with_people", "people_studies")


def test_every_module_has_a_mutant():
    folder = Path(inspect.getfile(simulatability)).parent
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == {mutant.engine for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.engine}: {mutant.name}")
def test_a_fault_is_noticed(mutant, monkeypatch, tmp_path):
    module = importlib.import_module(f"xaivision.evaluation.simulatability.{mutant.engine}")
    put_everywhere(broken(mutant, module, tmp_path), module, monkeypatch, ROOMS)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        mutant.check()


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.engine}: {mutant.name}")
def test_nothing_is_noticed_where_nothing_is_broken(mutant):
    mutant.check()
