"""What is right in a study, of what is known of its rows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.evaluation.simulatability.cells import Cells, cells_of
from xaivision.evaluation.simulatability.design import Design
from xaivision.evaluation.simulatability.key import Item, Key, Reader
from xaivision.evaluation.simulatability.questions import Questions
from xaivision.evaluation.simulatability.simulated import Task

# Of more than two classes it is not asked which other one.
ANOTHER = "another class"


@dataclass(frozen=True, eq=False)
class Known:
    """Of all rows their `predicted` classes (n,), cells, and `labels` (n,) where they are given; `classes`: the names."""

    classes: tuple[str, ...]
    predicted: Tensor
    cells: Cells
    labels: Tensor | None

    def item(self, questions: Questions, place: int) -> Item:
        """The key of one question."""
        number, right = int(questions.numbers[place]), int(questions.right[place])
        own, cell = int(self.predicted[number]), self.cells.names[int(self.cells.numbers[number])]
        label = None if self.labels is None else self.classes[int(self.labels[number])]
        choices = self.classes if len(self.classes) == 2 else (self.classes[own], ANOTHER)
        answer = self.classes[right] if len(self.classes) == 2 or right == own else ANOTHER
        return Item(number, answer, choices, cell, None if questions.changed is None else right != own, label)

    def labels_of(self, numbers: Tensor) -> tuple[str, ...] | None:
        """The labels of some rows, in words."""
        return None if self.labels is None else tuple(self.classes[int(one)] for one in self.labels[numbers])


def known_rows(model: ClassifierAdapter, rows: Tensor, labels: Tensor | None) -> Known:
    """What the model says of the rows (n, F), and which cells they are in.

    Raises: InputError, where two answers to a question could not be told apart by their words, or one has none.
    """
    classes = tuple(map(str, model.class_names)) or tuple(map(str, range(model.num_classes)))
    _check_told_apart(classes)
    predicted, truth = model(rows).argmax(1).cpu(), None if labels is None else labels.cpu().long()
    return Known(classes, predicted, cells_of(predicted, truth, classes), truth)


def marked(method: str, task: Task, questions: Questions, known: Known, design: Design, seed: int) -> Key:
    """The key of these questions, with users in arms and orders that are drawn."""
    draw, count = generator(seed, "study", "users"), len(questions.numbers)
    users = {
        user: Reader(arm, tuple(torch.randperm(count, generator=draw, device="cpu").tolist()))
        for user, arm in design.arms(draw).items()
    }
    items = tuple(known.item(questions, place) for place in range(count))
    return Key(method, task, items, tuple(questions.explained.tolist()), questions.doubted, users, seed)


def _check_told_apart(classes: tuple[str, ...]) -> None:
    words = [one.strip() for one in (*classes, *((ANOTHER,) if len(classes) > 2 else ()))]
    if "" in words or len(set(words)) < len(words):
        raise InputError(
            f"`class_names` must be answers that differ by more than space around them, and none of them "
            f"{ANOTHER!r}. Got {', '.join(map(repr, classes))}."
        )
