"""A linear layer on features that do not change."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from xaivision.models.construction import construction
from xaivision.models.early_stopping import Course, train_until_stale
from xaivision.models.flipping import drawn_versions
from xaivision.models.passes import batches, class_weights
from xaivision.models.training_state import StateFile, TrainingState
from xaivision.models.transfer_recipe import TransferRecipe

# The least standard deviation that a feature is divided by, as a share of the usual one.
LEAST_SCALE = 0.1


@dataclass(frozen=True, eq=False)
class FeatureParts:
    """`train` (V, n, D): features of the n pictures learned from, in each of V versions. `validation` (m, D), as they are."""

    train: Tensor
    train_targets: Tensor
    validation: Tensor
    validation_targets: Tensor


def trained_head(
    parts: FeatureParts, num_classes: int, recipe: TransferRecipe, file: StateFile | None = None
) -> tuple[nn.Linear, TrainingState]:
    """The layer (D to K) on raw features, and its training.

    It is trained on features that are centered and scaled to one; what that takes is put into its weights afterwards.

    Raises: Cancelled; InputError, as `train_until_stale`.
    """
    center, scale = _scaling(parts.train)
    train, validation = (parts.train - center) / scale, (parts.validation - center) / scale
    weights = class_weights(parts.train_targets, num_classes, recipe.class_weights)
    with construction(seed=0):
        head = nn.Linear(parts.train.shape[-1], num_classes, dtype=torch.float32)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)

        def step_loss(rows: Tensor, epoch: int) -> Tensor:
            versions = drawn_versions(len(parts.train_targets), recipe.flips, recipe.seed, epoch)[rows]
            return cross_entropy(head(train[versions, rows]), parts.train_targets[rows], weight=weights)

        def validation_loss() -> float:
            with torch.no_grad():
                return float(cross_entropy(head(validation), parts.validation_targets, weight=weights))

        course = Course(
            head,
            step_loss,
            validation_loss,
            lambda epoch: batches(len(parts.train_targets), recipe.batch_size, recipe.seed, "linear layer", "order", epoch),
            epochs=recipe.epochs,
            patience=recipe.patience,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
        )
        state = train_until_stale(course, "training the linear layer", file)
        with torch.no_grad():
            head.weight.div_(scale)
            head.bias.sub_(head.weight @ center)
    return head, state


def _scaling(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (D,) over all pictures in all versions.

    A feature that hardly varies is not blown up: a picture on which it does would outweigh all others. Where none varies, 1.
    """
    rows = features.flatten(0, 1).double()
    center, scale = rows.mean(0), rows.std(0, correction=0)
    usual = scale.square().mean().sqrt()
    return center.float(), scale.clamp_min(float(LEAST_SCALE * usual) or 1.0).float()
