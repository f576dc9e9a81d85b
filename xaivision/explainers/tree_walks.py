"""Walks through a tree over patches, and what the score loses where one patch of a walk shows nothing in particular."""

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError
from xaivision.core.layers import Layer
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.trees.patch_tree import Walk
from xaivision.models.trees.tree_network import BEGINNING, TOKENS, TreeNetwork

CHUNK = 64
Walked = tuple[Walk, Tensor, Tensor]


def is_patch_tree(model: Classifier) -> bool:
    """Whether the model is a tree over patches, and shows it."""
    shown = isinstance(model, TorchClassifier) and getattr(model, "granted", Access.WEIGHTS) == Access.WEIGHTS
    return shown and isinstance(model.model, TreeNetwork)  # type: ignore[attr-defined]  # it is a torch classifier


def tree_network(name: str, model: Classifier) -> tuple[TorchClassifier, TreeNetwork]:
    """The model, and the tree that it is.

    Raises: CapabilityError, where it is none; `name` says what asks for one.
    """
    if not isinstance(model, TorchClassifier) or not isinstance(model.model, TreeNetwork):
        raise CapabilityError(
            f'`{name}` needs a model that is a tree over patches. Got {model!r}. Train one with xv.train(..., model="vitree").'
        )
    return model, model.model


def walked(model: TorchClassifier, network: TreeNetwork, images: Tensor, target: TargetScore) -> Walked:
    """The walk of each picture, the target's scores (B,), and (B, depth) by how much they fall without each patch.

    One forward pass a picture, and one more where a walk begins at the picture's embedding; patches are left out behind it.
    """
    tokens = model.layer_outputs(images, Layer(TOKENS)).activations.to(model.device)
    starts = network.root.detach().expand(len(tokens), -1) if network.root is not None else _beginnings(model, images)
    with model.held(), torch.no_grad():
        rows = torch.split(torch.arange(len(images), device="cpu"), CHUNK)
        parts = [_part(network, tokens[some], starts[some], target.take(some)) for some in rows]
    walk = Walk(*(torch.cat([getattr(one, name) for one, _, _ in parts]) for name in Walk.__dataclass_fields__))
    return walk, torch.cat([scores for _, scores, _ in parts]), torch.cat([effects for _, _, effects in parts])


def _beginnings(model: TorchClassifier, images: Tensor) -> Tensor:
    return model.layer_outputs(images, Layer(BEGINNING)).activations.to(model.device)


def _part(network: TreeNetwork, tokens: Tensor, start: Tensor, target: TargetScore) -> Walked:
    walk: Walk = network.tree(tokens, start)
    scores = target.of(walk.logits)
    without = [scores - target.of(_blanked(network, tokens, start, walk, step)) for step in range(walk.patches.shape[1])]
    return walk, scores, torch.stack(without, 1)


def _blanked(network: TreeNetwork, tokens: Tensor, start: Tensor, walk: Walk, step: int) -> Tensor:
    """(B, K) logits of the walk over the same patches, that of one step showing nothing in particular."""
    rows = torch.arange(len(tokens), device=tokens.device)
    blank = tokens.index_put((rows, walk.patches[:, step]), network.nothing.to(tokens))
    again: Walk = network.tree(blank, start, patches=walk.patches)
    return again.logits


def effect_maps(patches: Tensor, effects: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, 1, h, w): the effect of each patch (B, depth) in its cell of the grid; one that was looked at twice counts once."""
    cells = torch.zeros(len(patches), grid[0] * grid[1], dtype=effects.dtype, device=effects.device)
    return cells.scatter(1, patches, effects).view(-1, 1, *grid)
