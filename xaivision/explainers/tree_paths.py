"""The walk of a picture through a tree over patches: what was looked at, which way it went, and what each patch was worth."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.presenting import few
from xaivision.core.query import asked
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.tree_walks import effect_maps, tree_network, walked


@dataclass(frozen=True, eq=False, repr=False)
class TreePaths:
    """For B pictures and the steps of their walks.

    `nodes` (B, depth): which were visited, numbered level by level from the root, 0. `patches` (B, depth): which cell of the
    grid was looked at there, row by row, and `boxes` (B, depth, 4), its top, left, bottom and right in pixels. `looks`
    (B, depth): of a softmax over all patches the share of that one. `branches` (B, depth): 0 or 1, with their probabilities,
    `turns` (B, depth).
    `leaves` (B,): where the walk ended, and `leaf_counts` (leaves, K), how many training pictures of each class ended where.

    `effects` (B, depth): by how much the score `scores` (B,) of the target falls when that patch shows nothing in particular,
    the mean of all training patches, while the walk looks at the same places and may go other ways. A patch that was looked at
    twice has one effect, told twice. `grid`: rows and columns of patches.
    """

    class_names: tuple[str, ...]
    grid: tuple[int, int]
    nodes: Tensor
    patches: Tensor
    boxes: Tensor
    looks: Tensor
    branches: Tensor
    turns: Tensor
    leaves: Tensor
    leaf_counts: Tensor
    scores: Tensor
    effects: Tensor

    def __repr__(self) -> str:
        """One line: the patches of each walk, and its leaf."""
        walks = (f"{'-'.join(map(str, row))}: leaf {leaf}" for row, leaf in zip(self.patches.tolist(), self.leaves, strict=True))
        return f"TreePaths({few(walks)})"

    def told(self, index: int) -> str:
        """The walk of one picture in sentences, a line a step.

        Raises: InputError, where there is no such picture.
        """
        if not 0 <= index < len(self.patches):
            raise InputError(f"`index` must be from 0 to {len(self.patches) - 1}. Got {index}.")
        counts = self.leaf_counts[self.leaves[index]].tolist()
        known = [f"{count} {name}" for count, name in sorted(zip(counts, self.class_names, strict=True), reverse=True) if count]
        end = f"Leaf {int(self.leaves[index])}: {', '.join(known) or 'no training picture'}."
        return "\n".join([*(self._step(index, step) for step in range(self.patches.shape[1])), end])

    def _step(self, index: int, step: int) -> str:
        row, column = divmod(int(self.patches[index, step]), self.grid[1])
        way = ("left", "right")[int(self.branches[index, step])]
        return (
            f"{step + 1}. Patch in row {row + 1}, column {column + 1} (share {float(self.looks[index, step]):.2f}), worth "
            f"{float(self.effects[index, step]):+.3f}: goes {way} ({float(self.turns[index, step]):.2f})."
        )

    def maps(self, height: int, width: int) -> Tensor:
        """(B, 1, height, width): each patch's effect, counted once, shared out over its pixels."""
        return spread_over_input(effect_maps(self.patches, self.effects, self.grid), height, width)


def tree_paths(model: Classifier, images: Tensor, targets: Targets = None) -> TreePaths:
    """How a classifier by a tree came to the score of the target (None: of its answer) for each picture.

    Costs two forward passes a picture, three with root="embedding"; what is left out is left out behind the backbone.

    Raises: CapabilityError, where the model is no tree over patches; InputError, where pictures do not fit.

    Source: Lao et al., 2024, arXiv:2401.17050; effects are ours.
    """
    adapter, network = tree_network("tree_paths", classifier(model))
    query = asked(adapter, images, targets)
    walk, scores, effects = walked(adapter, network, images, query.target)
    looks = walk.looks.softmax(2).gather(2, walk.patches[:, :, None]).squeeze(2)
    grid = network.encoder.grid
    turns = walk.turns.gather(2, walk.branches[:, :, None]).squeeze(2)
    boxes = cell_boxes(walk.patches, grid, (int(images.shape[2]), int(images.shape[3])))
    found = (walk.nodes, walk.patches, boxes, looks, walk.branches, turns, walk.leaves, network.leaf_counts, scores, effects)
    return TreePaths(adapter.class_names, grid, *(part.to(images.device) for part in found))


def cell_boxes(cells: Tensor, grid: tuple[int, int], picture: tuple[int, int]) -> Tensor:
    """(B, k, 4) top, left, bottom, right in pixels of cells (B, k) of a grid over a picture, numbered row by row."""
    rows, columns = torch.div(cells, grid[1], rounding_mode="floor"), cells % grid[1]
    (height, width), (down, across) = picture, grid
    sides = (rows * height / down, columns * width / across, (rows + 1) * height / down, (columns + 1) * width / across)
    return torch.stack([side.round().long() for side in sides], -1)
