"""Whether the patches that walks show are what decided: what is left without all others, and with another picture's."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.trees.tree_network import TreeNetwork
from xaivision.models.trees.tree_plan import tree_of

CHUNK = 64


@dataclass(frozen=True, eq=False)
class PathCausality:
    """Classes (B,) that pictures are given: as they are, `alone` with only the patches of their walk to look at, and `swapped`,
    with these patches as another picture, the one of `donors` (B,), has them at the same places. `leaves` (B,): where the first
    end, `leaves_alone` where the second do.
    """

    donors: Tensor
    whole: Tensor
    alone: Tensor
    swapped: Tensor
    leaves: Tensor
    leaves_alone: Tensor

    def accuracies(self, targets: Tensor) -> tuple[float, float, float]:
        """Of the three, as shares of 1."""
        found = (float((called == targets).double().mean()) for called in (self.whole, self.alone, self.swapped))
        whole, alone, swapped = found
        return whole, alone, swapped


def path_causality(model: TorchClassifier, images: Tensor, *, seed: int = 0) -> PathCausality:
    """What becomes of the answers to pictures (B, C, H, W) when patches are taken away, or exchanged for those of another one.

    Which one is drawn by the seed, of whatever class: in a circle, so that each gives its patches once and none to itself.

    Raises: InputError, where there is one picture, which has no other.
    """
    if len(images) < 2:
        raise InputError(f"`images` must be at least two, one of which gives its patches to the other. Got {len(images)}.")
    network, donors = tree_of(model), _donors(len(images), seed)
    parts = torch.split(torch.arange(len(images), device="cpu"), CHUNK)
    with model.held(), torch.no_grad():
        found = [_part(network, model.prepared(images[rows]), model.prepared(images[donors[rows]])) for rows in parts]
    return PathCausality(donors, *(torch.cat(one).cpu() for one in zip(*found, strict=True)))


def _part(network: TreeNetwork, images: Tensor, others: Tensor) -> tuple[Tensor, ...]:
    tokens, start = network.seen(*network.encoder.maps(images))
    foreign, _ = network.seen(*network.encoder.maps(others))
    walk = network.tree(tokens, start)
    kept = torch.zeros(tokens.shape[:2], dtype=torch.bool, device=tokens.device).scatter(1, walk.patches, value=True)
    alone = network.tree(torch.where(kept[:, :, None], tokens, 0), start, kept=kept)
    swapped = network.tree(torch.where(kept[:, :, None], foreign, tokens), start, patches=walk.patches)
    return (*(one.logits.argmax(1) for one in (walk, alone, swapped)), walk.leaves, alone.leaves)


def _donors(count: int, seed: int) -> Tensor:
    """(count,) for each row the one that comes after it in an order that is drawn, after the last the first."""
    order = torch.randperm(count, generator=generator(seed, "pictures that give their patches"), device="cpu")
    return torch.empty_like(order).scatter(0, order, order.roll(-1))
