"""A classifier by prototypes as one safetensors file, and back. Nothing in it can name code."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_plan import PatchPlan, PrototypePlan, built_classifier, network_of
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_content import put_weights, split_of, write_content

SCHEMA = "xaivision prototype classifier 1"


def save_prototypes(model: TrainedPrototypes, path: str | Path) -> Path:
    """Path of the file written, ".safetensors" added where it is missing."""
    schema = model.classifier.schema
    columns = [asdict(feature) for feature in schema.features] if isinstance(schema, TableSchema) else None
    told = {"plan": asdict(model.plan), "card": model.card.plain(), "columns": columns}
    return write_content(path, SCHEMA, model.network, model.parts, told)


def prototypes_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedPrototypes:
    """The classifier that a file of `save_prototypes` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = _plan(told["plan"])
    columns = told["columns"]
    schema = None if columns is None else TableSchema(tuple(made(Feature, one) for one in columns))
    classifier = built_classifier(plan, schema=schema)
    put_weights(network_of(classifier), tensors)
    return TrainedPrototypes(classifier, card_made(PrototypeCard, PrototypeRecipe, told["card"]), split_of(tensors), plan)


def _plan(told: Mapping[str, Any]) -> PrototypePlan:
    layer, patches = made(LayerPlan, told["layer"]), told["patches"]
    return made(PrototypePlan, {**told, "layer": layer, "patches": None if patches is None else made(PatchPlan, patches)})
