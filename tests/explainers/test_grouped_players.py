"""Groups of columns: their Shapley values are those of the game in which each group is one player."""

import pytest
import torch
from black_boxes import draws, wavy, wavy_score

from xaivision.engines.coalition_enumeration import shapley_values, value_table
from xaivision.explainers.registry import explainer

GROUPS = [[0, 2], [1, 5, 6]]
PLAYERS = torch.tensor([0, 1, 0, 2, 3, 1, 1])


def grouped_game(score, row, background):
    """Written anew: all columns of a group are there or are those of a background's row."""

    def value(coalitions):
        present = coalitions[:, PLAYERS]
        return torch.stack([score(torch.where(present, row, other)) for other in background]).mean(0)

    return value


@pytest.mark.parametrize("method", ["exact_shapley", "kernel_shap", "permutation_shap", "shapley_interactions", "owen"])
def test_grouped_shapley_values_are_those_of_the_grouped_game(method):
    row, background = draws(7, seed=1), draws(6, 7, seed=2)
    settings = {"hierarchy": [[0, 1, 2, 3, 4, 5, 6]]} if method == "owen" else {}
    found = explainer(method, groups=GROUPS, background=background, **settings).explain(wavy(7), row[None], 0)
    expected = shapley_values(value_table(grouped_game(wavy_score(7), row, background), 4))
    assert torch.allclose(found.player_values[0], expected, rtol=0, atol=1e-10)
    for player in range(4):
        shares = found.values[0, player == PLAYERS]
        assert torch.allclose(shares, shares[0].expand_as(shares), rtol=0, atol=1e-15)
