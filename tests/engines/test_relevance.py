import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import relevance
from xaivision.engines.relevance_rules import Affine, Flow, transposed

EPSILON, GAMMA = 0.07, 0.4


def network(bias=True):
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=bias),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 4, 3, bias=bias),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16, 3, bias=bias),
        )
    )


def classifier(bias=True, **settings):
    return TorchClassifier(network(bias), 3, **settings)


def rules(name, epsilon=0.0, gamma=0.25):
    return relevance.composite(name, epsilon, gamma)


def asked(model, inputs, target, name="epsilon", **settings):
    return relevance.relevance(model, inputs, target, rules(name, **settings))


TARGETS = {
    "score": TargetScore(torch.tensor([1, 0, 2])),
    "difference": TargetScore(torch.tensor([1, 0, 2]), against=torch.tensor([0, 1, 0])),
    "margin": TargetScore(torch.tensor([1, 0, 2]), output="margin"),
}


def check_initial_relevance_sums_to_the_explained_number():
    scores = drawn((3, 3), 0) - 0.5
    for target in TARGETS.values():
        found = relevance.initial_relevance(scores, target)
        torch.testing.assert_close(found.sum(1), target.of(scores))
    one = relevance.initial_relevance(scores, TARGETS["score"])
    assert torch.equal(one != 0, torch.nn.functional.one_hot(TARGETS["score"].classes, 3).bool())


def check_initial_relevance_of_a_probability_is_its_slope_along_the_scores():
    scores = drawn((3, 3), 0) - 0.5
    target = TargetScore(torch.tensor([1, 0, 2]), output="probability")
    chances = scores.softmax(1)
    chosen = chances.gather(1, target.classes[:, None])
    expected = chosen * (torch.nn.functional.one_hot(target.classes, 3) - chances) * scores
    torch.testing.assert_close(relevance.initial_relevance(scores, target), expected)


def check_each_composite_gives_its_rules_to_its_layers():
    """By what one layer shares: the composite's rule is the one with these settings, and no other."""
    layer = Affine(
        torch.nn.functional.linear, transposed(torch.nn.functional.linear), drawn((4, 5), 0) - 0.5, drawn((4,), 1) - 0.5
    )
    inputs = drawn((2, 5), 2) - 0.4
    flow = Flow(inputs, inputs @ layer.weight.T + layer.bias, drawn((2, 4), 3))
    bounds = torch.full_like(inputs, -0.5), torch.full_like(inputs, 0.7)
    even = relevance.epsilon_rule(layer, flow, EPSILON).relevance
    plus = relevance.plus_rule(layer, flow, EPSILON).relevance
    gamma = relevance.gamma_rule(layer, flow, EPSILON, GAMMA).relevance
    box = relevance.box_rule(layer, flow, EPSILON, bounds).relevance
    flat = relevance.flat_rule(layer, flow).relevance
    expected = {
        "epsilon": (even, even, None),
        "epsilon_plus": (plus, even, None),
        "epsilon_plus_flat": (plus, even, flat),
        "epsilon_gamma_box": (gamma, even, box),
    }
    assert set(expected) == set(relevance.COMPOSITES)
    for name, (maps, dense, first) in expected.items():
        found = rules(name, EPSILON, GAMMA)
        assert torch.equal(found.maps(layer, flow).relevance, maps), name
        assert torch.equal(found.dense(layer, flow).relevance, dense), name
        assert (found.first is None) == (first is None), name
        if found.first is not None:
            assert torch.equal(found.first(layer, flow, bounds).relevance, first), name


def check_batches_are_taken_apart_and_put_together():
    inputs, target = drawn((3, 2, 8, 8), 0), TARGETS["difference"]
    together, apart = (asked(classifier(batch_size=size), inputs, target, "epsilon_gamma_box") for size in (3, 2))
    for whole, parts in zip(together[:-1], apart[:-1], strict=True):
        assert len(whole) == 3
        torch.testing.assert_close(whole, parts, atol=1e-12, rtol=0)
    assert together.constants == apart.constants == {}


def softened(batch_size=32):
    """Two layers without biases; softplus between them gives ln 2 for 0."""
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return TorchClassifier(
        seeded(lambda: nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.Softplus(), *ends, nn.Linear(4, 3, bias=False))),
        3,
        batch_size=batch_size,
    )


