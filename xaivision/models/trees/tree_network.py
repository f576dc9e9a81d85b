"""A classifier of pictures by a tree over the tokens of a frozen backbone."""

from typing import Literal

import torch
from torch import Tensor, nn

from xaivision.core.map_layers import MapLayer
from xaivision.models.prototypes.backbone_maps import map_and_end
from xaivision.models.prototypes.standard_channels import StandardChannels
from xaivision.models.trees.patch_tree import PatchTree, Walk

Root = Literal["constant", "embedding"]
# The submodules whose outputs are all that a walk is given.
TOKENS, BEGINNING = "tokens", "beginning"


class TokenEncoder(nn.Module):
    """(B, C, H, W) pictures to tokens (B, N, C'), row by row, and the embedding (B, E) of the whole picture, by a backbone."""

    def __init__(self, resize: nn.Module, color: nn.Module, backbone: nn.Module, at: MapLayer) -> None:
        super().__init__()
        self.resize = resize
        self.color = color
        self.backbone = backbone
        self.at = at

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the places that tokens are of."""
        assert self.at.layout is not None  # noqa: S101 - the layer was found by a pass in which it was called
        return self.at.layout.height, self.at.layout.width

    def maps(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C', h, w), what the backbone gives at its layer, and (B, E), what it gives at its end."""
        found, whole = map_and_end(self.backbone, self.at, self.color(self.resize(images)))
        return found, whole.flatten(2).mean(2) if whole.ndim > 2 else whole


class TreeNetwork(nn.Module):
    """(B, C, H, W) to (B, K) logits: tokens, each on its own to the space of the tree, and the walk through it.

    `root` "constant": every walk begins with the same learned vector, so that all the tree knows of a picture it has from the
    patches that it looked at. "embedding", as in the paper: it begins with the embedding of the whole picture, which may have
    decided already. `leaf_counts` (leaves, K): how many training pictures of each class ended where.
    """

    leaf_counts: Tensor

    def __init__(self, encoder: TokenEncoder, tree: PatchTree, channels: int, embedding: int, root: Root) -> None:
        super().__init__()
        width, num_classes = tree.asking.shape[1], tree.deciding.shape[2]
        self.encoder = encoder
        self.channels = StandardChannels(channels)
        self.tokens = nn.Linear(channels, width, dtype=torch.float32)
        self.root = nn.Parameter(torch.randn(width, dtype=torch.float32)) if root == "constant" else None
        self.embedding = None if root == "constant" else nn.Linear(embedding, width, dtype=torch.float32)
        # Where a walk begins, as a layer whose output can be watched.
        self.beginning = nn.Identity()
        self.tree = tree
        self.register_buffer("leaf_counts", torch.zeros(2**tree.depth, num_classes, dtype=torch.long))

    def seen(self, maps: Tensor, whole: Tensor) -> tuple[Tensor, Tensor]:
        """What a walk is given: (B, N, D) of a backbone's maps (B, C', h, w), and (B, D) where it begins."""
        tokens = self.tokens(self.channels(maps).flatten(2).transpose(1, 2))
        if self.embedding is None:
            assert self.root is not None  # noqa: S101 - there is one of the two
            return tokens, self.beginning(self.root.expand(len(tokens), -1))
        return tokens, self.beginning(self.embedding(whole))

    @property
    def nothing(self) -> Tensor:
        """(D,) the token of a place that shows the mean of all."""
        return self.tokens.bias

    def walk(self, images: Tensor) -> Walk:
        """The walk of each picture as it is."""
        walk: Walk = self.tree(*self.seen(*self.encoder.maps(images)))
        return walk

    def forward(self, images: Tensor) -> Tensor:
        return self.walk(images).logits
