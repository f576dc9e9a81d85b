import pytest

from xaivision.core.errors import InputError
from xaivision.core.settings import check_positive_integer


@pytest.mark.parametrize("value", [0, -3, True, False, 1.0, "1", None, float("nan")])
def test_what_is_no_positive_integer_is_refused_with_its_name(value):
    with pytest.raises(InputError) as refused:
        check_positive_integer("samples", value)
    assert str(refused.value) == f"`samples` must be a positive integer. Got {value!r}."


@pytest.mark.parametrize("value", [1, 2, 10**9])
def test_positive_integers_pass(value):
    check_positive_integer("samples", value)
