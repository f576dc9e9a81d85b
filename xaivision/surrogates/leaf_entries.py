"""Ways into the leaves of a tree: how a row would have to change to fall into each, made of known values alone."""

from dataclasses import dataclass

import numpy as np

from xaivision.core.rules import Condition
from xaivision.data.schema import TableSchema
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.same_rows import among
from xaivision.surrogates.surrogate import Surrogate

# How far into a leaf its violated columns go: shares of the known values that fit, from the side that the row comes from.
INWARD = (0.0, 0.25, 0.5, 0.75, 1.0)
# Known rows of a leaf whose columns are taken whole, nearest first.
WHOLE = 5


@dataclass(frozen=True, eq=False)
class Entry:
    """A changed row, the class of the leaf it falls into, and what the change costs."""

    row: "np.ndarray"
    goal: int
    cost: float


class LeafEntries:
    """The leaves of a surrogate's tree and the known rows (n, F), which changes are made of."""

    def __init__(self, surrogate: Surrogate, known: "np.ndarray") -> None:
        self.tree = surrogate.tree
        self.features = list(surrogate.features)
        self.known, self.leaf_of = known, self.tree.leaves_of(known)
        schema = surrogate.schema
        columns = schema.features if isinstance(schema, TableSchema) else ()
        self.fixed = {number for number, column in enumerate(columns) if not column.mutable}
        self._codes = [place for place, number in enumerate(self.features) if columns and columns[number].categories is not None]
        self._spread = _spread(known[:, self.features])
        self._values = {column: np.unique(known[:, column]) for column in self.tree.used}

    def of(self, row: "np.ndarray", now: int, goal: int | None) -> list[Entry]:
        """Every way from this row (F,) into a leaf of the goal (None: of any class but `now`), cheapest first."""
        found: list[Entry] = []
        for leaf in self.tree.leaves:
            label = int(self.tree.values[leaf].argmax())
            if label == now or (goal is not None and label != goal):
                continue
            conditions = self.tree.conditions_of(leaf)
            for changed in [*self._by_conditions(row, conditions), *self._by_known_rows(row, leaf)]:
                found.append(Entry(changed, label, self.cost(row, changed)))
        return sorted(found, key=lambda one: one.cost)

    def cost(self, row: "np.ndarray", changed: "np.ndarray") -> float:
        """The sum over changed columns of the change in median absolute deviations; 1 for a category."""
        before, after = row[self.features], changed[self.features]
        pieces = np.abs(after.astype(np.float64) - before.astype(np.float64)) / self._spread
        pieces[self._codes] = (after != before)[self._codes]
        return float(pieces.sum())

    @property
    def unit(self) -> str:
        """What that cost counts, of the columns that may change."""
        coded = [place in self._codes for place, column in enumerate(self.features) if column not in self.fixed]
        if coded and all(coded):
            return "points, 1 a changed category"
        return f"median absolute deviations{', and 1 a changed category' if any(coded) else ''}"

    def are_known(self, rows: "np.ndarray") -> "np.ndarray":
        """(n,) bool: in which rows (n, F) the columns that are read and may change stand together as in a known row."""
        columns = [column for column in self.features if column not in self.fixed]
        return among(rows[:, columns], self.known[:, columns])

    def _by_conditions(self, row: "np.ndarray", conditions: tuple[Condition, ...]) -> list["np.ndarray"]:
        """The row with the violated conditions met, ever farther inward; none where that takes what may not change."""
        broken = [one for one in conditions if not inside(row[one.feature : one.feature + 1], one)[0]]
        if any(one.feature in self.fixed for one in broken):
            return []
        fitting = [self._values[one.feature][inside(self._values[one.feature], one)] for one in broken]
        if any(not len(values) for values in fitting):
            return []
        found = []
        for inward in INWARD:
            changed = row.copy()
            for condition, values in zip(broken, fitting, strict=True):
                changed[condition.feature] = _taken(values, condition, float(row[condition.feature]), inward)
            found.append(changed)
        return found

    def _by_known_rows(self, row: "np.ndarray", leaf: int) -> list["np.ndarray"]:
        """The row with every column that the surrogate reads taken from a known row of the leaf, the nearest ones."""
        rows = self.known[self.leaf_of == leaf]
        if not len(rows) or any((rows[:, column] != row[column]).all() for column in self.fixed & set(self.features)):
            return []
        free = [place for place, column in enumerate(self.features) if column not in self.fixed]
        if not free:
            return []
        columns = [self.features[place] for place in free]
        far = (np.abs(rows[:, columns] - row[columns]) / self._spread[free]).sum(1)
        changed = np.repeat(row[None], min(WHOLE, len(rows)), 0)
        changed[:, columns] = rows[np.argsort(far, kind="stable")[: len(changed)]][:, columns]
        return [one for one, at in zip(changed, self.tree.leaves_of(changed), strict=True) if at == leaf]


def _spread(known: "np.ndarray") -> Floats:
    """(k,) median absolute deviation of each column, or the mean one where half of the values are the same."""
    deviation = np.abs(known - np.median(known, 0))
    middle, mean = np.median(deviation, 0), deviation.mean(0)
    found: Floats = np.where(middle > 0, middle, np.where(mean > 0, mean, 1.0))
    return found


def inside(values: "np.ndarray", condition: Condition) -> "np.ndarray":
    """(n,) bool: which values meet the condition, rounded to float32 as the tree rounds them."""
    exact = values.astype(np.float32).astype(np.float64)
    above = np.ones(len(exact), dtype=bool) if condition.low is None else exact > condition.low
    found: np.ndarray = above if condition.high is None else above & (exact <= condition.high)
    return found


def _taken(fitting: "np.ndarray", condition: Condition, value: float, inward: float) -> float:
    """The known value that lies so far inward from the side that the row comes from; `fitting` is ascending."""
    place = round(inward * (len(fitting) - 1))
    from_below = condition.low is not None and value <= condition.low
    return float(fitting[place] if from_below else fitting[len(fitting) - 1 - place])
