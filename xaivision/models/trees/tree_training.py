"""Trains a classifier by a tree on a dataset: what `train` does where it is asked for "vitree"."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from xaivision.data.dataset import Dataset
from xaivision.models.backbones import OFFLINE
from xaivision.models.cycle_file import CycleFile
from xaivision.models.finite_inputs import check_finite
from xaivision.models.learning_job import LearningJob
from xaivision.models.learning_parts import LearningParts, learning_parts
from xaivision.models.prototypes.patch_backbones import PatchBackbone
from xaivision.models.prototypes.prototype_plan import patch_plan
from xaivision.models.recipe_settings import recipe_of
from xaivision.models.trained_scores import trained_scores
from xaivision.models.transfer_network import resizing
from xaivision.models.trees.path_causality import path_causality
from xaivision.models.trees.token_backbones import OWN, taught_first, token_backbone
from xaivision.models.trees.trained_tree import TrainedTree
from xaivision.models.trees.tree_card import TreeCard
from xaivision.models.trees.tree_plan import TreePlan, built_tree
from xaivision.models.trees.tree_recipe import TreeRecipe
from xaivision.models.trees.tree_teaching import Grown, TreeLesson, grow

SYSTEM = "vitree"
# A leaf is used where it ends the walks of more than this share.
USED = 0.02


@dataclass(frozen=True, eq=False)
class _Job(LearningJob):
    recipe: TreeRecipe
    plan: TreePlan
    taken: PatchBackbone

    @property
    def told(self) -> tuple[object, ...]:
        return self.taken.backbone.digest, self.plan, self.recipe


def train_tree(
    dataset: Dataset,
    backbone: str = OFFLINE,
    *,
    weights: str | None = "DEFAULT",
    checkpoint: str | Path | None = None,
    **settings: Any,
) -> TrainedTree:
    """A classifier of the dataset's pictures by a tree that looks at one patch at every step.

    `backbone` and `weights` as in `train`: a vision transformer, or a convolutional network, the places of whose map are the
    tokens; or `small_vit`, which learns from these pictures alone. `settings` are those of `TreeRecipe`. `checkpoint`: a folder
    in which is kept where the training stands, after every cycle.

    Raises: as `train`; InputError, where the dataset holds no pictures or a value is not finite.
    """
    recipe = recipe_of(TreeRecipe, settings, SYSTEM)
    with torch.inference_mode(False):  # the caller may be in it; nothing could be learned there
        check_finite(dataset)
        parts = learning_parts(dataset, recipe.validation, recipe.seed)
        job = _planned(dataset, parts, recipe, backbone, weights)
        model = built_tree(job.plan, (job.taken.backbone.module, job.taken.at), recipe.seed)
        model.model.to(recipe.device)
        lesson = TreeLesson(model, dataset, parts, recipe)
        grown = grow(lesson, CycleFile.within(checkpoint, "tree", job.key))
        model.model.to("cpu").eval()
        return TrainedTree(model, _card(job, lesson, grown), parts, job.plan)


def _planned(dataset: Dataset, parts: LearningParts, recipe: TreeRecipe, backbone: str, weights: str | None) -> _Job:
    shape, classes = tuple(dataset.inputs.shape[1:]), dataset.class_names
    taken = token_backbone(backbone, shape, recipe.side, recipe.layer, weights=weights, seed=recipe.seed)
    side = recipe.side or taken.backbone.side
    if backbone in OWN:
        images = resizing(shape[1], shape[2], side)(dataset.inputs[parts.train])
        taught_first(taken, images, dataset.targets[parts.train], len(classes), recipe.seed)
    patches = patch_plan(shape, taken, side)
    plan = TreePlan(patches, taken.at.layer.name, taken.backbone.width, recipe.depth, recipe.width, recipe.root, classes)
    return _Job(dataset, parts, recipe, plan, taken)


def _card(job: _Job, lesson: TreeLesson, grown: Grown) -> TreeCard:
    dataset, taken = job.dataset, job.taken.backbone
    inputs, targets = dataset.inputs[job.parts.test], dataset.targets[job.parts.test]
    causality = path_causality(lesson.model, inputs, seed=job.recipe.seed)
    _, alone, swapped = causality.accuracies(targets)
    shares = causality.leaves.bincount(minlength=2**job.plan.depth).double() / len(inputs)
    return TreeCard(
        name=f"{dataset.name}_{SYSTEM}",
        **taken.card_fields(),
        preprocessing=job.plan.preprocessing,
        parameters=sum(part.numel() for part in lesson.network.parameters()),
        **job.data_fields(),
        recipe=job.recipe,
        layer=job.plan.layer,
        losses=grown.losses,
        kept_cycle=grown.kept_cycle,
        used_leaves=int((shares > USED).sum()),
        path_alone=alone,
        path_swapped=swapped,
        scores=trained_scores(lesson.model(inputs), targets, dataset.class_names),
    )
