import math

import pytest
import torch

from xaivision.core.scores import Scores

NAN = math.nan


def scores(*values, higher_is_better=True, **more):
    return Scores("deletion", "probe", torch.tensor(values), higher_is_better, **more)


def test_the_mean_is_over_the_inputs_that_have_a_value_and_the_others_are_counted():
    found = scores(1.0, NAN, 3.0, NAN)
    assert found.mean == 2.0
    assert found.undefined == 2


def test_no_value_at_all_is_no_number_and_not_zero():
    assert math.isnan(scores(NAN, NAN).mean)
    assert scores(NAN, NAN).undefined == 2


def test_the_mean_is_taken_in_float64():
    assert scores(*[0.1] * 1000).mean == pytest.approx(float(torch.tensor(0.1)), abs=1e-12)


@pytest.mark.parametrize("values", [(), (1.0,), (1.0, NAN), (NAN, NAN)])
def test_fewer_than_two_values_have_no_interval(values):
    assert all(math.isnan(end) for end in scores(*values).interval())


def test_the_interval_is_around_the_mean_grows_with_the_level_and_ignores_undefined_values():
    found = scores(1.0, 2.0, 3.0, 4.0, NAN)
    low, high = found.interval()
    assert low < 1 < found.mean < 4 < high  # so few values may all lie on one side
    assert (low, high) == scores(1.0, 2.0, 3.0, 4.0).interval()
    wider, narrower = found.interval(0.99), found.interval(0.5)
    assert wider[0] <= low < narrower[0] < narrower[1] < high <= wider[1]


def test_values_that_agree_have_an_interval_of_no_width():
    assert scores(2.0, 2.0, 2.0).interval() == (2.0, 2.0)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    chance = torch.Generator().manual_seed(0)
    covered = 0
    for draw in torch.randn(200, 30, generator=chance, dtype=torch.float64):
        low, high = Scores("m", "p", draw, True).interval(0.9)
        covered += low <= 0 <= high
    assert 0.83 <= covered / 200 <= 0.95


def test_the_interval_is_the_same_again_and_moves_no_global_generator():
    found = scores(*torch.linspace(0, 1, 30).sqrt().tolist())
    state = torch.get_rng_state()
    assert found.interval() == found.interval()
    assert found.interval(seed=0) != found.interval(seed=1)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_interval_does_not_depend_on_the_callers_default_device():
    found = scores(1.0, 5.0, 2.0)
    expected = found.interval()
    with torch.device("meta"):
        assert found.interval() == expected


@pytest.mark.parametrize(("higher_is_better", "expected"), [(True, [1.0, -2.0]), (False, [-1.0, 2.0])])
def test_an_advantage_is_positive_where_the_method_beats_the_control(higher_is_better, expected):
    control = scores(1.0, 3.0, higher_is_better=higher_is_better)
    found = scores(2.0, 1.0, higher_is_better=higher_is_better, controls={"random": control})
    assert found.advantage("random").tolist() == expected


def test_an_advantage_over_an_undefined_control_is_undefined():
    found = scores(2.0, 1.0, controls={"random": scores(NAN, 0.0)})
    assert found.advantage("random").isnan().tolist() == [True, False]
