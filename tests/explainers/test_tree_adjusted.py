"""When kernel SHAP lets trees foresee part of the game, and that it says so."""

import pytest
import torch
from black_boxes import DOUBLE, draws, table_model
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.kernel_shap import KernelShap

COLUMNS = 14


def threes():
    """Products of three columns: neither lines nor pairs."""
    return table_model(
        lambda rows: (rows[:, 0] * rows[:, 1] * rows[:, 2]) - 2 * (rows[:, 4] * rows[:, 5] * rows[:, 6]) + rows[:, 7]
    )


def shapley_of_threes(row):
    """Each of three columns has a third of their product; the baseline is zero."""
    found = torch.zeros(len(row), dtype=DOUBLE)
    found[[0, 1, 2]] += row[0] * row[1] * row[2] / 3
    found[[4, 5, 6]] -= 2 * row[4] * row[5] * row[6] / 3
    found[7] += row[7]
    return found


def asked(**settings):
    return KernelShap(budget=600, baseline="zeros", **settings)


def foreseen_in(explanation):
    return [note.inputs for note in explanation.diagnostics.notes if "boosted trees" in note.text]


def test_trees_bring_products_of_three_nearer():
    rows = draws(3, COLUMNS, seed=1) + 0.5
    exact = torch.stack([shapley_of_threes(row) for row in rows])
    plain = asked(adjust=False).explain(threes(), rows, 0)
    adjusted = asked(adjust=True).explain(threes(), rows, 0)
    errors = [float((one.values - exact).norm() / exact.norm()) for one in (plain, adjusted)]
    assert errors[1] < errors[0] / 3
    assert float((adjusted.values.sum(1) - exact.sum(1)).abs().max()) < 1e-9


def test_what_was_done_is_noted():
    rows = draws(2, COLUMNS)
    assert foreseen_in(asked(adjust=True).explain(threes(), rows, 0)) == [(0, 1)]
    assert foreseen_in(asked(adjust=False).explain(threes(), rows, 0)) == []


def test_auto_follows_what_a_coalition_costs():
    rows = draws(1, COLUMNS)
    assert foreseen_in(KernelShap(budget=300).explain(threes(), rows, 0)) == []
    assert foreseen_in(KernelShap(budget=300, background=draws(49, COLUMNS, seed=2)).explain(threes(), rows, 0)) == []
    assert foreseen_in(KernelShap(budget=300, background=draws(50, COLUMNS, seed=2)).explain(threes(), rows, 0)) == [(0,)]
    wide = TorchClassifier(
        nn.Sequential(nn.Linear(COLUMNS, 1000), nn.Tanh(), nn.Linear(1000, 1000), nn.Tanh(), nn.Linear(1000, 2)).double(),
        domain="tabular",
        num_classes=2,
        score_unit="logit",
    )
    assert foreseen_in(KernelShap(budget=300).explain(wide, rows, 0)) == [(0,)]


def test_where_all_coalitions_are_scored_nothing_is_foreseen():
    rows = draws(1, 8)
    found = KernelShap(budget=256, baseline="zeros", adjust=True).explain(threes(), rows, 0)
    assert foreseen_in(found) == []
    assert torch.allclose(found.values[0], shapley_of_threes(rows[0]), rtol=0, atol=1e-12)


def test_an_answer_does_not_depend_on_its_neighbors():
    rows = draws(3, COLUMNS, seed=5)
    together = asked(adjust=True).explain(threes(), rows, 0)
    alone = asked(adjust=True).explain(threes(), rows[1:2], 0)
    assert torch.equal(together.values[1], alone.values[0])


def test_another_seed_draws_others_and_the_same_the_same():
    rows = draws(1, COLUMNS, seed=5)
    first, again, other = (asked(adjust=True).explain(threes(), rows, 0, seed=seed).values for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_error_is_reached_with_fewer_evaluations():
    rows = draws(1, COLUMNS, seed=1) + 0.5
    found = [
        KernelShap(budget=5000, target_error=0.01, baseline="zeros", adjust=adjust).explain(threes(), rows, 0)
        for adjust in (False, True)
    ]
    evaluations = [int(one.diagnostics.evaluations[0]) for one in found]
    assert evaluations[1] < evaluations[0] / 2


@pytest.mark.parametrize("adjust", ["always", None, 1])
def test_other_settings_are_refused(adjust):
    with pytest.raises(InputError, match="`adjust` must be True, False or 'auto'"):
        KernelShap(adjust=adjust)
