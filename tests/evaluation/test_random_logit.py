"""Random logit on models whose maps of every class are known, and on methods that do not hear the class."""

from collections import Counter
from typing import Any

import pytest
import torch
from digit_networks import reader
from linear_models import linear, rows_of
from scipy.stats import spearmanr
from test_stability_checks import checked, same, times
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.random_logit import RandomLogit
from xaivision.explainers.controls import Random, Sobel
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency

# Three classes of four columns: the second goes with the first, the third against it.
WEIGHTS = torch.tensor([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0], [4.0, 3.0, 2.0, 1.0]], dtype=torch.float64)
LIKENESS = {1: 0.6, 2: -1.0}


def three_classes() -> TorchClassifier:
    layer = nn.Linear(4, 3, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(WEIGHTS)
    return TorchClassifier(layer, 3, domain="tabular")


def rows(count: int) -> Tensor:
    return torch.rand(count, 4, generator=generator(3), dtype=torch.float64)


def test_likeness_is_the_rank_correlation_with_the_map_of_the_other_class() -> None:
    model, inputs = three_classes(), rows(12)
    explained = Saliency().explain(model, inputs, 0)
    found = RandomLogit().evaluate(model, Saliency(), explained, seed=1)
    others = found.details["other class"].tolist()
    assert set(others) == {1, 2}
    assert found.values.tolist() == pytest.approx([LIKENESS[other] for other in others], abs=1e-12)
    assert found.details["signed"].tolist() == found.values.tolist()
    assert found.notes == ()


@pytest.mark.parametrize("method", [InputXGradient(), Occlusion(baseline="black")], ids=["input_x_gradient", "occlusion"])
def test_contributions_of_a_linear_model_are_held_against_those_of_the_other_class(method: Any) -> None:
    model, inputs = three_classes(), rows(6)
    found = RandomLogit().evaluate(model, method, method.explain(model, inputs, 1), seed=2)
    others = found.details["other class"].tolist()
    expected = [spearmanr(one * WEIGHTS[1], one * WEIGHTS[other]).statistic for one, other in zip(inputs, others, strict=True)]
    assert found.values.tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", [Sobel(), Random()], ids=["sobel", "random"])
@pytest.mark.parametrize("similarity", ["spearman", "ssim"])
def test_a_map_that_does_not_hear_the_class_fails_with_one(method: Any, similarity: Any) -> None:
    model, images = reader()
    found = RandomLogit(similarity).evaluate(model, method, method.explain(model, images))
    assert found.values.tolist() == pytest.approx([1.0] * 20, abs=1e-12)
    assert not found.higher_is_better


@pytest.mark.parametrize("similarity", ["spearman", "ssim"])
def test_gradients_of_a_trained_network_depend_on_the_class(similarity: Any) -> None:
    model, images = reader()
    assert RandomLogit(similarity).evaluate(model, Saliency(), Saliency().explain(model, images)).mean < 0.2


def test_the_other_class_is_never_the_target_and_each_is_as_likely() -> None:
    model = FunctionClassifier(lambda x: x[:, :1] * torch.arange(5), 5, score_unit="logit", domain="tabular", array="torch")
    inputs = torch.rand(400, 4, generator=generator(5))
    targets = torch.arange(400) % 5
    method = times((1.0, 2.0, 3.0, 4.0))
    found = RandomLogit().evaluate(model, method, method.explain(model, inputs, targets))
    steps = Counter(((found.details["other class"] - targets) % 5).tolist())
    assert set(steps) == {1, 2, 3, 4}
    assert min(steps.values()) > 70


def test_the_draw_belongs_to_the_input_and_the_seed() -> None:
    model, inputs = three_classes(), rows(8)

    def others(chosen: Tensor, seed: int) -> list[float]:
        explained = Saliency().explain(model, chosen, 0)
        return RandomLogit().evaluate(model, Saliency(), explained, seed=seed).details["other class"].tolist()

    assert others(inputs.flip(0), 0) == others(inputs, 0)[::-1]
    assert others(inputs[2:3], 0) == others(inputs, 0)[2:3]
    assert others(inputs, 0) != others(inputs, 1)


def test_two_classes_of_one_logit_have_opposite_maps_and_the_check_says_so() -> None:
    module = nn.Sequential(nn.Linear(4, 1)).double()
    model = TorchClassifier(module, 2, domain="tabular")
    found = RandomLogit().evaluate(model, InputXGradient(), InputXGradient().explain(model, rows(3)))
    assert found.values.tolist() == [-1.0, -1.0, -1.0]
    assert "opposite" in (RandomLogit.__doc__ or "")
    assert len(found.notes) == 1
    assert found.notes[0].startswith("the model has two classes")
    deaf = same(2.0)
    assert checked(RandomLogit(), deaf, linear((1.0, 2.0, 3.0)), rows_of((0.1, 0.2, 0.3))).undefined == 1


def test_the_output_that_was_explained_is_asked_of_the_other_class_too() -> None:
    model, inputs = three_classes(), rows(5)
    target = Target(0, output="margin")
    found = RandomLogit().evaluate(model, Saliency(), Saliency().explain(model, inputs, target))
    for index, other in enumerate(found.details["other class"].tolist()):
        asked = Saliency().explain(model, inputs[index : index + 1], Target(int(other), output="margin")).values[0]
        own = Saliency().explain(model, inputs[index : index + 1], target).values[0]
        assert float(found.values[index]) == pytest.approx(spearmanr(own, asked).statistic, abs=1e-12)


def test_a_class_against_another_is_refused() -> None:
    model, inputs = three_classes(), rows(2)
    explained = Saliency().explain(model, inputs, Target(0, against=1))
    with pytest.raises(InputError, match=r"needs explanations of one class\. Got one class against another\."):
        RandomLogit().evaluate(model, Saliency(), explained)


def test_the_explanation_of_another_method_is_refused() -> None:
    model, inputs = three_classes(), rows(2)
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        RandomLogit().evaluate(model, InputXGradient(), Saliency().explain(model, inputs))


def test_wrong_settings_and_windows_of_tables_are_refused() -> None:
    with pytest.raises(InputError, match="`similarity` must be 'spearman' or 'ssim'"):
        RandomLogit("mse")  # type: ignore[arg-type]
    model = three_classes()
    with pytest.raises(InputError, match="compares windows of pictures"):
        RandomLogit("ssim").evaluate(model, Saliency(), Saliency().explain(model, rows(1)))
