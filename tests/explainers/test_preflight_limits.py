"""Where a preflight draws its lines."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.question import question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers import preflight as module
from xaivision.explainers.preflight import preflight
from xaivision.explainers.saliency import Saliency


@dataclass(frozen=True)
class Shared:
    """The score shared evenly, times a factor: contributions that miss a known share of what they should sum to."""

    about: ClassVar[About] = About("shared", "", "", "", "", needs=Access.GRADIENTS)
    factor: ClassVar[float] = 1.0

    def explain(self, model, inputs, targets=None, *, seed=0):
        with question(self, model, inputs, targets, seed=seed) as q:
            share = self.factor * q.query.scores / inputs[0].numel()
            values = share.view(-1, 1, 1, 1).expand_as(inputs)
            return q.attribution(values, "contribution", reference_scores=0 * q.query.scores, adds_up=True)


def told(monkeypatch, net, photo=None, *, methods=None):
    """What a preflight says of a network; it tries these methods alone."""
    monkeypatch.setattr(module, "explainers", lambda: methods or {"saliency": Saliency})
    photo = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1)) if photo is None else photo
    return preflight(TorchClassifier(net, 2), photo)


class Scored(nn.Module):
    """A number of each picture, and its opposite, as scores."""

    def __init__(self, number) -> None:
        super().__init__()
        self.number = number

    def forward(self, photos: Tensor) -> Tensor:
        found = self.number(photos)
        return torch.stack([found, -found], 1)


@pytest.mark.parametrize("missing", [0.5, 0.02, -0.02, -0.5])
def test_a_sum_that_misses_more_than_a_percent_of_the_map_is_measured_and_not_valid(monkeypatch, missing):
    factor = 1 - missing
    kind = type("Off", (Shared,), {"factor": factor})
    found = told(monkeypatch, Scored(lambda photos: photos.mean((1, 2, 3))), methods={"off": kind}).of("off")
    assert found.gap == pytest.approx(abs(missing) / factor, rel=1e-5)
    assert found.standing == "doubtful"


@pytest.mark.parametrize("missing", [0.005, 0.0, -0.005])
def test_a_sum_that_misses_less_is_valid(monkeypatch, missing):
    kind = type("Near", (Shared,), {"factor": 1 - missing})
    found = told(monkeypatch, Scored(lambda photos: photos.mean((1, 2, 3))), methods={"near": kind}).of("near")
    assert found.gap == pytest.approx(abs(missing), abs=1e-4)
    assert (found.standing, found.reasons) == ("valid", ())


@pytest.mark.parametrize(("share", "doubted"), [(0.0, False), (0.005, False), (0.02, True), (0.2, True)])
def test_a_gradient_that_is_off_by_more_than_a_percent_is_not_the_slope(monkeypatch, share, doubted):
    def partly_cut(photos):
        return ((1 - share) * photos + share * photos.detach()).square().sum((1, 2, 3))

    found = told(monkeypatch, Scored(partly_cut))
    assert [doubt.startswith("the gradient is not the slope of the score") for doubt in found.doubts] == [True] * doubted
    assert found.of("saliency").standing == ("doubtful" if doubted else "valid")


MOVED_BY = {
    "black": (0.3, lambda photos: torch.relu(0.05 - photos.mean((1, 2, 3)))),
    "noise": (0.0, lambda photos: photos.flatten(1).std(1, unbiased=False)),
    "the negative": (0.1, lambda photos: torch.relu(photos.mean((1, 2, 3)) - 0.8)),
}


@pytest.mark.parametrize("moved", MOVED_BY)
def test_a_score_that_one_probe_alone_moves_is_not_constant(monkeypatch, moved):
    level, number = MOVED_BY[moved]
    found = told(monkeypatch, Scored(number), torch.full((1, 3, 6, 6), level))
    assert not any("the same scores" in doubt for doubt in found.doubts)


def test_a_score_that_no_probe_moves_is_constant(monkeypatch):
    found = told(monkeypatch, Scored(lambda photos: 0 * photos.sum((1, 2, 3)) + 1))
    assert any("four different inputs the same scores" in doubt for doubt in found.doubts)
