import pytest
import torch

from xaivision.engines import shapley_estimate as estimates

DOUBLE = torch.float64
# Of the 97.5 % column of a printed table.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980, float("inf"): 1.960}


def check_quantiles_are_those_of_the_table():
    for degrees, expected in TABLE.items():
        assert estimates.student_quantile(degrees) == pytest.approx(expected, abs=6e-4)


def check_the_widest_of_the_top_is_told():
    values = torch.tensor([0.1, -5.0, 2.0, 3.0], dtype=DOUBLE)
    found = estimates.ShapleyEstimate(values, 9, torch.tensor([9.0, 0.1, 0.3, 0.2], dtype=DOUBLE))
    assert found.widest_of_top(1) == pytest.approx(0.196, abs=1e-3)
    assert found.widest_of_top(2) == pytest.approx(0.392, abs=1e-3)
    assert found.widest_of_top(4) == found.widest_of_top(40) == pytest.approx(17.64, abs=1e-2)


def check_no_error_is_below_rounding():
    for values, empty, full in (([-1e6, 3.0], 0.0, 1.0), ([2.0, 3.0], -1e6, 1.0), ([2.0, 3.0], 0.0, 1e6)):
        error = torch.tensor([0.0, 1.0], dtype=DOUBLE)
        found = estimates.at_least_rounding(error, torch.tensor(values, dtype=DOUBLE), empty, full)
        assert 1e-10 < float(found[0]) < 1e-8
        assert float(found[1]) == pytest.approx(1)


def check_ends_are_those_of_none_and_all():
    assert estimates.ends(lambda asked: 1.0 + asked.double().sum(1), 7) == (1.0, 8.0)


def test_quantiles_are_those_of_the_table():
    check_quantiles_are_those_of_the_table()


def test_the_widest_of_the_top_is_told():
    check_the_widest_of_the_top_is_told()


def test_no_error_is_below_rounding():
    check_no_error_is_below_rounding()


def test_ends_are_those_of_none_and_all():
    check_ends_are_those_of_none_and_all()


def test_few_degrees_make_wider_intervals():
    error = torch.ones(3, dtype=DOUBLE)
    narrow, wide = (estimates.ShapleyEstimate(error, 9, error, degrees) for degrees in (float("inf"), 2))
    assert float(wide.half_widths[0] / narrow.half_widths[0]) == pytest.approx(4.303 / 1.960, abs=1e-3)


def test_an_unknown_error_is_never_narrow():
    assert estimates.ShapleyEstimate(torch.ones(3), 6, None).widest_of_top(2) == float("inf")


def test_exact_values_have_no_width():
    found = estimates.exactly(torch.ones(3, dtype=DOUBLE), 8)
    assert found.exact
    assert found.widest_of_top(5) == 0


def check_one_player_gains_all_there_is():
    found = estimates.of_one_player(2.0, 5.0)
    assert found.values.tolist() == [3.0]
    assert found.exact


def test_one_player_gains_all_there_is():
    check_one_player_gains_all_there_is()
