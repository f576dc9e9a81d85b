"""A trained classifier from the safetensors file that it was saved to. Nothing in it can name code."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from xaivision.core.errors import FileFormatError
from xaivision.models.backbones import architecture
from xaivision.models.distributions.distribution_file import distributions_from
from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.learned_model import LearnedModel
from xaivision.models.network_plan import NetworkPlan, built
from xaivision.models.prototypes.prototype_file import prototypes_from
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.tensor_file import read_tensors
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_card import TrainedCard
from xaivision.models.trained_content import content_digest, put_weights, split_of
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
    schema, tensors, told = _read(path)
    try:
        return KINDS[schema](tensors, told)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise _misfit(path, str(error).splitlines()[0]) from error


def _read(path: Path) -> tuple[str, dict[str, Tensor], dict[str, Any]]:
    try:
        tensors, said = read_tensors(path)
    except SafetensorError as error:
        raise _misfit(path, "it is damaged or another kind of file") from error
    if said.get("schema") not in KINDS:
        raise _misfit(path, "it holds something else")
    if said.get("content") != content_digest(tensors, said.get("told", "")):
        raise _misfit(path, "its content does not match its checksum: it was damaged or changed")
    return said["schema"], tensors, json.loads(said["told"])


def _misfit(path: Path, why: str) -> FileFormatError:
    return FileFormatError(f"`{path}` must be a trained classifier written by `save`. Got a file that does not fit: {why}.")
