"""A sheet of attributes tells what they do and what they go with: the planted half with its gray, the other with nothing."""

from math import isnan

import pytest
import torch
from counterfactual_pictures import TileGenerator, halves, tile_model

import xaivision as xv
from xaivision.core.errors import InputError


@pytest.fixture(scope="module")
def pictures():
    return halves(12, seed=4)


@pytest.fixture(scope="module")
def attributes():
    return xv.find_attributes(tile_model(), TileGenerator(), halves(20), k=2)


@pytest.fixture(scope="module")
def sheet(attributes, pictures):
    known = {"left gray": pictures[:, 0, 0, 0], "nothing": torch.ones(12), "rare": torch.full((12,), torch.nan)}
    known["rare"][:9] = torch.arange(9.0)
    known["minus right"] = -pictures[:, 0, 0, -1]
    known["minus right"][11] = torch.nan
    return xv.attribute_sheet(tile_model(), attributes, pictures, known=known, shown=2, name="halves")


def test_an_attribute_goes_with_what_it_is_and_the_undefined_is_no_number(sheet):
    found = {name: values.tolist() for name, values in sheet.correlations.items()}
    assert found["left gray"][0] == pytest.approx(1, abs=1e-6)
    assert found["minus right"][1] == pytest.approx(-1, abs=1e-6)
    assert all(map(isnan, found["nothing"] + found["rare"]))
    assert sheet.goes_with(0)[0] == ("left gray", pytest.approx(1, abs=1e-6))
    assert sheet.goes_with(1)[0][0] == "minus right"
    assert "nothing" not in dict(sheet.goes_with(0))


def test_what_the_attributes_turn_is_asked_about_again(sheet, pictures):
    assert sheet.validity == 1
    turned = tile_model()(sheet.answer.counterfactuals[:, 0]).argmax(1)
    assert torch.equal(turned, 1 - tile_model()(pictures).argmax(1))
    assert sheet.preserved == 1


def test_the_preserved_decisions_are_those_of_these_pictures(attributes):
    bright = halves(12, seed=5)
    bright[..., :6] = 0.9
    dark = bright.clone()
    dark[..., :6] = 0.4
    off = type(attributes)(**{**vars(attributes), "generator": TileGenerator(off=0.2)})
    assert xv.attribute_sheet(tile_model(), off, bright).preserved == 1
    assert xv.attribute_sheet(tile_model(), off, dark).preserved == 0


def test_strips_are_those_of_pictures_spread_over_all_with_the_probabilities_of_the_model(sheet, pictures):
    assert sheet.shown == (0, 6)
    strip = sheet.strips[1][0]
    assert strip.own == pytest.approx(float(pictures[6, 0, 0, 0]))
    assert torch.allclose(strip.probabilities, tile_model()(strip.pictures).softmax(1))
    assert strip.values.tolist() == torch.linspace(0, 1, 7, dtype=torch.float64).tolist()


def test_it_names_itself_on_one_line(sheet):
    assert repr(sheet).startswith("AttributeSheet(halves, left half: gray, right half: gray, validity 1.00")


def test_what_does_not_fit_is_refused(attributes, pictures):
    with pytest.raises(InputError, match=r"`known` must have a number for each of 12 pictures\. Got \(3,\) for 'tilt'\."):
        xv.attribute_sheet(tile_model(), attributes, pictures, known={"tilt": torch.ones(3)})
    with pytest.raises(InputError, match=r"`shown` must be a positive integer\. Got 0\."):
        xv.attribute_sheet(tile_model(), attributes, pictures, shown=0)
