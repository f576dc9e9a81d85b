"""Trains a classifier of a dataset's pictures on what a backbone has learned elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.backbones import OFFLINE, Backbone
from xaivision.models.backbones import backbone as named_backbone
from xaivision.models.block_inputs import BlockInputs, block_inputs
from xaivision.models.block_tuning import tuned
from xaivision.models.distributions import distribution_training
from xaivision.models.distributions.distribution_training import train_distributions
from xaivision.models.flipping import VERSIONS
from xaivision.models.frozen_features import frozen_features, network_of
from xaivision.models.head_training import FeatureParts, trained_head
from xaivision.models.learned_model import LearnedModel
from xaivision.models.learning_job import LearningJob
from xaivision.models.learning_parts import learning_parts
from xaivision.models.network_plan import NetworkPlan, built, planned
from xaivision.models.prototypes.layer_plan import SYSTEMS
from xaivision.models.prototypes.prototype_training import train_prototypes
from xaivision.models.recipe_settings import recipe_of
from xaivision.models.small_cnn import NAME as SMALL
from xaivision.models.small_cnn import WIDTHS
from xaivision.models.trained_card import TrainedCard
from xaivision.models.trained_model import TrainedModel
from xaivision.models.trained_scores import trained_scores
from xaivision.models.training_state import StateFile
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.models.trees import tree_training
from xaivision.models.trees.token_backbones import OWN
from xaivision.models.trees.tree_training import train_tree

Losses = tuple[float, ...]
# What decides by a backbone's features where nothing else is asked for.
LINEAR = "linear"

# What decides in a way of its own, by its name.
OTHERS: Mapping[str, Callable[..., LearnedModel]] = {
    distribution_training.SYSTEM: train_distributions,
    tree_training.SYSTEM: train_tree,
}

# What `small_cnn` is trained with where nothing else is said: all its blocks, and long enough from random weights.
FROM_NOTHING: Mapping[str, Any] = {"tuned_blocks": len(WIDTHS), "tuning_epochs": 40, "tuning_rate": 1e-3, "epochs": 10}


@dataclass(frozen=True, eq=False)
class _Job(LearningJob):
    backbone: Backbone
    recipe: TransferRecipe
    plan: NetworkPlan

    @property
    def told(self) -> tuple[object, ...]:
        return self.backbone.digest, self.plan, asdict(self.recipe)


def train(
    dataset: Dataset,
    backbone: str = OFFLINE,
    *,
    model: str = LINEAR,
    weights: str | None = "DEFAULT",
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> LearnedModel:
    """A classifier of the dataset's pictures, or by prototypes or distributions of table rows, with its scores on the test part.

    `backbone`: a name of torchvision ("resnet50"), of timm ("timm/resnet18"), `efficientnet_lite0`, which needs no download,
    or "small_cnn", a small network for gray pictures that is trained whole; with prototypes and trees "three_convolutions",
    with trees "small_vit". Rows of tables take none. `weights=None`: random ones, marked so on the card. `checkpoint`: a folder
    in which is kept where the training stands, after every epoch, and from which it goes on. The features of the frozen
    backbone are computed once, and kept in the user's cache directory.

    `model`: what decides by the features. "linear", with settings of `TransferRecipe`, as in `tuned_blocks=3`; or prototypes of
    training pictures or table rows: "proto_part" (ProtoPNet), "score_aggregation", "rbf" or "components", which come as
    `TrainedPrototypes`, with settings of `PrototypeRecipe`; or "prob_psenn", a distribution for each class, which comes as
    `TrainedDistributions`, with settings of `DistributionRecipe`; or "vitree", a tree over patches, which comes as
    `TrainedTree`, with settings of `TreeRecipe`.

    Raises: InputError, where the dataset holds no inputs of the model's kind, fewer than two classes or too few of one, or a
    setting does not fit; UnknownNameError; DownloadError, where weights cannot be had; MissingExtraError; Cancelled.
    """
    if model != LINEAR:
        if model in OTHERS:
            return OTHERS[model](dataset, backbone, weights=weights, checkpoint=checkpoint, **settings)
        if model not in SYSTEMS:
            raise UnknownNameError("model to train", model, [LINEAR, *SYSTEMS, *OTHERS])
        return train_prototypes(dataset, model, backbone, weights=weights, checkpoint=checkpoint, **settings)
    if backbone in OWN:
        raise InputError(
            f"`backbone` {backbone!r} is one for prototypes and trees, which learn it anew. Got model={LINEAR!r}. Say "
            f'model="proto_part", or name another backbone, such as {OFFLINE!r}.'
        )
    recipe = recipe_of(TransferRecipe, {**(FROM_NOTHING if backbone == SMALL else {}), **settings})
    with torch.inference_mode(False):  # the caller may be in it; nothing could be learned there
        parts = learning_parts(dataset, recipe.validation, recipe.seed)
        taken = named_backbone(backbone, weights=weights, seed=recipe.seed)
        plan = planned(taken, tuple(dataset.inputs.shape[1:]), dataset.class_names, recipe.side)
        job = _Job(dataset, parts, taken, recipe, plan)
        network = built(plan, taken.module, recipe.device)
        learned = _learned(job, network, None if checkpoint is None else Path(checkpoint))
        network.model.to("cpu")
        return TrainedModel(network, _card(job, network, learned), parts, plan)


@dataclass(frozen=True, eq=False)
class _Learned:
    """The validation losses of the linear layer and of the tuned blocks, and logits of the test pictures."""

    head_losses: Losses
    tuning_losses: Losses
    test_logits: Tensor


def _learned(job: _Job, model: TorchClassifier, folder: Path | None) -> _Learned:
    """What comes of the training; the model is trained in place."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    entered = block_inputs(model, job.dataset, job.recipe) if job.recipe.tuned_blocks else None
    found = [_features(job, model, entered, number) for number in range(len(VERSIONS[job.recipe.flips]))]
    head, state = trained_head(
        _feature_parts(job, found), len(job.dataset.class_names), job.recipe, _file(folder, "linear_layer", job.key)
    )
    network_of(model).head.load_state_dict(head.state_dict())
    test = job.parts.test
    if not job.recipe.tuned_blocks:
        with torch.no_grad():
            return _Learned(state.losses, (), head(found[0][test]))
    after = tuned(model, job.dataset, job.parts, job.recipe, entered, _file(folder, "tuned_blocks", job.key))
    logits = model(job.dataset.inputs[test]) if entered is None else entered.all_logits(model, test)
    return _Learned(state.losses, after.losses, logits)


