"""Whether the patches that walks show are what decided: what is left without all others, and with another picture's."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.trees.tree_network import TreeNetwork
from xaivision.models.trees.tree_plan import tree_of

CHUNK = 64


@dataclass(frozen=True, eq=False)
class PathCausality:
    """Classes (B,) that pictures are given: as they are, `alone` with only the patches of their walk to look at, and `swapped`,
    with these patches as another picture has them at the same places. `leaves` (B,): where the first end, `leaves_alone` where
    the second do.
    """

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


def path_causality(model: TorchClassifier, images: Tensor, targets: Tensor) -> PathCausality:
    """What becomes of the answers when patches are taken away or exchanged; each picture's are exchanged for those of one of
    another class, where there is one.
    """
    network = tree_of(model)
    donors = _donors(targets)
    parts = torch.split(torch.arange(len(images), device="cpu"), CHUNK)
    with model.held(), torch.no_grad():
        found = [_part(network, model.prepared(images[rows]), model.prepared(images[donors[rows]])) for rows in parts]
    return PathCausality(*(torch.cat(one).cpu() for one in zip(*found, strict=True)))


def _part(network: TreeNetwork, images: Tensor, others: Tensor) -> tuple[Tensor, ...]:
    tokens, start = network.seen(*network.encoder.maps(images))
    foreign, _ = network.seen(*network.encoder.maps(others))
    walk = network.tree(tokens, start)
    kept = torch.zeros(tokens.shape[:2], dtype=torch.bool, device=tokens.device).scatter(1, walk.patches, value=True)
    alone = network.tree(torch.where(kept[:, :, None], tokens, 0), start, kept=kept)
    swapped = network.tree(torch.where(kept[:, :, None], foreign, tokens), start, patches=walk.patches)
    return (*(one.logits.argmax(1) for one in (walk, alone, swapped)), walk.leaves, alone.leaves)


def _donors(targets: Tensor) -> Tensor:
    """(B,) for each row the next one of another class, around the end; the next one where all are of one class."""
    count = len(targets)
    rows = torch.arange(count, device="cpu")
    found = (rows + 1) % count
    for _ in range(count):
        same = targets[found] == targets
        if not bool(same.any()):
            break
        found = torch.where(same, (found + 1) % count, found)
    return found
