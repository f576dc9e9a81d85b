import math

import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from xaivision.core.random import generator
from xaivision.engines import grouped_recall as engine

TARGETS = torch.tensor([0] * 30 + [1] * 60 + [2] * 10)
ALONE = torch.arange(100)


def guesses(seed=0, right=0.0):
    called = torch.randint(3, (100,), generator=generator(seed))
    return torch.where(torch.rand(100, generator=generator(seed, "right")) < right, TARGETS, called)


def check_it_is_the_mean_recall():
    called = guesses(0, 0.5)
    assert engine.balanced_accuracy(called, TARGETS) == pytest.approx(balanced_accuracy_score(TARGETS, called))


def check_guesses_are_chance():
    p = torch.tensor([engine.chance_of(guesses(seed), TARGETS, ALONE) for seed in range(20)])
    assert 0.2 < float(p.mean()) < 0.8
    assert int((p <= 0.05).sum()) <= 4


def check_what_is_right_is_no_chance():
    assert engine.chance_of(guesses(0, 0.7), TARGETS, ALONE) == 1 / 2001


def check_copies_make_nothing_surer():
    """Ten pictures, each ten times: the interval is that of ten, and ten right calls of ten groups are what counts."""
    targets, groups = torch.arange(10).repeat_interleave(10) % 2, torch.arange(10).repeat_interleave(10)
    called = torch.where(groups < 7, targets, 1 - targets)
    low, high = engine.balanced_interval(called, targets, groups)
    few_low, few_high = engine.balanced_interval(called[::10], targets[::10], torch.arange(10))
    assert (low, high) == pytest.approx((few_low, few_high))
    assert high - low > 0.4
    many_low, many_high = engine.balanced_interval(called, targets, torch.arange(100))
    assert many_high - many_low < 0.25
    assert engine.chance_of(called, targets, groups) > 0.1


def check_pairs_are_told_by_their_own_two_probabilities():
    chances = torch.rand(100, 3, generator=generator(7), dtype=torch.float64)
    found = engine.pairwise_auc(chances, TARGETS)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        rows = (one == TARGETS) | (other == TARGETS)
        shares = chances[rows][:, one] / chances[rows][:, [one, other]].sum(1)
        assert float(found[one, other]) == pytest.approx(roc_auc_score(TARGETS[rows] == one, shares))
    assert bool(found.diagonal().isnan().all())


def test_it_is_the_mean_recall():
    check_it_is_the_mean_recall()


def test_guesses_are_chance():
    check_guesses_are_chance()


def test_what_is_right_is_no_chance():
    check_what_is_right_is_no_chance()


def test_copies_make_nothing_surer():
    check_copies_make_nothing_surer()


def test_pairs_are_told_by_their_own_two_probabilities():
    check_pairs_are_told_by_their_own_two_probabilities()


def test_ties_count_half():
    assert float(engine.pairwise_auc(torch.full((100, 3), 1 / 3), TARGETS)[0, 1]) == 0.5


def test_one_group_has_no_interval():
    assert all(map(math.isnan, engine.balanced_interval(guesses(), TARGETS, torch.zeros(100, dtype=torch.int64))))
