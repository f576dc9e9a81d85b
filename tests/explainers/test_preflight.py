"""A preflight tries every method that looks inside, once, and says what each can be trusted with."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.errors import Cancelled, InputError, UnknownNameError
from xaivision.core.explanation import Explanation
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers import preflight as module
from xaivision.explainers.preflight import draws_a_map, preflight
from xaivision.explainers.registry import explainers
from xaivision.explainers.saliency import Saliency

SIDE = 8


def network(activation: nn.Module) -> TorchClassifier:
    draws = torch.Generator().manual_seed(5)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), activation, nn.Conv2d(4, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).append(nn.Linear(4, 3))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws) * 0.5)
        net[-1].weight.abs_()
    return TorchClassifier(net, 3)


def pictures(batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def register(monkeypatch, **kinds) -> None:
    monkeypatch.setattr(module, "explainers", lambda: {**explainers(), **kinds})


@dataclass(frozen=True)
class Breaking:
    """Breaks down."""

    about: ClassVar[About] = About("breaking", "", "", "", "", needs=Access.GRADIENTS)
    error: ClassVar[Exception] = ValueError("the sky is falling\nand more")

    def explain(self, model, inputs, targets=None, *, seed=0):
        raise self.error


@dataclass(frozen=True)
class Asking(Saliency):
    """Needs what nobody can make up."""

    concepts: Tensor


def test_every_method_that_draws_a_map_from_inside_is_tried_but_no_control_and_none_that_reads_one_kind_of_model():
    found = {finding.method for finding in preflight(network(nn.ReLU()), pictures()).findings}
    inside = {name for name, kind in explainers().items() if kind.about.needs >= Access.ACTIVATIONS and not kind.about.control}
    assert found == inside - {"prototype_matches", "tree_path", "gradient_counterfactuals", "pixel_counterfactuals"}
    assert len(found) > 15


def test_a_method_for_tables_is_tried_on_a_table_unless_its_answer_is_no_map():
    net = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 2))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.linspace(-1, 1.5, parameter.numel()).view_as(parameter))
    found = preflight(TorchClassifier(net, 2, domain="tabular"), torch.tensor([[0.3, -0.2]]))
    inside = {
        name
        for name, kind in explainers().items()
        if kind.about.needs >= Access.ACTIVATIONS and "tabular" in kind.about.domains and not kind.about.control
    }
    assert {finding.method for finding in found.findings} == inside - {"prototype_matches", "gradient_counterfactuals"}
    assert [finding for finding in found.findings if finding.standing == "refused"] == []


def test_only_a_signature_that_names_another_answer_keeps_a_method_from_being_tried():
    class Open(Saliency):
        def explain(self, model, inputs, targets=None, *, seed=0) -> Explanation:
            raise NotImplementedError

    known = explainers()
    assert all(map(draws_a_map, (Saliency, Breaking, Open)))
    others = {name for name, kind in known.items() if not draws_a_map(kind)}
    assert {"nearest_examples", "prototype_matches", "gradient_counterfactuals", "anchors"} <= others
    assert not any(getattr(known[name], "stands_on", "") for name in others)


def test_a_clean_network_is_valid_and_one_with_silu_is_refused_where_there_is_no_rule():
    clean = preflight(network(nn.ReLU()), pictures())
    assert clean.doubts == ()
    assert clean.of("deep_lift").standing == "valid"
    assert clean.of("deep_lift").gap < 1e-5
    found = preflight(network(nn.SiLU()), pictures()).of("deep_lift")
    assert found.standing == "refused"
    assert "SiLU at `1`" in found.reasons[0]


def test_a_method_that_stands_on_another_has_its_finding():
    found = preflight(network(nn.ReLU()), pictures())
    for name, kind in explainers().items():
        if other := getattr(kind, "stands_on", ""):
            assert found.of(name).standing == found.of(other).standing, name


def test_whoever_is_stood_on_is_a_registered_method_that_is_tried_itself():
    known = explainers()
    for kind in known.values():
        if other := getattr(kind, "stands_on", ""):
            assert not getattr(known[other], "stands_on", "")
            assert known[other].about.needs >= Access.ACTIVATIONS


def test_a_method_that_breaks_down_leaves_the_others(monkeypatch):
    register(monkeypatch, breaking=Breaking)
    found = preflight(network(nn.ReLU()), pictures())
    assert found.of("breaking").standing == "refused"
    assert found.of("breaking").reasons == ("it breaks down on this model: the sky is falling",)
    assert found.of("saliency").standing == "valid"


def test_a_method_with_settings_of_its_own_is_said_not_to_have_been_tried(monkeypatch):
    register(monkeypatch, asking=Asking)
    found = preflight(network(nn.ReLU()), pictures()).of("asking")
    assert found.standing == "doubtful"
    assert "not tried" in found.reasons[0]


def test_a_model_that_gives_scores_only_has_no_method_that_looks_inside():
    model = FunctionClassifier(lambda images: images.mean((2, 3)), 3, score_unit="logit", domain="image")
    found = preflight(model, pictures())
    assert {finding.standing for finding in found.findings} == {"refused"}
    assert "needs a model's gradients" in found.of("saliency").reasons[0]


def test_methods_for_pictures_are_not_tried_on_tables():
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    row = torch.rand(1, 4, generator=torch.Generator().manual_seed(1))
    found = {finding.method for finding in preflight(TorchClassifier(net, 2, domain="tabular"), row).findings}
    assert "saliency" in found
    assert "grad_cam" not in found


def test_the_model_and_the_global_draws_stay_as_they_are():
    model = network(nn.ReLU(inplace=True))
    model.model.train()
    before, state = {name: value.clone() for name, value in model.model.state_dict().items()}, torch.get_rng_state()
    preflight(model, pictures())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(part.training for part in model.model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.model.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks or part._backward_hooks for part in model.model.modules())


def test_it_can_be_cancelled_in_the_middle_of_a_trial(monkeypatch):
    token = CancelToken()

    @dataclass(frozen=True)
    class Cancelling(Saliency):
        def explain(self, model, inputs, targets=None, *, seed=0):
            token.cancel()
            return super().explain(model, inputs, targets, seed=seed)

    monkeypatch.setattr(module, "explainers", lambda: {"saliency": Cancelling})  # the last there is: nobody looks after it
    with reporting(None, token), pytest.raises(Cancelled):
        preflight(network(nn.ReLU()), pictures())


def test_inputs_that_do_not_fit_are_refused_at_once():
    with pytest.raises(InputError, match="3 channels"):
        preflight(network(nn.ReLU()), torch.rand(1, 1, SIDE, SIDE))


def test_nobody_knows_a_method_that_was_not_tried():
    with pytest.raises(UnknownNameError, match="is not a known method of this preflight"):
        preflight(network(nn.ReLU()), pictures()).of("sobel")
