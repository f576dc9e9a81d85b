"""A classifier by distributions from its safetensors file. Nothing in it can name code."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from xaivision.models.distributions.distribution_card import DistributionCard
from xaivision.models.distributions.distribution_plan import DistributionPlan, built_distributions, distributions_of
from xaivision.models.distributions.distribution_recipe import DistributionRecipe
from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.told_parts import card_made, made, schema_made
from xaivision.models.trained_content import put_weights, split_of


def distributions_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedDistributions:
    """The classifier that a file of `TrainedDistributions.save` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = made(DistributionPlan, {**told["plan"], "layer": made(LayerPlan, told["plan"]["layer"])})
    classifier = built_distributions(plan, schema_made(told["columns"]))
    put_weights(distributions_of(classifier), tensors)
    card = card_made(DistributionCard, DistributionRecipe, told["card"])
    return TrainedDistributions(classifier, card, split_of(tensors), plan)
