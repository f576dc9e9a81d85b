"""Input invariance: what Kindermans and others found, on networks small enough to prove it."""

from typing import Any

import pytest
import torch
from digit_networks import reader
from linear_models import Columns
from test_parameter_randomization import bytes_of, picture_model, pictures, seeded, table, table_of
from torch import Tensor, nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.input_invariance import InputInvariance
from xaivision.explainers.controls import Constant, Sobel
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.layerwise_relevance import LayerwiseRelevance
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad


def changes(method: Any, model: TorchClassifier, inputs: Tensor, shift: float = -1.0) -> list[float]:
    found = InputInvariance(shift).evaluate(model, method, method.explain(model, inputs).as_attribution())
    assert float(found.details["scores differ by"].max()) < 1e-4
    values: list[float] = found.values.tolist()
    return values


PASS = [Saliency(), SmoothGrad(samples=4), GuidedBackprop(), Sobel(), Constant()]
FAIL = [InputXGradient(), IntegratedGradients(baseline="black", steps=16), LayerwiseRelevance()]


@pytest.mark.parametrize("method", PASS, ids=lambda method: method.about.name)
def test_maps_that_do_not_read_the_inputs_zero_pass(method: Any) -> None:
    assert max(changes(method, *reader())) < 1e-3


@pytest.mark.parametrize("method", FAIL, ids=lambda method: method.about.name)
@pytest.mark.parametrize("shift", [-1.0, 0.5])
def test_maps_that_take_zero_for_nothing_fail(method: Any, shift: float) -> None:
    assert min(changes(method, *reader(), shift)) > 0.3


def test_the_change_of_input_times_gradient_is_shift_times_gradient() -> None:
    """The closed form: (x + s) g - x g = s g."""
    model, rows = table_of(2), table(3)
    gradient = Saliency().explain(model, rows).values.double()
    expected = (-3.0 * gradient).norm(dim=1) / (rows.double() * gradient).norm(dim=1)
    assert changes(InputXGradient(), model, rows, -3.0) == pytest.approx(expected.tolist(), rel=1e-5)


def test_columns_and_pixels_behind_a_normalization_pass_with_the_gradient() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(256, 3))

    normalized = TorchClassifier(seeded(make), 3, domain="image", mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.1))
    images = torch.rand(3, 3, 8, 8)
    assert max(changes(Saliency(), normalized, images)) < 1e-4
    assert min(changes(InputXGradient(), normalized, images)) > 0.3
    assert max(changes(Saliency(), table_of(), table(), 5.0)) < 1e-4
    assert max(changes(Saliency(), picture_model(), pictures(), 5.0)) < 1e-4


def test_codes_of_categories_stay_where_they_are() -> None:
    schema = Columns((0.0,) * 6, category_names=((), (), (), (), (), ("red", "green")))
    model = table_of(2)
    coded = TorchClassifier(model.model, 3, domain="tabular", schema=schema)
    rows = table(2)
    rows[:, 5] = 1
    gradient = Saliency().explain(coded, rows).values.double()
    moved = gradient.clone()
    moved[:, 5] = 0
    expected = moved.norm(dim=1) / (rows.double() * gradient).norm(dim=1)
    assert changes(InputXGradient(), coded, rows) == pytest.approx(expected.tolist(), rel=1e-5)


def test_a_table_of_codes_only_is_refused() -> None:
    schema = Columns((0.0,) * 6, category_names=(("red", "green"),) * 6)
    coded = TorchClassifier(table_of(2).model, 3, domain="tabular", schema=schema)
    with pytest.raises(InputError, match="needs a column of numbers to move"):
        changes(Saliency(), coded, torch.ones(1, 6))


def test_the_model_is_left_as_it_was_also_where_the_method_fails() -> None:
    model, images = picture_model(), pictures()
    before, parts = bytes_of(model.model), [id(part) for part in model.model.modules()]
    changes(InputXGradient(), model, images)
    assert bytes_of(model.model) == before
    assert [id(part) for part in model.model.modules()] == parts
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in model.model.modules())


class Bent(nn.Module):
    """Bends its inputs before the first layer: no bias takes a shift back."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 3)

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.head(rows**2)
        return scores


class Beside(Bent):
    """Uses its inputs once more beside the first layer."""

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.head(rows) + rows[:, :3]
        return scores


@pytest.mark.parametrize("kind", [Bent, Beside])
def test_a_model_whose_scores_cannot_be_kept_is_refused(kind: Any) -> None:
    model = TorchClassifier(seeded(kind), 3, domain="tabular")
    with pytest.raises(
        CapabilityError, match=r"whose bias can take the shift back: with one that takes it back the scores still"
    ):
        changes(Saliency(), model, table())


def test_a_model_without_a_first_layer_is_refused() -> None:
    model = TorchClassifier(nn.Sequential(nn.Tanh()), 6, domain="tabular")
    with pytest.raises(CapabilityError, match=r"`input_invariance` needs a model whose first operation .*: it calls none"):
        changes(Saliency(), model, table())


def test_a_zero_map_that_changes_has_no_value() -> None:
    model, images = picture_model(), pictures(1)
    explained = InputXGradient().explain(model, torch.zeros_like(images))
    assert InputInvariance().evaluate(model, InputXGradient(), explained).undefined == 1


@pytest.mark.parametrize("shift", [0, 0.0, float("inf"), float("nan"), True, "1"])
def test_a_wrong_shift_is_refused(shift: Any) -> None:
    with pytest.raises(InputError, match="`shift` must be a number other than 0"):
        InputInvariance(shift)


def test_the_explanation_of_another_method_is_refused() -> None:
    model, rows = table_of(), table()
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        InputInvariance().evaluate(model, InputXGradient(), Saliency().explain(model, rows))
