"""Each layer alone, windows instead of ranks, and the smooth and the efficient check: known answers, and who fails them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from digit_networks import reader
from test_parameter_randomization import Scripted, bytes_of, picture_model, pictures, table, table_of
from torch import Tensor, nn

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.protocols import Explainer, SanityCheck
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.reinitialization import ORDERS
from xaivision.evaluation.efficient_parameter_randomization import EfficientParameterRandomization
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.evaluation.smooth_parameter_randomization import SmoothParameterRandomization
from xaivision.explainers.controls import Constant, Random, Sobel
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad

FAMILY: tuple[Callable[[], SanityCheck], ...] = (
    lambda: ParameterRandomization("independent"),
    lambda: ParameterRandomization(similarity="ssim"),
    lambda: SmoothParameterRandomization(samples=3),
    EfficientParameterRandomization,
)
NAMES = ["independent", "ssim", "smooth", "efficient"]
every_check = pytest.mark.parametrize("make", FAMILY, ids=NAMES)


@dataclass(frozen=True, eq=False)
class Watched(Scripted):
    """Answers with the inputs, after an observer has seen the model."""

    watch: Callable[[Classifier, Tensor], None] = lambda model, scores: None

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            self.watch(model, q.query.scores)
            return q.attribution(inputs, "contribution")

    def __repr__(self) -> str:
        return "Watched()"


def checked(check: SanityCheck, method: Explainer, model: TorchClassifier, inputs: Tensor, seed: int = 0) -> Scores:
    return check.evaluate(model, method, method.explain(model, inputs).as_attribution(), seed=seed)


def mean_over_seeds(check: SanityCheck, method: Explainer) -> float:
    """The mean over five draws of the weights, on the network that reads digits."""
    model, images = reader()
    return sum(checked(check, method, model, images, seed).mean for seed in range(5)) / 5


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("similarity", ["spearman", "ssim"])
def test_sobel_is_exactly_as_it_was_in_every_order(order: Any, similarity: Any) -> None:
    found = checked(ParameterRandomization(order, similarity), Sobel(), *reader())
    exact = [1.0] * 20 if similarity == "spearman" else pytest.approx([1.0] * 20, abs=1e-12)
    assert found.values.tolist() == exact
    assert found.details["of absolute values"].shape == (20, 1 if order == "all" else 3)


@pytest.mark.parametrize("control", [Sobel(), Random()], ids=["sobel", "random"])
def test_controls_fail_the_smooth_and_the_efficient_check_exactly(control: Explainer) -> None:
    model, images = reader()
    assert checked(SmoothParameterRandomization(samples=3), control, model, images).values.tolist() == [1.0] * 20
    assert checked(EfficientParameterRandomization(), control, model, images).values.tolist() == [0.0] * 20


@pytest.mark.parametrize("order", ORDERS)
def test_the_gradient_changes_and_guided_backprop_stays_far_more_alike(order: Any) -> None:
    """What Adebayo and others found on large networks, found on a small one."""
    check = ParameterRandomization(order)
    gradient, guided = mean_over_seeds(check, Saliency()), mean_over_seeds(check, GuidedBackprop())
    assert gradient < 0.25
    assert guided > 0.25
    assert guided > 1.5 * gradient


def test_windows_and_means_over_noise_agree_that_guided_backprop_fails() -> None:
    for check in (ParameterRandomization(similarity="ssim"), SmoothParameterRandomization(samples=5)):
        assert mean_over_seeds(check, GuidedBackprop()) > 1.5 * mean_over_seeds(check, Saliency())


def test_the_entropy_of_gradients_rises_more_than_that_of_guided_backprop() -> None:
    gradient = mean_over_seeds(EfficientParameterRandomization(), Saliency())
    guided = mean_over_seeds(EfficientParameterRandomization(), GuidedBackprop())
    assert gradient > 0.03
    assert gradient > 1.4 * guided
    assert EfficientParameterRandomization.about.higher_is_better


@every_check
def test_weights_come_back_byte_for_byte_also_where_the_method_fails(make: Callable[[], SanityCheck]) -> None:
    model, images = picture_model(), pictures()
    model.model[1].running_mean.uniform_(-1, 1, generator=generator(5))
    before = bytes_of(model.model)
    explained = Saliency().explain(model, images)
    make().evaluate(model, Saliency(), explained)
    assert bytes_of(model.model) == before

    def fail_where_random(asked: Classifier, _: Tensor) -> None:
        if bytes_of(asked.model) != before:  # type: ignore[attr-defined]
            raise RuntimeError("out of order")

    method = Watched(watch=fail_where_random)
    first = method.explain(model, images)
    with pytest.raises(RuntimeError, match="out of order"):
        make().evaluate(model, method, first)
    assert bytes_of(model.model) == before


def test_each_layer_is_random_alone_with_the_weights_it_has_in_every_order() -> None:
    model, inputs, seen = table_of(3), table(), []
    whole = bytes_of(model.model)
    for order, stages in (("independent", 3), ("all", 1), ("top_down", 3)):
        scripted = Scripted([inputs.clone() for _ in range(stages + 1)], lambda asked, _: seen.append(bytes_of(asked.model)))  # type: ignore[attr-defined]
        ParameterRandomization(order).evaluate(model, scripted, scripted.explain(model, inputs, 0))  # type: ignore[arg-type]
    alone, everything, last = seen[1:4], seen[5], seen[9]
    assert everything == last
    for number, layer in enumerate((0, 2, 4)):
        changed = {name for name in whole if alone[number][name] != whole[name]}
        assert changed == {f"{layer}.weight", f"{layer}.bias"}
        assert alone[number][f"{layer}.weight"] == everything[f"{layer}.weight"]


@every_check
def test_an_input_alone_scores_what_it_scores_in_a_batch(make: Callable[[], SanityCheck]) -> None:
    model, images = picture_model(), pictures().double()
    model.model.double()
    together = checked(make(), Saliency(), model, images, seed=2)
    for index in range(3):
        alone = checked(make(), Saliency(), model, images[index : index + 1], seed=2)
        assert alone.values.tolist() == pytest.approx(together.values[index : index + 1].tolist(), abs=1e-9)


def test_the_rise_of_the_entropy_is_a_share_of_what_it_was() -> None:
    """Four values in four bins, ln 4, out of three equal and one, 0.562 nats."""
    model, inputs = table_of(1, 4), table(1, 4)
    scripted = Scripted([torch.tensor([row], dtype=torch.float64) for row in ([1.0, 1, 1, 9], [1.0, 2, 3, 4])])
    found = EfficientParameterRandomization(bins=4).evaluate(model, scripted, scripted.explain(model, inputs, 0))
    before = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert float(found.values) == pytest.approx((math.log(4) - before) / before, abs=1e-12)
    assert float(found.details["entropy before"]) == pytest.approx(before, abs=1e-12)
    assert float(found.details["entropy after"]) == pytest.approx(math.log(4), abs=1e-12)


def test_a_map_without_entropy_has_no_value_and_is_counted() -> None:
    model, images = picture_model(), pictures()
    found = checked(EfficientParameterRandomization(), Constant(), model, images)
    assert found.undefined == 3


def test_without_noise_the_smooth_check_is_the_plain_one() -> None:
    model, images = reader()
    smooth = checked(SmoothParameterRandomization(samples=1, noise=0.0), Saliency(), model, images[:4], seed=3)
    plain = checked(ParameterRandomization("bottom_up"), Saliency(), model, images[:4], seed=3)
    assert smooth.values.tolist() == pytest.approx(plain.values.tolist(), abs=1e-9)
    assert smooth.curves is not None
    assert smooth.curves.shape == (4, 3)


def test_the_smooth_check_judges_the_mean_map_over_the_noise_of_its_seed() -> None:
    model, images = reader()
    method = SmoothGrad(samples=4, noise=0.1)
    explained = method.explain(model, images[:3], seed=7)
    check = SmoothParameterRandomization(samples=4, noise=0.1, order="all")
    found = checked(check, Saliency(), model, images[:3], seed=7)
    plain = ParameterRandomization().evaluate(model, method, explained, seed=7)
    assert found.values.tolist() == pytest.approx(plain.values.tolist(), abs=1e-3)  # float32 means rank a few pixels otherwise


def test_noisy_copies_may_leave_the_range_of_pictures() -> None:
    model, images = reader()
    assert checked(SmoothParameterRandomization(samples=2, noise=0.5), Saliency(), model, images[:2]).undefined == 0


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: ParameterRandomization(similarity="hog"), r"`similarity` must be 'spearman' or 'ssim'\. Got 'hog'\."),
        (lambda: SmoothParameterRandomization(samples=0), "`samples` must be a positive integer"),
        (lambda: SmoothParameterRandomization(noise=-1), "`noise` must be a number from 0"),
        (lambda: SmoothParameterRandomization(order="up"), "`order` must be 'all'"),
        (lambda: SmoothParameterRandomization(similarity="mse"), "`similarity` must be"),
        (lambda: EfficientParameterRandomization(bins=0), "`bins` must be a positive integer"),
    ],
)
def test_wrong_settings_are_refused(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        make()


def test_windows_of_a_table_are_refused() -> None:
    with pytest.raises(InputError, match=r"`similarity` 'ssim' compares windows of pictures\. Got a model of tables\."):
        checked(ParameterRandomization(similarity="ssim"), Saliency(), table_of(), table())


@every_check
def test_a_module_without_layers_to_draw_is_refused_by_the_checks_name(make: Callable[[], SanityCheck]) -> None:
    model = TorchClassifier(nn.Sequential(nn.Flatten(), nn.Softmax(1)), 64, domain="image", score_unit="probability")
    with pytest.raises(CapabilityError, match=rf"`{make().about.name}` needs layers with `reset_parameters`"):
        checked(make(), Sobel(), model, pictures())
