import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.engines import disjoint_pooling

POOLS = (
    (nn.MaxPool2d(3, 2, 1), (2, 3, 9, 8)),
    (nn.MaxPool2d(3, 2, ceil_mode=True), (2, 3, 8, 11)),
    (nn.MaxPool2d((3, 2), (1, 2), (1, 0)), (1, 2, 6, 7)),
    (nn.MaxPool2d(2, 1, dilation=2), (1, 2, 7, 6)),
    (nn.MaxPool1d(3, 1, 1), (2, 3, 9)),
    (nn.MaxPool3d(2, 1), (1, 2, 4, 5, 3)),
    (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (1, 1, 6, 5)),
)


def check_maxima_and_gradients_are_those_of_the_pool(pool, shape, seed=0):
    inputs = drawn(shape, seed) - 0.5
    found = []
    with disjoint_pooling.disjoint_pools(holder := nn.Sequential(pool)):
        assert holder[0] is not pool
        found.append(answer(holder, inputs))
    assert holder[0] is pool
    found.append(answer(holder, inputs))
    for ours, expected in zip(*found, strict=True):
        assert ours.shape == expected.shape
        assert torch.equal(ours, expected)


def answer(module, inputs):
    leaf = inputs.clone().requires_grad_()
    pooled = module(leaf)
    weights = torch.arange(1, pooled.numel() + 1, dtype=pooled.dtype).view(pooled.shape)
    return pooled.detach(), *torch.autograd.grad((pooled * weights).sum(), leaf)


def check_all_pools():
    for pool, shape in POOLS:
        check_maxima_and_gradients_are_those_of_the_pool(pool, shape)


def check_the_places_of_maxima_are_given_where_the_pool_gives_them():
    pools = (
        (nn.MaxPool2d(3, 2, 1, return_indices=True), (2, 3, 9, 8)),
        (nn.MaxPool1d(3, 1, return_indices=True), (2, 3, 9)),
        (nn.MaxPool3d(2, 1, return_indices=True), (1, 2, 4, 5, 3)),
        (nn.MaxPool2d(3, 2, ceil_mode=True, return_indices=True), (2, 1, 8, 11)),
    )
    for pool, shape in pools:
        inputs = drawn(shape, 0)
        with disjoint_pooling.disjoint_pools(holder := nn.Sequential(pool)):
            given = holder(inputs)
        assert isinstance(given, tuple), "the places are missing"
        for ours, expected in zip(given, pool(inputs), strict=True):
            assert torch.equal(ours, expected)


def check_what_overlaps():
    overlapping = [nn.MaxPool2d(3, 2), nn.MaxPool1d(2, 1), nn.MaxPool2d((2, 3), 2), nn.MaxPool2d(2, 2, dilation=2)]
    apart = [nn.MaxPool2d(2), nn.MaxPool3d(3, 4), nn.AvgPool2d(3, 1), nn.ReLU(), nn.MaxPool2d((2, 3), (2, 3))]
    assert [disjoint_pooling.overlaps(part) for part in overlapping] == [True] * 4
    assert [disjoint_pooling.overlaps(part) for part in apart] == [False] * 5


def check_windows_share_no_position():
    """Unpooling adds nothing up, so each pooled value must come from a place of its own."""
    pool = nn.MaxPool2d(3, 1, 1)
    peak = torch.zeros(1, 1, 4, 4)
    peak[..., 1, 1] = 1
    with disjoint_pooling.disjoint_pools(holder := nn.Sequential(pool)):
        seen = []
        holder[0].pool.register_forward_pre_hook(lambda _part, given: seen.append(given[0]))
        assert int(holder(peak).sum()) == 9
    _, places = torch.nn.functional.max_pool1d(seen[0], 9, return_indices=True)
    assert len(set(zip(range(16), places.flatten().tolist(), strict=True))) == 16
    assert int((seen[0] == 1).sum()) == 9


@pytest.mark.parametrize(("pool", "shape"), POOLS)
def test_maxima_and_gradients_are_those_of_the_pool(pool, shape):
    check_maxima_and_gradients_are_those_of_the_pool(pool, shape)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_they_are_for_any_windows(data):
    size, stride = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    padding = data.draw(st.integers(0, size // 2))
    dilation, ceil_mode = data.draw(st.integers(1, 2)), data.draw(st.booleans())
    side = data.draw(st.integers(dilation * (size - 1) + 1, 12))
    pool = nn.MaxPool2d(size, stride, padding, dilation, ceil_mode=ceil_mode)
    if disjoint_pooling.overlaps(pool):
        check_maxima_and_gradients_are_those_of_the_pool(pool, (2, 2, side, side + 1), seed=side)


def test_windows_share_no_position():
    check_windows_share_no_position()


def test_the_places_of_maxima_are_given_where_the_pool_gives_them():
    check_the_places_of_maxima_are_given_where_the_pool_gives_them()


def test_what_overlaps():
    check_what_overlaps()


def broken_inside(module):
    first, second = module[0], module[1][0]
    with disjoint_pooling.disjoint_pools(module):
        assert module[0] is not first
        assert module[1][0] is second
        raise RuntimeError("broken")


def test_the_pools_are_back_after_an_error_and_pools_that_do_not_overlap_stay():
    module = nn.Sequential(nn.MaxPool2d(3, 1), nn.Sequential(nn.MaxPool2d(2)))
    first, second = module[0], module[1][0]
    with pytest.raises(RuntimeError, match="broken"):
        broken_inside(module)
    assert module[1][0] is second
    assert module[0] is first
