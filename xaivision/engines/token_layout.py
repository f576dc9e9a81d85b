"""Which tokens of a transformer are the patches of the picture, and which ones its scores are read from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import CapabilityError
from xaivision.core.token_grid import MOST_OTHER_TOKENS, TokenGrid, token_grid
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.attention import attention_of_one


@dataclass(frozen=True, eq=False)
class TokenLayout:
    """The patches of the `grid` stand from token `first` on; `readers` (N,) is true where the scores are read.

    With a class token that is the one reader; a model that takes the mean of its tokens reads all of them.
    """

    grid: TokenGrid
    first: int
    readers: Tensor

    def patches(self, tokens: Tensor) -> Tensor:
        """(B, 1, h, w) out of one number for each token, (B, N)."""
        cells = tokens[:, self.first : self.first + self.grid.height * self.grid.width]
        return cells.reshape(len(tokens), 1, self.grid.height, self.grid.width)


def token_layout(model: TorchClassifier, one: Tensor) -> TokenLayout:
    """The layout as the model itself uses it, from the attention of one input (1, C, H, W) and its gradients.

    Raises: CapabilityError, where the model's attention cannot be read, or what it does with its tokens is not recognized.
    """
    found = attention_of_one(model, one, _every_score)
    # A row of the last layer that no score depends on belongs to a token that is dropped after it.
    readers = found.gradients[-1][0].any(2).any(0)
    grid = recognized_grid(len(readers), found.maps, (one.shape[-2], one.shape[-1]))
    return recognized_layout(grid, readers)


def _every_score(scores: Tensor) -> Tensor:
    """All scores at once, none with the weight of another: those of two classes may be each other's negative."""
    return scores @ torch.linspace(1, 2, scores.shape[1], dtype=scores.dtype, device=scores.device)


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


def recognized_layout(grid: TokenGrid, readers: Tensor) -> TokenLayout:
    """The layout in which the readers (N,) make sense: other tokens stand in front of the patches, or after them.

    Raises: CapabilityError, where the readers are neither tokens beside the patches, nor one token, nor all patches.
    """
    if not bool(readers.any()):
        raise CapabilityError(
            "The scores must depend on the attention. No score of this model depends differentiably on its last attention. "
            "Use a method that asks for scores only, such as `occlusion`."
        )
    for first in (grid.others, 0):
        patch = torch.zeros_like(readers)
        patch[first : first + grid.height * grid.width] = True
        beside = not bool((readers & patch).any())
        if beside or bool((readers | ~patch).all()) or (grid.others == 0 and int(readers.sum()) == 1):
            return TokenLayout(grid, first, readers)
    raise CapabilityError(
        "The scores must be read from a class token or from all patches alike. This model reads "
        f"{int(readers.sum())} of {len(readers)} tokens after its last attention. Use `integrated_gradients`."
    )
