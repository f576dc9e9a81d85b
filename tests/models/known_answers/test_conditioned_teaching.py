"""What is taught on waves or with normalized maps is a plain network of pixels afterwards, and has found what is faint."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from xaivision.models.construction import construction
from xaivision.models.known_answers import conditioned_teaching
from xaivision.models.known_answers.conditioned_teaching import NormalizedTeaching, WhitenedTeaching
from xaivision.models.known_answers.plain_networks import cnn, mlp
from xaivision.models.training import Recipe, train

RECIPE = Recipe(4, 32, 3e-3, 1e-2)
SIDE = 12


def smooth(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Slopes of any direction and strength, and on them, a thousandth as high, a speck in one of two places: the class."""
    draws = torch.Generator().manual_seed(count)
    along = torch.linspace(-1, 1, SIDE)
    one, other = torch.randn(2, count, 1, 1, generator=draws)
    pictures = one * along[None, :, None] + other * along[None, None, :]
    targets = torch.arange(count) % 2
    pictures[targets == 0, 3, 3] += 1e-2
    pictures[targets == 1, 8, 7] += 1e-2
    return pictures[:, None], targets


def right(network: nn.Module) -> float:
    pictures, targets = smooth(300)
    with torch.no_grad():
        return float((network(pictures).argmax(1) == targets).double().mean())


def made(hidden: tuple[int, ...] = (32,)) -> nn.Module:
    with construction(0):
        return mlp(SIDE * SIDE, 2, hidden, 0.0)


def test_on_waves_a_perceptron_finds_what_is_too_faint_for_it_in_pixels():
    plain, taught = made(), made()
    with construction(0):
        train(plain, *smooth(600), RECIPE, "")
        WhitenedTeaching(RECIPE)(taught, *smooth(600))
    assert right(plain) < 0.7
    assert right(taught) > 0.95
    assert repr(plain) == repr(taught)


def test_its_first_layer_reads_pixels_as_it_read_waves(monkeypatch):
    shown = {}

    def keep(module, inputs, targets, recipe, what):
        shown["scores"] = module.eval()(inputs).detach()

    monkeypatch.setattr(conditioned_teaching, "train", keep)
    network, (pictures, targets) = made(), smooth(40)
    pictures = pictures + torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0))
    WhitenedTeaching(RECIPE)(network, pictures, targets)
    with torch.no_grad():
        assert torch.allclose(network(pictures), shown["scores"], atol=1e-4)
    assert float(shown["scores"].std()) > 0.01


@pytest.mark.parametrize("halving", ["max", "mean"])
def test_a_network_that_was_taught_with_norms_gives_the_scores_that_it_had_with_them(monkeypatch, halving):
    shown = {}

    def keep(module, inputs, targets, recipe, what):
        train(module, inputs, targets, recipe, what)
        with torch.no_grad():
            shown["scores"], shown["norms"] = module(inputs), [part for part in module if isinstance(part, nn.BatchNorm2d)]

    monkeypatch.setattr(conditioned_teaching, "train", keep)
    with construction(0):
        network = cnn((1, SIDE, SIDE), 2, (4, 8), hidden=6, halving=halving)
        before = repr(network)
        NormalizedTeaching(replace(RECIPE, epochs=2))(network, *smooth(100))
    with torch.no_grad():
        assert torch.allclose(network.eval()(smooth(100)[0]), shown["scores"], atol=1e-4)
    assert len(shown["norms"]) == 2
    assert all(float((norm.running_var - 1).abs().max()) > 1e-3 for norm in shown["norms"])
    assert repr(network) == before


def test_the_first_filters_begin_as_a_mean_two_slopes_and_a_curvature(monkeypatch):
    monkeypatch.setattr(conditioned_teaching, "train", lambda module, *_: module.eval())
    with construction(0):
        network = cnn((1, SIDE, SIDE), 2, (4, 8))
        NormalizedTeaching(RECIPE)(network, *smooth(4))
    with torch.no_grad():
        rows, columns = torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="ij")
        pictures = torch.stack([torch.ones(5, 5), rows, columns, rows**2 + columns**2])[:, None]
        answers = torch.nn.functional.conv2d(pictures, network[0].weight).flatten(2).mean(2)
    seen = answers.abs() > 1e-3
    assert seen.tolist() == [
        [True, False, False, False],
        [True, False, True, False],
        [True, True, False, False],
        [True, True, True, True],
    ]


@pytest.mark.parametrize("halving", ["max", "mean"])
def test_maps_are_halved_to_the_largest_or_to_the_mean(halving):
    with construction(0):
        network = cnn((1, 8, 8), 2, (4, 8), hidden=5, halving=halving)
    pools = [part for part in network if isinstance(part, nn.MaxPool2d | nn.AvgPool2d)]
    assert {type(part) for part in pools} == {nn.MaxPool2d if halving == "max" else nn.AvgPool2d}
    assert [part.out_features for part in network if isinstance(part, nn.Linear)] == [5, 2]
