"""Which of several files show the same picture."""

from collections.abc import Sequence
from typing import NamedTuple


class Duplicates(NamedTuple):
    """Row numbers: `kept` ascending, `dropped` with the row that is kept in its place, `conflicts` of more than one class."""

    kept: tuple[int, ...]
    dropped: tuple[tuple[int, int], ...]
    conflicts: tuple[tuple[int, ...], ...]


def duplicates_of(digests: Sequence[str], targets: Sequence[int]) -> Duplicates:
    """The first row of every digest is kept; where its rows are of several classes, none is."""
    alike: dict[str, list[int]] = {}
    for row, digest in enumerate(digests):
        alike.setdefault(digest, []).append(row)
    conflicts = [tuple(rows) for rows in alike.values() if len({targets[row] for row in rows}) > 1]
    contested = {row for rows in conflicts for row in rows}
    agreed = [rows for rows in alike.values() if rows[0] not in contested]
    return Duplicates(
        kept=tuple(rows[0] for rows in agreed),
        dropped=tuple((row, rows[0]) for rows in agreed for row in rows[1:]),
        conflicts=tuple(conflicts),
    )