def check_constants_of_operations_are_told_by_name_for_every_input():
    inputs = drawn((3, 2, 8, 8), 0)
    together, apart = (asked(softened(batch_size=size), inputs, TARGETS["score"], "epsilon") for size in (3, 2))
    assert list(together.constants) == ["softplus"]
    kept = together.constants["softplus"]
    assert kept.shape == (3,)
    torch.testing.assert_close(kept, together.initial - together.values.flatten(1).sum(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(kept, apart.constants["softplus"], atol=1e-12, rtol=0)
    assert bool((kept.abs() > 0.01).all())


class Canceling(nn.Module):
    """Scores that are what is left of two large branches: their sum is small, and relevance grows."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.first, self.second, self.head = (nn.Linear(4, 4, bias=False) for _ in range(3))

    def forward(self, x):
        large = self.factor * self.first(x)
        return self.head(self.second(x) + large - large)


def check_growth_is_over_the_mass_below_the_last_layer():
    inputs, target = drawn((2, 4), 0), TargetScore(torch.tensor([0, 1]))
    for factor in (1.0, 100.0, 1e4):
        module = seeded(lambda factor=factor: Canceling(factor))
        found = asked(TorchClassifier(module, 4, domain="tabular"), inputs, target)
        with torch.no_grad():
            large, small = factor * module.first(inputs), module.second(inputs)
            weights = module.head.weight[target.classes]
            masses = [(weights * part).abs().sum(1) for part in (small, small + large, large)]
            passed = torch.stack([masses[1] + masses[2], masses[0] + masses[2]]).amax(0) / masses[0]
        assert (found.growth >= passed * (1 - 1e-9)).all()
        assert (found.growth <= 4 * passed).all()
        assert found.error.max() < 1e-8


def check_the_model_is_asked_once_for_each_input_with_a_graph():
    with metered() as meter:
        asked(classifier(batch_size=2), drawn((3, 2, 8, 8), 0), TARGETS["score"])
    assert meter.gradient_calls == 3
    assert meter.model_calls == 0


def test_initial_relevance_sums_to_the_explained_number():
    check_initial_relevance_sums_to_the_explained_number()


def test_initial_relevance_of_a_probability_is_its_slope_along_the_scores():
    check_initial_relevance_of_a_probability_is_its_slope_along_the_scores()


def test_each_composite_gives_its_rules_to_its_layers():
    check_each_composite_gives_its_rules_to_its_layers()


def test_constants_of_operations_are_told_by_name_for_every_input():
    check_constants_of_operations_are_told_by_name_for_every_input()


def test_batches_are_taken_apart_and_put_together():
    check_batches_are_taken_apart_and_put_together()


def test_growth_is_over_the_mass_below_the_last_layer():
    check_growth_is_over_the_mass_below_the_last_layer()


def test_the_model_is_asked_once_for_each_input_with_a_graph():
    check_the_model_is_asked_once_for_each_input_with_a_graph()


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("name", relevance.COMPOSITES)
def test_without_biases_relevance_sums_to_the_explained_number(name, kind):
    model, inputs = classifier(bias=False), drawn((3, 2, 8, 8), 0)
    target = TARGETS[kind]
    found = asked(model, inputs, target, name)
    explained = target.of(model(inputs))
    torch.testing.assert_close(found.initial, explained, atol=1e-12, rtol=0)
    torch.testing.assert_close(found.values.sum((1, 2, 3)), explained, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", relevance.COMPOSITES)
def test_one_logit_for_two_classes_is_explained_either_way(name):
    module = nn.Sequential(network(bias=False), seeded(lambda: nn.Linear(3, 1, bias=False)))
    model, inputs = TorchClassifier(module, 2), drawn((2, 2, 8, 8), 0)
    found = [asked(model, inputs, TargetScore(torch.tensor([c, c])), name) for c in (0, 1)]
    torch.testing.assert_close(found[0].values, -found[1].values, atol=1e-12, rtol=0)
    torch.testing.assert_close(found[1].values.sum((1, 2, 3)), model(inputs)[:, 1], atol=1e-10, rtol=0)


def test_operations_without_a_rule_are_named():
    inputs = drawn((2, 2, 8, 8), 0)
    soft = TorchClassifier(nn.Sequential(network(), nn.Softmax(1)), 3, score_unit="probability")
    with pytest.raises(CapabilityError, match="`softmax` has no rule"):
        asked(soft, inputs, TargetScore(torch.tensor([0, 1])))
