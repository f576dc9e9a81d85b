"""Each engine is broken on purpose, in many ways: the check that a real test makes must notice."""

import importlib
import importlib.util
import inspect
from pathlib import Path

import pytest

from xaivision import engines

FILES = sorted(file.stem for file in Path(__file__).parent.glob("*_mutants.py") if file.stem != Path(__file__).stem)
MUTANTS = [mutant for name in FILES for mutant in importlib.import_module(name).MUTANTS]


def broken(mutant, engine, folder):
    """The engine's module made from its changed source."""
    source = inspect.getsource(engine)
    assert source.count(mutant.before) == 1, f"{mutant.name}: the text to change is no longer there once"
    file = folder / "mutated.py"
    file.write_text(source.replace(mutant.before, mutant.after))
    specification = importlib.util.spec_from_file_location(engine.__name__, file)
    changed = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(changed)
    return changed


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
    for name, made in list(vars(engine).items()):
        if (inspect.isfunction(made) or inspect.isclass(made)) and made.__module__ == engine.__name__:
            monkeypatch.setattr(engine, name, getattr(changed, name))
    # Nobody reads what is told of a fault made on purpose; where `CI` is set pytest would compare long lists for a minute.
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(AssertionError):
        mutant.check()
