"""Hard choices with soft gradients, and how evenly they divide, against closed forms."""

from math import log

import pytest
import torch

from xaivision.engines import hard_choice


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def check_a_choice_is_exactly_one_and_its_gradient_that_of_the_softmax():
    logits, weights = drawn(4, 5).requires_grad_(), drawn(4, 5, seed=1)
    found = hard_choice.hard_choice(logits, temperature=0.7)
    assert set(found.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(found.argmax(1), logits.argmax(1))
    assert torch.equal(found.sum(1), torch.ones(4, dtype=torch.float64))
    (found * weights).sum().backward()
    (expected,) = torch.autograd.grad(((logits / 0.7).softmax(1) * weights).sum(), logits)
    torch.testing.assert_close(logits.grad, expected)


def test_a_choice_is_exactly_one_and_its_gradient_that_of_the_softmax():
    check_a_choice_is_exactly_one_and_its_gradient_that_of_the_softmax()


def check_choices_with_gumbel_noise_are_draws_of_the_softmax():
    logits = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64)
    uniform = torch.rand(40_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = hard_choice.hard_choice(logits.expand(40_000, 3), 0.3, hard_choice.gumbel(uniform))
    torch.testing.assert_close(found.mean(0), logits.softmax(0), atol=0.01, rtol=0)


def test_choices_with_gumbel_noise_are_draws_of_the_softmax():
    check_choices_with_gumbel_noise_are_draws_of_the_softmax()


def test_noise_is_finite_at_the_edges():
    assert bool(hard_choice.gumbel(torch.tensor([0.0, 1.0])).isfinite().all())


def check_imbalance_is_what_each_groups_mean_lacks_to_an_even_division():
    even, one_sided = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]
    probabilities = torch.tensor([*even, *one_sided], dtype=torch.float64)
    groups = torch.tensor([0, 0, 2, 2])
    assert float(hard_choice.imbalance(probabilities[:2], groups[:2], 3)) == pytest.approx(0.0, abs=1e-9)
    assert float(hard_choice.imbalance(probabilities[2:], groups[2:], 3)) == pytest.approx(log(2), abs=1e-4)
    assert float(hard_choice.imbalance(probabilities, groups, 3)) == pytest.approx(log(2) / 2, abs=1e-4)


def test_imbalance_is_what_each_groups_mean_lacks_to_an_even_division():
    check_imbalance_is_what_each_groups_mean_lacks_to_an_even_division()


def test_groups_without_members_and_sure_choices_have_gradients_that_are_numbers():
    probabilities = torch.tensor([[1.0, 0.0], [1.0, 0.0]], requires_grad=True)
    hard_choice.imbalance(probabilities, torch.tensor([1, 1]), 4).backward()
    assert bool(probabilities.grad.isfinite().all())
