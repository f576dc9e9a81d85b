"""A classifier by a tree from its safetensors file. Nothing in it can name code."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from xaivision.models.prototypes.prototype_plan import PatchPlan
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_content import put_weights, split_of
from xaivision.models.trees.trained_tree import TrainedTree
from xaivision.models.trees.tree_card import TreeCard
from xaivision.models.trees.tree_plan import TreePlan, built_tree, tree_of
from xaivision.models.trees.tree_recipe import TreeRecipe


def tree_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedTree:
    """The classifier that a file of `TrainedTree.save` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = made(TreePlan, {**told["plan"], "patches": made(PatchPlan, told["plan"]["patches"])})
    classifier = built_tree(plan)
    put_weights(tree_of(classifier), tensors)
    return TrainedTree(classifier, card_made(TreeCard, TreeRecipe, told["card"]), split_of(tensors), plan)
