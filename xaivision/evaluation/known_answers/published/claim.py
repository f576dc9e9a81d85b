"""A published claim, and how what was run is asked whether it holds."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import NamedTuple

from xaivision.evaluation.known_answers.finding import Finding, Standing
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.study_table import StudyTable

Rows = Sequence[KnownRow]
Studies = Mapping[str, StudyTable]
# Whether it holds, and the numbers. None: what is needed was not run. Instead of whether it holds, None: that cannot tell.
Told = tuple[bool | None, str] | None


class Claim(NamedTuple):
    """What was published by `source`; `told` looks for it, and `needs` says what has to be run for that."""

    claim: str
    source: str
    told: Callable[[Rows, Studies], Told]
    needs: str

    def finding(self, rows: Rows, studies: Studies) -> Finding:
        """Whether it holds in what was run."""
        told = self.told(rows, studies)
        if told is None:
            return Finding(self.claim, self.source, "not testable here", f"It needs {self.needs}, which was not run.")
        standing: Standing = "not testable here" if told[0] is None else "holds" if told[0] else "does not hold"
        return Finding(self.claim, self.source, standing, told[1])


def masses(rows: Rows, set_name: str, model_name: str) -> dict[str, float]:
    """By the name of each method its mean mass on the truth in one question, where that is defined."""
    return {
        row.method: row.mean
        for row in rows
        if (row.set_name, row.model_name, row.score) == (set_name, model_name, "mass") and not row.control and not isnan(row.mean)
    }


def named(methods: Sequence[str]) -> str:
    """What follows a count of methods: their names."""
    return f": {', '.join(f'`{name}`' for name in methods)}" if methods else ""
