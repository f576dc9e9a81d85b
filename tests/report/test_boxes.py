"""Boxes on pictures: each is seen, also where others lie in the same place."""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from xaivision.report.boxes import boxed_pixels, draw_boxes
from xaivision.report.palette import LINE_COLORS, rgb_bytes

ONE, OTHER = [2, 2, 10, 10], [20, 20, 30, 30]


def colors_on(pixels, rank):
    return (pixels == rgb_bytes(LINE_COLORS[rank])).all(2)


def test_boxes_that_coincide_share_their_line_so_that_each_color_is_seen():
    axes = Figure().add_subplot()
    draw_boxes(axes, [ONE, OTHER, ONE])
    drawn = [patch for patch in axes.patches if to_hex(patch.get_edgecolor()) != "#ffffff"]
    assert [to_hex(patch.get_edgecolor()) for patch in drawn] == list(LINE_COLORS[:3])
    (first_at, first), (_, alone), (second_at, second) = (patch._unscaled_dash_pattern for patch in drawn)
    assert alone is None
    assert (list(first), first_at) == ([3.0, 3.0], 0)
    assert (list(second), second_at) == ([3.0, 3.0], 3.0)  # it begins where the other's gap does


def test_pixels_of_coinciding_boxes_are_shared_and_none_is_lost():
    picture = np.zeros((32, 32, 3), dtype=np.uint8)
    alone, both = boxed_pixels(picture, [ONE]), boxed_pixels(picture, [ONE, ONE])
    line = colors_on(alone, 0)
    assert np.array_equal(line, colors_on(both, 0) | colors_on(both, 1))
    shares = [colors_on(both, rank).sum() / line.sum() for rank in (0, 1)]
    assert min(shares) > 0.3


def test_a_box_is_around_its_pixels_in_the_color_of_its_rank():
    drawn = boxed_pixels(np.zeros((32, 32, 3), dtype=np.uint8), [OTHER], first=2)
    rows, columns = np.nonzero(colors_on(drawn, 2))
    times = drawn.shape[0] // 32
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == tuple(times * side for side in (20, 30, 20, 30))
    assert not colors_on(drawn, 2)[25 * times, 25 * times]
