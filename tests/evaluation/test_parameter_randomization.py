"""Parameter randomization against maps with known likeness, trained networks, and methods that ignore the model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.sharing import shared_scores, sharing
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.explainers.controls import Constant, InputMagnitude, Random, Sobel
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad

ORDERS = ("all", "bottom_up", "top_down")


@dataclass(frozen=True, eq=False)
class Scripted:
    """Answers each call with the next of these maps, and shows the model to an observer."""

    about: ClassVar[About] = About("scripted", "What was written?", "Always.", "none", "a control", Access.LABELS)
    maps: list[Tensor] = field(default_factory=list)
    observe: Callable[[Classifier, Tensor], None] = lambda model, scores: None

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            self.observe(model, q.query.scores)
            return q.attribution(self.maps.pop(0), "contribution")

    def __repr__(self) -> str:
        return "Scripted()"


def table_of(layers: int = 3, features: int = 6) -> TorchClassifier:
    parts: list[nn.Module] = []
    for _ in range(layers - 1):
        parts += [nn.Linear(features, features), nn.Tanh()]
    return TorchClassifier(seeded(lambda: nn.Sequential(*parts, nn.Linear(features, 3))), 3, domain="tabular")


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = make()
        for part in module.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
    return module


def picture_model() -> TorchClassifier:
    def make() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.Tanh(),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.Tanh(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 3),
        )

    return TorchClassifier(seeded(make), 3, domain="image")


def pictures(count: int = 3) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=generator(1))


def table(count: int = 2, features: int = 6) -> Tensor:
    return torch.rand(count, features, generator=generator(2))


def likeness(before: list[float], *after: list[float], order: str = "all") -> object:
    """What the check says where the method draws these maps."""
    model = table_of(max(1, len(after)), len(before))
    inputs = table(1, len(before))
    scripted = Scripted([torch.tensor([row], dtype=torch.float64) for row in (before, *after)])
    return ParameterRandomization(order=order).evaluate(model, scripted, scripted.explain(model, inputs, 0))


def bytes_of(module: nn.Module) -> dict[str, bytes]:
    return {name: tensor.detach().numpy().tobytes() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3, 4], [2, 1, 4, 3], 0.6),
        ([1, 2, 3, 4, 5], [2, 5, 1, 4, 3], 0.1),
        ([1, 1, 2, 3], [1, 2, 3, 4], 0.9486832980505138),
    ],
)
def test_likeness_is_the_absolute_rank_correlation(before: list[float], after: list[float], expected: float) -> None:
    found = likeness(before, after)
    assert float(found.values) == pytest.approx(abs(expected), abs=1e-12)
    assert float(found.details["signed"]) == pytest.approx(expected, abs=1e-12)
    assert found.curves is None


def test_features_that_are_zero_before_and_after_are_left_out() -> None:
    before = [0.0] * 20 + [1, 2, 3, 4]
    after = [0.0] * 20 + [2, 1, 4, 3]
    assert float(likeness(before, after).values) == pytest.approx(0.6, abs=1e-12)
    one_more = likeness([0.0, *before], [7.0, *after])
    assert float(one_more.details["signed"]) == pytest.approx(-0.2, abs=1e-12)


@pytest.mark.parametrize("turned", [False, True])
def test_likeness_of_absolute_values_stands_beside(turned: bool) -> None:
    before, after = ([1.0, -2, 3, -4], [1.0, 2, 3, 4])[:: -1 if turned else 1]
    found = likeness(before, after)
    assert float(found.details["of absolute values"]) == pytest.approx(1, abs=1e-12)
    assert float(found.values) == pytest.approx(0.4, abs=1e-12)


def test_stages_are_averaged_and_kept_as_a_curve() -> None:
    found = likeness([1, 2, 3, 4], [4, 3, 2, 1], [1, 2, 3, 4], [2, 1, 4, 3], order="bottom_up")
    assert found.curves[0].tolist() == pytest.approx([1, 1, 0.6], abs=1e-12)
    assert float(found.values) == pytest.approx(2.6 / 3, abs=1e-12)
    assert found.details["signed"][0].tolist() == pytest.approx([-1, 1, 0.6], abs=1e-12)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("control", [Sobel(), InputMagnitude(), Random()], ids=lambda control: control.about.name)
def test_maps_that_ignore_the_model_fail_at_every_layer_in_every_order(order: str, control: Sobel) -> None:
    model, images = picture_model(), pictures()
    found = ParameterRandomization(order=order).evaluate(model, control, control.explain(model, images))
    assert not found.higher_is_better
    assert found.values.tolist() == pytest.approx([1, 1, 1], abs=1e-12)
    if order != "all":
        assert found.curves.shape == (3, 4)
        assert found.curves.flatten().tolist() == pytest.approx([1] * 12, abs=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_a_constant_map_gets_no_value_so_it_cannot_pass(order: str) -> None:
    model, images = picture_model(), pictures()
    found = ParameterRandomization(order=order).evaluate(model, Constant(), Constant().explain(model, images))
    assert found.undefined == 3


@pytest.mark.parametrize("order", ORDERS)
def test_weights_and_buffers_are_given_back_byte_for_byte(order: str) -> None:
    model, images = picture_model(), pictures()
    model.model[1].running_mean.uniform_(-1, 1, generator=generator(5))
    model.model[1].running_var.uniform_(0.5, 2, generator=generator(6))
    model.model[1].num_batches_tracked.fill_(17)
    before, tensors = bytes_of(model.model), [id(tensor) for tensor in model.model.parameters()]
    explained = Saliency().explain(model, images)
    ParameterRandomization(order=order).evaluate(model, Saliency(), explained)
    assert bytes_of(model.model) == before
    assert [id(tensor) for tensor in model.model.parameters()] == tensors
    assert torch.equal(Saliency().explain(model, images).values, explained.values)


def test_every_layer_is_random_at_once_or_one_more_at_each_stage_from_the_named_end() -> None:
    expected = {
        "all": [(0, 2, 4)],
        "bottom_up": [(0,), (0, 2), (0, 2, 4)],
        "top_down": [(4,), (2, 4), (0, 2, 4)],
    }
    for order, stages in expected.items():
        model = table_of(3)
        whole = bytes_of(model.model)
        changed: list[tuple[int, ...]] = []

        def note(asked: Classifier, _: Tensor, before: dict[str, bytes] = whole, found: list[tuple[int, ...]] = changed) -> None:
            now = bytes_of(asked.model)  # type: ignore[attr-defined]
            found.append(tuple(part for part in (0, 2, 4) if now[f"{part}.weight"] != before[f"{part}.weight"]))

        inputs = table()
        scripted = Scripted([inputs.clone() for _ in range(len(stages) + 1)], note)
        ParameterRandomization(order=order).evaluate(model, scripted, scripted.explain(model, inputs, 0))
        assert changed == [(), *stages]
        assert bytes_of(model.model) == whole


def test_layers_keep_their_random_weights_as_stages_go_on() -> None:
    model, inputs, seen = table_of(3), table(), []
    scripted = Scripted([inputs.clone() for _ in range(4)], lambda asked, _: seen.append(bytes_of(asked.model)))  # type: ignore[attr-defined]
    ParameterRandomization(order="bottom_up").evaluate(model, scripted, scripted.explain(model, inputs, 0))
    assert seen[1]["0.weight"] == seen[2]["0.weight"] == seen[3]["0.weight"] != seen[0]["0.weight"]


def test_the_seed_decides_the_random_weights_and_nothing_else_does() -> None:
    model, images = picture_model(), pictures()
    explained = Saliency().explain(model, images)
    check = ParameterRandomization()
    torch.manual_seed(1)
    first = check.evaluate(model, Saliency(), explained, seed=1)
    state = torch.get_rng_state()
    torch.manual_seed(2)
    again = check.evaluate(model, Saliency(), explained, seed=1)
    other = check.evaluate(model, Saliency(), explained, seed=2)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)


def test_a_random_method_is_asked_again_with_its_own_seed() -> None:
    model, images = picture_model(), pictures()
    for seed in (0, 9):
        chance = Random().explain(model, images, seed=seed)
        found = ParameterRandomization().evaluate(model, Random(), chance, seed=4)
        assert found.values.tolist() == pytest.approx([1, 1, 1], abs=1e-12)


def test_the_method_sees_the_scores_of_the_random_model_and_the_job_keeps_those_of_the_true_one() -> None:
    model, inputs, seen = table_of(2), table(), []
    scripted = Scripted([inputs.clone(), inputs.clone()], lambda _, scores: seen.append(scores.clone()))
    with sharing():
        explained = scripted.explain(model, inputs, 0)
        true = shared_scores(model, inputs)
        ParameterRandomization().evaluate(model, scripted, explained)
        assert torch.equal(shared_scores(model, inputs), true)
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(model(inputs), true)


def test_parameters_that_no_layer_draws_are_named() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.gain = nn.Linear(6, 3), nn.Parameter(torch.ones(6))

        def forward(self, inputs: Tensor) -> Tensor:
            return self.head(self.gain * inputs)

    model = TorchClassifier(Scaled(), 3, domain="tabular")
    found = ParameterRandomization().evaluate(model, Saliency(), Saliency().explain(model, table()))
    assert found.notes == ("1 parameters kept their values, since no layer draws them: gain",)
    assert ParameterRandomization().evaluate(table_of(), Saliency(), Saliency().explain(table_of(), table())).notes == ()


def test_a_module_without_layers_to_draw_is_refused() -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.rand(6, 3))

        def forward(self, inputs: Tensor) -> Tensor:
            return inputs @ self.weight

    model = TorchClassifier(Fixed(), 3, domain="tabular")
    with pytest.raises(CapabilityError, match=r"needs layers with `reset_parameters`\. This module has none\."):
        ParameterRandomization().evaluate(model, Saliency(), Saliency().explain(model, table()))


def test_the_explanation_of_another_method_or_setting_is_refused() -> None:
    model, inputs = table_of(), table()
    few = SmoothGrad(samples=3).explain(model, inputs)
    for explainer in (Saliency(), SmoothGrad(samples=4)):
        with pytest.raises(InputError, match="`explanation` must come from the explainer that is checked"):
            ParameterRandomization().evaluate(model, explainer, few)
    assert ParameterRandomization().evaluate(model, SmoothGrad(samples=3), few).undefined == 0


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(InputError, match=r"`order` must be 'all', 'bottom_up', 'top_down' or 'independent'. Got 'sideways'\."):
        ParameterRandomization(order="sideways")


@pytest.fixture(scope="module")
def trained() -> tuple[TorchClassifier, Tensor]:
    """A network that knows which of three rows of a picture with a black ground is bright, and pictures to explain."""
    draws = generator(7)
    labels = torch.randint(3, (240,), generator=draws)
    images = torch.zeros(240, 1, 8, 8)
    for index, label in enumerate(labels.tolist()):
        images[index, 0, 2 * label + 1 : 2 * label + 3, 1:7] = torch.rand(2, 6, generator=draws) * 0.6 + 0.4
    module = seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.Tanh(), nn.Linear(24, 3)))
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(images), labels).backward()
        optimizer.step()
    assert (module(images).argmax(1) == labels).float().mean() > 0.98
    return TorchClassifier(module, 3, domain="image"), images[:20]


@pytest.mark.parametrize("method", [Saliency(), SmoothGrad(samples=8)], ids=["saliency", "smooth_grad"])
def test_gradients_of_a_trained_network_change(trained: tuple[TorchClassifier, Tensor], method: Saliency) -> None:
    model, images = trained
    explained = method.explain(model, images)
    means = [ParameterRandomization().evaluate(model, method, explained, seed=seed).mean for seed in range(3)]
    assert sum(means) / 3 < 0.3


@pytest.mark.parametrize("method", [InputXGradient(), IntegratedGradients()], ids=["input_x_gradient", "integrated_gradients"])
def test_black_ground_that_stays_zero_does_not_count_as_likeness(trained: tuple[TorchClassifier, Tensor], method: object) -> None:
    model, images = trained
    explained = method.explain(model, images)  # type: ignore[attr-defined]
    assert (explained.values == 0).float().mean() > 0.8
    means = [ParameterRandomization().evaluate(model, method, explained, seed=seed).mean for seed in range(3)]  # type: ignore[arg-type]
    assert sum(means) / 3 < 0.6
