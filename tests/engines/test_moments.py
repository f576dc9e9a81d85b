import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.engines import moments


def check_blocks_cover_every_input_with_every_draw_once(inputs, draws, size):
    found = moments.blocks(inputs, draws, size)
    pairs = []
    for block in found:
        rows = block.rows.tolist()
        assert 1 <= len(rows) <= size
        assert len(rows) == len(block.versions) * (block.inputs.stop - block.inputs.start)
        numbers = [draw for draw in block.versions for _ in range(block.inputs.start, block.inputs.stop)]
        pairs += zip(rows, numbers, strict=True)
    assert sorted(pairs) == [(i, d) for i in range(inputs) for d in range(draws)]


def check_moments_are_numpys(seed, size, origin=0.0):
    table = origin + drawn((7, 3, 2, 5), seed)  # draws, inputs, and two axes of values
    found = moments.moments(
        moments.blocks(3, 7, size),
        lambda block: table[block.versions.start : block.versions.stop, block.inputs].flatten(0, 1),
        "test",
    )
    rounding = 1e-12 + 1e-15 * origin
    torch.testing.assert_close(found.mean, table.mean(0), atol=rounding, rtol=0)
    torch.testing.assert_close(found.variance, table.var(0, correction=0), atol=rounding, rtol=0)
    assert found.draws == 7
    assert found.fourth is None


def check_errors_are_those_of_the_textbook():
    table = drawn((50, 2, 3), 1) ** 2
    found = moments.moments(
        moments.blocks(2, 50, 8),
        lambda block: table[block.versions.start : block.versions.stop, block.inputs].flatten(0, 1),
        "test",
        fourth=True,
    )
    torch.testing.assert_close(found.error_of_mean(), table.std(0, correction=1) / 50**0.5)
    deviation = table - table.mean(0)
    torch.testing.assert_close(found.fourth, (deviation**4).mean(0))
    expected = ((deviation**4).mean(0) - table.var(0, correction=0) ** 2).div(49).sqrt()
    torch.testing.assert_close(found.error_of_variance(), expected)


def check_equal_answers_have_no_spread_at_all():
    one = 1e8 + drawn((2, 4), 3)
    found = moments.moments(moments.blocks(2, 9, 6), lambda block: one[block.rows], "test", fourth=True)
    torch.testing.assert_close(found.mean, one, atol=0, rtol=0)
    assert not found.variance.any()
    assert not found.error_of_variance().any()


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 15))
@settings(max_examples=40, deadline=None)
def test_blocks_cover_every_input_with_every_draw_once(inputs, draws, size):
    check_blocks_cover_every_input_with_every_draw_once(inputs, draws, size)


@given(st.integers(0, 10**6), st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_moments_do_not_depend_on_the_size_of_a_batch(seed, size):
    check_moments_are_numpys(seed, size)


def test_a_spread_of_one_around_a_hundred_million_is_kept():
    check_moments_are_numpys(0, 4, origin=1e8)


def test_errors_are_those_of_the_textbook():
    check_errors_are_those_of_the_textbook()


def test_equal_answers_have_no_spread_at_all():
    check_equal_answers_have_no_spread_at_all()


def test_one_draw_says_nothing_of_its_error():
    found = moments.moments(moments.blocks(2, 1, 4), lambda block: torch.ones(len(block.rows), 3), "test", fourth=True)
    assert found.error_of_mean() is None
    assert found.error_of_variance() is None


def test_moments_of_float32_are_kept_in_float64():
    found = moments.moments(moments.blocks(1, 3, 4), lambda block: torch.ones(len(block.rows), 3), "test")
    assert (found.mean.dtype, found.variance.dtype) == (torch.float64, torch.float64)


def test_one_batch_at_a_time_is_asked_for():
    asked, token = [], CancelToken()

    def ask(block):
        asked.append(len(block.rows))
        token.cancel()
        return torch.ones(len(block.rows), 2)

    with reporting(None, token), pytest.raises(Cancelled):
        moments.moments(moments.blocks(2, 100, 6), ask, "test")
    assert asked == [6]
