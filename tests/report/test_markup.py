import base64
import io

import numpy as np
import pytest
from PIL import Image

from xaivision.report.curves import Band, Curve, CurvePlot
from xaivision.report.markup import band_points, cell_colors, curve_points, data_uri, profile_points


def plot(*heights, low=None, high=None, shares=None):
    shares = np.linspace(0, 1, len(heights[0])) if shares is None else shares
    curves = tuple(Curve(str(place), shares, np.asarray(one, dtype=float), "#000000", "") for place, one in enumerate(heights))
    return CurvePlot("deletion", "probability", curves, None if low is None else Band(shares, low, high))


def points(made):
    return curve_points(made, made.curves[0])


def test_a_data_uri_holds_the_picture_unchanged():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    head, _, body = data_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.array(Image.open(io.BytesIO(base64.b64decode(body)))), pixels)


def test_curves_run_from_left_to_right_with_one_at_the_top():
    assert points(plot([0.0, 0.5, 1.0])) == "0.0,180.0 150.0,90.0 300.0,0.0"


def test_curves_and_their_band_stand_where_their_shares_are():
    uneven = np.array([0.0, 0.1, 1.0])
    assert points(plot([0.0, 0.5, 1.0], shares=uneven)) == "0.0,180.0 30.0,90.0 300.0,0.0"
    shape = plot([0.0, 0.5, 1.0], low=np.zeros(3), high=np.ones(3), shares=uneven)
    assert band_points(shape) == "0.0,0.0 30.0,0.0 300.0,0.0 300.0,180.0 30.0,180.0 0.0,180.0"


def test_steps_without_a_value_are_left_out():
    assert points(plot([1.0, np.nan, 1.0])) == "0.0,0.0 300.0,0.0"


def test_an_axis_holds_every_curve_and_the_band():
    assert plot([0.2, 0.4]).limits == (0.0, 1.0)
    assert plot([2.0, -3.0], low=np.array([-5.0, 0.0]), high=np.array([0.0, 4.0])).limits == (-5.0, 4.0)
    assert plot([7.0, 7.0]).limits == (7.0, 8.0)
    assert plot([np.nan, np.nan]).limits == (0.0, 1.0)


def test_the_band_goes_out_along_the_top_and_back_along_the_bottom():
    shape = plot([0.0, 1.0], low=np.array([0.0, 0.0]), high=np.array([1.0, 0.5]))
    assert band_points(shape) == "0.0,0.0 300.0,90.0 300.0,180.0 0.0,180.0"
    assert band_points(plot([0.0, 1.0])) == ""


def test_a_profile_of_one_column_is_a_point():
    assert profile_points(np.array([1.0])) == "0.0,0.0"


@pytest.mark.parametrize("value", np.linspace(-1, 1, 41))
def test_every_correlation_can_be_read_on_its_color(value):
    def luminance(color):
        parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted(map(luminance, cell_colors(float(value))), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) > 4.5
