"""The way of a row through a surrogate's tree: what each question on it does to the score."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError
from xaivision.core.question import question
from xaivision.core.rules import Condition
from xaivision.core.targets import Targets
from xaivision.surrogates.surrogate import Surrogate


@dataclass(frozen=True)
class PathStep:
    """One question: what held of the row, its value there, and the class probabilities before and after it."""

    condition: Condition
    value: float
    before: tuple[float, ...]
    after: tuple[float, ...]


def paths(surrogate: Surrogate, inputs: Tensor) -> tuple[tuple[PathStep, ...], ...]:
    """For each input the questions from the root to its leaf.

    Raises: CapabilityError, where the surrogate has no tree.
    """
    tree, rows = surrogate.tree, surrogate.rows(inputs)
    return tuple(_steps(surrogate, row, tree.way_to(int(leaf))) for row, leaf in zip(rows, tree.leaves_of(rows), strict=True))


def _steps(surrogate: Surrogate, row: "np.ndarray", way: tuple[int, ...]) -> tuple[PathStep, ...]:
    tree = surrogate.tree
    found = []
    for parent, child in pairwise(way):
        feature, threshold = int(tree.feature[parent]), float(tree.threshold[parent])
        held = Condition(feature, high=threshold) if child == tree.left[parent] else Condition(feature, low=threshold)
        before, after = (tuple(tree.values[node].tolist()) for node in (parent, child))
        found.append(PathStep(held, float(row[feature]), before, after))
    return tuple(found)


@dataclass(frozen=True)
class SurrogatePath:
    """Contributions of the columns on the way of each row through a surrogate's tree."""

    about: ClassVar[About] = About(
        name="surrogate_path",
        answers="What does each question on the row's way through the surrogate's tree do to the score?",
        misleads="Questions near the root get credit for what later ones decide, and columns that were not asked get none, also "
        "where they tell the same. It explains the surrogate; what the black box does is another matter (see its fidelity).",
        cost="1 forward of the surrogate",
        source="Saabas, Interpreting random forests, 2014 (treeinterpreter)",
        needs=Access.SCORES,
        domains=("tabular",),
        opens=True,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, F) in the unit of the score; they add up to the score less that of the root.

        Raises: CapabilityError, where the model is no surrogate of kind 'tree'.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            surrogate = as_tree(q.model)
            tree = surrogate.tree
            rows = surrogate.rows(q.query.inputs)
            values = np.zeros((len(rows), rows.shape[1], surrogate.num_classes))
            for number, leaf in enumerate(tree.leaves_of(rows)):
                way = tree.way_to(int(leaf))
                for parent, child in pairwise(way):
                    values[number, tree.feature[parent]] += tree.values[child] - tree.values[parent]
            target = q.query.target
            root = torch.from_numpy(tree.values[:1]).to(q.query.inputs).expand(len(rows), -1)
            shares = _of_target(torch.from_numpy(values).to(q.query.inputs), target.classes, target.against)
            return q.attribution(shares, "contribution", reference_scores=target.of(root), adds_up=target.output == "score")


def as_tree(model: object) -> Surrogate:
    """The surrogate, where it is one with a tree. Raises: CapabilityError."""
    if not isinstance(model, Surrogate):
        raise CapabilityError(
            f"This reads the tree of a surrogate. Got {model!r}. Make one: `xv.surrogate(model, data).surrogate`."
        )
    _ = model.tree  # refuses other kinds
    return model


def _of_target(values: Tensor, classes: Tensor, against: Tensor | None) -> Tensor:
    """(B, F) of (B, F, K): those of the target class, less those of the one it is held against."""
    rows = torch.arange(len(values), device=values.device)
    mine = values[rows, :, classes.to(values.device)]
    return mine if against is None else mine - values[rows, :, against.to(values.device)]
