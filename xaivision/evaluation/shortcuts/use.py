"""Does a model go by a property from which the class follows? Three looks at it, none of which is proof alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval, mean_interval
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.evaluation.shortcuts.finding import Told
from xaivision.evaluation.shortcuts.mass import MassShare
from xaivision.evaluation.shortcuts.pictures import Pictures, fitting
from xaivision.evaluation.shortcuts.probe import Probe
from xaivision.evaluation.shortcuts.removed import can_be_removed, elsewhere, noise_for, under_seabed, without
from xaivision.models.learned_inputs import LearnedInputs

# Pictures are read and scored so many at once.
BATCH = 32


@dataclass(frozen=True)
class Misled:
    """The `pictures` for which the property names another class, and the `others`: how often the model is right on each.

    `followed`: of the misled ones, how often the model says the class that the property names. Pictures that the property gets
    wrong are unusual in other ways too, so that a model may find them hard for other reasons.
    """

    pictures: int
    accuracy: float
    interval: Interval
    others: int
    accuracy_of_others: float
    followed: float


@dataclass(frozen=True)
class Removed:
    """How often the model is right on `pictures` that have the property, as they are and without it.

    `elsewhere`: with seabed on as much of the picture in other places, which tells what any such change costs; NaN for
    properties that lie everywhere. `drop`: 95 % interval of what removal costs, `drop_beyond`: of what it costs more than that.
    `area`: mean share of the picture that is changed.
    """

    pictures: int
    area: float
    before: float
    after: float
    elsewhere: float
    drop: Interval
    drop_beyond: Interval


@dataclass(frozen=True)
class ModelUse:
    """What the model makes of one probe's property. `why`: why it was not removed, where it was not."""

    probe: str
    misled: Misled
    removed: Removed | None = None
    masses: tuple[MassShare, ...] = ()
    why: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """Rows that the model is asked about, balanced over classes; `numbers` (K,): the model's number of each class."""

    pictures: Pictures
    rows: Tensor
    numbers: Tensor
    predicted: Tensor

    @property
    def right(self) -> Tensor:
        """(n,) bool."""
        return self.predicted == self.pictures.targets[self.rows]


def judged(model: ClassifierAdapter, pictures: Pictures, most: int, seed: int) -> Judged:
    """The model's answers on up to `most` pictures of the test part, as many of each class as there are or their share.

    Raises: InputError, where the model's classes are not those of the pictures.
    """
    numbers = _class_numbers(model, pictures)
    rows = _balanced(pictures, most, seed)
    return Judged(pictures, rows, numbers, predictions(model, pictures, rows, numbers))


def learned(model: ClassifierAdapter, judged: Judged) -> int:
    """How many of the judged pictures the model holds itself, as training pictures."""
    held = LearnedInputs(model)
    pictures = (judged.pictures.subject(row).picture for row in judged.rows.tolist()) if held else ()
    return sum(fitting(one, model.image_format) in held for one in pictures)


def predictions(
    model: ClassifierAdapter, pictures: Pictures, rows: Tensor, numbers: Tensor, changed: Sequence[Tensor] | None = None
) -> Tensor:
    """(n,) class numbers of the pictures for these rows, or for what they were `changed` to."""
    found = []
    for start in track(range(0, len(rows), BATCH), "asking the model"):
        part = range(start, min(start + BATCH, len(rows)))
        batch = [pictures.subject(int(rows[place])).picture if changed is None else changed[place] for place in part]
        scores = model(torch.stack([fitting(one, model.image_format) for one in batch]))
        found.append(scores.cpu()[:, numbers].argmax(1))
    return torch.cat(found)


def misled_by(told: Told, judged: Judged) -> Misled:
    """How the model does where the property names another class."""
    named, right = told.predicted[judged.rows], judged.right.double()
    wrong = named != judged.pictures.targets[judged.rows]
    groups = judged.pictures.groups[judged.rows]
    followed = (judged.predicted == named)[wrong].double()
    return Misled(
        int(wrong.sum()),
        _mean(right[wrong]),
        _interval(right[wrong], groups[wrong]),
        int((~wrong).sum()),
        _mean(right[~wrong]),
        _mean(followed),
    )


