"""Every class of the registry can be taken from `xv.explainers`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import xaivision as xv
from xaivision.explainers.registry import EXPLAINERS

SOURCE = Path(xv.__file__).parent / "explainers" / "__init__.py"


def test_the_names_are_those_of_the_registry_for_people_and_for_type_checkers():
    registered = sorted(kind.__name__ for kind in EXPLAINERS.values())
    guarded = next(node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    typed = {name.name: node.module for node in guarded.body for name in node.names}
    assert xv.explainers.__all__ == registered
    assert typed == {kind.__name__: kind.__module__ for kind in EXPLAINERS.values()}


@pytest.mark.parametrize("kind", EXPLAINERS.values(), ids=list(EXPLAINERS))
def test_each_name_gives_the_registered_class(kind):
    assert getattr(xv.explainers, kind.__name__) is kind


def test_names_are_listed_and_others_are_none():
    assert set(xv.explainers.__all__) <= set(dir(xv.explainers))
    assert "explainers" in dir(xv)
    with pytest.raises(AttributeError, match=r"'xaivision\.explainers' has no attribute 'KernelShapp'"):
        xv.explainers.KernelShapp  # noqa: B018 - it is what is tested


def test_looking_at_the_names_imports_no_torch_and_the_first_class_does():
    code = """
import sys
import xaivision as xv
assert "KernelShap" in dir(xv.explainers)
assert "torch" not in sys.modules
from xaivision.explainers import KernelShap
assert KernelShap is xv.explainers.KernelShap and "torch" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
