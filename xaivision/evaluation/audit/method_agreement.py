"""How far the methods and controls of an audit agree on what they name: the mean of each two's agreement over items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xaivision.core.bootstrap import Interval, mean_interval
from xaivision.core.errors import InputError
from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.rows import AGREEMENT, BETWEEN, Row


@dataclass(frozen=True)
class Agreement:
    """Mean agreement of two on the `items` where it is defined, NaN where there are none; `interval`: 95 % bootstrap over items.

    Where two agree, one of them may still be wrong, or both.
    """

    first: str
    second: str
    mean: float
    interval: Interval
    items: int


@dataclass(frozen=True)
class AgreementMatrix:
    """`labels` in the order of rows and columns; `pairs` has every two of them once, the earlier label first."""

    labels: tuple[str, ...]
    pairs: tuple[Agreement, ...]

    def of(self, first: str, second: str) -> Agreement:
        """The two, whichever is named first; with itself everybody agrees, on no item.

        Raises: InputError, where one of them is not in the matrix.
        """
        if first == second and first in self.labels:
            return Agreement(first, second, 1.0, (1.0, 1.0), 0)
        for pair in self.pairs:
            if {pair.first, pair.second} == {first, second}:
                return Agreement(first, second, pair.mean, pair.interval, pair.items)
        raise InputError(f"The matrix of agreement knows {', '.join(self.labels)}. Got {first!r} and {second!r}.")

    def means(self) -> tuple[tuple[float, ...], ...]:
        """The matrix itself: symmetric, 1 on the diagonal, NaN where two were never compared."""
        return tuple(tuple(self.of(row, column).mean for column in self.labels) for row in self.labels)


def pair_label(first: str, second: str) -> str:
    """What rows of agreement between the two have for a method.

    Raises: InputError, where a label holds the sign that stands between them.
    """
    if BETWEEN in first or BETWEEN in second:
        raise InputError(f"Labels must not contain {BETWEEN!r}, which stands between two. Got {first!r} and {second!r}.")
    return f"{first}{BETWEEN}{second}"


def agreement_matrix(rows: Iterable[Row], labels: Sequence[str]) -> AgreementMatrix:
    """The agreement of every two labels, from rows of agreement whichever way round they name them; others are passed over.

    Raises: InputError, where two rows are of the same item and the same two.
    """
    order = {label: place for place, label in enumerate(labels)}
    values = item_values(_sorted_pair(row, order) for row in rows if row.metric == AGREEMENT and not row.variant)
    pairs = []
    for place, first in enumerate(labels):
        for second in labels[place + 1 :]:
            column = values.of(pair_label(first, second), AGREEMENT)
            count = int((~column.isnan()).sum())
            pairs.append(Agreement(first, second, float(column.nanmean()), mean_interval(column), count))
    return AgreementMatrix(tuple(labels), tuple(pairs))


def _sorted_pair(row: Row, order: Mapping[str, int]) -> Row:
    two = sorted(row.method.split(BETWEEN), key=lambda label: order.get(label, len(order)))
    return row._replace(method=BETWEEN.join(two))
