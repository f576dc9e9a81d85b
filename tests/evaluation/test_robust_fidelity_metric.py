"""Robust fidelity as a metric: its closed form on additive models, and rankings of degraded maps that it recovers."""

from functools import cache

import pytest
import torch
from linear_models import linear, mapped, rows_of
from torch import Tensor, nn

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.ranking import spearman
from xaivision.evaluation.robust_fidelity import RobustFidelity
from xaivision.explainers.integrated_gradients import IntegratedGradients

WEIGHTS = tuple(float(weight) for weight in range(10, 0, -1))
X = torch.ones(1, 10, dtype=torch.float64)
CONTRIBUTIONS = rows_of(WEIGHTS)
LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def test_an_additive_model_has_the_expected_falls() -> None:
    """Of the two largest, 10 + 9, a tenth goes; of the other eight, 36 in sum, a tenth as well."""
    model = linear(WEIGHTS)
    judge = RobustFidelity(budget=20_000, shares=(0.2,), output="score")
    found = judge.evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert float(found.details["plus"]) == pytest.approx(1.9, abs=4 * float(found.details["plus_error"]))
    assert float(found.details["minus"]) == pytest.approx(3.6, abs=4 * float(found.details["minus_error"]))
    assert float(found.details["plus_error"]) == pytest.approx(((100 + 81) * 0.09 / 20_000) ** 0.5, rel=0.05)
    assert float(found.values) == pytest.approx(float(found.details["plus"] - found.details["minus"]), abs=1e-12)


def test_alpha_one_and_zero_are_the_original_fidelities_whatever_the_seed() -> None:
    model = linear(WEIGHTS, 3.0)
    judge = RobustFidelity(alpha1=1, alpha2=0, shares=(0.2, 0.5), output="score")
    found = [judge.evaluate(model, mapped(model, X, CONTRIBUTIONS), seed=seed) for seed in (0, 1)]
    assert found[0].details["plus"].tolist() == [[19.0, 40.0]]
    assert found[0].details["minus"].tolist() == [[36.0, 15.0]]
    assert found[0].curves.tolist() == [[-17.0, 25.0]]
    assert found[0].values.tolist() == [4.0]
    assert torch.equal(found[0].values, found[1].values)
    assert found[0].details["delta_error"].tolist() == [[0.0, 0.0]]
    assert found[0].model_calls == 1 + 2 * 2


def test_a_reversed_ranking_turns_the_part_around() -> None:
    model = linear(WEIGHTS)
    judge = RobustFidelity(alpha1=1, alpha2=0, shares=(0.5,), output="score")
    assert float(judge.evaluate(model, mapped(model, X, -CONTRIBUTIONS)).values) == 15 - 40


def test_cells_of_a_picture_go_as_a_whole() -> None:
    model = TorchClassifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False)).double(), 2)
    images = torch.rand(1, 1, 8, 8, generator=generator(0), dtype=torch.float64)
    values = torch.zeros_like(images)
    values[0, 0, 0, 0] = 1.0
    judge = RobustFidelity(alpha1=1, alpha2=0, shares=(0.25,), grid=2, output="score", baseline="black")
    found = judge.evaluate(model, mapped(model, images, values))
    corner = torch.zeros_like(images)
    corner[..., :4, :4] = images[..., :4, :4]
    assert float(found.details["plus"]) == pytest.approx(float(model(corner)[0, 0]), abs=1e-12)


@cache
def digits_network() -> TorchClassifier:
    """A small network of the digits, trained for a few seconds."""
    inputs, targets = load_dataset("digits").train
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = torch.optim.Adam(module.parameters(), 1e-3)
        for _ in range(40):
            for part in torch.randperm(len(inputs)).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(inputs[part]), targets[part]).backward()
                optimizer.step()
    return TorchClassifier(module.eval(), 10)


@cache
def degraded() -> tuple[Attribution, ...]:
    """Integrated gradients of 60 digits, less and less of them: at each level so large a share of the values is shuffled."""
    model, images = digits_network(), load_dataset("digits").test[0][:60]
    true = IntegratedGradients(baseline="black").explain(model, images)
    chance = generator(0, "degraded")
    return tuple(true.with_values(_shuffled(true.values, level, chance)) for level in LEVELS)


def _shuffled(values: Tensor, level: float, chance: torch.Generator) -> Tensor:
    found = values.flatten(1).clone()
    for row in found:
        chosen = torch.randperm(len(row), generator=chance)[: round(level * len(row))]
        row[chosen] = row[chosen[torch.randperm(len(chosen), generator=chance)]]
    return found.view_as(values)


@pytest.mark.parametrize("alphas", [(1.0, 0.0), (0.1, 0.9), (0.5, 0.5)])
@pytest.mark.parametrize("share", [6 / 64, 12 / 64, 24 / 64])
def test_maps_degraded_in_steps_are_ranked_back(alphas: tuple[float, float], share: float) -> None:
    judge = RobustFidelity(alpha1=alphas[0], alpha2=alphas[1], shares=(share,), budget=50)
    means = torch.tensor([judge.evaluate(digits_network(), one).mean for one in degraded()])
    assert spearman(torch.tensor(LEVELS), means) <= -0.94


@pytest.mark.parametrize("alphas", [(1.0, 0.0), (0.1, 0.9), (0.5, 0.5)])
def test_true_maps_are_above_chance_and_chance_above_the_reversed(alphas: tuple[float, float]) -> None:
    judge = RobustFidelity(alpha1=alphas[0], alpha2=alphas[1])
    true, chance = degraded()[0], degraded()[-1]
    values = [judge.evaluate(digits_network(), one).mean for one in (true, chance, true.with_values(-true.values))]
    assert values[0] > values[1] > values[2]


@pytest.mark.parametrize("name", ["alpha1", "alpha2"])
@pytest.mark.parametrize("chance", [-0.1, 1.5, True, "all", float("nan")])
def test_what_is_no_chance_is_refused(name: str, chance: object) -> None:
    with pytest.raises(InputError, match=f"`{name}` must be a chance from 0 to 1. Got "):
        RobustFidelity(**{name: chance})


@pytest.mark.parametrize("shares", [(), 0.5, (0.1, 1.0), (0.0,), [0.1]])
def test_shares_that_are_no_tuple_of_shares_are_refused(shares: object) -> None:
    with pytest.raises(InputError, match="`shares` must be a "):
        RobustFidelity(shares=shares)
