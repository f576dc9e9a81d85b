"""Attributes: the direction that moves the decision is found, its effect is what the model says, and sliders flip."""

import numpy as np
import pytest
import torch
from counterfactual_pictures import HALF, LEVEL, TileGenerator, halves, tile_model

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.explainers.counterfactuals.attribute_counterfactuals import AttributeCounterfactuals


@pytest.fixture(scope="module")
def pictures():
    return halves(40)


@pytest.fixture(scope="module")
def attributes(pictures):
    return xv.find_attributes(tile_model(), TileGenerator(), pictures, k=2)


def test_the_planted_half_comes_first_and_the_other_does_nothing(attributes, pictures):
    assert attributes.numbers == (0, 1)
    assert [one.of for one in attributes.directions] == ["left half", "right half"]
    assert float(attributes.effects[1]) == 0
    codes = torch.stack([TileGenerator().encode(picture).values for picture in pictures])
    factor = pictures[:, 0, 0, 0].double()
    assert float(torch.corrcoef(torch.stack([codes[:, attributes.numbers[0]], factor]))[0, 1].abs()) > 0.999


def test_effects_are_what_the_model_says_again(attributes, pictures):
    """The lead of a class is 40 times the distance to a half: going to the far end takes it from there to minus 20."""
    left = pictures[:, 0, 0, 0].double()
    expected = 40 * (left - 0.5).abs() + 20
    assert float(attributes.effects[0]) == pytest.approx(float(expected.mean()), rel=1e-4)


def test_flips_never_fall_with_more_attributes_and_pictures_are_preserved(attributes):
    assert attributes.flips.tolist() == [1.0, 1.0]
    assert attributes.preserved == 1.0
    assert attributes.divergence == pytest.approx(0, abs=1e-6)
    off = xv.find_attributes(tile_model(), TileGenerator(off=0.3), halves(40), k=1)
    assert off.preserved < 0.9
    assert off.divergence > 0.1


def test_a_shift_of_zero_moves_nothing(pictures):
    still = xv.find_attributes(tile_model(), TileGenerator(), pictures, k=2, shift=0.0)
    assert still.all_effects.tolist() == [0.0, 0.0]
    assert still.flips.tolist() == [0.0, 0.0]


def test_a_strip_goes_from_low_to_high_and_turns_where_the_model_does(attributes, pictures):
    made, values, scores = attributes.strip(tile_model(), pictures[0], 0, steps=5)
    assert values.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert torch.equal(made, (255 * made).round() / 255)
    assert torch.allclose(made[:, 0, 0, 0].double(), values, atol=0.51 * LEVEL)
    assert torch.allclose(made[:, :, :, HALF:], pictures[:1, :, :, HALF:], atol=0.51 * LEVEL)
    assert scores.argmax(1).tolist()[::4] == [0, 1]


def test_what_a_step_of_a_strip_reaches_is_found():
    """Of a class that only a narrow band of levels has, far from both ends and from the middle between them."""

    def band(inputs):
        level = inputs[:, 0, 0, 0]
        inside = 30 * (0.03 - np.abs(level - 2 / 3))
        return np.stack([-inside, inside], 1)

    model = xv.classifier(band, domain="image", num_classes=2, score_unit="logit")
    dark = halves(8)[:2] * 0.2
    attributes = xv.find_attributes(model, TileGenerator(), dark, k=1)
    left = type(attributes)(**{**vars(attributes), "numbers": (0,)})
    _, values, scores = left.strip(model, dark[0], 0)
    assert values[scores.argmax(1) == 1].tolist() == pytest.approx([2 / 3])
    assert AttributeCounterfactuals(left).explain(model, dark).found.all()


def test_sliders_flip_and_others_stay(attributes, pictures):
    answer = AttributeCounterfactuals(attributes).explain(tile_model(), pictures[:6])
    assert answer.found.all()
    assert all(words.startswith("left half: gray") and ";" not in words for (words,) in answer.edits)
    right = xv.find_attributes(tile_model(), TileGenerator(), pictures, k=2)
    only_right = type(right)(**{**vars(right), "numbers": (1,)})
    assert not AttributeCounterfactuals(only_right).explain(tile_model(), pictures[:2]).found.any()


def test_the_greedy_choice_leaves_out_what_is_explained_already(pictures):
    """The second number is a copy of the first with a little less effect, the third turns what neither does."""

    class Doubled(TileGenerator):
        def encode(self, picture):
            code = super().encode(picture)
            values = torch.cat([code.values[:1], code.values[:1], code.values[1:]])
            return type(code)(values, (code.directions[0], code.directions[0], code.directions[1]))

        def decode(self, code, values):
            left = values[:, 0] + 0.9 * (values[:, 1] - code.values[1])
            return super().decode(code, torch.stack([left, values[:, 2]], 1))

    # The right half decides where it is very bright, whatever the left one is.
    def either(inputs):
        lead = np.maximum(inputs[..., :HALF].mean((1, 2, 3)) - 0.5, 20 * (inputs[..., HALF:].mean((1, 2, 3)) - 0.9))
        return 20 * np.stack([-lead, lead], 1)

    model = xv.classifier(either, domain="image", num_classes=2, score_unit="logit")
    bright = halves(60, seed=3)
    bright[:20, ..., HALF:] = 0.95
    found = xv.find_attributes(model, Doubled(), bright, k=2)
    assert set(found.numbers) == {0, 2}


def test_what_does_not_fit_is_refused(pictures, attributes):
    with pytest.raises(InputError, match=r"`k` must be from 1 to the 2 directions of the generator\. Got 3\."):
        xv.find_attributes(tile_model(), TileGenerator(), pictures, k=3)
    with pytest.raises(InputError, match=r"`attributes` must be what `xv\.find_attributes"):
        AttributeCounterfactuals(TileGenerator())
