"""Tiny trees over patches, for the methods that read these, in place of the other networks for pictures."""

from collections.abc import Callable

import torch
from contract_subjects import BATCH, CLASSES, SIDE, Subject, Witness, state_of
from torch import Tensor, nn

from xaivision.core.map_layers import map_layer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction
from xaivision.models.trees.patch_tree import PatchTree
from xaivision.models.trees.tree_network import Root, TokenEncoder, TreeNetwork

WIDTH, DEPTH = 4, 2


class WatchedTokens(nn.Module):
    """A backbone of 3 x 3 places with a witness, whose end is a number for each channel."""

    def __init__(self, channels: int, witness: Witness) -> None:
        super().__init__()
        self.maps = nn.Conv2d(channels, WIDTH, 2, stride=2)
        self.witness = witness

    def forward(self, images: Tensor) -> Tensor:
        self.witness.saw(images)
        found: Tensor = self.maps(images).flatten(2).mean(2)
        return found


def _subject(channels: int, root: Root, dtype: torch.dtype, seed: int) -> Subject:
    witness = Witness()
    with construction(seed):
        backbone = WatchedTokens(channels, witness).eval()
        at = map_layer(backbone, "maps", None, torch.zeros(1, channels, SIDE, SIDE), backbone)
        encoder = TokenEncoder(nn.Identity(), nn.Identity(), backbone, at)
        network = TreeNetwork(encoder, PatchTree(DEPTH, WIDTH, CLASSES), WIDTH, WIDTH, root)
    witness.calls = witness.inputs = 0
    model = TorchClassifier(network.to(dtype).eval(), CLASSES, batch_size=BATCH)
    return Subject(model, witness, (channels, SIDE, SIDE), dtype, lambda: state_of(network))


def tree_of_three_channels(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _subject(3, "constant", dtype, seed)


def tree_of_one_channel(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _subject(1, "embedding", dtype, seed)


PATCH_TREES: dict[str, Callable[..., Subject]] = {"cnn3": tree_of_three_channels, "cnn1": tree_of_one_channel}
