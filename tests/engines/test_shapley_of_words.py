import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.engines import shapley_of_words as engine

WEIGHTS = torch.tensor([[1.0, -2.0], [0.5, 0.0], [3.0, 1.0], [-1.0, 4.0]], dtype=torch.float64)
PAIR = 6.0


def scores(coalitions):
    """Two words: additive, and the second with a bonus where players 0 and 1 are both there."""
    present = coalitions.double()
    told = present @ WEIGHTS
    told[:, 1] += PAIR * present[:, 0] * present[:, 1]
    return told


def values(budget):
    return engine.shapley_of_scores(scores, 4, budget, generator(0, "test"))


def check_every_word_gets_the_shapley_values_of_its_own_score():
    expected = WEIGHTS.clone()
    expected[:2, 1] += PAIR / 2
    for budget in (16, 15):  # by enumeration; by orders there and back, exact for pairs
        torch.testing.assert_close(values(budget), expected, rtol=0, atol=1e-12)


def check_contributions_add_up_for_every_word():
    def odd(coalitions):
        return torch.stack([coalitions.double().sum(1) ** 3, coalitions[:, 0].double() * coalitions.double().sum(1)], 1)

    found = engine.shapley_of_scores(odd, 6, 40, generator(0, "test"))
    torch.testing.assert_close(found.sum(0), torch.tensor([216.0, 6.0], dtype=torch.float64), rtol=0, atol=1e-9)


def check_equal_generators_ask_about_the_same_coalitions():
    asked = []

    def remembered(coalitions):
        asked.append(coalitions)
        return coalitions.double().sum(1, keepdim=True)

    for _ in range(2):
        engine.shapley_of_scores(remembered, 8, 60, generator(3, "test"))
    assert torch.equal(asked[0], asked[1])
    assert len(asked[0]) <= 60


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_shapley_values_of_words(check):
    check()


def test_a_budget_below_one_order_is_refused():
    with pytest.raises(InputError, match="at least 12 to go through 6 players"):
        engine.shapley_of_scores(scores, 6, 11, generator(0, "test"))
