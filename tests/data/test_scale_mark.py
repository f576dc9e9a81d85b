import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.scale_mark import PAINT, with_scale_mark
from xaivision.engines.burnt_in_marks import burnt_in_marks


@pytest.mark.parametrize("channels", [1, 3])
def test_letters_are_white_on_black_and_nothing_else_changes(channels):
    picture = torch.full((channels, 64, 80), 0.3)
    marked = with_scale_mark(picture, corner=(40, 30))
    mark = marked[:, 40 : 40 + PAINT[1], 30 : 30 + PAINT[0]]
    assert float(mark.min()) == 0
    assert float(mark.max()) == 1
    marked[:, 40 : 40 + PAINT[1], 30 : 30 + PAINT[0]] = 0.3
    assert torch.equal(marked, picture)


def test_the_engine_that_looks_for_marks_finds_it():
    picture = 0.2 + 0.3 * torch.rand(1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert not bool(burnt_in_marks(picture).any())
    assert float(burnt_in_marks(with_scale_mark(picture))[2:18, 2:44].double().mean()) > 0.25


@pytest.mark.parametrize("corner", [(-1, 0), (50, 0), (0, 30)])
def test_a_mark_that_would_not_lie_inside_is_refused(corner):
    with pytest.raises(InputError, match="must lie inside the picture"):
        with_scale_mark(torch.zeros(1, 64, 64), corner=corner)
