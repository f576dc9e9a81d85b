"""A trained classifier as one safetensors file, and back. Nothing in it can name code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from xaivision.core.errors import FileFormatError
from xaivision.models.backbones import architecture
from xaivision.models.distributions import distribution_file
from xaivision.models.frozen_features import network_of
from xaivision.models.learned_model import LearnedModel
from xaivision.models.network_plan import NetworkPlan, built
from xaivision.models.prototypes import prototype_file
from xaivision.models.tensor_file import read_tensors
from xaivision.models.told_parts import card_made, made
from xaivision.models.trained_card import TrainedCard
from xaivision.models.trained_content import content_digest, put_weights, split_of, write_content
from xaivision.models.trained_model import TrainedModel
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.models.trees import tree_file

SCHEMA = "xaivision trained classifier 1"
# What reads the files of classifiers that decide in a way of their own.
OTHERS: Mapping[str, Callable[[Mapping[str, Tensor], Mapping[str, Any]], LearnedModel]] = {
    prototype_file.SCHEMA: prototype_file.prototypes_from,
    distribution_file.SCHEMA: distribution_file.distributions_from,
    tree_file.SCHEMA: tree_file.tree_from,
}


def save_trained(model: TrainedModel, path: str | Path) -> Path:
    """Path of the file written, ".safetensors" added where it is missing."""
    told = {"plan": asdict(model.plan), "card": model.card.plain()}
    return write_content(path, SCHEMA, network_of(model.classifier), model.parts, told)


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
        if schema in OTHERS:
            return OTHERS[schema](tensors, told)
        plan = made(NetworkPlan, told["plan"])
        card = card_made(TrainedCard, TransferRecipe, told["card"])
        parts = split_of(tensors)
        module, width = architecture(plan.backbone)
        if width != plan.width_of_features:
            raise ValueError(f"the features of `{plan.backbone}` are {width} numbers here and {plan.width_of_features} there")
        classifier = built(plan, module)
        put_weights(network_of(classifier), tensors)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise _misfit(path, str(error).splitlines()[0]) from error
    return TrainedModel(classifier, card, parts, plan)


def _read(path: Path) -> tuple[str, dict[str, Tensor], dict[str, Any]]:
    try:
        tensors, said = read_tensors(path)
    except SafetensorError as error:
        raise _misfit(path, "it is damaged or another kind of file") from error
    if said.get("schema") not in (SCHEMA, *OTHERS):
        raise _misfit(path, "it holds something else")
    if said.get("content") != content_digest(tensors, said.get("told", "")):
        raise _misfit(path, "its content does not match its checksum: it was damaged or changed")
    return said["schema"], tensors, json.loads(said["told"])


def _misfit(path: Path, why: str) -> FileFormatError:
    return FileFormatError(f"`{path}` must be a trained classifier written by `save`. Got a file that does not fit: {why}.")
