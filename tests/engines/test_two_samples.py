import pytest
import sklearn.metrics
import torch

from xaivision.core.random import generator
from xaivision.engines import two_samples


def check_a_larger_number_wins_and_a_tie_counts_half():
    first = torch.tensor([[1.0, 3.0], [2.0, 2.0]])
    found = two_samples.win_shares(first, torch.tensor([0.0, 2.0, 5.0]))
    assert found.dtype == torch.float64
    assert found.tolist() == [[1.0, 0.5, 0.0], [1.0, 0.5, 0.0]]
    assert two_samples.win_shares(torch.tensor([[3.0]]), torch.tensor([2.0, 4.0])).tolist() == [[1.0, 0.0]]


def check_weights_are_repetitions():
    wins = torch.rand(4, 4, generator=generator(0), dtype=torch.float64)
    once, some = torch.ones(1, 4, dtype=torch.float64), torch.tensor([[2.0, 0.0, 1.0, 1.0]], dtype=torch.float64)
    repeated = wins[[0, 0, 2, 3]][:, [0, 0, 2, 3]]
    assert float(two_samples.weighted_auc(wins, once)) == pytest.approx(float(wins.mean()))
    assert float(two_samples.weighted_auc(wins, some)) == pytest.approx(float(repeated.mean()))


def test_a_larger_number_wins_and_a_tie_counts_half():
    check_a_larger_number_wins_and_a_tie_counts_half()


def test_weights_are_repetitions():
    check_weights_are_repetitions()


def test_the_mean_is_scikit_learns_area_under_the_roc_curve():
    first = torch.randint(0, 6, (9, 3), generator=generator(1)).double()
    second = torch.randint(0, 6, (7,), generator=generator(2)).double() - 1
    scores = torch.cat([first.flatten(), second])
    labels = [1] * 27 + [0] * 7
    found = float(two_samples.win_shares(first, second).mean())
    assert found == pytest.approx(sklearn.metrics.roc_auc_score(labels, scores), abs=1e-12)
