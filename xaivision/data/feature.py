"""One column of a table, as a schema knows it."""

from dataclasses import dataclass
from typing import Any

from xaivision.core.errors import InputError


@dataclass(frozen=True)
class Feature:
    """A column: numeric where `categories` is None, else the values that the codes 0, 1, ... stand for.

    `low`, `high` and `typical` (the median, or the code of the commonest category) are in the column's unit, or codes.
    `mutable` says whether a counterfactual may change it. Columns with one `group` belong together, as the columns of a
    one-hot encoding do. `dtype` is pandas' name of the column's own type, `ordered` whether its categories have an order.
    """

    name: str
    unit: str = ""
    categories: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    typical: float | None = None
    mutable: bool = True
    group: str | None = None
    dtype: str = "float64"
    ordered: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"`name` of a feature must be a non-empty string. Got {self.name!r}.")
        if self.categories is not None and len(set(self.categories)) != max(1, len(self.categories)):
            raise InputError(f"`categories` of `{self.name}` must be one or more different values. Got {self.categories}.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"`low` of `{self.name}` must not be above `high`. Got {self.low} and {self.high}.")

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers of their own, not codes of categories."""
        return self.categories is None
