"""Teaches a tree over tokens which patch to look at, which way to go, and what to say at its leaves."""

from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.engines.hard_choice import imbalance
from xaivision.models.cycle_file import CycleFile
from xaivision.models.cycle_lesson import CycleLesson, run_cycles
from xaivision.models.passes import checked_loss, take_step
from xaivision.models.trees.patch_tree import Exploring, Walk
from xaivision.models.trees.tree_network import TreeNetwork
from xaivision.models.trees.tree_plan import tree_of
from xaivision.models.trees.tree_recipe import TreeRecipe

CHUNK = 64
# From the first pass to the last: below this, gradients of hard choices are mostly noise.
WARM, COLD = 1.0, 0.3


@dataclass(frozen=True, eq=False)
class Grown:
    """What came of a training: the validation loss after each cycle, and which was kept, the first 1."""

    losses: tuple[float, ...]
    kept_cycle: int


@dataclass(frozen=True, eq=False)
class TreeLesson(CycleLesson):
    """One training: the model that learns in place, and what from."""

    recipe: TreeRecipe

    @property
    def network(self) -> TreeNetwork:
        return tree_of(self.model)

    @cached_property
    def learned(self) -> tuple[Tensor, Tensor]:
        """(n, C', h, w) and (n, E), what the backbone makes of the training pictures, on the CPU."""
        return self.maps(self.dataset.inputs[self.parts.train])

    @cached_property
    def held_out(self) -> tuple[Tensor, Tensor]:
        """The same of the validation part."""
        return self.maps(self.dataset.inputs[self.parts.validation])

    def maps(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What the backbone makes of pictures, on the CPU."""
        parts = track(torch.split(inputs, CHUNK), "what the backbone makes of the pictures")
        with self.model.held(), torch.no_grad():
            found = [self.network.encoder.maps(self.model.prepared(part)) for part in parts]
        return torch.cat([maps.cpu() for maps, _ in found]), torch.cat([whole.cpu() for _, whole in found])

    def seen(self, found: tuple[Tensor, Tensor], rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the walks of these rows are given."""
        maps, whole = (part[rows].to(self.recipe.device) for part in found)
        return self.network.seen(maps, whole)

    def walks(self, found: tuple[Tensor, Tensor]) -> list[Walk]:
        """Those of all rows as they are, without a graph."""
        with torch.no_grad():
            every = torch.split(torch.arange(len(found[0]), device="cpu"), CHUNK)
            return [self.network.tree(*self.seen(found, rows)) for rows in every]


def grow(lesson: TreeLesson, file: CycleFile | None = None) -> Grown:
    """Train the lesson's model in place. After each cycle the state is kept in the file, and taken up again from there.

    Raises: Cancelled, before a pass; InputError, where the loss is no number.
    """
    losses, _ = run_cycles(lesson.network, lesson.recipe.cycles, partial(_one_cycle, lesson), file)
    _count_leaves(lesson)
    return Grown(tuple(losses), losses.index(min(losses)) + 1)


def _one_cycle(lesson: TreeLesson, cycle: int) -> tuple[float, tuple[float, ...]]:
    network, recipe = lesson.network, lesson.recipe
    if cycle == 0:
        network.channels.learn(lesson.learned[0])
    parts = [one for name, one in network.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.Adam(parts, lr=recipe.learning_rate)
    for epoch in track(range(recipe.epochs), f"tree, cycle {cycle + 1} of {recipe.cycles}"):
        number = cycle * recipe.epochs + epoch
        draws = generator(recipe.seed, "draws of the tree", number)
        for rows in lesson.batches(number):
            take_step(optimizer, partial(_loss, lesson, rows, number, draws))
    return _validation_loss(lesson), ()


def _loss(lesson: TreeLesson, rows: Tensor, number: int, draws: torch.Generator) -> Tensor:
    recipe, tree = lesson.recipe, lesson.network.tree
    tokens, start = lesson.seen(lesson.learned, rows)
    shape = len(rows), recipe.depth
    uniform = (torch.rand(*shape, count, generator=draws, device="cpu").to(tokens) for count in (tokens.shape[1], 2))
    walk = tree(tokens, start, exploring=Exploring(temperature(recipe, number), *uniform))
    answer = cross_entropy(walk.logits, lesson.labels[rows].to(tokens.device), weight=lesson.weights)
    uneven = [imbalance(walk.turns[:, step], walk.nodes[:, step], 2**recipe.depth - 1) for step in range(recipe.depth)]
    loss: Tensor = answer + recipe.balance * torch.stack(uneven).mean()
    return loss


def temperature(recipe: TreeRecipe, number: int) -> float:
    """That of one pass: it falls evenly from 1 to 0.3."""
    last = max(1, recipe.cycles * recipe.epochs - 1)
    return WARM + (COLD - WARM) * number / last


def _validation_loss(lesson: TreeLesson) -> float:
    logits = torch.cat([walk.logits for walk in lesson.walks(lesson.held_out)]).cpu()
    loss = float(cross_entropy(logits.double(), lesson.dataset.targets[lesson.parts.validation]))
    return checked_loss(loss, "Give a smaller learning rate.")


def _count_leaves(lesson: TreeLesson) -> None:
    counts = lesson.network.leaf_counts
    leaves = torch.cat([walk.leaves for walk in lesson.walks(lesson.learned)]).cpu()
    flat = leaves * counts.shape[1] + lesson.labels
    counts.copy_(flat.bincount(minlength=counts.numel()).view(counts.shape))
