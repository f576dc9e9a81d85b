"""The last blocks of a backbone and the linear layer behind it, trained together on pictures."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.block_inputs import BlockInputs
from xaivision.models.early_stopping import Course, train_until_stale
from xaivision.models.flipping import drawn_versions, flipped
from xaivision.models.frozen_features import HALF, network_of
from xaivision.models.learning_parts import LearningParts
from xaivision.models.passes import batches, class_weights
from xaivision.models.training_state import StateFile, TrainingState
from xaivision.models.transfer_network import TransferNetwork, blocks
from xaivision.models.transfer_recipe import TransferRecipe


def tuned(
    model: TorchClassifier,
    dataset: Dataset,
    parts: LearningParts,
    recipe: TransferRecipe,
    entered: BlockInputs | None = None,
    file: StateFile | None = None,
) -> TrainingState:
    """How the last blocks of the model's backbone were trained, in place, from a trained linear layer on.

    `entered`: what the first of these blocks is given, where that was computed; else all pictures pass through the whole
    network. Normalizations keep the statistics that they have and nothing is dropped out: the sets are small. The layer of
    the start is a candidate too, so that tuning never raises the validation loss.

    Source: Kumar et al., arXiv:2202.10054, why the linear layer comes first.

    Raises: Cancelled; InputError, where the backbone has fewer blocks.
    """
    network = network_of(model)
    with model.held():
        _open(network, recipe.tuned_blocks)
        course = _course(model, dataset, parts, recipe, entered)
        try:
            return train_until_stale(course, f"tuning {recipe.tuned_blocks} blocks", file)
        finally:
            network.backbone.requires_grad_(True)


def _open(network: TransferNetwork, count: int) -> None:
    """Let the last blocks and the linear layer be trained, and nothing else."""
    known = blocks(network.backbone)
    if count > len(known):
        raise InputError(f"`tuned_blocks` must be at most {len(known)}, of which this backbone consists. Got {count}.")
    network.backbone.requires_grad_(False)
    for block in known[-count:]:
        for part in block:
            part.requires_grad_(True)


def _course(
    model: TorchClassifier, dataset: Dataset, parts: LearningParts, recipe: TransferRecipe, entered: BlockInputs | None
) -> Course:
    targets = dataset.targets[parts.train]
    weights = class_weights(targets, len(dataset.class_names), recipe.class_weights)
    logits = _logits(model, dataset, recipe, entered)

    def loss(rows: Tensor, versions: Tensor, reduction: str = "mean") -> Tensor:
        found = logits(rows, versions)
        given = None if weights is None else weights.to(found.device)
        return cross_entropy(found.float(), dataset.targets[rows].to(found.device), weight=given, reduction=reduction)

    def step_loss(rows: Tensor, epoch: int) -> Tensor:
        return loss(parts.train[rows], drawn_versions(len(targets), recipe.flips, recipe.seed, epoch)[rows])

    def validation_loss() -> float:
        with torch.no_grad():
            upright = torch.zeros_like(parts.validation)
            shares = zip(*(torch.split(part, recipe.batch_size) for part in (parts.validation, upright)), strict=True)
            sums = [loss(rows, versions, "sum").double() for rows, versions in shares]
        held_out = dataset.targets[parts.validation]
        total = len(held_out) if weights is None else float(weights[held_out].double().sum())
        return float(torch.stack(sums).sum()) / total

    return Course(
        model.model,
        step_loss,
        validation_loss,
        lambda epoch: batches(len(targets), recipe.batch_size, recipe.seed, "blocks", "order", epoch),
        epochs=recipe.tuning_epochs,
        patience=recipe.patience,
        learning_rate=recipe.tuning_rate,
        weight_decay=recipe.weight_decay,
    )


def _logits(
    model: TorchClassifier, dataset: Dataset, recipe: TransferRecipe, entered: BlockInputs | None
) -> Callable[[Tensor, Tensor], Tensor]:
    """(B, K) of the pictures in rows (B,) and versions (B,), by the tuned blocks alone where they can be entered."""
    if entered is not None:
        return lambda rows, versions: entered.logits(network_of(model), rows, versions)

    def whole(rows: Tensor, versions: Tensor) -> Tensor:
        with torch.autocast(model.device.type, dtype=HALF, enabled=recipe.mixed_precision):
            found: Tensor = model.model(model.prepared(flipped(dataset.inputs[rows], versions, recipe.flips)))
        return found

    return whole
