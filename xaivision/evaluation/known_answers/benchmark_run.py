"""The run: every method is asked every question of the suites, and what was answered before is taken up."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xaivision.core.errors import Cancelled
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport, Questioned, Suspected, Unlearned
from xaivision.evaluation.known_answers.findings import findings_of
from xaivision.evaluation.known_answers.given_settings import methods_for
from xaivision.evaluation.known_answers.known_answer import KnownAnswer, answered
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.known_row import KnownRow, rows_of
from xaivision.evaluation.known_answers.parts_folder import PartsFolder, is_own, key_of, study_key
from xaivision.evaluation.known_answers.study_table import StudyTable
from xaivision.evaluation.known_answers.suite import Asking, Size, Studying, Suite

# From a question to the names of the methods that are to be asked; the controls are asked in any case.
Choose = Callable[[KnownQuestion], Iterable[str]]
# Stands for the methods where a question could not even be put.
EVERYBODY = "every method"
CONTROLS = {"image": ("random", "sobel", "input_magnitude", "constant"), "tabular": ("random", "input_magnitude", "constant")}


def benchmarked(suites: Sequence[Suite], choose: Choose, size: Size, parts: PartsFolder, seed: int = 0) -> BenchmarkReport:
    """Ask everything of these suites; `parts` keeps what is done.

    Raises: Cancelled, with all that was done kept.
    """
    start, worked, run = time.perf_counter(), time.process_time(), _Run(choose, size, parts, seed)
    work: list[tuple[Suite, Asking | Studying]] = [(suite, one) for suite in suites for one in suite.askings(size, seed)]
    work += [(suite, one) for suite in suites for one in suite.studies(size, seed)]
    for suite, one in track(work, "known answers"):
        if isinstance(one, Asking):
            run.ask(suite, one)
        else:
            run.study(one)
    return BenchmarkReport(
        size,
        seed,
        tuple(suites),
        tuple(run.questions),
        tuple(run.rows),
        run.studies,
        findings_of(run.rows, run.studies),
        tuple(run.unanswered),
        tuple(run.unlearned),
        time.perf_counter() - start,
        sum(run.costs.values()),
        time.process_time() - worked,
        run.taken_up,
        run.costs,
        tuple(run.refused),
        tuple(run.doubted),
    )


@dataclass
class _Run:
    """What is asked of whom, and what was found so far."""

    choose: Choose
    size: Size
    parts: PartsFolder
    seed: int
    questions: list[Questioned] = field(default_factory=list)
    rows: list[KnownRow] = field(default_factory=list)
    studies: dict[str, StudyTable] = field(default_factory=dict)
    unanswered: list[tuple[str, str, str]] = field(default_factory=list)
    unlearned: list[Unlearned] = field(default_factory=list)
    costs: dict[str, float] = field(default_factory=dict)
    taken_up: int = 0
    refused: list[Suspected] = field(default_factory=list)
    doubted: list[Suspected] = field(default_factory=list)

    def ask(self, suite: Suite, asking: Asking) -> None:
        """All questions of one set that can be put to somebody: to a model that has learned it, about inputs it gets right.

        A set that cannot be made, or a model of it that cannot be trained, is told, and stops nobody.
        """
        try:
            questions = asking.questions()
        except Cancelled:
            raise
        except Exception as error:
            self.unanswered.append((asking.name, EVERYBODY, _told(error)))
            return
        for question in questions:
            if not question.learned or not len(question.inputs):
                self.unlearned.append(Unlearned(suite.name, question.set_name, question.model_name, question.accuracy))
                continue
            self.questions.append(_questioned(suite, question))
            answers = self._answers(question)
            self.unanswered += [(question.name, one.method, one.refusal) for one in answers if one.refusal]
            self.refused += _suspected(suite, question, {one.method: one.refused for one in answers})
            self.doubted += _suspected(suite, question, {one.method: one.doubted for one in answers})
            self.rows += rows_of(suite.name, question, answers)

    def _answers(self, question: KnownQuestion) -> list[KnownAnswer]:
        controls = CONTROLS[question.model.domain]
        names = [*controls, *(name for name in self.choose(question) if name not in controls)]
        methods, left_out = methods_for(question, names, self.size)
        self.unanswered += [(question.name, name, why) for name, why in left_out.items()]
        return [self._answer(question, label, one) for label, one in track(methods.items(), question.name, len(methods))]

    def _answer(self, question: KnownQuestion, label: str, method: Explainer) -> KnownAnswer:
        key = key_of(question, label, method, self.seed)
        kept = self.parts.read(key)
        if kept is not None:
            self.taken_up += 1
            answer = KnownAnswer.from_json(kept["answer"])
        else:
            answer = answered(question, label, method, self.seed)
            if not answer.refusal or is_own(type(method)):  # why another's refuses may lie anywhere: it is asked again
                self.parts.write(key, {"answer": answer.as_json()})
        self.costs[label] = self.costs.get(label, 0.0) + answer.seconds
        return answer

    def study(self, studying: Studying) -> None:
        """One study; what it raises is told in its place, and costs it alone."""
        try:
            self._study(studying)
        except Cancelled:
            raise
        except Exception as error:
            self.unanswered.append((studying.name, studying.name, _told(error)))

    def _study(self, studying: Studying) -> None:
        key = study_key(studying.name, self.size, self.seed)
        kept = self.parts.read(key)
        if kept is None:
            start = time.process_time()
            table = studying.table()
            kept = {"study": table.as_json(), "seconds": time.process_time() - start}
            self.parts.write(key, kept)
        else:
            self.taken_up += 1
            table = StudyTable.from_json(kept["study"])
        self.studies[studying.name], self.costs[studying.name] = table, kept["seconds"]


def _suspected(suite: Suite, question: KnownQuestion, found: Mapping[str, Mapping[str, int]]) -> list[Suspected]:
    return [
        Suspected(suite.name, question.name, method, sum(reasons.values()), reasons)
        for method, reasons in found.items()
        if reasons
    ]


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__


def _questioned(suite: Suite, question: KnownQuestion) -> Questioned:
    return Questioned(
        suite.name,
        question.set_name,
        question.model_name,
        question.definition,
        question.means,
        question.accuracy,
        len(question.inputs),
        float(question.truth.double().mean()),
        question.accuracy_of,
    )
