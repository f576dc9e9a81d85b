"""A classifier by prototypes from its safetensors file. Nothing in it can name code."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_plan import PatchPlan, PrototypePlan, built_classifier, network_of
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.told_parts import card_made, made, schema_made
from xaivision.models.trained_content import put_weights, split_of


def prototypes_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedPrototypes:
    """The classifier that a file of `TrainedPrototypes.save` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = _plan(told["plan"])
    classifier = built_classifier(plan, schema=schema_made(told["columns"]))
    put_weights(network_of(classifier), tensors)
    return TrainedPrototypes(classifier, card_made(PrototypeCard, PrototypeRecipe, told["card"]), split_of(tensors), plan)


def _plan(told: Mapping[str, Any]) -> PrototypePlan:
    layer, patches = made(LayerPlan, told["layer"]), told["patches"]
    return made(PrototypePlan, {**told, "layer": layer, "patches": None if patches is None else made(PatchPlan, patches)})
