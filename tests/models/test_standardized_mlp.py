import pytest
import torch

from xaivision.models.construction import construction
from xaivision.models.standardized_mlp import StandardizedMlp


@pytest.fixture
def rows():
    return torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 1000.0, 0.1]) + 7


def network(rows):
    with construction(0):
        module = StandardizedMlp(3, (5,), 2)
    module.standardize(rows)
    return module


def test_scores_do_not_depend_on_the_units_of_the_columns(rows):
    rows = rows.double()
    scale, shift = torch.tensor([10.0, 0.01, 3.0], dtype=torch.float64), torch.tensor([5.0, -2.0, 0.0], dtype=torch.float64)
    other = rows * scale + shift
    torch.testing.assert_close(network(rows).double()(rows), network(other).double()(other), rtol=1e-3, atol=1e-4)


def test_standardized_columns_have_mean_zero_and_spread_one(rows):
    rows = rows.double()
    module = network(rows).double()
    standard = (rows - rows.mean(0)) / rows.std(0, correction=0)
    torch.testing.assert_close(module(rows), module.layers(standard), rtol=1e-3, atol=1e-4)


def test_a_constant_column_counts_for_nothing_and_breaks_nothing(rows):
    rows[:, 1] = 3.0
    module = network(rows)
    assert float(module.std[1]) == 1.0
    assert bool(module(rows).isfinite().all())


def test_the_units_travel_with_the_weights(rows):
    with construction(1):
        other = StandardizedMlp(3, (5,), 2)
    module = network(rows)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(rows), module(rows))
    assert not any(parameter is module.mean for parameter in module.parameters())
