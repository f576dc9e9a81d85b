"""The score without a mask, with it alone, and the same for its shape elsewhere, in slow loops."""

import pytest
import torch
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import mask_effects
from xaivision.engines.mask_evidence import shifted_masks

CHANCE = torch.Generator().manual_seed(0)
PICTURES, OTHERS = (torch.rand(2, 3, 8, 11, generator=CHANCE, dtype=torch.float64) for _ in range(2))
MASKS = torch.rand(2, 8, 11, generator=CHANCE) < 0.3
CLASSES = torch.tensor([1, 0])


def model(batch_size=None):
    linear = nn.Linear(3 * 8 * 11, 2, bias=False).double()
    with torch.no_grad():
        linear.weight.copy_(torch.randn(2, 3 * 8 * 11, generator=torch.Generator().manual_seed(1)))
    return TorchClassifier(nn.Sequential(nn.Flatten(), linear, nn.Tanh()), 2, batch_size=batch_size)


def slowly(row, gone):
    return float(model()(torch.where(gone, OTHERS[row], PICTURES[row])[None])[0, CLASSES[row]])


def check_each_number_is_what_its_name_says():
    for batch_size in (1, 5, 100):
        found = mask_effects.mask_effects(model(batch_size), PICTURES, OTHERS, TargetScore(CLASSES), MASKS, 3)
        for row, mask in enumerate(MASKS):
            moved = shifted_masks(mask, 3)
            expected = {
                "whole": slowly(row, mask & False),
                "without": slowly(row, mask),
                "alone": slowly(row, ~mask),
                "shifted_without": sum(slowly(row, one) for one in moved) / 3,
                "shifted_alone": sum(slowly(row, ~one) for one in moved) / 3,
                "overlap": float((moved & mask).sum()) / 3 / float(mask.sum()),
            }
            assert {name: float(getattr(found, name)[row]) for name in expected} == pytest.approx(expected)
        assert torch.equal(found.deletion, found.whole - found.without)
        assert torch.equal(found.sufficiency, found.whole - found.alone)
        assert torch.equal(found.shifted_deletion, found.whole - found.shifted_without)
        assert torch.equal(found.shifted_sufficiency, found.whole - found.shifted_alone)


def test_each_number_is_what_its_name_says():
    check_each_number_is_what_its_name_says()


def test_an_empty_mask_is_one_sentence():
    with pytest.raises(InputError, match="must not be empty"):
        mask_effects.mask_effects(model(), PICTURES, OTHERS, TargetScore(CLASSES), MASKS & False)
