import pytest
import torch

from xaivision.engines import mask_pieces as engine


def marked(*places, shape=(20, 40)):
    mask = torch.zeros(shape, dtype=torch.bool)
    for rows, columns in places:
        mask[rows, columns] = True
    return mask


def check_pieces_touch_nowhere_and_the_largest_is_told():
    large, small = (slice(2, 12), slice(3, 15)), (slice(14, 18), slice(30, 35))
    found = engine.mask_pieces(marked(small, large))
    assert found.count == 2
    assert torch.equal(found.largest, marked(large))
    corner = engine.mask_pieces(marked((slice(2, 4), slice(2, 4)), (slice(4, 6), slice(4, 6))))
    assert corner.count == 1


def check_specks_are_no_pieces_and_an_empty_mask_has_none():
    found = engine.mask_pieces(marked((slice(2, 13), slice(3, 15)), (19, 39)))  # one pixel of 133
    assert found.count == 1
    empty = engine.mask_pieces(marked())
    assert empty.count == 0
    assert not empty.largest.any()


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_engine(check):
    check()
