"""Trains a classifier by prototypes on a dataset: what `train` does where it is asked for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.backbones import OFFLINE
from xaivision.models.cycle_file import CycleFile
from xaivision.models.finite_inputs import check_finite
from xaivision.models.learning_job import LearningJob
from xaivision.models.learning_parts import LearningParts, learning_parts
from xaivision.models.prototypes.certifying import certified
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.layer_plan import SYSTEMS, layer_plan
from xaivision.models.prototypes.lesson import Lesson
from xaivision.models.prototypes.patch_backbones import SMALL, PatchBackbone, learned_first, patch_backbone
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_plan import PrototypePlan, built_classifier, network_of, patch_plan
from xaivision.models.prototypes.prototype_recipe import IN_TABLES, PrototypeRecipe
from xaivision.models.prototypes.staged_training import Course, train_in_cycles
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.recipe_settings import recipe_of
from xaivision.models.trained_scores import trained_scores
from xaivision.models.transfer_network import resizing

# Losses that only some systems have a meaning for.
NEED_A_SCALE, NEED_SIGNS, NEED_PLACES = ("radius",), ("sparsity",), ("alignment",)


@dataclass(frozen=True, eq=False)
class _Job(LearningJob):
    recipe: PrototypeRecipe
    plan: PrototypePlan
    taken: PatchBackbone | None

    @property
    def told(self) -> tuple[object, ...]:
        return "" if self.taken is None else self.taken.backbone.digest, self.plan, self.recipe


def train_prototypes(
    dataset: Dataset,
    system: str,
    backbone: str = OFFLINE,
    *,
    weights: str | None = "DEFAULT",
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> TrainedPrototypes:
    """A classifier of the dataset's pictures or rows whose prototypes are places of its training inputs.

    `system`: one of `SYSTEMS`. `backbone` and `weights` as in `train`, or `three_convolutions`, which learns from these
    pictures alone; rows of tables take none. `settings` are those of `PrototypeRecipe`. `checkpoint`: a folder in which is kept
    where the training stands, after every cycle.

    Raises: as `train`; InputError, where a class has fewer training inputs than prototypes, a column holds categories, or the
    backbone's map has one place only.
    """
    tables = dataset.domain == "tabular"
    recipe = _recipe(system, {**(IN_TABLES if tables else {}), **settings}, tables=tables)
    with torch.inference_mode(False):  # the caller may be in it; nothing could be learned there
        check_finite(dataset)
        parts = learning_parts(dataset, recipe.validation, recipe.seed, tables=True)
        _check_counts(dataset, parts, recipe)
        job = _planned(dataset, parts, recipe, system, backbone, weights)
        model = _first(job)
        model.model.to(recipe.device)
        lesson = Lesson(model, dataset, parts, recipe, system)
        course = train_in_cycles(lesson, CycleFile.within(checkpoint, "prototypes", job.key))
        model.model.to("cpu").eval()
        plan = PrototypePlan(system, lesson.network.plan, job.plan.class_names, job.plan.patches, job.plan.columns)
        return TrainedPrototypes(model, _card(job, lesson, course), parts, plan)


def _planned(
    dataset: Dataset, parts: LearningParts, recipe: PrototypeRecipe, system: str, backbone: str, weights: str | None
) -> _Job:
    shape, classes = tuple(dataset.inputs.shape[1:]), dataset.class_names
    count = recipe.per_class * len(classes)
    if dataset.domain != "image":
        _check_none(backbone, weights)
        layer = layer_plan(system, count, shape[0], len(classes))
        return _Job(dataset, parts, recipe, PrototypePlan(system, layer, classes, columns=_columns(dataset)), None)
    own = max(shape[1:]) if backbone == SMALL and recipe.side is None else recipe.side
    taken = patch_backbone(backbone, shape[0], own, weights=weights, seed=recipe.seed)
    if backbone == SMALL:
        images = resizing(shape[1], shape[2], taken.backbone.side)(dataset.inputs[parts.train])
        learned_first(taken, images, dataset.targets[parts.train], len(classes), recipe.seed)
    side = taken.backbone.side if own is None else own
    layer = layer_plan(system, count, recipe.width, len(classes), competing=recipe.competing)
    return _Job(dataset, parts, recipe, PrototypePlan(system, layer, classes, patch_plan(shape, taken, side)), taken)


def _first(job: _Job) -> TorchClassifier:
    """The untrained classifier; of a table, with what its columns are standardized by."""
    taken = None if job.taken is None else (job.taken.backbone.module, job.taken.at)
    model = built_classifier(job.plan, taken, job.dataset.schema, job.recipe.seed)
    encoder = network_of(model).encoder
    if isinstance(encoder, TableEncoder):
        encoder.standardize(job.dataset.inputs[job.parts.train])
    return model


def _recipe(system: str, settings: Mapping[str, Any], *, tables: bool) -> PrototypeRecipe:
    if system not in SYSTEMS:
        raise UnknownNameError("model of prototypes", system, SYSTEMS)
    recipe = recipe_of(PrototypeRecipe, settings, system)
    layer = layer_plan(system, 1, 1, 2)
    if recipe.competing and (tables or not layer.scaled):
        where = "rows of a table" if tables else repr(system)
        raise InputError(f"`competing` is for the detections of pictures by 'rbf' or 'components'. Got {where}. Leave it out.")
    for name in recipe.losses:
        if (name in NEED_A_SCALE and not layer.scaled) or (name in NEED_SIGNS and layer.reasoning != "signed"):
            raise InputError(f"`losses` must be of the model. {name!r} has no meaning for {system!r}. Leave it out.")
        if name in NEED_PLACES and tables:
            raise InputError(
                f"`losses` must be of the data. {name!r} is about places, which rows of a table have not. Leave it out."
            )
    return recipe


def _check_counts(dataset: Dataset, parts: LearningParts, recipe: PrototypeRecipe) -> None:
    counts = dataset.targets[parts.train].bincount(minlength=len(dataset.class_names)).tolist()
    for name, count in zip(dataset.class_names, counts, strict=True):
        if count < recipe.per_class:
            raise InputError(
                "`per_class` must be at most the number of training inputs of every class. "
                f"Got {recipe.per_class} prototypes and {count} inputs of {name!r}. Give per_class={count}, or add inputs."
            )


def _check_none(backbone: str, weights: str | None) -> None:
    """Raises: InputError, where a backbone is named, of which rows of tables take none."""
    for name, given, usual in (("backbone", backbone, (OFFLINE,)), ("weights", weights, ("DEFAULT", None))):
        if given not in usual:
            raise InputError(f"`{name}` must be left out for rows of a table, which take none. Got {given!r}.")


def _columns(dataset: Dataset) -> tuple[str, ...]:
    schema = dataset.schema
    if schema is None:
        return tuple(map(str, range(dataset.inputs.shape[1])))
    coded = [feature.name for feature in schema.features if not feature.is_numeric]
    if coded:
        raise InputError(
            f"`dataset` must have columns of numbers, between which there are distances. Got categories in `{coded[0]}`. "
            "Encode it as one column for each category, or leave it out."
        )
    return schema.names


def _card(job: _Job, lesson: Lesson, course: Course) -> PrototypeCard:
    dataset, network = job.dataset, lesson.network
    inputs, targets = dataset.inputs[job.parts.test], dataset.targets[job.parts.test]
    scores = lesson.model(inputs)
    none = {"backbone": "", "weights": job.plan.system, "pretrained": True, "weights_digest": ""}
    patches, sources = job.plan.patches, network.sources
    return PrototypeCard(
        name=f"{dataset.name}_{job.plan.system}",
        system=job.plan.system,
        **(none if job.taken is None else job.taken.backbone.card_fields()),
        preprocessing="columns in their own units; standardized inside" if patches is None else patches.preprocessing,
        parameters=sum(part.numel() for part in network.parameters()),
        **job.data_fields(),
        prototypes=tuple(network.reasoning.owners.bincount(minlength=len(dataset.class_names)).tolist()),
        distinct=len({*zip(sources.rows.tolist(), sources.places.tolist(), strict=True)}),
        pruned=course.pruned,
        recipe=job.recipe,
        losses=course.losses,
        moved=course.moved,
        fallen=course.fallen,
        kept_cycle=course.kept_cycle,
        radius=_median_radius(lesson.model, inputs, targets, scores),
        scores=trained_scores(scores if network.plan.logits else scores.clamp_min(1e-12).log(), targets, dataset.class_names),
    )


def _median_radius(model: TorchClassifier, inputs: Tensor, targets: Tensor, scores: Tensor) -> float | None:
    right = scores.argmax(1) == targets
    if not network_of(model).plan.scaled or not bool(right.any()):
        return None
    return float(certified(model, inputs[right], targets[right]).radii.median())
