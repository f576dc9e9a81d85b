"""Whose an error is: another package's, this library's own, or the model's."""

import os

import pytest

from xaivision.core.errors import CapabilityError, InputError
from xaivision.explainers.foreign_errors import HOUSE, comes_from, ends_in, refusals


def written_in(folder, source):
    """What a file of that folder defines as `step`."""
    names = {}
    exec(compile(source, os.path.join(folder, "written.py"), "exec"), names)  # noqa: S102 - it is the test's own text
    return names["step"]


RAISES = 'def step():\n    raise ValueError("two\\n  lines.")\n'
CALLS = "def step(other):\n    return other()\n"


def caught(function, *given):
    with pytest.raises(ValueError, match="two") as raised:
        function(*given)
    return raised.value


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "foreign")


def test_what_a_package_raises_is_a_refusal_in_one_line(folder):
    with (
        pytest.raises(CapabilityError, match=r"^foreign's Thing does not take this model or these settings: two lines\.$"),
        refusals("foreign's Thing", lambda error: comes_from(folder, error)),
    ):
        written_in(folder, RAISES)()


def test_what_a_package_calls_beside_this_library_is_its_own(folder, tmp_path):
    error = caught(written_in(folder, CALLS), written_in(str(tmp_path / "another"), RAISES))
    assert comes_from(folder, error)
    assert not ends_in(folder, error)


def test_what_this_library_raises_when_it_is_called_back_is_the_models(folder):
    error = caught(written_in(folder, CALLS), written_in(HOUSE, RAISES))
    assert not comes_from(folder, error)


def test_what_fails_before_the_package_is_reached_is_none_of_its(folder):
    with pytest.raises(ValueError, match="two"), refusals("foreign's Thing", lambda error: comes_from(folder, error)):
        written_in(HOUSE, RAISES)()


def test_a_folder_of_a_longer_name_is_another_package(folder):
    assert not comes_from(folder, caught(written_in(folder + "er", RAISES)))


def test_memory_that_ran_out_and_refusals_of_this_library_go_through(folder):
    for raised in (MemoryError("no more"), InputError("no")):
        with pytest.raises(type(raised)), refusals("foreign's Thing", lambda _error: True):
            raise raised
