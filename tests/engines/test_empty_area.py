import pytest
import torch

from xaivision.core.random import generator
from xaivision.engines import empty_area as engine


def echoes(height=64, width=64):
    return 0.2 + 0.5 * torch.rand(1, height, width, generator=generator(0))


def fan(side=96):
    """A fan of echoes on black; what is left is its outside."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    inside = (columns - side / 2).abs() < 0.15 * side + 0.3 * rows
    return torch.where(inside, echoes(side, side), 0.08), ~inside


def check_the_outside_of_a_fan_is_empty():
    picture, outside = fan()
    found = engine.empty_area(picture)
    both, either = (found & outside).sum(), (found | outside).sum()
    assert float(both / either) > 0.97


def check_even_areas_inside_are_not_empty():
    picture = echoes()
    picture[:, 20:40, 20:40] = 0.01
    assert not bool(engine.empty_area(picture).any())


def check_what_jpeg_leaves_on_even_areas_is_even():
    picture = echoes()
    picture[:, :, :20] = 0.1 + torch.rand(64, 20, generator=generator(1)) * 2 / 255
    assert float(engine.empty_area(picture)[:, :20].double().mean()) > 0.95


def check_an_even_bar_of_a_few_pixels_is_not_empty():
    picture = echoes(160, 160)
    picture[:, :5, :7] = 0
    assert not bool(engine.empty_area(picture).any())


def test_the_outside_of_a_fan_is_empty():
    check_the_outside_of_a_fan_is_empty()


def test_even_areas_inside_are_not_empty():
    check_even_areas_inside_are_not_empty()


def test_what_jpeg_leaves_on_even_areas_is_even():
    check_what_jpeg_leaves_on_even_areas_is_even()


def test_an_even_bar_of_a_few_pixels_is_not_empty():
    check_an_even_bar_of_a_few_pixels_is_not_empty()


def test_color_that_differs_is_no_even_area():
    picture = torch.full((3, 40, 40), 0.4)
    picture[2] = torch.rand(40, 40, generator=generator(2))
    assert not bool(engine.empty_area(picture).any())


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 50), (3, 32, 32)])
def test_an_even_picture_is_empty_throughout(shape):
    assert bool(engine.empty_area(torch.full(shape, 0.3)).all())
