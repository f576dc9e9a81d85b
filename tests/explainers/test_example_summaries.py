"""ProtoDash for one input, and the few inputs that stand for a whole set."""

import pytest
import torch

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.explainers.prototypes.proto_dash import ProtoDash


def heaps(size=8):
    draws = torch.randn(3, size, 2, generator=torch.Generator().manual_seed(0))
    return (torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[:, None] + draws / 5).flatten(0, 1)


def model():
    return xv.classifier(torch.nn.Linear(2, 3))


def test_an_example_equal_to_the_input_gets_all_the_weight():
    rows = heaps()
    found = ProtoDash(rows, k=3).explain(model(), rows[10:11])
    assert found.indices[0, 0] == 10
    assert float(found.weights[0, 0]) == pytest.approx(1, abs=1e-6)
    assert float(found.weights[0, 1:].abs().max()) < 1e-6
    assert float(found.similarity[0, 0]) == pytest.approx(1)


def test_an_input_between_two_heaps_is_told_by_both():
    rows = heaps()
    found = ProtoDash(rows, k=2).explain(model(), torch.tensor([[4.5, 0.0]]))
    assert sorted(index // 8 for index in found.indices[0].tolist()) == [0, 1]
    assert bool((found.weights > 0.1).all())


def test_weights_come_largest_first_and_are_never_negative():
    rows = torch.randn(40, 2, generator=torch.Generator().manual_seed(1))
    found = ProtoDash(rows, k=6).explain(model(), rows[:7] + 0.3)
    assert bool((found.weights >= 0).all())
    assert bool((found.weights.diff(dim=1) <= 0).all())
    assert all(len(set(row)) == 6 for row in found.indices.tolist())


@pytest.mark.parametrize("by", ["mmd", "proto_dash", "k_medoids"])
def test_three_heaps_are_told_by_one_of_each(by):
    found = xv.summarized(heaps(), 3, by)
    assert sorted(index // 8 for index in found.indices) == [0, 1, 2]
    assert found.prototypes.shape == (3, 2)
    if found.weights is not None:
        assert sum(found.weights) == pytest.approx(1, abs=0.2)


def test_a_criticism_is_the_row_that_none_stands_for():
    rows = torch.cat([heaps(), torch.tensor([[9.0, 9.0]])])
    found = xv.summarized(rows, 3, "k_medoids", criticisms=1)
    assert found.criticisms == (24,)
    assert repr(found).startswith("Summary(k_medoids, [")


@pytest.mark.parametrize("count", [1, 4, 9])
def test_there_are_as_many_criticisms_as_asked_for(count):
    found = xv.summarized(heaps(), 3, criticisms=count)
    assert len(set(found.criticisms)) == count
    assert not set(found.criticisms) & set(found.indices)


def test_a_layer_is_another_space():
    """Its one output does not see the first column."""
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Linear(1, 2))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([[0.0, 1.0]]))
    found = xv.summarized(heaps(), 2, "k_medoids", model=xv.classifier(module), layer="0")
    assert sorted(min(index // 8, 1) if index < 16 else 2 for index in found.indices)[-1] == 2
    assert found.indices[0] < 16 or found.indices[1] < 16


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 0}, r"`count` must be a positive integer\. Got 0\."),
        ({"count": 30}, r"`inputs` must be from 30 to 5000 inputs.* Got 24\."),
        ({"count": 2, "by": "means"}, r"`by` must be one of 'mmd', 'proto_dash', 'k_medoids'\. Got 'means'\."),
        ({"count": 2, "inputs": torch.full((9, 2), float("nan"))}, r"`inputs` must be a tensor \(N, \*S\) of finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        xv.summarized(**{"inputs": heaps(), **settings})


def test_a_layer_needs_a_model():
    with pytest.raises(CapabilityError, match=r"`layer` needs a torch module as `model`\. Got None"):
        xv.summarized(heaps(), 2, layer="0")
