import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import quadrature


def integral(rule, power):
    return float(rule.weights @ rule.nodes**power)


def check_weights_sum_to_one():
    for steps in (1, 2, 3, 7, 50, 101):
        rules = [quadrature.quadrature_rule(name, steps) for name in ("midpoint", "gauss_legendre")]
        for rule in (*rules, quadrature.open_rule(steps + 1)):
            assert rule.nodes.dtype == rule.weights.dtype == torch.float64
            assert abs(float(rule.weights.sum()) - 1) < 1e-12
            assert (rule.nodes.diff() > 0).all()
            assert 0 <= rule.nodes[0] <= rule.nodes[-1] <= 1


def check_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further():
    for steps in (1, 2, 5, 8):
        rule = quadrature.quadrature_rule("gauss_legendre", steps)
        for power in range(2 * steps):
            assert abs(integral(rule, power) - 1 / (power + 1)) < 1e-13
        assert abs(integral(rule, 2 * steps) - 1 / (2 * steps + 1)) > 1e-10


def check_errors_on_a_square_are_the_textbook_ones():
    for steps in (1, 4, 50):
        midpoint = integral(quadrature.quadrature_rule("midpoint", steps), 2)
        assert midpoint == pytest.approx(1 / 3 - 1 / (12 * steps**2), abs=1e-13)


def check_open_rules_leave_the_ends_out_and_are_exact_for_lines():
    for cells in (2, 3, 4, 18, 64):
        rule = quadrature.open_rule(cells)
        torch.testing.assert_close(rule.nodes, torch.arange(1, cells).double() / cells, atol=1e-16, rtol=0)
        assert integral(rule, 1) == pytest.approx(0.5, abs=1e-15)
        assert 0 < rule.nodes[0] <= rule.nodes[-1] < 1
    assert abs(integral(quadrature.open_rule(64), 2) - 1 / 3) == pytest.approx(5 / (6 * 64**2) - 1 / 64**3, abs=1e-14)


def check_nodes_of_a_rule_and_those_that_are_new_are_the_finer_rule():
    for known, cells in ((1, 32), (32, 64), (64, 128), (5, 20)):
        both = torch.cat([quadrature.open_nodes(known), quadrature.open_nodes(cells, known)]).sort().values
        torch.testing.assert_close(both, quadrature.open_nodes(cells), atol=1e-16, rtol=0)
        assert len(quadrature.open_nodes(cells, known)) == cells - known


def test_weights_of_every_rule_sum_to_one_and_nodes_rise_within_the_interval():
    check_weights_sum_to_one()


def test_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further():
    check_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further()


def test_gauss_legendre_of_5_nodes_misses_the_tenth_power_by_1_4e_6():
    assert abs(integral(quadrature.quadrature_rule("gauss_legendre", 5), 10) - 1 / 11) == pytest.approx(1.4e-6, rel=0.05)


def test_errors_on_a_square_are_the_textbook_ones():
    check_errors_on_a_square_are_the_textbook_ones()


def test_open_rules_leave_the_ends_out_and_are_exact_for_lines():
    check_open_rules_leave_the_ends_out_and_are_exact_for_lines()


def test_nodes_of_a_rule_and_those_that_are_new_are_the_finer_rule():
    check_nodes_of_a_rule_and_those_that_are_new_are_the_finer_rule()


@pytest.mark.parametrize("steps", [0, -1, True, 2.0, "8", None])
def test_steps_that_are_no_positive_integer_are_refused(steps):
    with pytest.raises(InputError, match=r"`steps` must be a positive integer\. Got "):
        quadrature.quadrature_rule("midpoint", steps)


def test_an_unknown_rule_is_refused():
    with pytest.raises(InputError, match=r"`rule` must be 'midpoint' or 'gauss_legendre'\. Got 'simpson'\."):
        quadrature.quadrature_rule("simpson", 4)
