"""A sanity check with the same check of controls beside it."""

import pytest
import torch
from torch import nn

from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.controls import CONTROLS, checked
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.explainers.registry import EXPLAINERS
from xaivision.explainers.saliency import Saliency


def test_controls_fail_the_check_beside_the_method() -> None:
    model = TorchClassifier(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(48, 2)), 2)
    images = torch.rand(2, 1, 6, 6, generator=generator(2))
    found = checked(model, images, Saliency(), ParameterRandomization(), seed=1)
    alone = ParameterRandomization().evaluate(model, Saliency(), Saliency().explain(model, images, seed=1), seed=1)
    assert torch.equal(found.values, alone.values)
    assert set(found.controls) == set(CONTROLS["image"])
    for control in found.controls.values():
        assert control.values.tolist() == pytest.approx([1, 1], abs=1e-12)
    assert (found.advantage("sobel") > 0).all()


def test_the_usual_controls_are_controls_of_their_domain() -> None:
    for domain, names in CONTROLS.items():
        assert len(names) >= 2
        for name in names:
            assert EXPLAINERS[name].about.control
            assert domain in EXPLAINERS[name].about.domains
