"""Stand-ins as tensors and values that JSON can hold, and back, to the last bit."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.rules import Condition
from xaivision.surrogates.decision_tree import DecisionTree
from xaivision.surrogates.rule_list import RuleListStandIn
from xaivision.surrogates.stand_in import (
    BoostedStandIn,
    ConstantStandIn,
    ForestStandIn,
    LinearStandIn,
    StandIn,
    TreeStandIn,
)

Tensors = dict[str, Tensor]
Told = dict[str, Any]
LINEAR = ("weights", "offset", "mean", "std")


def told_stand_in(stand_in: StandIn) -> tuple[Tensors, Told]:
    """Its arrays, and what is told beside them: its form, its features, and the conditions of a list of rules."""
    told: Told = {"form": _form_of(stand_in), "features": list(stand_in.features)}
    if isinstance(stand_in, RuleListStandIn):
        conditions = [[[one.feature, one.low, one.high] for one in rule] for rule in stand_in.conditions]
        return {"values": _tensor(stand_in.values)}, {**told, "conditions": conditions}
    if isinstance(stand_in, TreeStandIn):
        return _of_trees((stand_in.tree,)), told
    if isinstance(stand_in, ForestStandIn):
        return _of_trees(stand_in.trees), told
    if isinstance(stand_in, BoostedStandIn):
        return {**_of_trees(stand_in.trees), "offset": _tensor(stand_in.offset)}, told
    names = LINEAR if isinstance(stand_in, LinearStandIn) else ("values",)
    return {name: _tensor(getattr(stand_in, name)) for name in names}, told


def stand_in_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> StandIn:
    """The stand-in of what `told_stand_in` has told.

    Raises: KeyError, TypeError, ValueError, where its parts do not fit together.
    """
    features = tuple(map(int, told["features"]))
    return FORMS[told["form"]](features, {name: part.numpy() for name, part in tensors.items()}, told)


def _form_of(stand_in: StandIn) -> str:
    return type(stand_in).__name__.removesuffix("StandIn").lower()


def _tensor(values: "np.ndarray") -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def _of_trees(trees: tuple[DecisionTree, ...]) -> Tensors:
    """The nodes of all trees, one tree after the other, and how many each has."""
    parts = {part.name: np.concatenate([getattr(tree, part.name) for tree in trees]) for part in fields(DecisionTree)}
    return {**{name: _tensor(part) for name, part in parts.items()}, "sizes": torch.tensor([len(tree.left) for tree in trees])}


def _trees_of(features: tuple[int, ...], arrays: Mapping[str, "np.ndarray"]) -> tuple[DecisionTree, ...]:
    ends = np.cumsum(arrays["sizes"])
    if not len(ends) or any(len(arrays[part.name]) != ends[-1] for part in fields(DecisionTree)):
        raise ValueError("its trees have not as many nodes as it says")
    parts = {part.name: np.split(arrays[part.name], ends[:-1]) for part in fields(DecisionTree)}
    trees = tuple(DecisionTree(**{name: part[number] for name, part in parts.items()}) for number in range(len(ends)))
    if not all(_leads_down(tree) and set(tree.used) <= set(features) for tree in trees):
        raise ValueError("its trees do not lead to leaves by the features that it names")
    return trees


def _leads_down(tree: DecisionTree) -> bool:
    """Whether both children of every node come after it: no row then goes in circles."""
    numbers, split = np.arange(len(tree.left)), tree.left >= 0
    return all(
        bool(((side > numbers) & (side < len(numbers)))[split].all()) and bool((side[~split] < 0).all())
        for side in (tree.left, tree.right)
    )


def _rules_of(features: tuple[int, ...], arrays: Mapping[str, "np.ndarray"], told: Mapping[str, Any]) -> StandIn:
    conditions = tuple(tuple(Condition(*one) for one in rule) for rule in told["conditions"])
    if len(conditions) != len(arrays["values"]):
        raise ValueError("its rules are not as many as what they give")
    return RuleListStandIn(features, conditions, arrays["values"])


FORMS: Mapping[str, Callable[[tuple[int, ...], Mapping[str, "np.ndarray"], Mapping[str, Any]], StandIn]] = {
    "tree": lambda features, arrays, _: TreeStandIn(features, *_trees_of(features, arrays)),
    "forest": lambda features, arrays, _: ForestStandIn(features, _trees_of(features, arrays)),
    "boosted": lambda features, arrays, _: BoostedStandIn(features, _trees_of(features, arrays), arrays["offset"]),
    "linear": lambda features, arrays, _: LinearStandIn(features, *(arrays[name] for name in LINEAR)),
    "rulelist": _rules_of,
    "constant": lambda features, arrays, _: ConstantStandIn(features, arrays["values"]),
}
