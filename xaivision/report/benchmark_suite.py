"""A suite of a benchmark as it is told: who answered all of it, who answered less, and where nobody can be ahead."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.data.known_answers.known_set import Definition
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.suite import Suite
from xaivision.evaluation.known_answers.suite_summary import MethodLine, method_lines

# A control that is told as this has left no room above it.
CEILING = "1.00"
WHY = {
    "input_magnitude": "what is true is what is largest in the input",
    "sobel": "what is true is where the input has its edges",
}


@dataclass(frozen=True)
class ToldLine:
    """A method's `line` with the `rows` that it is the mean of; `asked`: questions of the suite."""

    line: MethodLine
    rows: tuple[KnownRow, ...]
    asked: int

    @property
    def whole(self) -> bool:
        """Whether its AUC is over every input of every question, so that it can be compared with others'."""
        return self.line.questions == self.asked and not self.line.scores["auc"].undefined


@dataclass(frozen=True)
class ToldSuite:
    """A suite with its rows, which are of one definition of truth, and its `lines`: first methods that answered all of it,
    best AUC first, then those that answered less, then controls.
    """

    suite: Suite
    rows: tuple[KnownRow, ...]
    lines: tuple[ToldLine, ...]

    @property
    def definition(self) -> Definition:
        """What makes a feature true in all of its sets."""
        return self.rows[0].definition

    @property
    def fewer(self) -> tuple[ToldLine, ...]:
        """Methods whose means are over fewer questions or inputs than were asked."""
        return tuple(one for one in self.lines if not one.whole and not one.line.control)

    def ceilings(self) -> tuple[str, ...]:
        """A sentence for each control that has all of the truth in some question without looking at the model."""
        found = [row for row in self.rows if row.score == "auc" and row.method in WHY and f"{row.mean:.2f}" == CEILING]
        names = dict.fromkeys(row.method for row in found)
        return tuple(_ceiling(name, [row for row in found if row.method == name]) for name in names)


def told_suites(report: BenchmarkReport) -> tuple[ToldSuite, ...]:
    """The suites with answers, those of one definition of truth after those of the other."""
    found = [(suite, tuple(row for row in report.rows if row.suite == suite.name)) for suite in report.suites]
    told = [ToldSuite(suite, rows, _lines(rows)) for suite, rows in found if rows]
    return tuple(sorted(told, key=lambda one: one.definition))


def definitions(suites: Sequence[ToldSuite]) -> tuple[Definition, ...]:
    """The definitions of truth among these suites, in their order."""
    return tuple(dict.fromkeys(one.definition for one in suites))


def questions_in(rows: Sequence[KnownRow]) -> tuple[tuple[str, str], ...]:
    """Set and model of each question that these rows answer."""
    return tuple(dict.fromkeys((row.set_name, row.model_name) for row in rows))


def _ceiling(control: str, rows: Sequence[KnownRow]) -> str:
    where = ", ".join(f"{set_name} / {model_name}" for set_name, model_name in questions_in(rows))
    return (
        f"The control `{control}`, which never looks at the model, has an AUC of {CEILING} in {where}: {WHY[control]}, and no "
        "method can be clearly ahead there."
    )


def _lines(rows: tuple[KnownRow, ...]) -> tuple[ToldLine, ...]:
    asked = len(questions_in(rows))
    told = [ToldLine(one, tuple(row for row in rows if row.method == one.method), asked) for one in method_lines(rows)]
    return tuple(sorted(told, key=lambda one: (one.line.control, not one.whole)))
