"""Which columns can be chosen at all: none that is constant, and one of those that are the same."""

from dataclasses import dataclass

import numpy as np

from xaivision.surrogates.decision_tree import Rows
from xaivision.surrogates.same_rows import digest

NAMES_SHOWN = 3


@dataclass(frozen=True)
class Candidates:
    """`usable`: numbers of the columns that may be chosen; `constant`: those with one value; `copies`: by usable column the
    later ones that are equal to it on every row, which are ranked and permuted together with it.
    """

    usable: tuple[int, ...]
    constant: tuple[int, ...]
    copies: dict[int, tuple[int, ...]]

    def together(self, column: int) -> tuple[int, ...]:
        """The column and its copies."""
        return (column, *self.copies.get(column, ()))

    def notes(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What has to be said of the columns that are left out."""
        told = []
        if self.constant:
            told.append(f"Constant on the rows to learn from, and never chosen: {_listed([names[i] for i in self.constant])}.")
        if self.copies:
            pairs = [f"`{names[first]}` stands for {_listed([names[i] for i in rest])}" for first, rest in self.copies.items()]
            more = f"; {len(pairs) - NAMES_SHOWN} more" if len(pairs) > NAMES_SHOWN else ""
            told.append(f"Columns that are the same are ranked as one: {'; '.join(pairs[:NAMES_SHOWN])}{more}.")
        return tuple(told)


def candidates_of(rows: Rows) -> Candidates:
    """The columns of rows (n, F) that a surrogate may choose from, and why not the others."""
    constant = np.flatnonzero((rows == rows[:1]).all(0))
    left_out = set(constant.tolist())
    first: dict[bytes, int] = {}
    copies: dict[int, tuple[int, ...]] = {}
    for number in range(rows.shape[1]):
        if number in left_out:
            continue
        owner = first.setdefault(digest(rows[:, number]), number)
        if owner != number:
            copies[owner] = (*copies.get(owner, ()), number)
            left_out.add(number)
    usable = tuple(number for number in range(rows.shape[1]) if number not in left_out)
    return Candidates(usable, tuple(constant.tolist()), copies)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:NAMES_SHOWN])
    return f"{shown} and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else shown
