"""What is asked of a model about one input: the class, the methods with their settings, the judges, and the seed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from desk.job import Job
from desk.shared import memory
from xaivision import Comparison
from xaivision.arguments import settings_by_name
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.explanation import Explanation
from xaivision.core.sharing import fingerprint
from xaivision.core.targets import Output, Target
from xaivision.facade import compare, evaluator_with, explainer_with
from xaivision.remembering import RememberingExplainer, RememberingMetric
from xaivision.shared_settings import methods_with, with_shared

CURVES = ("deletion", "insertion")


@dataclass(frozen=True)
class Question:
    """`said`: settings as the command line takes them, such as "occlusion.window=16". `steps`: points of each curve."""

    target: int | None = None
    against: int | None = None
    output: Output = "score"
    methods: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    judged: bool = True
    steps: int = 16
    seed: int = 0


@dataclass(frozen=True)
class Source:
    """How Python comes by an input of `model`: `lines` that make `inputs`, and what `background` and `masks` are called there."""

    lines: tuple[str, ...]
    background: str = ""
    masks: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """A model under its name, and one input (1, *S) of it. `background`: reference inputs for the methods that take some.

    `metrics`: more judges than the curves, by name, with the masks that they hold maps against. `source`: None where nobody
    knows how to come by the input.
    """

    name: str
    model: ClassifierAdapter
    inputs: Any
    title: str = ""
    background: Any = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None

    @property
    def key(self) -> Hashable:
        """Which model, and what its input, its masks and its reference inputs hold: every value, never a sample."""
        masks = (fingerprint(value).hex() for given in self.metrics.values() for value in given.values())
        reference = getattr(self.background, "inputs", self.background)  # of a data set, or as they are
        known = "" if reference is None else fingerprint(reference).hex()
        return self.name, fingerprint(self.inputs).hex(), known, tuple(self.metrics), tuple(masks)


def asked(subject: Subject, question: Question, job: Job) -> Comparison:
    """What `xv.compare` answers; each method's answer is in the job's `answers` as soon as it is there.

    Raises: as `xv.compare`.
    """
    settings = settings_by_name(question.said, question.methods, CURVES)
    shared = {} if subject.background is None else {"background": subject.background}
    takers = set(methods_with("background")) & set(question.methods)
    own = {name: settings[name] for name in question.methods}
    complete = with_shared({name: name for name in own}, own, shared if takers else {})
    methods: dict[str, Any] = {name: _remembering(subject, name, complete[name], job) for name in question.methods}
    return compare(
        subject.model,
        subject.inputs,
        methods,
        targets=Target(question.target, question.against, question.output),
        controls=None if question.judged else (),
        metrics=_judges(subject, question, settings) if question.judged else (),
        seed=question.seed,
    )


def _remembering(subject: Subject, name: str, settings: Mapping[str, Any], job: Job) -> RememberingExplainer:
    def told(found: Explanation) -> None:
        job.answers[name] = found

    return RememberingExplainer(explainer_with(subject.model, name, settings), memory(), told)


def _judges(subject: Subject, question: Question, settings: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    curves = {name: {"steps": question.steps, **settings[name]} for name in CURVES}
    judges = {**curves, **subject.metrics}
    made: list[Any] = [evaluator_with(subject.model, name, given) for name, given in judges.items()]
    return [RememberingMetric(one, memory()) for one in made]
