import captum.attr
import pytest
import torch
from explainer_networks import Columns, Untouched, drawn, linear_classifier, seeded
from rule_networks import Apart, Branching, Functional, Gated, Net, Reused, SharedInput, classifier_of, images
from torch import nn

from xaivision.core.errors import CapabilityError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.deep_lift import DeepLift
from xaivision.explainers.integrated_gradients import IntegratedGradients

# What captum says at every call when it is asked directly.
pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Setting forward, backward hooks:UserWarning")


def gap_share(found):
    """The largest completeness gap as a share of the map."""
    return float((found.diagnostics.completeness_gap.abs() / found.values.double().abs().flatten(1).sum(1)).max())


def by_captum(module, inputs, baselines, target):
    """captum on each input alone."""
    method = captum.attr.DeepLift(module)
    rows = zip(inputs, baselines, target, strict=True)
    return torch.stack([method.attribute(x[None].clone().requires_grad_(), b[None], int(t))[0].detach() for x, b, t in rows])


def captums_gap(model, inputs, baselines):
    """The largest gap of captum's own answers as a share of the change of the score."""
    sums = by_captum(model.model.eval(), inputs, baselines, [0] * len(inputs)).flatten(1).sum(1)
    change = (model(inputs) - model(baselines))[:, 0]
    return float(((sums - change).abs() / change.abs()).max())


def test_on_a_linear_model_it_is_weight_times_distance():
    weights = drawn((2, 3, 4), 0) - 0.5
    inputs, baseline = drawn((3, 2, 3, 4), 1), drawn((2, 3, 4), 2)
    found = DeepLift(baseline).explain(linear_classifier(weights, 0.3), inputs, 0)
    torch.testing.assert_close(found.values, weights * (inputs - baseline), atol=1e-12, rtol=0)


def test_with_one_hidden_layer_of_relu_it_is_integrated_gradients():
    for seed in range(3):
        module = seeded(lambda: nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 3)), seed)
        model = TorchClassifier(module, 3, domain="tabular")
        inputs, baseline = 2 * drawn((4, 6), seed) - 1, drawn((6,), 9) - 0.5
        exact = IntegratedGradients(steps=5000, baseline=baseline).explain(model, inputs, 1).values
        torch.testing.assert_close(DeepLift(baseline).explain(model, inputs, 1).values, exact, atol=5e-3, rtol=0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
@pytest.mark.parametrize("act", [nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus], ids=lambda act: act.__name__)
def test_contributions_of_modules_with_a_rule_add_up(act, dtype, tolerance):
    module = seeded(lambda: Net(act)).to(dtype)
    found = DeepLift("mean").explain(TorchClassifier(module, 3), images().to(dtype))
    assert gap_share(found) < tolerance
    assert found.verdict.status == "ok"
    assert found.values.dtype == dtype


@pytest.mark.parametrize("pool", [(2, 2, 0), (3, 2, 1), (2, 1, 0), (3, 1, 1)])
def test_contributions_through_max_pooling_add_up_where_windows_overlap_too(pool):
    model = classifier_of(lambda: Net(pool=lambda: nn.MaxPool2d(*pool)))
    assert gap_share(DeepLift().explain(model, images())) < 1e-13


def test_captum_itself_loses_shares_where_windows_overlap():
    """What the layout of windows is for."""
    model = classifier_of(lambda: Apart(pool=lambda: nn.MaxPool2d(3, 1, 1)))
    assert captums_gap(model, images(), images(seed=5) / 2) > 0.05
    assert gap_share(DeepLift(images(seed=5) / 2).explain(model, images(), 0)) < 1e-13


def test_captum_itself_is_wrong_where_pooling_follows_an_activation():
    """The activation's hook sees the gradient before the hook of the pool has changed it."""
    model = classifier_of(Net)
    assert captums_gap(model, images(), images(seed=5) / 2) > 0.01
    assert gap_share(DeepLift(images(seed=5) / 2).explain(model, images(), 0)) < 1e-13


@pytest.mark.parametrize("normalizing", [{}, {"mean": [0.4, 0.5], "std": [0.2, 0.3]}])
def test_it_is_captums_where_captum_is_right(normalizing):
    model, inputs, baselines = classifier_of(Apart, **normalizing), images(), images(seed=5) / 2
    module = model.model.eval()
    if normalizing:
        affine = nn.Conv2d(2, 2, 1).double()
        with torch.no_grad():
            affine.weight.copy_(torch.diag(1 / torch.tensor([0.2, 0.3], dtype=torch.float64))[..., None, None])
            affine.bias.copy_(-torch.tensor([0.4 / 0.2, 0.5 / 0.3], dtype=torch.float64))
        module = nn.Sequential(affine, module).eval()
    expected = by_captum(module, inputs, baselines, [2, 0, 1])
    found = DeepLift(baselines).explain(model, inputs, [2, 0, 1])
    torch.testing.assert_close(found.values, expected, atol=1e-12, rtol=0)
    assert float(expected.abs().max()) > 1e-3


@pytest.mark.parametrize("faulty", [Reused, Functional])
def test_what_can_be_repaired_is_repaired_and_told(faulty):
    clean, model = classifier_of(Net), classifier_of(faulty)
    inputs = images()
    found = DeepLift("mean").explain(model, inputs, 0)
    torch.testing.assert_close(found.values, DeepLift("mean").explain(clean, inputs, 0).values, atol=1e-12, rtol=0)
    assert found.verdict.status == "ok"
    assert any(note.status == "ok" and "repaired on a copy" in note.text for note in found.diagnostics.notes)


def test_an_activation_that_shares_its_input_adds_up_and_captums_does_not():
    model, inputs = classifier_of(SharedInput), images()
    assert gap_share(DeepLift().explain(model, inputs)) < 1e-13
    assert captums_gap(model, inputs, torch.zeros_like(inputs)) > 0.05


REFUSED = {
    "SiLU": lambda: Net(nn.SiLU),
    "GELU": lambda: Net(nn.GELU),
    "ReLU6": lambda: Net(nn.ReLU6),
    "Hardswish": lambda: Net(nn.Hardswish),
    "Softmax": lambda: Net(lambda: nn.Softmax(1)),
    "GroupNorm": lambda: Net(lambda: nn.GroupNorm(1, 4), lambda: nn.AdaptiveAvgPool2d(4)),
    "AdaptiveMaxPool2d": lambda: Net(pool=lambda: nn.AdaptiveMaxPool2d(3)),
    "mul": Gated,
}


@pytest.mark.parametrize("operation", REFUSED)
def test_what_has_no_rule_is_refused_by_name(operation):
    if operation == "GroupNorm":
        make = lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(144, 3))  # noqa: E731
    else:
        make = REFUSED[operation]
    with pytest.raises(CapabilityError, match=rf"`deep_lift` has no rule for {operation}.* Use .* `integrated_gradients`\.$"):
        DeepLift().explain(classifier_of(make), images())


