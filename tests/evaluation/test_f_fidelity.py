"""F-Fidelity: closed forms on linear models, the cap on what goes, and degraded maps that it ranks back."""

from functools import cache

import pytest
import torch
from linear_models import linear, mapped, rows_of
from test_robust_fidelity_metric import CONTRIBUTIONS, LEVELS, WEIGHTS, X, degraded, digits_network
from torch import nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.ranking import spearman
from xaivision.evaluation.f_fidelity import FFidelity
from xaivision.evaluation.masked_finetuning import MaskedFinetuning, Masking, masked_finetuning
from xaivision.explainers.controls import Constant, Sobel
from xaivision.models.weights_cache import digest


def linear_module(weights: tuple[float, ...] = WEIGHTS) -> TorchClassifier:
    module = nn.Linear(len(weights), 2, bias=False).double()
    with torch.no_grad():
        module.weight.copy_(torch.stack([rows_of(weights)[0], torch.zeros(len(weights))]))
    return TorchClassifier(module, 2, domain="tabular")


def copied(model: TorchClassifier, share: float, by: TorchClassifier | None = None) -> MaskedFinetuning:
    """The model as its own copy, or another one: fine-tuning that taught nothing, or just that."""
    return MaskedFinetuning(by or model, Masking(share), digest(model.model.state_dict()), 1.0, 1.0)


@cache
def finetuned() -> MaskedFinetuning:
    return masked_finetuning(digits_network(), load_dataset("digits"), Masking(grid=8), held_out=load_dataset("digits"))


def test_where_all_may_go_it_is_the_original_fidelity_exactly() -> None:
    model = linear_module()
    found = FFidelity(copied(model, 0.5), alpha=1, shares=(0.5,), output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert found.details["plus"].tolist() == [[40.0]]
    assert found.details["minus"].tolist() == [[15.0]]
    assert found.values.tolist() == [25.0]
    assert found.details["delta_error"].tolist() == [[0.0]]
    assert found.model_calls == 1 + 2


def test_the_cap_binds_on_the_larger_side() -> None:
    """Of ten elements two may go: both of the part (10 + 9), and a quarter of the rest (36)."""
    model = linear_module()
    judge = FFidelity(copied(model, 0.2), alpha=1, shares=(0.2,), budget=20_000, output="score")
    found = judge.evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert found.details["plus"].tolist() == [[19.0]]
    assert float(found.details["minus"]) == pytest.approx(9.0, abs=4 * float(found.details["minus_error"]))
    assert 0 < float(found.details["minus_error"]) < 0.1


def test_everything_as_the_part_has_no_minus() -> None:
    model = linear_module()
    judge = FFidelity(copied(model, 0.2), shares=(1.0,), budget=20_000, output="score")
    found = judge.evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert found.details["minus"].tolist() == [[0.0]]
    assert float(found.details["plus"]) == pytest.approx(0.2 * 55, abs=4 * float(found.details["plus_error"]))
    assert found.model_calls == 1 + 20_000 + 1


def test_the_copy_is_asked_and_not_the_model() -> None:
    model, other = linear_module(), linear_module(WEIGHTS[::-1])
    judge = FFidelity(copied(model, 0.5, by=other), alpha=1, shares=(0.5,), output="score")
    assert judge.evaluate(model, mapped(model, X, CONTRIBUTIONS)).values.tolist() == [15.0 - 40.0]


def test_elements_are_the_cells_that_the_copy_was_trained_with() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False)).double()
    model = TorchClassifier(module, 2)
    images = torch.rand(1, 1, 8, 8, generator=generator(0), dtype=torch.float64)
    values = torch.zeros_like(images)
    values[0, 0, 0, 0] = 1.0
    made = MaskedFinetuning(model, Masking(0.5, 2, "black"), digest(module.state_dict()), 1.0, 1.0)
    found = FFidelity(made, alpha=1, shares=(0.25,), output="score", budget=3).evaluate(model, mapped(model, images, values))
    corner = torch.zeros_like(images)
    corner[..., :4, :4] = images[..., :4, :4]
    assert float(found.details["plus"]) == pytest.approx(float(model(corner)[0, 0]), abs=1e-12)


@pytest.mark.parametrize("shares", [(6 / 64,), (12 / 64,), (24 / 64,), FFidelity.shares])
def test_maps_degraded_in_steps_are_ranked_back(shares: tuple[float, ...]) -> None:
    judge = FFidelity(finetuned(), shares=shares)
    means = torch.tensor([judge.evaluate(digits_network(), one).mean for one in degraded()])
    assert spearman(torch.tensor(LEVELS), means) <= -0.94


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
def test_true_maps_are_above_chance_and_chance_above_the_reversed(alpha: float) -> None:
    judge = FFidelity(finetuned(), alpha=alpha)
    true, chance = degraded()[0], degraded()[-1]
    values = [judge.evaluate(digits_network(), one).mean for one in (true, chance, true.with_values(-true.values))]
    assert values[0] > values[1] > values[2]
    assert values[2] < 0


def test_edges_and_a_constant_map_are_far_below_a_true_map() -> None:
    model, inputs = digits_network(), degraded()[0].query.inputs
    judge = FFidelity(finetuned())
    true = judge.evaluate(model, degraded()[0]).mean
    for control in (Sobel(), Constant()):
        assert judge.evaluate(model, control.explain(model, inputs)).mean < true / 2


def test_a_part_of_the_default_size_costs_what_the_card_says() -> None:
    one = degraded()[0]
    assert FFidelity(finetuned()).evaluate(digits_network(), one).model_calls == 1952 * len(one.query)
    assert FFidelity.about.cost.startswith("1952 forwards")


def test_the_card_says_that_training_data_is_needed() -> None:
    assert FFidelity.about.training_data
    assert str(FFidelity.about.needs) == "weights"


def test_a_copy_of_another_model_is_refused() -> None:
    model, other = linear_module(), linear_module(WEIGHTS[::-1])
    with pytest.raises(InputError, match="`finetuned` must be a copy of the model that is explained"):
        FFidelity(copied(other, 0.5)).evaluate(model, mapped(model, X, CONTRIBUTIONS))


def test_a_model_without_weights_is_refused() -> None:
    model = linear(WEIGHTS)
    with pytest.raises(CapabilityError, match="`f_fidelity` needs a model's weights"):
        FFidelity(copied(linear_module(), 0.5)).evaluate(model, mapped(model, X, CONTRIBUTIONS))


@pytest.mark.parametrize("alpha", [0, -0.1, 1.5, True, "all", float("nan")])
def test_what_is_no_chance_is_refused(alpha: object) -> None:
    with pytest.raises(InputError, match="`alpha` must be a chance above 0"):
        FFidelity(copied(linear_module(), 0.5), alpha=alpha)  # type: ignore[arg-type]


@pytest.mark.parametrize("shares", [(), 0.5, (0.1, 1.1), (0.0,), [0.1], (True,)])
def test_shares_that_are_no_tuple_of_shares_are_refused(shares: object) -> None:
    with pytest.raises(InputError, match="`shares` must be "):
        FFidelity(copied(linear_module(), 0.5), shares=shares)  # type: ignore[arg-type]


def test_what_is_no_fine_tuned_copy_is_refused() -> None:
    with pytest.raises(InputError, match="`finetuned` must be what `masked_finetuning"):
        FFidelity(linear_module())  # type: ignore[arg-type]
