import pytest
import torch
from torch import nn

from xaivision.core.errors import InputError
from xaivision.surrogates.likeness_reading import likenesses
from xaivision.surrogates.segment_reading import NAMES, segment_statistics
from xaivision.surrogates.surrogate_file import RECIPES


def scene(bright=(4, 4), dark=(20, 20)):
    """A gray picture with a bright square and a dark one, by their upper left corners."""
    picture = torch.full((1, 1, 32, 32), 0.5)
    for (row, column), value in ((bright, 1.0), (dark, 0.0)):
        picture[:, :, row : row + 8, column : column + 8] = value
    return picture


def read(picture, count=64):
    return dict(zip(NAMES, segment_statistics(count)(picture)[0].tolist(), strict=True))


def test_parts_are_found_where_they_were_put():
    found = read(scene())
    assert found["brightness of the brightest part"] == pytest.approx(1, abs=0.02)
    assert found["brightness of the darkest part"] == pytest.approx(0, abs=0.02)
    assert found["height of bright parts"] == pytest.approx(1 - 7.5 / 31, abs=0.06)
    assert found["distance from the left of dark parts"] == pytest.approx(23.5 / 31, abs=0.06)
    assert found["distance from bright to dark parts"] == pytest.approx(16 / 31 * 2**0.5, abs=0.08)
    for side in ("bright", "dark"):
        assert found[f"share of {side} parts"] == pytest.approx(1 / 16, abs=0.03)


def test_what_moves_to_the_right_moves_in_the_numbers_and_nothing_else_does():
    before, after = read(scene(bright=(4, 4))), read(scene(bright=(4, 12)))
    assert after["distance from the left of bright parts"] - before["distance from the left of bright parts"] > 0.2
    assert after["height of bright parts"] == pytest.approx(before["height of bright parts"], abs=0.05)
    assert after["height of dark parts"] == pytest.approx(before["height of dark parts"], abs=0.05)


def test_a_picture_does_not_change_what_is_read_of_its_neighbor():
    both = torch.cat([scene(), scene(bright=(16, 2))])
    assert segment_statistics(64)(both)[1].tolist() == segment_statistics(64)(both[1:])[0].tolist()


def test_the_file_makes_the_same_reading_again():
    name, settings = segment_statistics(25).recipe
    again = RECIPES[name](**settings)
    assert again(scene()).tolist() == segment_statistics(25)(scene()).tolist()


def test_likeness_is_the_cosine_in_what_the_layer_sees():
    prototypes = torch.eye(2).view(2, 2, 1, 1)
    reading = likenesses(["first", "second"], nn.Identity(), prototypes)
    picture = torch.tensor([[3.0, 4.0]]).view(1, 2, 1, 1).expand(1, 2, 5, 5)
    assert reading(picture)[0] == pytest.approx([0.6, 0.8])
    assert reading(prototypes).tolist() == [[1, 0], [0, 1]]


def test_what_does_not_fit_is_told():
    with pytest.raises(InputError, match=r"`count` must be at least 2\. Got 1"):
        segment_statistics(1)
    with pytest.raises(InputError, match=r"one for each of 2 names\. Got 1"):
        likenesses(["a", "b"], nn.Identity(), torch.zeros(1, 3, 2, 2))
