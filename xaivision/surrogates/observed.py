"""What a black box says of rows: the material that surrogates are learned from and judged on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.presenting import in_short, shape_of
from xaivision.core.random import generator
from xaivision.surrogates.decision_tree import Floats, Numbers, Rows
from xaivision.surrogates.reading import Reading
from xaivision.surrogates.same_rows import among

NAMES_SHOWN = 3
# Rows of which some can be learned from and some held out.
FEWEST = 4


@dataclass(frozen=True, eq=False, repr=False)
class Observed:
    """`inputs` (n, *S) as the black box takes them, their `rows` (n, F) as a surrogate reads them, and `probabilities` (n, K).

    `truth` (n,): true classes, where they are known.
    """

    inputs: Tensor
    rows: Rows
    probabilities: Floats
    names: tuple[str, ...]
    truth: Numbers | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        """One line, where the arrays would fill pages."""
        return in_short(self, f"inputs {shape_of(self.inputs)}", f"{self.probabilities.shape[1]} classes")

    @cached_property
    def labels(self) -> Numbers:
        """(n,) the class that the black box gives to each."""
        found: Numbers = self.probabilities.argmax(1)
        return found

    @property
    def _rows_are_inputs(self) -> bool:
        """Whether both are the same numbers in the same place: a wide table need not be kept twice."""
        if self.inputs.device.type != "cpu" or self.rows.shape != tuple(self.inputs.shape):
            return False
        return int(self.rows.__array_interface__["data"][0]) == self.inputs.data_ptr()

    @property
    def num_classes(self) -> int:
        return int(self.probabilities.shape[1])

    def take(self, numbers: "Numbers | np.ndarray") -> "Observed":
        """These of them, in this order."""
        chosen = np.asarray(numbers)
        inputs = self.inputs[torch.from_numpy(chosen.astype(np.int64)).to(self.inputs.device)]
        return replace(
            self,
            inputs=inputs,
            rows=inputs.numpy() if self._rows_are_inputs else self.rows[chosen],
            probabilities=self.probabilities[chosen],
            truth=None if self.truth is None else self.truth[chosen],
        )


def observed(model: ClassifierAdapter, inputs: Tensor, reading: Reading, truth: Tensor | None = None) -> Observed:
    """The black box, asked once about every input.

    Raises: InputError, where inputs are missing values or do not fit, or labels are none of the model's classes;
    CapabilityError, where the scores stand for no probabilities.
    """
    if not model.gives_probabilities:
        told = type(model.model).__name__
        raise CapabilityError(
            f"A surrogate needs a black box whose scores stand for probabilities. Got {told}, whose scores are margins. "
            "Calibrate it first, for example with sklearn.calibration.CalibratedClassifierCV."
        )
    model.check(inputs)
    rows = reading(inputs)
    check_complete(rows, reading.names)
    return Observed(inputs.detach(), rows, probabilities_of(model, inputs), reading.names, _checked_truth(model, inputs, truth))


def probabilities_of(model: ClassifierAdapter, inputs: Tensor) -> Floats:
    """(B, K) float64, summing to 1: softmax of logits; probabilities of classes that do not exclude each other as shares.

    Raises: InputError, where a score is no number.
    """
    scores = model(inputs).detach().double().cpu()
    if not bool(scores.isfinite().all()):
        bad = int((~scores.isfinite()).any(1).sum())
        raise InputError(f"The black box must give finite scores. Got others for {bad} of {len(scores)} rows. Leave them out.")
    if model.score_unit == "logit":
        return scores.softmax(1).numpy()
    positive = scores.clamp_min(0)
    found: Floats = (positive / positive.sum(1, keepdim=True).clamp_min(1e-300)).numpy()
    return found


def check_complete(rows: Rows, names: Sequence[str]) -> None:
    """Raises: InputError, where a value is missing or infinite, with the columns that have such."""
    bad = ~np.isfinite(rows)
    if not bad.any():
        return
    columns = np.flatnonzero(bad.any(0))
    told = ", ".join(f"`{names[column]}` ({int(bad[:, column].sum())})" for column in columns[:NAMES_SHOWN])
    more = f" and {len(columns) - NAMES_SHOWN} more columns" if len(columns) > NAMES_SHOWN else ""
    raise InputError(
        f"A surrogate needs rows without missing values. Got NaN or infinite values in {told}{more}. "
        "Impute them, or leave those rows or columns out; the black box must then be asked about the same rows."
    )


def repeated_note(learned: Observed, held_out: Observed) -> tuple[str, ...]:
    """What has to be said of held-out rows that are no others than those that were learned from."""
    count = int(among(held_out.rows, learned.rows).sum())
    same = "is equal to a row" if count == 1 else "are equal to rows"
    told = f"{count} of {len(held_out)} held-out rows {same} that was learned from: the surrogate may know what is said of them."
    return (told.replace("rows that was", "rows that were"),) if count else ()


def split(seen: Observed, share: float = 0.3, seed: int = 0) -> tuple[Observed, Observed]:
    """What is learned from and what is held out: of each class that the black box gives, `share` of its rows.

    The only row of a class is learned from.

    Raises: InputError, where there are too few rows for two parts.
    """
    needed = max(FEWEST, math.ceil(seen.num_classes / (1 - share)))
    if len(seen) < needed:
        raise InputError(
            f"A surrogate of {seen.num_classes} classes needs at least {needed} rows: one to learn from for each class, and "
            f"{100 * share:g} % that are held out. Got {len(seen)}. Give more rows; they need no labels."
        )
    held = np.zeros(len(seen), dtype=bool)
    for label in range(seen.num_classes):
        members = np.flatnonzero(seen.labels == label)
        order = torch.randperm(len(members), generator=generator(seed, "surrogate split", label)).numpy()
        held[members[order[: round(share * len(members))]]] = True
    return seen.take(np.flatnonzero(~held)), seen.take(np.flatnonzero(held))


def folds_of(seen: Observed, count: int, seed: int = 0) -> Numbers:
    """(n,) number of the fold that each row is held out in, the classes spread evenly over them."""
    found = np.zeros(len(seen), dtype=np.int64)
    place = 0
    for label in range(seen.num_classes):
        members = np.flatnonzero(seen.labels == label)
        order = torch.randperm(len(members), generator=generator(seed, "surrogate folds", label)).numpy()
        found[members[order]] = (place + np.arange(len(members))) % count
        place += len(members)
    return found


def check_learnable(seen: Observed, class_names: Sequence[str]) -> tuple[str, ...]:
    """What has to be said of these rows before a surrogate learns from them.

    Raises: InputError, where there are fewer rows than classes, or the black box says the same of all.
    """
    if len(seen) < seen.num_classes:
        raise InputError(
            f"A surrogate needs at least one row to learn from for each of {seen.num_classes} classes. Got {len(seen)} to learn "
            "from. Give more rows; they need no labels."
        )
    counts = np.bincount(seen.labels, minlength=seen.num_classes)
    notes = []
    if (counts > 0).sum() == 1 and np.ptp(seen.probabilities, axis=0).max() == 0:
        raise InputError(
            f"The black box must not say the same of every row. Got {class_names[int(counts.argmax())]!r} with one probability "
            f"for all {len(seen)} rows. Give rows that it tells apart."
        )
    if alone := [class_names[label] for label in np.flatnonzero(counts == 1).tolist()]:
        notes.append(
            f"The black box gives {_listed(alone)} to one row only: it is learned from, and how faithful the surrogate is there "
            "cannot be measured."
        )
    if never := [class_names[label] for label in np.flatnonzero(counts == 0).tolist()]:
        notes.append(f"The black box gives {_listed(never)} to none of the rows: the surrogate never will.")
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:NAMES_SHOWN]))
    return f"{shown} and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else shown


def _checked_truth(model: ClassifierAdapter, inputs: Tensor, truth: Tensor | None) -> Numbers | None:
    if truth is None:
        return None
    values = torch.as_tensor(truth).detach().cpu()
    if values.is_floating_point() and not bool((values == values.round()).all()):
        wrong = float(values[values != values.round()][0])
        raise InputError(f"`labels` must be whole class numbers, one for every row. Got {wrong}.")
    numbers: Numbers = values.long().numpy()
    if numbers.shape != (len(inputs),):
        raise InputError(f"`labels` must be one class number for each of {len(inputs)} rows. Got shape {numbers.shape}.")
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= model.num_classes):
        wrong = int(numbers.min() if numbers.min() < 0 else numbers.max())
        raise InputError(f"`labels` must be class numbers from 0 to {model.num_classes - 1}. Got {wrong}.")
    return numbers
