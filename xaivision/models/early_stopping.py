"""A training that ends when the validation loss stops falling, and that goes on where it was stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import cos, pi

import torch
from torch import Tensor, nn

from xaivision.core.progress import track
from xaivision.models.passes import checked_loss, take_step
from xaivision.models.training_state import StateFile, TrainingState


@dataclass(frozen=True, eq=False)
class Course:
    """One training: `step_loss(rows, epoch)` of a batch of row numbers, with its graph, `validation_loss()` of what is held out.

    `order(epoch)` gives the batches of row numbers of an epoch, the same for the same epoch. `module` holds what is
    trained: its parameters that require a gradient.
    """

    module: nn.Module
    step_loss: Callable[[Tensor, int], Tensor]
    validation_loss: Callable[[], float]
    order: Callable[[int], list[Tensor]]
    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float


def train_until_stale(course: Course, what: str, file: StateFile | None = None) -> TrainingState:
    """The parameters with the lowest validation loss, put into the module; those of the start are candidates too.

    AdamW, whose rate falls along a cosine. After each epoch the state is kept in the file, where there is one, and taken up
    again from there.

    Raises: Cancelled, before an epoch; InputError, where the loss is no number.
    """
    trained = {name: part for name, part in course.module.named_parameters() if part.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=course.learning_rate, weight_decay=course.weight_decay)
    state = _taken_up(course, trained, optimizer, file)
    for epoch in track(range(state.epoch, course.epochs), what):
        if state.stale >= course.patience:
            break
        _one_epoch(course, optimizer, epoch)
        state = _after(state, epoch, checked_loss(course.validation_loss()), trained)
        if file is not None:
            file.write(state, trained, optimizer)
    _put(trained, state.best)
    return state


def _one_epoch(course: Course, optimizer: torch.optim.Optimizer, epoch: int) -> None:
    for group in optimizer.param_groups:
        group["lr"] = course.learning_rate * (1 + cos(pi * epoch / course.epochs)) / 2
    for rows in course.order(epoch):
        take_step(optimizer, partial(course.step_loss, rows, epoch))


def _after(state: TrainingState, epoch: int, loss: float, trained: dict[str, nn.Parameter]) -> TrainingState:
    losses = (*state.losses, loss)
    if loss < state.best_loss:
        return TrainingState(epoch + 1, loss, 0, losses, copied(trained))
    return TrainingState(epoch + 1, state.best_loss, state.stale + 1, losses, state.best)


def _taken_up(
    course: Course, trained: dict[str, nn.Parameter], optimizer: torch.optim.AdamW, file: StateFile | None
) -> TrainingState:
    kept = file.read(trained, optimizer) if file is not None else None
    if kept is not None:
        return kept
    loss = checked_loss(course.validation_loss())
    return TrainingState(0, loss, 0, (loss,), copied(trained))


def copied(trained: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    """The values as they are now."""
    return {name: part.detach().cpu().clone() for name, part in trained.items()}


def _put(trained: dict[str, nn.Parameter], values: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, part in trained.items():
            part.copy_(values[name])
