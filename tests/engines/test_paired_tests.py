import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.random import generator
from xaivision.engines import paired_tests

NAN = float("nan")
# Few distinct values, so that ties between sums are the rule; in eighths, whose sums scipy has without rounding.
FEW = st.lists(st.integers(-3, 3).map(lambda n: n / 8), min_size=2, max_size=8)


def flips(*values, seed=0):
    return paired_tests.sign_flips(torch.tensor(values, dtype=torch.float64), generator(seed))


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed, "normal"), dtype=torch.float64)


def scipys(values, side):
    return scipy.stats.permutation_test(
        (np.array(values),), np.mean, permutation_type="samples", alternative=side, n_resamples=np.inf
    ).pvalue


def check_known_answers():
    assert flips(1.0, 2.0, 3.0).greater.tolist() == [1 / 8]
    assert flips(1.0, 2.0, 3.0).two_sided.tolist() == [2 / 8]
    assert flips(-1.0, -2.0, -3.0).greater.tolist() == [1]
    assert flips(-1.0, -2.0, -3.0).two_sided.tolist() == [2 / 8]
    assert flips(0.0, 0.0).greater.tolist() == [1]
    assert flips(0.1, 0.2, -0.3).greater.tolist() == [5 / 8]  # whose sums that are zero but for rounding are ties
    assert flips(*[1.0] * 10).greater.tolist() == [2**-10]
    assert flips(*[-1.0] * 10).less.tolist() == [2**-10]
    assert flips(1.0, 2.0, 3.0).less.tolist() == [1]
    assert flips(-0.1, -0.2, 0.3).less.tolist() == [5 / 8]


def check_the_pairs_that_are_missing_are_left_out():
    columns = torch.tensor([[1.0, NAN, NAN], [NAN, 2.0, NAN], [2.0, 1.0, NAN], [3.0, NAN, NAN]])
    found = paired_tests.sign_flips(columns, generator(0))
    assert found.pairs.tolist() == [3, 2, 0]
    assert found.greater[:2].tolist() == [1 / 8, 1 / 4]
    assert found.two_sided[:2].tolist() == [2 / 8, 2 / 4]
    assert found.greater[2].isnan()
    assert found.two_sided[2].isnan()


def check_draws_come_near_what_all_signs_say_and_are_never_zero():
    values = normal(17, 3) + torch.tensor([0.0, 0.3, -0.3])
    exact = torch.stack([paired_tests._of_all(column) for column in values.T], 1)
    drawn = paired_tests.sign_flips(values, generator(3))
    assert (torch.stack(drawn[:3]) - exact).abs().max() < 6 * 0.5 / 99_999**0.5
    sure = paired_tests.sign_flips(torch.ones(60, 1), generator(0))
    assert sure.greater.tolist() == sure.two_sided.tolist() == [1 / 100_000]
    assert sure.less.tolist() == [1]


def check_what_is_the_same_but_for_rounding_does_not_differ():
    ones = torch.tensor([1.0, -3.0, 0.0, 1e-30, NAN], dtype=torch.float64)
    for close in (1 + 1e-15, 1 - 2e-14, 1 + 5e-7):
        assert paired_tests.differences(ones, ones * close)[:4].tolist() == [0, 0, 0, 0]
    apart = paired_tests.differences(ones, ones * (1 + 2e-6))
    assert apart[:4].tolist() == pytest.approx([-2e-6, 6e-6, 0, -2e-36], rel=1e-6)
    assert apart[4].isnan()
    assert paired_tests.differences(ones[:2], torch.tensor([1.5, -3.25]), 0.25).tolist() == [-0.5, 0]
    # A difference in what single precision holds is none that a value of another size makes.
    assert paired_tests.differences(torch.tensor([1e-8]), torch.tensor([2e-8])).tolist() == pytest.approx([-1e-8])


def check_holm_is_its_definition():
    p = torch.tensor([0.01, 0.04, 0.03, 0.005], dtype=torch.float64)
    assert paired_tests.holm(p).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired_tests.holm(torch.tensor([0.5, 0.6])).tolist() == pytest.approx([1, 1])
    assert paired_tests.holm(torch.tensor([0.02, NAN, 0.03])).tolist() == pytest.approx([0.04, NAN, 0.04], nan_ok=True)
    assert paired_tests.holm(torch.tensor([NAN])).isnan().all()
    assert paired_tests.holm(torch.tensor([])).tolist() == []


def test_known_answers():
    check_known_answers()


def test_the_pairs_that_are_missing_are_left_out():
    check_the_pairs_that_are_missing_are_left_out()


def test_draws_come_near_what_all_signs_say_and_are_never_zero():
    check_draws_come_near_what_all_signs_say_and_are_never_zero()


def test_what_is_the_same_but_for_rounding_does_not_differ():
    check_what_is_the_same_but_for_rounding_does_not_differ()


def test_holm_is_its_definition():
    check_holm_is_its_definition()


@given(FEW)
@settings(max_examples=40, deadline=None)
def test_all_signs_are_tried_as_scipy_tries_them(values):
    found = flips(*values)
    assert float(found.greater) == pytest.approx(scipys(values, "greater"), abs=1e-12)
    assert float(found.less) == pytest.approx(scipys(values, "less"), abs=1e-12)
    assert float(found.two_sided) == pytest.approx(scipys(values, "two-sided"), abs=1e-12)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_holm_rejects_at_each_level_what_the_steps_reject(p):
    known = sorted(value for value in p if value == value)
    adjusted = paired_tests.holm(torch.tensor(p, dtype=torch.float64)).tolist()
    for value, found in zip(p, adjusted, strict=True):
        if value != value:
            assert found != found
            continue
        steps = [(len(known) - place) * smaller for place, smaller in enumerate(known[: known.index(value) + 1])]
        assert found == pytest.approx(min(1, max(steps)))


def test_a_column_says_the_same_beside_others_and_the_same_again():
    values = normal(40, 5) + 0.3
    together = paired_tests.sign_flips(values, generator(1))
    alone = paired_tests.sign_flips(values[:, 2], generator(1))
    assert torch.equal(together.greater[2:3], alone.greater)
    assert torch.equal(together.two_sided[2:3], alone.two_sided)


def test_zeros_beside_a_few_differences_leave_the_exact_answer():
    assert flips(*[0.0] * 50, 1.0, 2.0, 3.0).greater.tolist() == [1 / 8]


@pytest.mark.parametrize("pairs", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_under_the_null_five_percent_are_rejected_at_five_percent(pairs):
    trials = 2000
    found = paired_tests.sign_flips(normal(pairs, trials, seed=pairs), generator(0))
    noise = 4 * (0.05 * 0.95 / trials) ** 0.5
    for p in (found.greater, found.less, found.two_sided):
        share = float((p <= 0.05).double().mean())
        assert 0.05 - noise - 1 / 2**pairs * 2 <= share <= 0.05 + noise


def test_skewed_differences_of_mean_zero_are_rejected_about_as_often():
    values = torch.empty(60, 1500, dtype=torch.float64).exponential_(generator=generator(0)) - 1
    found = paired_tests.sign_flips(values, generator(0))
    assert float((found.two_sided <= 0.05).double().mean()) < 0.08
