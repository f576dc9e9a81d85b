"""Trains a classifier by distributions on a dataset: what `train` does where it is asked for "prob_psenn"."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.backbones import OFFLINE
from xaivision.models.cycle_file import CycleFile
from xaivision.models.distributions.autoencoder import MOST_VALUES, SHRINKING, usual_side
from xaivision.models.distributions.distribution_card import DistributionCard
from xaivision.models.distributions.distribution_losses import Batch, reconstruction
from xaivision.models.distributions.distribution_plan import DistributionPlan, built_distributions, distributions_of
from xaivision.models.distributions.distribution_recipe import IN_TABLES, DistributionRecipe
from xaivision.models.distributions.distribution_teaching import Taught, Teaching, teach
from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.finite_inputs import check_finite
from xaivision.models.learning_job import LearningJob
from xaivision.models.learning_parts import LearningParts, learning_parts
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.recipe_settings import recipe_of
from xaivision.models.trained_scores import trained_scores

SYSTEM = "prob_psenn"


@dataclass(frozen=True, eq=False)
class _Job(LearningJob):
    recipe: DistributionRecipe
    plan: DistributionPlan

    @property
    def told(self) -> tuple[object, ...]:
        return self.plan, self.recipe


def train_distributions(
    dataset: Dataset,
    backbone: str = OFFLINE,
    *,
    weights: str | None = "DEFAULT",
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> TrainedDistributions:
    """A classifier of the dataset's pictures or rows that holds a distribution for each class, and decodes its draws.

    It takes no backbone: encoder and decoder learn from these inputs. `settings` are those of `DistributionRecipe`.
    `checkpoint`: a folder in which is kept where the training stands, after every cycle.

    Raises: as `train`; InputError, where a backbone is named, a value is not finite, a column holds categories, or a class has
    too few inputs for a covariance.
    """
    recipe = recipe_of(DistributionRecipe, {**(IN_TABLES if dataset.domain == "tabular" else {}), **settings}, SYSTEM)
    for name, given, usual in (("backbone", backbone, (OFFLINE,)), ("weights", weights, ("DEFAULT", None))):
        if given not in usual:
            raise InputError(f"`{name}` must be left out with model={SYSTEM!r}, whose encoder learns anew. Got {given!r}.")
    with torch.inference_mode(False):  # the caller may be in it; nothing could be learned there
        check_finite(dataset)
        _check_columns(dataset)
        parts = learning_parts(dataset, recipe.validation, recipe.seed, tables=True)
        _check_covariance(dataset, parts, recipe)
        job = _Job(dataset, parts, recipe, _planned(dataset, recipe))
        teaching = Teaching(_first(job), dataset, parts, recipe)
        taught = teach(teaching, CycleFile.within(checkpoint, "distributions", job.key))
        teaching.model.model.to("cpu").eval()
        return TrainedDistributions(teaching.model, _card(job, teaching, taught), parts, job.plan)


def _planned(dataset: Dataset, recipe: DistributionRecipe) -> DistributionPlan:
    shape, count = tuple(dataset.inputs.shape[1:]), len(dataset.class_names)
    layer = LayerPlan(count, recipe.width, count, "squared", "negative", "dense", recipe.covariance, recipe.components)
    side = (recipe.side or usual_side(*shape[1:])) if dataset.domain == "image" else None
    if side is not None and shape[0] * side**2 > MOST_VALUES and side % SHRINKING:
        raise InputError(f"`side` must be a multiple of {SHRINKING} for pictures as large as these. Got {side}.")
    return DistributionPlan(layer, dataset.class_names, shape, side, recipe.draws, recipe.encoder == "variational")


def _first(job: _Job) -> TorchClassifier:
    """The untrained classifier; of a table, with what its columns are standardized by."""
    model = built_distributions(job.plan, job.dataset.schema, job.recipe.seed)
    if job.plan.side is None:
        distributions_of(model).encoder.standardize(job.dataset.inputs[job.parts.train])
    model.model.to(job.recipe.device)
    return model


def _check_columns(dataset: Dataset) -> None:
    coded = [feature.name for feature in dataset.schema.features if not feature.is_numeric] if dataset.schema else []
    if coded:
        raise InputError(
            f"`dataset` must have columns of numbers, which can be decoded. Got categories in `{coded[0]}`. "
            "Encode it as one column for each category, or leave it out."
        )


def _check_covariance(dataset: Dataset, parts: LearningParts, recipe: DistributionRecipe) -> None:
    counts = dataset.targets[parts.train].bincount(minlength=len(dataset.class_names)).tolist()
    for name, count in zip(dataset.class_names, counts, strict=True):
        if count < recipe.components:
            raise InputError(
                f"`components` must be at most the number of training inputs of every class. Got {recipe.components} and {count} "
                f"inputs of {name!r}."
            )
        if recipe.covariance == "full" and count <= recipe.width:
            raise InputError(
                f"`width` must be smaller than the number of training inputs of every class where covariance='full'. Got "
                f"{recipe.width} and {count} inputs of {name!r}. Give covariance='diagonal', a smaller `width`, or more inputs."
            )


def _card(job: _Job, teaching: Teaching, taught: Taught) -> DistributionCard:
    dataset, network, pictures = job.dataset, teaching.network, job.dataset.domain == "image"
    slope = network.reasoning.evidence().slope.detach()
    scores = teaching.model(dataset.inputs[job.parts.test])
    return DistributionCard(
        name=f"{dataset.name}_{SYSTEM}",
        weights=SYSTEM,
        pretrained=True,
        preprocessing=job.plan.preprocessing,
        parameters=sum(part.numel() for part in network.parameters()),
        pictures=pictures,
        **job.data_fields(),
        recipe=job.recipe,
        losses=taught.losses,
        kept_cycle=taught.kept_cycle,
        recognized=_recognized(teaching),
        reconstruction=_reconstruction(teaching, job.parts.test),
        diagonal=float(slope.diagonal().min()),
        off_diagonal=float((slope - slope.diagonal().diag()).abs().max()),
        scores=trained_scores(scores.clamp_min(1e-12).log(), dataset.targets[job.parts.test], dataset.class_names),
    )


def _recognized(teaching: Teaching) -> float:
    """Of the decoded draws of all prototypes the share that is called its own class."""
    network = teaching.network
    with torch.no_grad():
        drawn = network.prototypes.mixtures.drawn(network.noise)
        decoded = network.decoded(drawn.flatten(0, 1))
    called = teaching.model(decoded).argmax(1).view(drawn.shape[:2])
    own: Tensor = called == torch.arange(drawn.shape[1], device=called.device)
    return float(own.double().mean())


def _reconstruction(teaching: Teaching, rows: Tensor) -> float:
    network = teaching.network
    features = network.encoder.features(teaching.dataset.inputs[rows])
    with torch.no_grad():
        points = network.encoder.add_on(features)
        batch = Batch(network, features, points, points.new_zeros(len(rows), 1, 1), teaching.dataset.targets[rows])
        return float(reconstruction(batch))
