"""Segments as layers: what is not edited stays to the last bit, and edits do what they say."""

import pytest
import torch

from xaivision.engines import layers as engine
from xaivision.engines import total_variation as variation


def same(pixels):
    return pixels


def edit(down=0, across=0, kept=1.0, styled=same):
    return engine.LayerEdit(down, across, kept, styled)


def square():
    """A white square, segment 1, on gray ground, segment 0."""
    labels = torch.zeros(9, 9, dtype=torch.int64)
    labels[3:6, 3:6] = 1
    return engine.Layers(torch.where(labels == 1, 1.0, 0.25)[None].double(), labels)


def check_a_picture_without_edits_is_itself_and_an_edit_that_does_nothing_too():
    layers = square()
    assert torch.equal(layers.edited({}), layers.picture)
    assert torch.equal(layers.edited({1: edit()}), layers.picture)


def check_where_a_segment_goes_the_even_ground_goes_on():
    layers = square()
    gone = layers.edited({1: edit(kept=0.0)})
    assert torch.allclose(gone, torch.full_like(gone, 0.25), atol=1e-12)
    assert torch.equal(gone[:, layers.labels == 0], layers.picture[:, layers.labels == 0])


def check_half_of_it_is_kept():
    layers = square()
    faded = layers.edited({1: edit(kept=0.5)})
    assert torch.allclose(faded[:, layers.labels == 1], torch.tensor(0.625).double())


def check_a_moved_segment_is_where_it_went_and_ground_is_where_it_was():
    expected = torch.full((9, 9), 0.25).double()
    expected[4:7, 1:4] = 1
    assert torch.allclose(square().edited({1: edit(down=1, across=-2)})[0], expected, atol=1e-12)


def check_styles_change_the_segment_alone():
    layers = square()
    dimmed = layers.edited({1: edit(styled=lambda pixels: pixels - 0.5)})
    assert torch.equal(dimmed[:, layers.labels == 0], layers.picture[:, layers.labels == 0])
    assert torch.allclose(dimmed[:, layers.labels == 1], torch.tensor(0.5).double())


def check_moving_agrees_with_going_pixel_by_pixel(down=-3, across=2):
    layer = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.zeros_like(layer)
    for row in range(5):
        for column in range(6):
            if 0 <= row - down < 5 and 0 <= column - across < 6:
                expected[:, row, column] = layer[:, row - down, column - across]
    assert torch.equal(engine.moved(layer, edit(down, across)), expected)


def check_total_variation_and_its_slope_agree_with_autograd():
    pictures = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    down, across = pictures[:, :, 1:] - pictures[:, :, :-1], pictures[:, :, :, 1:] - pictures[:, :, :, :-1]
    whole = down.abs().sum((1, 2, 3)) + across.abs().sum((1, 2, 3))
    whole.sum().backward()
    assert torch.allclose(variation.total_variation(pictures.detach()), whole.detach())
    assert torch.allclose(variation.variation_slope(pictures.detach()), pictures.grad)


CHECKS = [
    check_a_picture_without_edits_is_itself_and_an_edit_that_does_nothing_too,
    check_where_a_segment_goes_the_even_ground_goes_on,
    check_half_of_it_is_kept,
    check_a_moved_segment_is_where_it_went_and_ground_is_where_it_was,
    check_styles_change_the_segment_alone,
    check_total_variation_and_its_slope_agree_with_autograd,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_layers_do_what_is_said(check):
    check()


@pytest.mark.parametrize(("down", "across"), [(0, 0), (2, -1), (-3, 2), (4, 4), (9, 0), (0, -12)])
def test_moving_agrees_with_going_pixel_by_pixel(down, across):
    check_moving_agrees_with_going_pixel_by_pixel(down, across)
