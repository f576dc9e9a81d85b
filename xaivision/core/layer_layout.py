"""How a layer's output is laid out: which axes are the positions of a map and which holds its channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.token_grid import TokenGrid, token_grid

Layout = Literal["channels_first", "channels_last", "tokens"]


@dataclass(frozen=True)
class LayerLayout:
    """Maps of (h, w) positions: "channels_first" (B, C, h, w), "channels_last" (B, h, w, C), "tokens" (B, leading + h * w, C).

    `leading`: tokens that belong to no position, such as a class token. They come first and are in no map.
    """

    kind: Layout
    height: int
    width: int
    leading: int = 0

    def to_maps(self, output: Tensor) -> Tensor:
        """(B, C, h, w), as a rule a view of the layer's output.

        Raises: InputError, where the output has another shape than the one that was recognized.
        """
        if self._positions(output) != (self.height, self.width):
            raise InputError(
                f"The layer's output must hold {self.height} x {self.width} positions, as that of the first input. "
                f"Got shape {tuple(output.shape)}."
            )
        if self.kind == "channels_first":
            return output
        if self.kind == "channels_last":
            return output.movedim(-1, 1)
        batch, _, channels = output.shape
        return output[:, self.leading :].transpose(1, 2).reshape(batch, channels, self.height, self.width)

    def _positions(self, output: Tensor) -> tuple[int, ...]:
        if self.kind == "tokens":
            fits = output.ndim == 3 and output.shape[1] == self.leading + self.height * self.width
            return (self.height, self.width) if fits else ()
        if output.ndim != 4:
            return ()
        return tuple(output.shape[2:] if self.kind == "channels_first" else output.shape[1:3])


@dataclass(frozen=True)
class Surroundings:
    """What a forward pass has shown beside one output.

    `picture`: sides of the input. `patches`: sides of the last map that a convolution made before it. `tokens`: how many
    tokens other outputs have: a square of that many is an attention matrix, not a map. `known`: layouts that layers of a
    known kind gave to outputs of the same shape. `windows`: it is made inside a part that works on windows of the map.
    """

    picture: tuple[int, int]
    patches: tuple[int, int] | None = None
    tokens: frozenset[int] = frozenset()
    known: frozenset[Layout] = frozenset()
    windows: bool = False


def check_layout(layout: object) -> None:
    """Raises: InputError, where the setting is neither None nor a layout."""
    if layout is not None and layout not in get_args(Layout):
        raise InputError(f"`layout` must be one of {', '.join(map(repr, get_args(Layout)))}, or None. Got {layout!r}.")


def readings(shape: Sequence[int], around: Surroundings) -> list[LayerLayout]:
    """Every way in which an output of this shape can be read as maps: one where it is recognized, none, or several."""
    if len(shape) == 4:
        found = _as_channels_first(shape, around), _as_channels_last(shape, around)
    elif len(shape) == 3:
        found = _as_tokens(shape, around), None
    else:
        found = None, None
    return [one for one in found if one is not None]


def read_as(layout: Layout, shape: Sequence[int], around: Surroundings) -> LayerLayout | None:
    """The maps under the layout that the caller has named; None where an output of this shape cannot have it."""
    if len(shape) != (3 if layout == "tokens" else 4):
        return None
    if layout == "tokens":
        grid = _grid(shape[1], around)
        return None if grid is None else LayerLayout("tokens", *grid)
    height, width = shape[2:] if layout == "channels_first" else shape[1:3]
    return LayerLayout(layout, height, width) if height * width > 1 else None


def _as_channels_first(shape: Sequence[int], around: Surroundings) -> LayerLayout | None:
    height, width = shape[2:]
    if height * width == 1 or around.known == {"channels_last"}:
        return None
    # A convolution's maps are maps, whatever their sides; of others the sides must tell.
    if around.known == {"channels_first"} or (_alike(height, width, around.picture) and height not in around.tokens):
        return LayerLayout("channels_first", height, width)
    return None


def _as_channels_last(shape: Sequence[int], around: Surroundings) -> LayerLayout | None:
    height, width = shape[1:3]
    if height * width == 1 or around.known == {"channels_first"}:
        return None
    # (B, windows, positions, C) ends in channels too, and may be square: the sides must tell, and no window be near.
    fits = _alike(height, width, around.picture) and not around.windows
    return LayerLayout("channels_last", height, width) if fits else None


def _as_tokens(shape: Sequence[int], around: Surroundings) -> LayerLayout | None:
    grid = _grid(shape[1], around)
    if grid is None or around.known == {"channels_first"}:
        return None
    if not around.known and _grid(shape[2], around) is not None:
        return None  # the last axis could be the tokens as well
    return LayerLayout("tokens", *grid)


def _alike(height: int, width: int, picture: tuple[int, int]) -> bool:
    """Whether these sides are those of the picture on a smaller scale, give or take a cell where it is not square."""
    if height * width == 1:
        return False
    if picture[0] == picture[1]:
        return height == width
    return abs(height - width * picture[0] / picture[1]) < 1 or abs(width - height * picture[1] / picture[0]) < 1


def _grid(tokens: int, around: Surroundings) -> TokenGrid | None:
    return token_grid(tokens, around.picture, () if around.patches is None else (around.patches,))
