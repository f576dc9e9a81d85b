"""A classifier by distributions as one safetensors file, and back. Nothing in it can name code."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.models.distributions.distribution_card import DistributionCard
from xaivision.models.distributions.distribution_plan import DistributionPlan, built_distributions, distributions_of
from xaivision.models.distributions.distribution_recipe import DistributionRecipe
from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_content import put_weights, split_of, write_content

SCHEMA = "xaivision distribution classifier 1"


def save_distributions(model: TrainedDistributions, path: str | Path) -> Path:
    """Path of the file written, ".safetensors" added where it is missing."""
    schema = model.classifier.schema
    columns = [asdict(feature) for feature in schema.features] if isinstance(schema, TableSchema) else None
    told = {"plan": asdict(model.plan), "card": model.card.plain(), "columns": columns}
    return write_content(path, SCHEMA, model.network, model.parts, told)


def distributions_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedDistributions:
    """The classifier that a file of `save_distributions` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = made(DistributionPlan, {**told["plan"], "layer": made(LayerPlan, told["plan"]["layer"])})
    columns = told["columns"]
    schema = None if columns is None else TableSchema(tuple(made(Feature, one) for one in columns))
    classifier = built_distributions(plan, schema)
    put_weights(distributions_of(classifier), tensors)
    card = card_made(DistributionCard, DistributionRecipe, told["card"])
    return TrainedDistributions(classifier, card, split_of(tensors), plan)
