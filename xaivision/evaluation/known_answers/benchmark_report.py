"""What a benchmark found: rows, studies, published findings in miniature, and what could not be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xaivision.core.presenting import Presentable, few
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.known_question import TESTED
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.study_table import StudyTable
from xaivision.evaluation.known_answers.suite import Size, Suite


@dataclass(frozen=True)
class Questioned:
    """One question of a benchmark: what is true in it, how good the model is (on `accuracy_of`), and how many inputs were asked
    about.
    """

    suite: str
    set_name: str
    model_name: str
    definition: str
    means: str
    accuracy: float
    inputs: int
    area: float
    accuracy_of: str = TESTED


@dataclass(frozen=True)
class Unlearned:
    """A model that has not learned its set well enough to be asked: the share of the tested inputs that it gets right."""

    suite: str
    set_name: str
    model_name: str
    accuracy: float


@dataclass(frozen=True)
class Suspected:
    """Maps of one method to one question with one verdict that is not ok, by what speaks against them.

    Those that are refused have no score; those that are doubted have one.
    """

    suite: str
    question: str
    method: str
    inputs: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, eq=False, repr=False)
class BenchmarkReport(Presentable):
    """`rows`: a method, a question and a score each. `unanswered`: (question, method, why). `unlearned`: models that were not
    asked. `seconds`: of this run by the clock, `cpu_seconds` by the processor. `costs`: of each method and study by the
    processor, and `seconds_of_all` of all answers, whenever they were given. `refused`: maps that were no answer, `doubted`:
    those that the library warns of.
    """

    size: Size
    seed: int
    suites: tuple[Suite, ...]
    questions: tuple[Questioned, ...]
    rows: tuple[KnownRow, ...]
    studies: Mapping[str, StudyTable]
    findings: tuple[Finding, ...]
    unanswered: tuple[tuple[str, str, str], ...]
    unlearned: tuple[Unlearned, ...]
    seconds: float
    seconds_of_all: float
    cpu_seconds: float = 0.0
    taken_up: int = 0
    costs: Mapping[str, float] = field(default_factory=dict)
    refused: tuple[Suspected, ...] = ()
    doubted: tuple[Suspected, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods that answered at least one question, controls left out."""
        return tuple(dict.fromkeys(row.method for row in self.rows if not row.control))

    def of(self, suite: str, score: str) -> Sequence[KnownRow]:
        """The rows of one suite and one score."""
        return [row for row in self.rows if row.suite == suite and row.score == score]

    def _in_short(self) -> tuple[str, ...]:
        return (
            self.size,
            f"suites {few(one.name for one in self.suites)}",
            f"{len(self.questions)} questions",
            f"{len(self.methods)} methods",
        )
