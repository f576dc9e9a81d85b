"""A trained classifier from the safetensors file that it was saved to. Nothing in it can name code."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from xaivision.models.backbones import architecture
from xaivision.models.distributions.distribution_file import distributions_from
from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.learned_model import LearnedModel
from xaivision.models.network_plan import NetworkPlan, built
from xaivision.models.prototypes.prototype_file import prototypes_from
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_card import TrainedCard
from xaivision.models.trained_content import misfit, put_weights, read_content, split_of
from xaivision.models.trained_model import TrainedModel
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.models.trees.trained_tree import TrainedTree
from xaivision.models.trees.tree_file import tree_from


def trained_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedModel:
    """The classifier that a file of `TrainedModel.save` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = made(NetworkPlan, told["plan"])
    card = card_made(TrainedCard, TransferRecipe, told["card"])
    parts = split_of(tensors)
    module, width = architecture(plan.backbone)
    if width != plan.width_of_features:
        raise ValueError(f"the features of `{plan.backbone}` are {width} numbers here and {plan.width_of_features} there")
    trained = TrainedModel(built(plan, module), card, parts, plan)
    put_weights(trained.network, tensors)
    return trained


WHAT = "a trained classifier"
# What makes a classifier of what its file holds, by what the file says that it is.
KINDS: Mapping[str, Callable[[Mapping[str, Tensor], Mapping[str, Any]], LearnedModel]] = {
    TrainedModel.schema: trained_from,
    TrainedPrototypes.schema: prototypes_from,
    TrainedDistributions.schema: distributions_from,
    TrainedTree.schema: tree_from,
}


def load_trained(path: str | Path) -> LearnedModel:
    """The trained classifier that `save` has written, on the CPU. Nothing is downloaded.

    Raises: FileNotFoundError; FileFormatError, where the file is damaged or of another kind; MissingExtraError, where the
    package of its backbone is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`load_trained` needs a file that `save` has written. Got `{path}`, which does not exist.")
    schema, tensors, told = read_content(path, KINDS, WHAT)
    try:
        return KINDS[schema](tensors, told)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise misfit(path, WHAT, str(error).splitlines()[0]) from error
