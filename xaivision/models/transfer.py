"""Trains a classifier of a dataset's pictures on what a backbone has learned elsewhere."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from xaivision.core.errors import UnknownNameError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.backbones import OFFLINE, Backbone
from xaivision.models.backbones import backbone as named_backbone
from xaivision.models.block_tuning import tuned
from xaivision.models.flipping import VERSIONS
from xaivision.models.frozen_features import frozen_features, network_of
from xaivision.models.head_training import FeatureParts, trained_head
from xaivision.models.learning_parts import LearningParts, learning_parts
from xaivision.models.network_plan import NetworkPlan, built, planned
from xaivision.models.trained_card import ClassCounts, TrainedCard
from xaivision.models.trained_model import TrainedModel
from xaivision.models.trained_scores import trained_scores
from xaivision.models.training_state import StateFile
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.models.weights_cache import digest

Losses = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Job:
    """Everything a training is told by: no two that differ in any of it give the same weights."""

    dataset: Dataset
    backbone: Backbone
    recipe: TransferRecipe
    parts: LearningParts
    plan: NetworkPlan

    @cached_property
    def data_digest(self) -> str:
        """SHA-256 of the pictures and labels."""
        return digest({"inputs": self.dataset.inputs, "targets": self.dataset.targets})

    @property
    def key(self) -> str:
        """What the checkpoint of this training is told by."""
        told = (self.data_digest, _split_digest(self.parts), self.backbone.digest, self.plan, asdict(self.recipe))
        return hashlib.sha256(repr((*told, torch.__version__)).encode()).hexdigest()


def train(
    dataset: Dataset,
    backbone: str = OFFLINE,
    *,
    weights: str | None = "DEFAULT",
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> TrainedModel:
    """A classifier of the dataset's pictures: a backbone's features and a linear layer, with its scores on the test part.

    `backbone`: a name of torchvision ("resnet50"), of timm ("timm/resnet18") or `efficientnet_lite0`, which needs no
    download. `weights=None`: random ones, marked so on the card. `settings` are those of `TransferRecipe`, as in
    `tuned_blocks=3`. `checkpoint`: a folder in which is kept where the training stands, after every epoch, and from which it
    goes on. The features of the frozen backbone are computed once, and kept in the user's cache directory.

    Raises: InputError, where the dataset holds no pictures, fewer than two classes or too few pictures of one, or a setting
    does not fit; UnknownNameError; DownloadError, where weights cannot be had; MissingExtraError; Cancelled.
    """
    recipe = _recipe(settings)
    with torch.inference_mode(False):  # the caller may be in it; nothing could be learned there
        parts = learning_parts(dataset, recipe.validation, recipe.seed)
        taken = named_backbone(backbone, weights=weights, seed=recipe.seed)
        plan = planned(taken, tuple(dataset.inputs.shape[1:]), dataset.class_names, recipe.side)
        job = _Job(dataset, taken, recipe, parts, plan)
        model = built(plan, taken.module, recipe.device)
        losses = _learned(job, model, None if checkpoint is None else Path(checkpoint))
        model.model.to("cpu")
        return TrainedModel(model, _card(job, model, *losses), parts, plan)


def _recipe(settings: Mapping[str, Any]) -> TransferRecipe:
    known = [part.name for part in fields(TransferRecipe)]
    for name in settings:
        if name not in known:
            raise UnknownNameError("setting of `train`", name, known)
    return TransferRecipe(**settings)


def _learned(job: _Job, model: TorchClassifier, folder: Path | None) -> tuple[Losses, Losses]:
    """The validation losses of the linear layer and of the tuned blocks; the model is trained in place."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    head, state = trained_head(
        _features(job, model), len(job.dataset.class_names), job.recipe, _file(folder, "linear_layer", job.key)
    )
    network_of(model).head.load_state_dict(head.state_dict())
    if not job.recipe.tuned_blocks:
        return state.losses, ()
    after = tuned(model, job.dataset, job.parts, job.recipe, _file(folder, "tuned_blocks", job.key))
    return state.losses, after.losses


def _file(folder: Path | None, name: str, key: str) -> StateFile | None:
    return None if folder is None else StateFile(folder / f"{name}.safetensors", key)


def _features(job: _Job, model: TorchClassifier) -> FeatureParts:
    """Features of the dataset's whole training part in each version, so that another validation part needs no new ones."""
    rows, name, mixed = job.dataset.split.train, job.backbone.name, job.recipe.mixed_precision
    images = job.dataset.inputs[rows]
    found = [frozen_features(model, images, name, axes=axes, mixed=mixed) for axes in VERSIONS[job.recipe.flips]]
    learned, held_out = (torch.isin(rows, part) for part in (job.parts.train, job.parts.validation))
    targets = job.dataset.targets[rows]
    return FeatureParts(
        torch.stack([version[learned] for version in found]), targets[learned], found[0][held_out], targets[held_out]
    )


def _card(job: _Job, model: TorchClassifier, head_losses: Losses, tuning_losses: Losses) -> TrainedCard:
    dataset, taken, test = job.dataset, job.backbone, job.parts.test
    return TrainedCard(
        name=f"{dataset.name}_{taken.name}",
        backbone=taken.name,
        weights=taken.weights,
        pretrained=taken.trained,
        weights_digest=taken.digest,
        preprocessing=job.plan.preprocessing,
        parameters=sum(part.numel() for part in model.model.parameters()),
        data=dataset.name,
        data_license=dataset.card.license,
        data_digest=job.data_digest,
        split_digest=_split_digest(job.parts),
        counts=_counts(dataset, job.parts),
        recipe=job.recipe,
        head_losses=head_losses,
        tuning_losses=tuning_losses,
        scores=trained_scores(model(dataset.inputs[test]), dataset.targets[test], dataset.class_names),
    )


def _counts(dataset: Dataset, parts: LearningParts) -> tuple[ClassCounts, ...]:
    return tuple(
        ClassCounts(name, *(int((dataset.targets[part] == label).sum()) for part in (parts.train, parts.validation, parts.test)))
        for label, name in enumerate(dataset.class_names)
    )


def _split_digest(parts: LearningParts) -> str:
    return digest({"train": parts.train, "validation": parts.validation, "test": parts.test})