def _file(folder: Path | None, name: str, key: str) -> StateFile | None:
    return None if folder is None else StateFile(folder / f"{name}.safetensors", key)


def _features(job: _Job, model: TorchClassifier, entered: BlockInputs | None, version: int) -> Tensor:
    """Features of all pictures in their order, so that another split of them needs no new ones."""
    return frozen_features(
        model,
        job.dataset.inputs,
        job.backbone.name,
        axes=VERSIONS[job.recipe.flips][version],
        mixed=job.recipe.mixed_precision,
        shortcut=None if entered is None else partial(entered.features, model, version),
    )


def _feature_parts(job: _Job, found: Sequence[Tensor]) -> FeatureParts:
    parts, targets = job.parts, job.dataset.targets
    learned = torch.stack([version[parts.train] for version in found])
    return FeatureParts(learned, targets[parts.train], found[0][parts.validation], targets[parts.validation])


def _card(job: _Job, model: TorchClassifier, learned: _Learned) -> TrainedCard:
    dataset, taken, test = job.dataset, job.backbone, job.parts.test
    return TrainedCard(
        name=f"{dataset.name}_{taken.name}",
        **taken.card_fields(),
        preprocessing=job.plan.preprocessing,
        parameters=sum(part.numel() for part in model.model.parameters()),
        **job.data_fields(),
        recipe=job.recipe,
        head_losses=learned.head_losses,
        tuning_losses=learned.tuning_losses,
        scores=trained_scores(learned.test_logits.cpu(), dataset.targets[test], dataset.class_names),
    )
