"""Trains prototypes in cycles: the space they live in, then their places, then the last layer."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.engines.prototypes.similarity import distances
from xaivision.models.cycle_file import CycleFile
from xaivision.models.cycle_lesson import run_cycles
from xaivision.models.passes import checked_loss, take_step
from xaivision.models.prototypes.encoders import PatchEncoder
from xaivision.models.prototypes.lesson import Lesson
from xaivision.models.prototypes.prototype_losses import LOSSES, Scene, Step, total
from xaivision.models.prototypes.putting import put_at_first, put_on_nearest, without_mixed
from xaivision.models.transfer_network import blocks

# Passes before the alignment counts, as in its authors' schedule.
WARM_UP = 5


@dataclass(frozen=True)
class Course:
    """What came of a training: after each cycle the validation loss, which cycle was kept, and how many prototypes went.

    `moved`: by how much putting the prototypes on training inputs raised the validation loss in each cycle, before the last
    layer was trained again, and `fallen`: by how much it lowered the share of validation inputs that are classified rightly.
    """

    losses: tuple[float, ...]
    moved: tuple[float, ...]
    fallen: tuple[float, ...]
    kept_cycle: int
    pruned: int


def train_in_cycles(lesson: Lesson, file: CycleFile | None = None) -> Course:
    """Train the lesson's model in place. After each cycle the state is kept in the file, and taken up again from there.

    Raises: Cancelled, before a pass; InputError, where the loss is no number.
    """
    _ = lesson.shallow  # before any weight is read or learned: what it is held to stays the same
    losses, gaps = run_cycles(lesson.network, lesson.recipe.cycles, partial(_one_cycle, lesson), file)
    pruned = _pruned(lesson) if lesson.recipe.prune else 0
    return Course(tuple(losses), tuple(gaps[::2]), tuple(gaps[1::2]), losses.index(min(losses)) + 1, pruned)


def _one_cycle(lesson: Lesson, cycle: int) -> tuple[float, tuple[float, float]]:
    """What the validation loss is at the end, and by how much it rose and the accuracy fell when prototypes were put on training
    inputs.
    """
    if cycle == 0:
        _begin(lesson)
    tuning = cycle > 0 and lesson.recipe.tuned_blocks > 0
    what = f"cycle {cycle + 1} of {lesson.recipe.cycles}"
    _space_learned(lesson, cycle, what, tuning=tuning)
    features, held_out = _features(lesson), lesson.features(lesson.dataset.inputs[lesson.parts.validation])
    loss, accuracy = _validated(lesson, held_out)
    put_on_nearest(lesson, features)
    higher, lower = _validated(lesson, held_out)
    _last_layer_learned(lesson, features, f"last layer, {what}")
    return _validated(lesson, held_out)[0], (higher - loss, accuracy - lower)


def _begin(lesson: Lesson) -> None:
    """Bring the features to one scale, and put the prototypes at first places."""
    features = _features(lesson)
    if isinstance(lesson.network.encoder, PatchEncoder):
        lesson.network.encoder.standardize(features)
    put_at_first(lesson, features)


def _features(lesson: Lesson) -> Tensor:
    """(n, C, ...) of the training inputs as they are, by the backbone as it is now."""
    if lesson.recipe.tuned_blocks:
        return lesson.features(lesson.dataset.inputs[lesson.parts.train])
    return lesson.frozen[0]


def _space_learned(lesson: Lesson, cycle: int, what: str, *, tuning: bool) -> None:
    network, recipe = lesson.network, lesson.recipe
    falling = recipe.decay**cycle
    groups: list[dict[str, Any]] = [
        {"params": [*network.encoder.add_on.parameters()], "weight_decay": recipe.weight_decay},
        {"params": [*network.prototypes.parameters()]},
    ]
    if network.plan.reasoning != "signed":
        groups.append({"params": [*network.reasoning.parameters()]})
    if tuning:
        tuned = {"params": _tuned(lesson), "lr": falling * recipe.tuning_rate, "weight_decay": recipe.weight_decay}
        groups.append(tuned)
    optimizer = torch.optim.Adam([group for group in groups if group["params"]], lr=falling * recipe.learning_rate)
    with lesson.model.held():
        for epoch in track(range(recipe.epochs), f"prototypes, {what}"):
            number = cycle * recipe.epochs + epoch
            for rows in lesson.batches(number):
                take_step(optimizer, partial(_loss, lesson, rows, number, tuning=tuning))


def _last_layer_learned(lesson: Lesson, features: Tensor, what: str) -> None:
    """Similarities do not change here: they are computed once."""
    network, recipe = lesson.network, lesson.recipe
    nearest = lesson.nearest(features).distances.to(lesson.model.device)
    optimizer = torch.optim.Adam(network.reasoning.parameters(), lr=recipe.last_rate)
    for epoch in track(range(int(recipe.last_epochs)), what):
        for rows in lesson.batches(-1 - epoch):
            take_step(optimizer, partial(_last_loss, lesson, nearest, rows))


def _last_loss(lesson: Lesson, nearest: Tensor, rows: Tensor) -> Tensor:
    return total(_judged(lesson, nearest[rows], rows), lesson.system, lesson.recipe.losses)


def _loss(lesson: Lesson, rows: Tensor, number: int, *, tuning: bool) -> Tensor:
    features = lesson.drawn(rows, number, tuning=tuning)
    deep = lesson.network.encoder.add_on(features)
    found = lesson.network.prototypes.distances(deep)
    step = replace(_judged(lesson, _least(found), rows), angles=_angles(lesson, deep))
    if lesson.shallow is not None and number >= WARM_UP:
        known = lesson.shallow[lesson.versions(rows, number), rows].to(deep.device)
        step = replace(step, scene=Scene(deep, found.flatten(2).argmin(2), known))
    return total(step, lesson.system, lesson.recipe.losses)


def _least(found: Tensor) -> Tensor:
    """(B, P) over the places, where there are places."""
    return found.flatten(2).amin(2) if found.ndim > 2 else found


def _angles(lesson: Lesson, deep: Tensor) -> Tensor | None:
    """(B, P) minus the largest cosines, where prototypes are directions."""
    layer = lesson.network.prototypes
    return _least(distances(deep, layer.centers, "cosine")) if layer.plan.distance == "projection" else None


def _judged(lesson: Lesson, nearest: Tensor, rows: Tensor) -> Step:
    return _answered(lesson, nearest, lesson.labels[rows].to(nearest.device))


def _answered(lesson: Lesson, nearest: Tensor, targets: Tensor) -> Step:
    similarities = lesson.network.prototypes.squashed(nearest)
    scores = lesson.network.reasoning(similarities)
    return Step(lesson.network, nearest, similarities, scores, targets, lesson.weights)


def _validated(lesson: Lesson, features: Tensor) -> tuple[float, float]:
    """The loss on the validation inputs, and the share of them that is classified rightly."""
    targets = lesson.dataset.targets[lesson.parts.validation]
    nearest = lesson.nearest(features).distances.to(lesson.model.device)
    with torch.no_grad():
        step = _answered(lesson, nearest, targets.to(lesson.model.device))
        loss = float(LOSSES["cross_entropy" if lesson.network.plan.logits else "likelihood"](step))
    return checked_loss(loss), float((step.scores.argmax(1) == step.targets).double().mean())


def _pruned(lesson: Lesson) -> int:
    features = _features(lesson)
    count = without_mixed(lesson, features)
    if count:
        _last_layer_learned(lesson, features, "last layer, after pruning")
    return count


def _tuned(lesson: Lesson) -> list[nn.Parameter]:
    """The parameters of the backbone that are learned.

    Raises: InputError, where it has fewer blocks than are to be tuned.
    """
    encoder, count = lesson.network.encoder, int(lesson.recipe.tuned_blocks)
    known = blocks(encoder.backbone) if isinstance(encoder, PatchEncoder) else []
    if count > len(known):
        raise InputError(f"`tuned_blocks` must be at most {len(known)}, of which this backbone consists. Got {count}.")
    return [parameter for block in known[-count:] for part in block for parameter in part.parameters()]