def test_a_functional_silu_is_refused_by_name():
    class Written(Net):
        def forward(self, x):
            return self.head(nn.functional.silu(self.first(x)).mean((2, 3)) @ torch.ones(4, 5).to(x))

    with pytest.raises(CapabilityError, match=r"has no rule for (silu|SiLU)"):
        DeepLift().explain(classifier_of(Written), images())


@pytest.mark.parametrize("mask", [lambda x: x > 0, lambda x: (x > 0).double(), lambda x: x.detach().sign()])
def test_a_product_with_what_was_cut_from_the_gradient_is_refused_by_name(mask):
    """The gradient takes it for linear."""

    class Masked(Net):
        def forward(self, x):
            x = self.first(x)
            return self.head(self.two(self.second(self.pool(x * mask(x)))).mean((2, 3)))

    with pytest.raises(CapabilityError, match="no rule for mul by a value without gradient"):
        DeepLift().explain(classifier_of(Masked), images())


def test_a_class_derived_from_relu_is_repaired():
    class Own(nn.ReLU):
        pass

    found = DeepLift("mean").explain(classifier_of(lambda: Net(Own)), images(), 0)
    torch.testing.assert_close(found.values, DeepLift("mean").explain(classifier_of(Net), images(), 0).values)


def test_a_module_without_a_graph_is_no_obstacle_where_nothing_needs_repair():
    assert gap_share(DeepLift().explain(classifier_of(Branching), images())) < 1e-13


def test_an_activation_with_a_backward_hook_is_refused():
    model = classifier_of(Net)
    model.model.two.register_full_backward_hook(lambda *_: None)
    with pytest.raises(CapabilityError, match=r"have a backward hook. Got one on ReLU. Remove it first"):
        DeepLift().explain(model, images())


@pytest.mark.parametrize("network", [Net, Functional, lambda: Net(pool=lambda: nn.MaxPool2d(3, 2, 1))])
def test_inputs_whose_pooled_values_stay_at_the_baseline_do_not_depend_on_their_neighbors(network):
    """captum gives such places the gradient of the first input of the batch."""
    model, inputs = classifier_of(network), images(4)
    inputs[:, :, :5] = 0
    together = DeepLift().explain(model, inputs, [0, 1, 2, 0]).values
    for index, target in enumerate([0, 1, 2, 0]):
        alone = DeepLift().explain(model, inputs[index : index + 1], target).values
        torch.testing.assert_close(together[index : index + 1], alone, atol=1e-14, rtol=0)


@pytest.mark.parametrize("output", ["probability", "log_probability", "margin"])
def test_contributions_to_a_probability_or_a_margin_add_up(output):
    found = DeepLift().explain(classifier_of(Net), images(), Target(output=output))
    assert gap_share(found) < (1e-3 if output == "margin" else 1e-10)
    assert found.verdict.status == "ok"


