import sys

import numpy as np
import pytest

from xaivision.core.errors import MissingExtraError
from xaivision.core.extras import extra, made_by


def test_a_package_that_is_there_is_entered():
    assert extra("numpy", "anything") is np


def test_of_one_that_is_not_the_extra_is_named(monkeypatch):
    with pytest.raises(MissingExtraError, match=r'The package `no_such_package` is needed. .*"xaivision\[nothing\]"'):
        extra("no_such_package", "nothing")
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtraError, match=r"xaivision\[arrays\]"):
        extra("numpy", "arrays")


def test_a_package_that_lacks_another_one_is_not_said_to_be_missing(tmp_path, monkeypatch):
    (tmp_path / "half_a_package.py").write_text("import no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package") as caught:
        extra("half_a_package", "nothing")
    assert not isinstance(caught.value, MissingExtraError)


def test_an_object_belongs_to_the_package_of_its_class_and_of_what_that_derives_from():
    class Derived(np.ndarray):
        pass

    assert made_by(np.zeros(2), "numpy")
    assert made_by(np.zeros(2).view(Derived), "torch", "numpy")
    assert not made_by([0], "numpy")
    assert not made_by(np.zeros(2), "num")
