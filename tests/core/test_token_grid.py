import pytest

from xaivision.core.token_grid import MOST_OTHER_TOKENS, TokenGrid, token_grid


@pytest.mark.parametrize(
    ("tokens", "picture", "maps", "expected"),
    [
        (197, (224, 224), [(14, 14)], TokenGrid(14, 14, 1)),
        (196, (224, 224), [(14, 14)], TokenGrid(14, 14, 0)),
        (201, (224, 224), [(112, 112), (14, 14)], TokenGrid(14, 14, 5)),
        (196 + MOST_OTHER_TOKENS, (224, 224), [(14, 14)], TokenGrid(14, 14, MOST_OTHER_TOKENS)),
        (18, (32, 32), [(4, 4)], TokenGrid(4, 4, 2)),
        (32, (32, 32), [(4, 8)], TokenGrid(4, 8, 0)),
        # What is made of one cell afterward, as a gate is, makes no patches.
        (10, (6, 6), [(3, 3), (1, 1)], TokenGrid(3, 3, 1)),
        (9, (6, 6), [(3, 3), (1, 1)], TokenGrid(3, 3, 0)),
        # Of two maps that would fit, the later one.
        (26, (32, 48), [(5, 5), (4, 6)], TokenGrid(4, 6, 2)),
        # Merged two by two, and again; without others, since their number would be anybody's guess.
        (16, (32, 32), [(8, 8)], TokenGrid(4, 4, 0)),
        (6, (32, 48), [(8, 12)], TokenGrid(2, 3, 0)),
        (16, (32, 32), [(12, 12), (8, 8)], TokenGrid(4, 4, 0)),
        # As often as hierarchies go: from 4 x 4 pixels a token to 128 x 128.
        (4, (64, 64), [(16, 16)], TokenGrid(2, 2, 0)),
        (4, (256, 256), [(64, 64)], TokenGrid(2, 2, 0)),
    ],
)
def test_maps_of_convolutions_settle_the_grid(tokens, picture, maps, expected):
    assert token_grid(tokens, picture, maps) == expected


@pytest.mark.parametrize(
    ("tokens", "picture", "expected"),
    [
        (197, (224, 224), TokenGrid(14, 14, 1)),
        (64, (32, 32), TokenGrid(8, 8, 0)),
        (65, (32, 32), TokenGrid(8, 8, 1)),
        (55, (48, 72), TokenGrid(6, 9, 1)),
        (33, (32, 64), TokenGrid(4, 8, 1)),
        (9, (12, 12), TokenGrid(3, 3, 0)),
    ],
)
def test_without_convolutions_squares_tile_the_picture(tokens, picture, expected):
    assert token_grid(tokens, picture) == expected


@pytest.mark.parametrize(
    ("tokens", "picture", "maps"),
    [
        (50, (224, 224), [(14, 14)]),
        (196 + MOST_OTHER_TOKENS + 1, (224, 224), [(14, 14)]),
        (15, (32, 32), [(4, 4)]),
        (17, (32, 32), [(8, 8)]),
        (4, (12, 12), [(6, 6)]),
        (4, (512, 512), [(128, 128)]),
        (23, (224, 224), [(14, 1)]),
        (1, (32, 32), [(4, 4)]),
        (2, (32, 32), [(1, 1)]),
        (0, (32, 32), ()),
        (1, (32, 32), ()),
        (2, (32, 32), ()),
        (3, (32, 32), ()),
        (12, (32, 32), ()),
        (15, (224, 224), ()),
        (9, (32, 32), ()),
        (66, (32, 32), ()),
    ],
)
def test_what_no_grid_explains_has_none(tokens, picture, maps):
    assert token_grid(tokens, picture, maps) is None


@pytest.mark.parametrize("picture", [(32, 32), (48, 72), (12, 12), (224, 160), (7, 7)])
def test_a_class_token_is_told_by_the_number_alone(picture):
    """No number of tokens is one grid of squares alone and another with a class token."""
    alone = {n for n in range(400) if (grid := token_grid(n, picture)) is not None and grid.others == 0}
    assert alone
    assert not {n + 1 for n in alone} & alone
