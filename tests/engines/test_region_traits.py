import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import region_traits as engine

NAMED = {
    "black": (0.02, 0.02, 0.03),
    "white": (1.0, 1.0, 1.0),
    "gray": (0.5, 0.5, 0.5),
    "dark gray": (0.25, 0.25, 0.26),
    "red": (0.8, 0.1, 0.1),
    "green": (0.1, 0.6, 0.2),
    "blue": (0.1, 0.2, 0.8),
    "turquoise": (0.1, 0.7, 0.65),
    "yellow": (0.95, 0.9, 0.2),
    "orange": (0.95, 0.5, 0.1),
    "brown": (0.4, 0.25, 0.12),
    "beige": (0.85, 0.78, 0.65),
    "purple": (0.5, 0.1, 0.7),
    "pink": (0.95, 0.6, 0.65),
}


def framed(height=40, width=60):
    """A dark picture with a light block in its lower left, and the block."""
    image, mask = torch.full((3, height, width), 0.2), torch.zeros(height, width, dtype=torch.bool)
    mask[25:35, 6:18] = True
    image[:, mask] = torch.tensor([[0.8], [0.1], [0.1]])
    return image, mask


def check_place_and_size_are_shares_of_the_sides():
    told = engine.region_traits(*framed())
    assert told.area == 10 * 12 / (40 * 60)
    assert (told.row, told.column) == (30 / 40, 12 / 60)
    assert (told.height, told.width) == (10 / 40, 12 / 60)


def check_of_several_pieces_the_place_is_that_of_the_largest():
    image, mask = framed()
    assert engine.region_traits(image, mask).pieces == 1
    mask[2:5, 50:58] = True
    told = engine.region_traits(image, mask)
    assert told.pieces == 2
    assert (told.row, told.column) == (30 / 40, 12 / 60)
    assert told.area == (10 * 12 + 3 * 8) / (40 * 60)


def check_the_level_is_held_against_the_surroundings_alone():
    image, mask = framed()
    image[:, :5, 40:] = 1.0  # far away
    told = engine.region_traits(image, mask)
    assert abs(told.level - 1 / 3) < 1e-6
    assert abs(told.around - 0.2) < 1e-6


def check_colors_have_their_basic_names():
    for name, color in NAMED.items():
        image = torch.tensor(color)[:, None, None].expand(3, 4, 4).clone()
        image[:, 0] = torch.tensor([0.0, 0.0, 1.0])[:, None]  # so that the picture has color
        mask = torch.ones(4, 4, dtype=torch.bool)
        mask[0] = False
        assert engine.color_shares(image, mask) == {name: 1.0}


def check_shares_of_colors_come_most_first_and_gray_pictures_have_none():
    image, mask = framed()
    image[:, 25:28, 6:18] = torch.tensor([0.1, 0.2, 0.8])[:, None, None]
    assert list(engine.color_shares(image, mask).items()) == [("red", 0.7), ("blue", 0.3)]
    assert engine.color_shares(image[:1], mask) == {}
    assert engine.color_shares(image[:1].expand(3, -1, -1), mask) == {}


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_traits_of_regions(check):
    check()


def test_a_region_that_fills_the_picture_has_no_surroundings():
    image, mask = framed()
    assert engine.region_traits(image, torch.ones_like(mask)).around != 0
    assert str(engine.region_traits(image, torch.ones_like(mask)).around) == "nan"


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [(torch.zeros(40, 60, dtype=torch.bool), "Got an empty mask"), (torch.ones(60, 40, dtype=torch.bool), "the picture's size")],
)
def test_a_mask_that_marks_nothing_or_does_not_fit_is_refused(mask, sentence):
    with pytest.raises(InputError, match=sentence):
        engine.region_traits(framed()[0], mask)
