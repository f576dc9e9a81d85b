import math

import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.pointing import Point, mass_in, region_at

# Four quarters of a picture of 8 x 8 pixels.
QUARTERS = torch.arange(8)[:, None] // 4 * 2 + torch.arange(8)[None] // 4
IMAGE = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(0))


def test_the_segments_that_points_lie_on_are_the_region():
    region = region_at(IMAGE, [Point(1, 1), Point(6, 7)], QUARTERS)
    assert torch.equal(region, (QUARTERS == 0) | (QUARTERS == 3))


def test_a_column_is_no_row():
    assert torch.equal(region_at(IMAGE, [Point(column=7, row=0)], QUARTERS), QUARTERS == 1)


def test_the_later_point_in_a_segment_counts():
    points = [Point(1, 1), Point(6, 1), Point(2, 3, inside=False)]
    assert torch.equal(region_at(IMAGE, points, QUARTERS), QUARTERS == 1)
    assert torch.equal(region_at(IMAGE, [points[2], points[0]], QUARTERS), QUARTERS == 0)


def test_no_point_is_no_region():
    assert not region_at(IMAGE, []).any()


@pytest.mark.parametrize("point", [Point(8, 0), Point(0, -1)])
def test_a_point_outside_is_refused(point):
    with pytest.raises(InputError, match="Points must lie in the picture of 8 x 8 pixels"):
        region_at(IMAGE, [point])


def test_segments_that_there_are_none_of_are_refused():
    with pytest.raises(InputError, match="`segments` must be one of"):
        region_at(IMAGE, [Point(0, 0)], "circles")


def linear():
    weights = torch.zeros(64, 2)
    weights[:, 0] = torch.where(QUARTERS == 0, 3.0, torch.where(QUARTERS == 1, 1.0, -1.0)).flatten()
    return xv.classifier(
        lambda inputs: torch.as_tensor(inputs).float().flatten(1) @ weights,
        domain="image",
        num_classes=2,
        score_unit="logit",
        image_format=xv.ImageFormat(1, 8, 8),
    )


def test_the_share_of_what_speaks_for_the_class_is_known():
    model, inputs = linear(), torch.ones(1, 1, 8, 8)
    explanation = xv.explain(model, inputs, "occlusion", 0, baseline="zeros", window=1)
    found = mass_in(model, {"occlusion": explanation}, QUARTERS == 0)
    assert found["occlusion"].share == pytest.approx(48 / 64, abs=1e-5)
    assert mass_in(model, {"occlusion": explanation}, QUARTERS == 3)["occlusion"].share == 0


def test_what_cannot_be_told_says_why(monkeypatch):
    model, inputs = linear(), torch.ones(1, 1, 8, 8)
    explanation = xv.explain(model, inputs, "occlusion", 0)
    found = mass_in(model, {"occlusion": explanation}, torch.zeros(3, 3, dtype=torch.bool))
    assert math.isnan(found["occlusion"].share)
    assert "must have the shape" in found["occlusion"].why
