"""A gradient that is not the slope is named, once and at no method's cost; clean networks are not."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xaivision.core import slope
from xaivision.core.layers import Layer
from xaivision.core.metering import metered
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

METHODS = ("saliency", "smooth_grad", "input_x_gradient", "integrated_gradients")


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, maps):
        ctx.save_for_backward(maps)
        return maps.clamp(min=0)

    @staticmethod
    def backward(ctx, above):
        (maps,) = ctx.saved_tensors
        return 2 * above * (maps > 0)


class Passed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, maps):
        return torch.round(maps * 4) / 4

    @staticmethod
    def backward(ctx, above):
        return above


def half(maps: Tensor) -> Tensor:
    return maps * maps.detach()


def branch(maps: Tensor) -> Tensor:
    with torch.no_grad():
        kept = F.silu(maps)
    return maps.relu() + kept


WRONG = {"half": half, "doubled": Doubled.apply, "rounded": lambda maps: Passed.apply(maps.relu()), "branch": branch}
CLEAN = {
    "relu": torch.relu,
    "abs": torch.abs,
    "silu": F.silu,
    "gate": lambda maps: maps * maps.sigmoid().mean((2, 3), keepdim=True),
    "relu6": F.relu6,
    "instance norm": F.instance_norm,
}


class Between(nn.Module):
    def __init__(self, between, seed: int = 0) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.act, self.pool, self.head, self.between, self.calls = nn.ReLU(), nn.MaxPool2d(2), nn.Linear(8 * 16, 4), between, []
        draws = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=draws) * 0.3)

    def forward(self, photos: Tensor) -> Tensor:
        self.calls.append(len(photos))
        maps = self.pool(self.between(self.first(photos)))
        return self.head(self.pool(self.act(self.second(maps))).flatten(1))


def model(between, seed: int = 0) -> TorchClassifier:
    return TorchClassifier(Between(between, seed).eval(), 4)


def photos(batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def texts(found: TorchClassifier, inputs: Tensor, layer: Layer | None = None) -> list[str]:
    return [f"{note.status}: {note.text}" for note in slope.slope_notes(found, inputs, layer)]


@pytest.mark.parametrize("between", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("method", METHODS)
def test_no_method_that_needs_gradients_calls_a_wrong_one_ok(between, method):
    found = explainer(method).explain(model(between), photos(1), 0)
    assert found.verdict.status == "warn"
    assert any("the gradient is not the slope: along a line it gives" in reason for reason in found.verdict.reasons)


def test_a_hook_that_scales_the_gradient_is_seen():
    hooked = model(torch.relu)
    hooked.model.act.register_full_backward_hook(lambda _module, given, _above: (3 * given[0],))
    (text,) = texts(hooked, photos())
    told, slopes = (float(text.split(start)[1].split(end)[0]) for start, end in (("gives ", " "), ("change by ", ",")))
    assert told == pytest.approx(3 * slopes, rel=0.02)


@pytest.mark.parametrize("between", CLEAN.values(), ids=CLEAN)
@pytest.mark.parametrize(
    "inputs", [photos(), torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)], ids=["noise", "black", "white"]
)
def test_clean_networks_are_not_doubted(between, inputs):
    for seed in range(3):
        assert texts(model(between, seed), inputs) == []


def test_what_bends_too_much_for_single_precision_is_measured_again_before_anything_is_said(monkeypatch):
    monkeypatch.setattr(slope, "_suspicious", lambda _lines: True)
    assert texts(model(torch.relu), photos()) == []
    assert len(texts(model(half), photos())) == 1


def test_a_model_that_cannot_be_copied_is_doubted_only_where_it_is_plain():
    for between, doubts in ((half, 1), (torch.relu, 0)):
        kept = model(between)
        kept.model.stream = (number for number in ())
        assert len(texts(kept, photos())) == doubts


def test_a_layer_behind_the_fault_is_right_and_one_before_it_is_not():
    assert texts(model(half), photos(), Layer("second")) == []
    (text,) = texts(model(half), photos(), Layer("first"))
    assert "not the slope from the layer `first` on" in text
    assert explainer("grad_cam").explain(model(half), photos(1), 0).verdict.status == "ok"
    assert explainer("grad_cam", layer="first").explain(model(half), photos(1), 0).verdict.status == "warn"
    assert explainer("eigen_cam", layer="first").explain(model(half), photos(1), 0).verdict.status == "ok"


def test_a_model_is_looked_at_once_until_it_changes_and_it_is_no_methods_cost():
    asked = model(torch.relu)
    with metered() as meter:
        slope.slope_notes(asked, photos())
        looked = sum(asked.model.calls)
        slope.slope_notes(asked, photos() / 2)
        assert sum(asked.model.calls) == looked <= 14
        asked.model.head = nn.Linear(8 * 16, 4)
        slope.slope_notes(asked, photos())
        assert sum(asked.model.calls) > looked
    assert (meter.model_calls, meter.gradient_calls) == (0, 0)


def test_black_boxes_are_not_asked_for_gradients():
    assert explainer("occlusion", window=8, stride=8).explain(model(half), photos(1), 0).verdict.status == "ok"