def test_a_contrast_is_the_difference_of_the_two_maps():
    model, inputs = classifier_of(Net), images()
    maps = [DeepLift().explain(model, inputs, target).values for target in (2, 0)]
    found = DeepLift().explain(model, inputs, Target(2, against=0)).values
    torch.testing.assert_close(found, maps[0] - maps[1], atol=1e-13, rtol=0)


def test_one_logit_for_two_classes_is_explained():
    module = seeded(lambda: nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 1)))
    found = DeepLift("black").explain(TorchClassifier(module, 2, domain="tabular"), drawn((3, 5), 0))
    assert gap_share(found) < 1e-13


def test_a_cut_gradient_is_refused():
    found = DeepLift().explain(TorchClassifier(Untouched(), 2), drawn((2, 1, 3, 3), 0))
    assert found.verdict.status == "refuse"
    assert not found.values.any()


def test_a_table_starts_from_its_typical_row():
    module = seeded(lambda: nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 3)))
    found = DeepLift().explain(TorchClassifier(module, 3, domain="tabular", schema=Columns(0.1, 0.2, 0.3)), drawn((2, 3), 0))
    assert found.baseline.tolist() == [[0.1, 0.2, 0.3]] * 2


def test_it_costs_two_gradients_the_scores_of_input_and_baseline_and_two_looks_at_the_first_input():
    model = classifier_of(Net)
    DeepLift().explain(model, images(1))
    found = DeepLift().explain(model, images(5)).diagnostics
    assert (found.gradient_calls, found.model_calls) == (10 + 2, 10)


def test_nothing_is_left_on_the_model_after_an_error_in_the_middle():
    model, inputs, calls, last = classifier_of(Net), images(), [], []
    model.model.head.register_forward_pre_hook(lambda *_: broken_at(calls, last))
    for _ in range(2):  # the first time it looks at the model as well
        calls.clear()
        DeepLift().explain(model, inputs)
    before = [(set(vars(part)), len(part._forward_hooks), len(part._forward_pre_hooks)) for part in model.model.modules()]
    last.append(len(calls))
    calls.clear()
    with pytest.raises(RuntimeError, match="broken"):
        DeepLift().explain(model, inputs)
    after = [(set(vars(part)), len(part._forward_hooks), len(part._forward_pre_hooks)) for part in model.model.modules()]
    assert after == before


def broken_at(calls, last):
    calls.append(1)
    if [len(calls)] == last:
        raise RuntimeError("broken")


def test_a_model_without_a_graph_is_refused_by_the_name_of_what_has_no_rule():
    with pytest.raises(CapabilityError, match="`deep_lift` has no rule for SiLU at `one`"):
        DeepLift().explain(classifier_of(lambda: Branching(nn.SiLU)), images())


def test_maps_that_stay_while_the_input_moves_do_not_borrow_the_gradient_of_the_first_input():
    """captum's rule for max pooling does in a batch. The filter sums to zero: a brighter image is the same to it."""
    module = seeded(
        lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.Conv2d(1, 2, 2), nn.Tanh(), nn.Flatten(), nn.Linear(8, 3))
    )
    with torch.no_grad():
        module[0].weight.sub_(module[0].weight.mean())
    baseline = drawn((1, 8, 8), 0) / 2
    inputs = torch.stack([drawn((1, 8, 8), 1), baseline + 0.25])
    together = DeepLift(baseline).explain(TorchClassifier(module, 3), inputs, [0, 1]).values
    alone = DeepLift(baseline).explain(TorchClassifier(module, 3), inputs[1:], 1).values
    torch.testing.assert_close(together[1:], alone, atol=1e-12, rtol=0)
    theirs = captum.attr.DeepLift(module.eval()).attribute(
        inputs.clone().requires_grad_(), baseline.expand_as(inputs), torch.tensor([0, 1])
    )
    assert float((theirs[1:].detach() - alone).abs().max()) > 1e-3


@pytest.mark.parametrize(("size", "most"), [(1, 2), (2, 2), (4, 4), (5, 5)])
def test_an_input_and_its_baseline_pass_together_and_both_count_in_a_batch(size, most):
    module, rows = seeded(lambda: nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 3))), []
    model = TorchClassifier(module, 3, domain="tabular", batch_size=size)
    inputs = drawn((7, 6), 0)
    expected = DeepLift(torch.zeros(6).double()).explain(TorchClassifier(module, 3, domain="tabular"), inputs, 1).values
    module[0].register_forward_hook(lambda _module, given, _output: rows.append(len(given[0])))
    found = DeepLift(torch.zeros(6).double()).explain(model, inputs, 1).values
    assert max(rows) == most
    torch.testing.assert_close(found, expected, atol=1e-14, rtol=0)