def removal(model: ClassifierAdapter, probe: Probe, judged: Judged, typical: Tensor, seed: int) -> Removed | None:
    """What the property's removal costs the model; None where it cannot be removed, or no judged picture has it."""
    if not can_be_removed(probe):
        return None
    places, changed, controls, areas = _changed(probe, judged, typical, seed)
    if not places:
        return None
    rows, targets = judged.rows[places], judged.pictures.targets[judged.rows[places]]
    before = judged.right[places].double()
    after = (predictions(model, judged.pictures, rows, judged.numbers, changed) == targets).double()
    groups = judged.pictures.groups[rows]
    other = torch.full_like(before, nan)
    if controls:
        other = (predictions(model, judged.pictures, rows, judged.numbers, controls) == targets).double()
    beyond = _interval(other - after, groups, differences=True) if controls else NOTHING
    drop = _interval(before - after, groups, differences=True)
    return Removed(len(places), sum(areas) / len(areas), _mean(before), _mean(after), _mean(other), drop, beyond)


def _changed(
    probe: Probe, judged: Judged, typical: Tensor, seed: int
) -> tuple[list[int], list[Tensor], list[Tensor], list[float]]:
    """Places among the judged of pictures that have the property; these without it, and changed elsewhere; changed shares."""
    places: list[int] = []
    changed: list[Tensor] = []
    controls: list[Tensor] = []
    areas: list[float] = []
    for place, row in enumerate(track(judged.rows.tolist(), f"taking away {probe.name.replace('_', ' ')}")):
        subject = judged.pictures.subject(row)
        noise = noise_for(subject.picture, seed)
        new = without(probe, subject, typical, noise)
        if bool((new != subject.picture).any()):
            places.append(place)
            changed.append(new)
            region = None if probe.region is None else probe.region(subject)
            areas.append(1.0 if region is None else float(region.double().mean()))
            if region is not None:
                # Where the target is known, it is not covered: that would cost what no shortcut does.
                controls.append(under_seabed(subject.picture, elsewhere(region, ~subject.seen, seed, row), noise))
    return places, changed, controls, areas


def _balanced(pictures: Pictures, most: int, seed: int) -> Tensor:
    """Rows of the test part, at most `most`, drawn class by class in turn."""
    test = pictures.split.test
    order = test[torch.randperm(len(test), generator=generator(seed, "judged"), device="cpu")]
    turn: dict[int, int] = {}
    places = []
    for row in order.tolist():
        label = int(pictures.targets[row])
        turn[label] = turn.get(label, 0) + 1
        places.append((turn[label], row))
    return torch.tensor(sorted(row for _, row in sorted(places)[:most]), dtype=torch.int64, device="cpu")


def _class_numbers(model: ClassifierAdapter, pictures: Pictures) -> Tensor:
    names = list(model.class_names)
    missing = [name for name in pictures.class_names if name not in names]
    if missing:
        raise InputError(
            f"The model must know the classes of the pictures, {', '.join(pictures.class_names)}. Got a model of "
            f"{', '.join(names[:10])}. Train one on these pictures, or give the model their `class_names`."
        )
    return torch.tensor([names.index(name) for name in pictures.class_names], dtype=torch.int64, device="cpu")


def _interval(values: Tensor, groups: Tensor, *, differences: bool = False) -> Interval:
    """Of the mean over groups of look-alikes, each of which counts by its mean, within what the values can be."""
    if not len(values):
        return NOTHING
    members = torch.unique(groups, return_inverse=True)[1]
    sums = torch.zeros(int(members.max()) + 1, dtype=torch.float64, device="cpu")
    low, high = mean_interval(sums.index_add(0, members, values.double()) / members.bincount())
    return max(low, -1.0 if differences else 0.0), min(high, 1.0)


def _mean(values: Tensor) -> float:
    return float(values.double().mean()) if len(values) else nan
