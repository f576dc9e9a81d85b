"""The result of a study with measures of its own: a table of numbers, and what is to be said of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StudyTable:
    """`rows`: a label, and a number for each of `heads`. `notes`: sentences. `source` of the study."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    notes: tuple[str, ...] = ()
    source: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Those of the rows, in their order."""
        return tuple(label for label, _ in self.rows)

    def value(self, label: str, head: str) -> float:
        """The number at this row and under this head."""
        numbers = dict(self.rows)[label]
        return numbers[self.heads.index(head)]

    def as_json(self) -> dict[str, Any]:
        """Plain values; null where there is no number."""
        rows = [[label, [None if math.isnan(one) else one for one in numbers]] for label, numbers in self.rows]
        return {"title": self.title, "heads": self.heads, "rows": rows, "notes": self.notes, "source": self.source}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "StudyTable":
        """The table that these values were."""
        rows = {label: [math.nan if one is None else one for one in numbers] for label, numbers in told["rows"]}
        return study_table(told["title"], told["heads"], rows, notes=tuple(told["notes"]), source=told["source"])


def study_table(
    title: str, heads: Sequence[str], rows: Mapping[str, Sequence[float]], notes: tuple[str, ...] = (), source: str = ""
) -> StudyTable:
    """The same from plain rows."""
    told = tuple((label, tuple(float(one) for one in numbers)) for label, numbers in rows.items())
    return StudyTable(title, tuple(heads), told, notes, source)
