"""Which tokens of a transformer are the patches of the picture, and which ones its scores are read from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import CapabilityError
from xaivision.core.token_grid import MOST_OTHER_TOKENS, TokenGrid, token_grid

UNREAD = (
    "The scores must depend on the attention. No score of this model depends differentiably on its last attention. "
    "Use a method that asks for scores only, such as `occlusion`."
)


@dataclass(frozen=True, eq=False)
class TokenLayout:
    """The patches of the `grid` stand from token `first[i]` on in input i; None where that cannot be told of this input.

    Each input is looked at for itself: which of its tokens its scores are read from is no matter of its neighbors.
    """

    grid: TokenGrid
    first: tuple[int | None, ...]

    @property
    def unclear(self) -> tuple[int, ...]:
        """The inputs of which it cannot be told."""
        return tuple(row for row, first in enumerate(self.first) if first is None)

    def patches(self, tokens: Tensor) -> Tensor:
        """(B, 1, h, w) out of one number for each token, (B, N); zeros for an input that is unclear."""
        cells = self.grid.height * self.grid.width
        rows = [
            torch.zeros_like(row[:cells]) if first is None else row[first : first + cells]
            for first, row in zip(self.first, tokens, strict=True)
        ]
        return torch.stack(rows).view(len(tokens), 1, self.grid.height, self.grid.width)


def token_layout(readers: Tensor, maps: list[tuple[int, int]], size: tuple[int, int]) -> TokenLayout:
    """The layout of each input as the model itself uses it.

    `readers` (B, N): the tokens that the scores of an input are read from. `maps`, `size`: as `recognized_grid` takes them.

    Raises: CapabilityError, where what the model does with its tokens is recognized for none of the inputs.
    """
    grid = recognized_grid(readers.shape[1], maps, size)
    found = TokenLayout(grid, tuple(first_patch(grid, read) for read in readers))
    if len(found.unclear) == len(readers):
        raise CapabilityError(
            UNREAD if not bool(readers.any()) else f"{unclear_readers(readers[0])}. Use `integrated_gradients`."
        )
    return found


def unclear_readers(readers: Tensor) -> str:
    """What to say of an input with these readers (N,), where they make no sense."""
    read = f"{int(readers.sum())} of {len(readers)} tokens"
    return (
        f"The scores must be read from a class token or from all patches alike. This model reads {read} after its last attention"
    )


def recognized_grid(tokens: int, maps: list[tuple[int, int]], size: tuple[int, int]) -> TokenGrid:
    """The patches that this many tokens are.

    `maps`: (h, w) of the convolutions before the first attention; `size`: (H, W) of the picture.

    Raises: CapabilityError, where that cannot be told.
    """
    grid = token_grid(tokens, size, maps)
    if grid is None and maps:  # what was made of them since is not known
        raise CapabilityError(
            f"The tokens must be the cells of the last convolution and at most {MOST_OTHER_TOKENS} others. Got {tokens} tokens "
            f"after a map of {maps[-1][0]} x {maps[-1][1]}. Use `integrated_gradients`."
        )
    if grid is None:
        raise CapabilityError(
            f"The tokens must be square patches of the picture, alone or with a class token. Got {tokens} tokens for a picture "
            f"of {size[0]} x {size[1]}, which no grid explains. Use `integrated_gradients`."
        )
    return grid


def first_patch(grid: TokenGrid, readers: Tensor) -> int | None:
    """Where the patches start so that the readers (N,) make sense: other tokens stand in front of them, or after them.

    None where the readers are neither tokens beside the patches nor all patches: one patch that is read alone may be the
    only one that passed an activation.
    """
    for first in (grid.others, 0):
        patch = torch.zeros_like(readers)
        patch[first : first + grid.height * grid.width] = True
        if bool(readers.any()) and (not bool((readers & patch).any()) or bool((readers | ~patch).all())):
            return first
    return None
