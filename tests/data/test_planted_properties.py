"""Pictures whose class is one property of a square, and nothing else."""

from colorsys import rgb_to_hsv

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.planted_properties import AMBER, HUES, LIME, RED
from xaivision.data.registry import load_dataset
from xaivision.engines.prototypes.picture_changes import HUE_TURN


def squares(data):
    """For each picture the colors (n, 3) of its square."""
    return [picture[:, mask].T for picture, mask in zip(data.inputs, data.truth, strict=True)]


def hue_of(colors):
    return rgb_to_hsv(*colors.mean(0).tolist())[0]


def test_hue_tells_the_classes_and_nothing_else_does():
    data = load_dataset("planted_properties", count=80)
    assert data.class_names == ("red or lime", "amber")
    seen = []
    for colors, label in zip(squares(data), data.targets.tolist(), strict=True):
        apart = {hue: abs(hue_of(colors) - hue) for hue in (RED, AMBER, LIME)}
        nearest = min(apart, key=apart.get)
        assert nearest in HUES[label]
        assert apart[nearest] < 1e-3
        assert float(colors.std(0).max()) < 1e-5
        seen.append(nearest)
    assert seen.count(AMBER) == 40
    assert 4 <= seen.count(LIME) <= 16  # one in four of its class
    light = torch.tensor([float(colors.amax()) for colors in squares(data)])
    assert abs(float(light[::2].mean() - light[1::2].mean())) < 2 * float(light.std()) / 20**0.5


def test_the_turn_that_asks_for_hue_takes_both_classes_to_the_other():
    assert pytest.approx(HUE_TURN) == AMBER - RED
    assert pytest.approx(HUE_TURN) == LIME - AMBER
    assert {RED, LIME} == set(HUES[0])
    assert {AMBER} == set(HUES[1])


def test_roughness_tells_the_classes_whatever_the_hue():
    data = load_dataset("planted_properties", count=40, planted="texture")
    assert data.class_names == ("smooth", "rough")
    rough = torch.tensor([float(colors.std(0).max()) > 0.05 for colors in squares(data)])
    assert torch.equal(rough.long(), data.targets)
    hues = torch.tensor([hue_of(colors) for colors in squares(data)])
    assert float(hues.std()) > 0.2  # of all colors, not of the two that the other set knows


def test_pictures_are_in_range_and_a_smaller_set_is_the_beginning_of_a_larger_one():
    small, large = (load_dataset("planted_properties", count=count) for count in (4, 6))
    assert torch.equal(small.inputs, large.inputs[:4])
    assert float(large.inputs.min()) >= 0
    assert float(large.inputs.max()) <= 1
    assert not torch.equal(load_dataset("planted_properties", count=4, seed=1).inputs, small.inputs)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 1}, r"`count` must be at least 2\. Got 1\."),
        ({"planted": "shape"}, r"`planted` must be one of 'hue', 'texture'\. Got 'shape'\."),
    ],
)
def test_wrong_settings_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        load_dataset("planted_properties", **settings)
