import pytest
import torch
from core_subjects import drawn

from xaivision.core.errors import InputError
from xaivision.core.layer_layout import LayerLayout, Surroundings, check_layout, read_as, readings

FIRST, LAST, TOKENS = (frozenset([kind]) for kind in ("channels_first", "channels_last", "tokens"))
SQUARE, WIDE = (32, 32), (32, 64)


def test_every_layout_gives_the_same_maps():
    maps = drawn(2, 3, 4, 5)
    assert torch.equal(LayerLayout("channels_first", 4, 5).to_maps(maps), maps)
    assert torch.equal(LayerLayout("channels_last", 4, 5).to_maps(maps.permute(0, 2, 3, 1)), maps)
    tokens = maps.flatten(2).transpose(1, 2)
    assert torch.equal(LayerLayout("tokens", 4, 5).to_maps(tokens), maps)
    with_leading = torch.cat([torch.full((2, 2, 3), 7.0), tokens], 1)
    assert torch.equal(LayerLayout("tokens", 4, 5, leading=2).to_maps(with_leading), maps)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        (LayerLayout("channels_first", 4, 5), (2, 4, 5, 3)),
        (LayerLayout("channels_last", 4, 5), (2, 3, 4, 5)),
        (LayerLayout("tokens", 4, 5, 1), (2, 20, 3)),
        (LayerLayout("tokens", 4, 5), (2, 4, 5, 3)),
        (LayerLayout("channels_first", 4, 5), (2, 20, 3)),
    ],
)
def test_another_shape_than_the_recognized_one_is_refused(layout, shape):
    with pytest.raises(InputError, match=r"must hold 4 x 5 positions"):
        layout.to_maps(torch.zeros(shape))


@pytest.mark.parametrize(
    ("shape", "around", "expected"),
    [
        ((1, 6, 4, 4), Surroundings(SQUARE), LayerLayout("channels_first", 4, 4)),
        ((1, 4, 4, 6), Surroundings(SQUARE), LayerLayout("channels_last", 4, 4)),
        ((1, 4, 4, 4), Surroundings(SQUARE, known=FIRST), LayerLayout("channels_first", 4, 4)),
        ((1, 4, 4, 4), Surroundings(SQUARE, known=LAST), LayerLayout("channels_last", 4, 4)),
        ((1, 6, 4, 8), Surroundings(WIDE), LayerLayout("channels_first", 4, 8)),
        ((1, 4, 8, 6), Surroundings(WIDE), LayerLayout("channels_last", 4, 8)),
        ((1, 9, 7, 10), Surroundings((200, 300)), LayerLayout("channels_first", 7, 10)),
        # Sides are rounded up on the way: 3.1 to 4 and 12.5 to 13. One of them may be a cell off, as seen from the other.
        ((1, 9, 4, 13), Surroundings((100, 400)), LayerLayout("channels_first", 4, 13)),
        ((1, 9, 13, 4), Surroundings((400, 100)), LayerLayout("channels_first", 13, 4)),
        ((1, 4, 13, 9), Surroundings((100, 400)), LayerLayout("channels_last", 4, 13)),
        # A convolution's maps are maps, also of a kernel that is not square.
        ((1, 6, 1, 9), Surroundings(SQUARE, known=FIRST), LayerLayout("channels_first", 1, 9)),
        ((1, 17, 8), Surroundings(SQUARE, patches=(4, 4)), LayerLayout("tokens", 4, 4, 1)),
        ((1, 16, 8), Surroundings(SQUARE, patches=(4, 4)), LayerLayout("tokens", 4, 4, 0)),
        ((1, 21, 8), Surroundings(SQUARE, patches=(4, 4)), LayerLayout("tokens", 4, 4, 5)),
        ((1, 33, 8), Surroundings(WIDE, patches=(4, 8), known=TOKENS), LayerLayout("tokens", 4, 8, 1)),
        # Tokens that were merged, two by two and again.
        ((1, 4, 64), Surroundings(SQUARE, patches=(8, 8), known=TOKENS), LayerLayout("tokens", 2, 2, 0)),
        # Patches that no convolution made tile the picture in one way.
        ((1, 17, 8), Surroundings(SQUARE, known=TOKENS), LayerLayout("tokens", 4, 4, 1)),
        ((1, 33, 7), Surroundings(WIDE, known=TOKENS), LayerLayout("tokens", 4, 8, 1)),
    ],
    ids=str,
)
def test_a_layout_is_recognized(shape, around, expected):
    assert readings(shape, around) == [expected]


@pytest.mark.parametrize(
    ("shape", "around"),
    [
        ((1, 5), Surroundings(SQUARE)),
        ((1, 5, 1, 1), Surroundings(SQUARE)),
        ((1, 1, 1, 5), Surroundings(SQUARE)),
        ((1, 5, 3, 4), Surroundings(SQUARE)),
        # Windows of tokens, (B, windows, positions, C), end in a linear layer too.
        ((1, 16, 4, 8), Surroundings(SQUARE, known=LAST)),
        ((1, 4, 4, 8), Surroundings(SQUARE, known=LAST, windows=True)),
        # Attention between 17 tokens in 3 heads is square, and no map.
        ((1, 3, 17, 17), Surroundings(SQUARE, tokens=frozenset([17]))),
        ((1, 30, 8), Surroundings(SQUARE, patches=(4, 4))),
        ((1, 15, 8), Surroundings(SQUARE, patches=(4, 4))),
        ((1, 12, 8), Surroundings(SQUARE)),
        # Channels and positions, (B, C, h * w): as many of either.
        ((1, 16, 16), Surroundings(SQUARE, patches=(4, 4))),
        ((1, 8, 16), Surroundings(SQUARE, patches=(4, 4))),
        ((1, 16, 8), Surroundings(SQUARE, patches=(4, 4), known=FIRST)),
        ((1, 2, 4, 4, 4), Surroundings(SQUARE)),
    ],
    ids=str,
)
def test_what_is_not_recognized_has_no_reading(shape, around):
    assert readings(shape, around) == []


def test_a_cube_can_be_read_in_two_ways():
    assert [one.kind for one in readings((1, 4, 4, 4), Surroundings(SQUARE))] == ["channels_first", "channels_last"]
    assert len(readings((1, 4, 4, 4), Surroundings(SQUARE, known=FIRST | LAST))) == 2


@pytest.mark.parametrize(
    ("layout", "shape", "expected"),
    [
        ("channels_first", (1, 4, 4, 4), LayerLayout("channels_first", 4, 4)),
        ("channels_last", (1, 4, 4, 4), LayerLayout("channels_last", 4, 4)),
        ("channels_last", (1, 4, 7, 3), LayerLayout("channels_last", 4, 7)),
        ("tokens", (1, 16, 16), LayerLayout("tokens", 4, 4)),
        ("tokens", (1, 12, 16), None),
        ("tokens", (1, 4, 4, 4), None),
        ("channels_first", (1, 16, 16), None),
        ("channels_first", (1, 16, 1, 1), None),
    ],
)
def test_what_the_caller_says_is_taken_where_the_shape_allows_it(layout, shape, expected):
    assert read_as(layout, shape, Surroundings(SQUARE)) == expected


def test_an_unknown_layout_is_refused():
    check_layout(None)
    check_layout("tokens")
    with pytest.raises(InputError, match=r"`layout` must be one of 'channels_first', .*'tokens', or None\. Got 'BCHW'"):
        check_layout("BCHW")
