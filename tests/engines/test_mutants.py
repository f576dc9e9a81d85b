"""Each engine is broken on purpose, in many ways: the check that a real test makes must notice."""

import importlib
import inspect
from pathlib import Path

import pytest
from mutating import broken, made_in

from xaivision import engines

FILES = sorted(file.stem for file in Path(__file__).parent.glob("*_mutants.py") if file.stem != Path(__file__).stem)
MUTANTS = [mutant for name in FILES for mutant in importlib.import_module(name).MUTANTS]


def test_every_engine_has_a_mutant():
    folder = Path(inspect.getfile(engines)).parent
    files = [file.relative_to(folder).with_suffix("") for file in folder.rglob("*.py") if file.stem != "__init__"]
    assert {".".join(file.parts) for file in files} == {mutant.engine for mutant in MUTANTS}


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.engine}: {mutant.name}")
def test_the_same_check_passes_where_nothing_is_broken(mutant):
    """The real tests make these checks by default; here with the arguments that are used against the mutant."""
    mutant.check()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.engine}: {mutant.name}")
def test_a_mutant_is_noticed(mutant, monkeypatch, tmp_path):
    engine = importlib.import_module(f"xaivision.engines.{mutant.engine}")
    changed = broken(mutant, engine, tmp_path)
    for name in made_in(engine):
        monkeypatch.setattr(engine, name, getattr(changed, name))
    # Nobody reads what is told of a fault made on purpose; where `CI` is set pytest would compare long lists for a minute.
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(AssertionError):
        mutant.check()
