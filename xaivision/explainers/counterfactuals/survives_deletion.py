"""A constraint: a counterfactual must hold whatever training rows are deleted, where the model is trained again without them."""

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import Question
from xaivision.core.settings import check_number_from_zero, check_positive_number
from xaivision.explainers.counterfactuals.lesson import Lesson
from xaivision.explainers.counterfactuals.lesson_learned import Influence, trained_again
from xaivision.explainers.counterfactuals.surviving import Surviving
from xaivision.explainers.counterfactuals.told_ridge import told_ridge
from xaivision.explainers.counterfactuals.trained_again import TrainedAgain

# So many different values of labels that are none are shown.
SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class SurvivesDeletion:
    """A `constraint` for every counterfactual method of tables: what it hands out stays on its side of the border when the `k`
    training rows that hurt most are deleted. The method's `background` must be the training rows.

    `labels` (N,) are their classes, 0 or 1, `ridge` the factor of squared weights beside the mean loss: of a logistic regression
    those of standardized columns (scikit-learn's `C` is 1 / (2 * ridge * N), from which it is read where none is given), of a
    network its own (half of torch's `weight_decay`; a small one where there was none). `k`: how many rows may be deleted, as a
    share of all below 1. `margin`: the log odds that must be left after the worst deletion, as it is foreseen to first order;
    "auto" carries deletions out to see by how much more than foreseen they hurt, asks for that and half as much again, and
    carries them out for all that it hands out. With 0 the worst deletion breaks most of them. `influence`: how
    deletions move a network. "auto" and "last_layer" move its last linear layer, which is fitted again; "all" moves all of its
    parameters, at most 2,000. Both are approximations. `max_seconds` ends the search, and not the reading of the model before
    it, of which the curvature of all parameters may take seconds.
    """

    labels: Tensor
    ridge: float | None = None
    k: float = 0.005
    margin: float | Literal["auto"] = "auto"
    influence: Influence = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.ridge is not None:
            check_positive_number("ridge", self.ridge)
        check_number_from_zero("k", self.k)
        if self.margin != "auto":
            check_number_from_zero("margin", self.margin)
        if self.influence not in get_args(Influence):
            raise InputError(f"`influence` must be one of 'auto', 'last_layer', 'all'. Got {self.influence!r}.")

    @property
    def asks(self) -> bool:
        """Whether it asks anything: where nothing is deleted and no margin wanted it does not."""
        return bool(self.k) or self.margin not in ("auto", 0)

    def check(self, background: Tensor) -> None:
        """Raises: InputError, where the background cannot be what these labels are of, or nothing can be learned from it."""
        labels, count = self.labels, len(background)
        if count < 2:
            raise InputError("`background` must be the training rows, two or more. Got a single row.")
        if not isinstance(labels, Tensor) or labels.shape != (count,) or not set(labels.tolist()) <= {0, 1}:
            wanted = f"`labels` must be class 0 or 1 of each of {count} rows of the background."
            raise InputError(f"{wanted} Got {_in_short(labels)}.")
        if len(labels.unique()) < 2:  # type: ignore[no-untyped-call]
            raise InputError(
                f"`labels` must be of both classes. Got class {int(labels[0])} for all {count} rows of the background."
            )
        if self.deletions(count) >= count:
            raise InputError(f"`k` must leave some of {count} rows of the background. Got {self.k}.")

    def deletions(self, count: int) -> int:
        """How many of so many training rows may be deleted."""
        if self.k >= 1:
            return round(self.k)
        return max(1, round(self.k * count)) if self.k else 0

    def known(self, q: Question, table: Tensor) -> TrainedAgain:
        """The model of a question as what can be trained again without rows of this table (N, F).

        Raises: InputError, where `ridge` is missing; CapabilityError, where it has not learned these rows and labels, or is of a
        kind that cannot be trained again.
        """
        ridge = told_ridge(q.model, len(table)) if self.ridge is None else self.ridge
        known = trained_again(q, Lesson(table, 2.0 * self.labels.cpu().double() - 1, ridge), self.influence)
        if known.condition:
            doubt = f"; {known.doubt}" if known.doubt else ""
            text = f"these last{known.condition}; one that is trained from the start may turn them{doubt}"
            q.note(Note("warn", text))
        return known

    def surviving(self, q: Question, table: Tensor) -> Surviving:
        """What it asks of the rows of this question. Raises: as `known`."""
        return Surviving(self.known(q, table), table, self.deletions(len(table)), self.margin)


def _in_short(labels: object) -> str:
    """`shape (3,) of values 0, 1, 2`, or the type of what is no tensor."""
    if not isinstance(labels, Tensor):
        return type(labels).__name__
    values = ", ".join(f"{one:g}" for one in sorted(set(labels.flatten().tolist()))[:SHOWN])
    return f"shape {tuple(labels.shape)} of values {values}"
