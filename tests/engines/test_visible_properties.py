"""Properties of pictures have their closed forms."""

import pytest
import torch

from xaivision.engines import visible_properties as engine


def told(picture):
    return {name: float(values[0]) for name, values in engine.visible_properties(picture[None]).items()}


def check_an_even_picture_has_a_level_and_nothing_else():
    found = told(torch.full((3, 4, 6), 0.25))
    assert found == {"brightness": 0.25, "contrast": 0, "grain": 0, "light to the right": 0, "light lower down": 0}


def check_a_column_of_light_is_at_its_place_and_a_row_at_its():
    picture = torch.zeros(1, 5, 5)
    picture[:, :, 4] = 1
    found = told(picture)
    assert found["brightness"] == pytest.approx(0.2)
    assert found["contrast"] == pytest.approx(0.4)
    assert (found["light to the right"], found["light lower down"]) == (1, 0)
    assert found["grain"] == pytest.approx(0.25 / 2)
    turned = told(picture.transpose(1, 2).flip(1))
    assert (turned["light to the right"], turned["light lower down"]) == (0, -1)


def check_a_level_added_everywhere_moves_nothing():
    picture = torch.rand(1, 6, 6, generator=torch.Generator().manual_seed(0)).double()
    before, after = told(picture), told(picture + 0.3)
    assert after["brightness"] == pytest.approx(before["brightness"] + 0.3)
    for name in ("contrast", "grain", "light to the right", "light lower down"):
        assert after[name] == pytest.approx(before[name])


def test_each_picture_is_told_by_itself():
    pictures = torch.rand(3, 3, 5, 7, generator=torch.Generator().manual_seed(1))
    together = engine.visible_properties(pictures)
    for row in range(3):
        assert {name: float(values[row]) for name, values in together.items()} == pytest.approx(told(pictures[row]))


def test_an_even_picture_has_a_level_and_nothing_else():
    check_an_even_picture_has_a_level_and_nothing_else()


def test_a_column_of_light_is_at_its_place_and_a_row_at_its():
    check_a_column_of_light_is_at_its_place_and_a_row_at_its()


def test_a_level_added_everywhere_moves_nothing():
    check_a_level_added_everywhere_moves_nothing()
