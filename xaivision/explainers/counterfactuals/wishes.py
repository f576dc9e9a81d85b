"""What every counterfactual method for tables can be told: what to reach, what may change, what a change costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.origin import told_settings
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.explainers.background import check_background
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion

Column = str | int
Norm = Literal["l1", "l2", "linf"]
Way = Literal["up", "down"]
# The word for the constraint that can be named on the command line, which knows the classes of the training rows.
CONSTRAINT_WORD = "survives_deletion"
# What must hold beside: a function of rows (n, F) that is at least zero (n,) where it does, or that deletions are survived.
Constraint = Callable[[Tensor], Any] | SurvivesDeletion


@dataclass(frozen=True, eq=False, repr=False)
class Wishes:
    """Settings with DiCE's names where DiCE has them. Columns are named, or numbered where no schema names them.

    `background` (N, F): known rows, for ranges, scales, decimals and patterns. `total_CFs`: how many are looked for.
    `desired_class`: the class to reach, by name or number; "opposite" is the runner-up where the explained class is predicted,
    and else that class (or the one it is held against). `features_to_vary`: the columns that may change, less those that the
    schema says may not. `permitted_range`: for columns of numbers [low, high], for others the allowed categories; by default what
    the schema or the background shows. A value that stays may lie outside, which a note says. `one_way`: columns that may only
    go "up" or "down". `linked`: columns that change together, to values that occur together in the background; groups of the
    schema are linked already. `stopping_threshold`: least probability of the class to reach, beside its being predicted.

    Costs: `feature_weights` of a unit of change, "inverse_mad" by default (1 over the median absolute deviation), a number for
    some columns, or None for 1; a change of category or of linked columns costs 1, or its weight. They are put together by
    `norm`. `cost`, a function of (row, rows), replaces all that. `posthoc_sparsity_param`: numbers that changed by no more than
    this quantile of the column's absolute deviations from its median are tried for undoing, as is every other change; 1 tries
    all, None none (DiCE tries 0.1). `proximity_weight` and `diversity_weight`: how the set is chosen among what was found.
    `plausible`: share of the background's rows of the class to reach that lie as close to their five nearest as a counterfactual
    must. `constraint`: what must hold beside, one or several: a function of rows (n, F) that returns (n,), from zero on where a
    row is kept, or `SurvivesDeletion`. `max_seconds`: when the whole search ends with what it has.
    """

    # Whether the method makes rows up in any direction, so that it is to be said which of them lie far from all known cases.
    anywhere: ClassVar[bool] = False

    background: Tensor
    total_CFs: int = 4
    desired_class: int | str = "opposite"
    features_to_vary: Literal["all"] | Sequence[Column] = "all"
    permitted_range: Mapping[Column, Sequence[Any]] | None = None
    one_way: Mapping[Column, Way] | None = None
    linked: Sequence[Sequence[Column]] = ()
    feature_weights: Literal["inverse_mad"] | Mapping[Column, float] | None = "inverse_mad"
    norm: Norm = "l1"
    cost: Callable[[Tensor, Tensor], Tensor] | None = None
    stopping_threshold: float | None = None
    posthoc_sparsity_param: float | None = 1.0
    proximity_weight: float = 0.5
    diversity_weight: float = 1.0
    plausible: float | None = None
    constraint: Constraint | list[Constraint] | tuple[Constraint, ...] | None = None
    max_seconds: float | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        check_positive_integer("total_CFs", self.total_CFs)
        check_number_from_zero("proximity_weight", self.proximity_weight)
        check_number_from_zero("diversity_weight", self.diversity_weight)
        for name in ("stopping_threshold", "posthoc_sparsity_param", "plausible"):
            _check_share(name, getattr(self, name))
        if self.max_seconds is not None:
            check_positive_number("max_seconds", self.max_seconds)
        if self.norm not in get_args(Norm):
            raise InputError(f"`norm` must be one of 'l1', 'l2', 'linf'. Got {self.norm!r}.")
        _check_by_column("permitted_range", self.permitted_range, '{"age": [18, 65]}')
        for column, given in (self.permitted_range or {}).items():
            _check_permitted(column, given)
        _check_by_column("one_way", self.one_way, '{"age": "up"}')
        for column, way in (self.one_way or {}).items():
            if way not in get_args(Way):
                raise InputError(f"`one_way` of {column!r} must be 'up' or 'down'. Got {way!r}.")
        check_columns(self.features_to_vary, self.linked)
        if self.cost is not None and not callable(self.cost):
            raise InputError(f"`cost` must be a function of (row, rows), or None. Got {self.cost!r}.")
        check_desired_class(self.desired_class)
        for one in self.constraints:
            _check_constraint(one, self.background)

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """Every constraint that was given."""
        given = self.constraint
        if isinstance(given, list | tuple):
            return tuple(given)
        return () if given is None else (given,)


def check_columns(features_to_vary: object, linked: Sequence[object]) -> None:
    """Raises: InputError, where these are neither 'all' nor a list of columns, and no groups of columns."""
    if isinstance(features_to_vary, str) and features_to_vary != "all":
        raise InputError(f"`features_to_vary` must be 'all' or a list of columns. Got {features_to_vary!r}.")
    if isinstance(linked, str) or any(isinstance(group, str | int) for group in linked):
        raise InputError(f'`linked` must be groups of columns, such as [["city", "country"]]. Got {linked!r}.')


def check_desired_class(value: object) -> None:
    """Raises: InputError, where it says no class."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"`desired_class` must be 'opposite', a class name or a class number. Got {value!r}.")


def _check_constraint(one: object, background: Tensor) -> None:
    if isinstance(one, SurvivesDeletion):
        one.check(background)
    elif isinstance(one, str) and one != CONSTRAINT_WORD:
        raise UnknownNameError("constraint", one, [CONSTRAINT_WORD])
    elif not callable(one) or isinstance(one, type):
        raise InputError(
            f"`constraint` must be a function of rows (n, F) with one number for each, or `SurvivesDeletion(...)`. Got {one!r}."
        )


def _check_by_column(name: str, value: object, example: str) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise InputError(f"`{name}` must say what holds for which column, such as {example}. Got {value!r}.")


def _check_permitted(column: Column, given: object) -> None:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        listed = f"[{given!r}]" if isinstance(given, str) else "[18, 65]"
        raise InputError(
            f"`permitted_range` of {column!r} must be a list of two numbers, or of categories, such as {listed}. Got {given!r}."
        )


def _check_share(name: str, value: float | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
        raise InputError(f"`{name}` must be a number from 0 to 1, or None. Got {value!r}.")
