"""Points of evidence: the largest positive, apart from each other, deepest in what is even, rows before columns."""

import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import points
from xaivision.engines.points import EvidencePoint


def places(found):
    return [(point.row, point.column) for point in found]


def bumps(*heights, shape=(20, 30)):
    """A map that is 0 but for single pixels, (row, column, height) each."""
    values = torch.zeros(shape, dtype=torch.float64)
    for row, column, height in heights:
        values[row, column] = height
    return values


def check_the_largest_positive_comes_first_and_the_most_negative_when_asked_for():
    values = bumps((3, 25, 2.0), (15, 4, 3.0), (10, 15, -9.0), (1, 1, -1.0))
    assert points.evidence_points(values, 2) == (EvidencePoint(15, 4, 3.0), EvidencePoint(3, 25, 2.0))
    against = points.evidence_points(values, 5, counter=True)
    assert places(against) == [(10, 15), (1, 1)]
    assert [point.evidence for point in against] == [-9.0, -1.0]
    assert not any(point.positive for point in against)
    assert all(point.positive for point in points.evidence_points(values, 5))


def check_neighbors_of_a_peak_are_no_peaks():
    """On its flanks nothing is a point, however far from the top: only what is largest around itself."""
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(60.0), indexing="ij")
    hill = 10 * torch.exp(-((rows - 12) ** 2 + (columns - 45) ** 2) / 200)
    small = 4 * torch.exp(-((rows - 30) ** 2 + (columns - 8) ** 2) / 50)
    assert places(points.evidence_points(hill + small, 5, 4)) == [(12, 45), (30, 8)]


def check_two_points_are_farther_apart_than_the_separation():
    draws = torch.Generator().manual_seed(0)
    values = torch.rand(24, 36, generator=draws, dtype=torch.float64)
    for separation in (0, 1, 2, 5):
        found = places(points.evidence_points(values, 1000, separation))
        apart = [max(abs(a - c), abs(b - d)) for n, (a, b) in enumerate(found) for c, d in found[:n]]
        assert min(apart) > separation
        # Nothing that is a peak is left out.
        padded = np.pad(values.numpy(), separation, mode="edge")
        side = 2 * separation + 1
        peaks = [
            (row, column)
            for row in range(24)
            for column in range(36)
            if padded[row : row + side, column : column + side].max() == values[row, column]
        ]
        assert sorted(found) == peaks


def check_in_an_even_segment_the_point_is_deepest_inside_or_where_detail_is():
    values = bumps(shape=(20, 30))
    values[4:13, 20:27] = 1.0
    values[17, 2] = 1.0  # as large, but a smaller area
    assert places(points.evidence_points(values)) == [(8, 23)]
    values[:, :] = 0
    values[0:9, 23:30] = 1.0  # the edge of the picture is an edge
    assert places(points.evidence_points(values)) == [(4, 26)]
    detail = bumps((7, 28, 1.0), (15, 3, 9.0))
    assert places(points.evidence_points(values, detail=detail)) == [(7, 28)]


def check_points_of_one_even_segment_are_apart():
    found = places(points.evidence_points(torch.ones(20, 30), 1000, 5))
    assert len(found) >= 6
    assert min(max(abs(a - c), abs(b - d)) for n, (a, b) in enumerate(found) for c, d in found[:n]) > 5


def check_what_stands_out_is_a_highlight_or_a_shadow_and_not_a_pixel():
    for level in (0.0, 1.0):
        image = torch.full((1, 40, 60), 0.4)
        image[:, 10:16, 40:46] = level
        image[0, 30, 10] = 1.0 - level
        found = points.standing_out(image)
        row, column = divmod(int(found.argmax()), 60)
        assert 12 <= row <= 13
        assert 42 <= column <= 43
        assert float(found[30, 10]) < float(found.max()) / 2
    assert not points.standing_out(torch.full((3, 16, 16), 0.3)).any()


def check_how_far_a_point_moves_over_seeds():
    maps = torch.stack([bumps((3, 4, 1.0)), bumps((3, 4, 2.0)), bumps((6, 8, 1.0))])
    found = points.point_stability(maps)
    assert places(found.points) == [(3, 4), (3, 4), (6, 8)]
    assert found.mean_distance == pytest.approx(10 / 3)
    assert found.largest_distance == 5.0
    same = points.point_stability(maps[:2])
    assert (same.mean_distance, same.largest_distance) == (0.0, 0.0)


CHECKS = [made for name, made in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_points(check):
    check()


@pytest.mark.parametrize(
    ("values", "settings", "sentence"),
    [
        (-torch.ones(4, 6), {}, r"positive evidence to point at\. Got a map whose largest value is -1: .* Explain another class"),
        (torch.zeros(4, 6), {}, r"whose largest value is 0: nothing in it speaks for the class"),
        (torch.full((4, 6), torch.nan), {}, r"must be finite\. Got NaN"),
        (torch.ones(1, 4, 6), {}, r"`values` must be a map \(H, W\) of one picture\. Got shape \(1, 4, 6\)"),
        (torch.ones(4, 6), {"count": 0}, r"`count` must be a positive integer\. Got 0\."),
        (torch.ones(4, 6), {"separation": -1}, r"`separation` must be a number from 0\. Got -1\."),
        (torch.ones(4, 6), {"detail": torch.ones(6, 4)}, r"`detail` must have the shape of the map, \(4, 6\)\. Got \(6, 4\)\."),
    ],
)
def test_what_points_nowhere_is_one_sentence(values, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        points.evidence_points(values, **settings)


def test_where_nothing_speaks_against_there_are_no_negative_points():
    assert points.evidence_points(torch.ones(4, 6), counter=True) == ()


def test_one_map_has_no_stability():
    with pytest.raises(InputError, match=r"two or more of one picture, \(S, H, W\)\. Got shape \(1, 4, 6\)\."):
        points.point_stability(torch.ones(1, 4, 6))
