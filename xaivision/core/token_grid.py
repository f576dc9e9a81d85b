"""The grid of places in a picture that tokens stand for, told from how many there are."""

from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

# A class token, one for distillation and a few registers: more has not been seen.
MOST_OTHER_TOKENS = 8
# Hierarchical transformers halve both sides of their grid, from 4 x 4 pixels a token to 32 x 32 and beyond.
MOST_HALVINGS = 5

Sides = tuple[int, int]


class TokenGrid(NamedTuple):
    """`height` x `width` places in reading order; `others`: tokens that belong to no place, such as a class token."""

    height: int
    width: int
    others: int = 0


def token_grid(tokens: int, picture: Sides, maps: Sequence[Sides] = ()) -> TokenGrid | None:
    """The grid that this many tokens of a picture with these sides are; None where it cannot be told.

    The `maps` that convolutions made, in their order, settle it: the last one with a cell for each token, up to 8 others
    aside, or the last one of all with its sides halved as often as need be. Without them the tokens must tile the picture
    with squares, all of them or all but a class token.
    """
    if not maps:
        # No two of these follow each other, so that a class token is told by the number alone.
        tilings = (TokenGrid(*sides, others) for others in (0, 1) if (sides := _tiling(tokens - others, picture)) is not None)
        return next(tilings, None)
    cells = (TokenGrid(height, width, tokens - height * width) for height, width in reversed(maps))
    fitting = (grid for grid in cells if 0 <= grid.others <= MOST_OTHER_TOKENS and grid.height * grid.width > 1)
    return next(fitting, None) or _halved(tokens, maps[-1])


def _halved(tokens: int, sides: Sides) -> TokenGrid | None:
    height, width = sides
    for halvings in range(1, MOST_HALVINGS + 1):
        side = 2**halvings
        if height % side == 0 and width % side == 0 and tokens == height * width // side**2 > 1:
            return TokenGrid(height // side, width // side)
    return None


def _tiling(tokens: int, picture: Sides) -> Sides | None:
    """Sides of the grid of squares that tile the picture."""
    if tokens < 2:
        return None
    height = isqrt(tokens * picture[0] // picture[1])
    if height < 1 or tokens % height:
        return None
    width = tokens // height
    whole = picture[0] % height == 0 and picture[1] % width == 0
    return (height, width) if whole and picture[0] // height == picture[1] // width else None
