"""Explainers and metrics that are not asked twice: what they answered about the same content is remembered, within bounds.

For doors that ask again and again, such as the app: the same answers as without it, and what was known costs no model call.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.explanation import Explanation
from xaivision.core.protocols import Explainer, Metric
from xaivision.core.query import Query
from xaivision.core.scores import Scores
from xaivision.core.sharing import fingerprint
from xaivision.core.targets import Targets, TargetScore

Answer = TypeVar("Answer")

# An explanation of one photo of 224 x 224 pixels holds about a megabyte.
MOST_BYTES = 32 * 2**20


class Memory:
    """The latest answers by question, for any number of threads; the oldest are dropped where they hold more than `most_bytes`.

    Keys hold the model itself, not its id: an id is given again once its object is gone.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._lock = Lock()
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def answered(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """What `ask()` answered the first time; where it raises, nothing is kept."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
                known: Answer = self._answers[question][0]
                return known
        found = ask()
        with self._lock:
            self._answers[question] = (found, bytes_of(found))
            while len(self._answers) > 1 and self.bytes > self.most_bytes:
                self._answers.popitem(last=False)
        return found

    @property
    def bytes(self) -> int:
        """What the tensors of all answers hold; those that several share are counted for each."""
        return sum(size for _, size in self._answers.values())

    def __len__(self) -> int:
        return len(self._answers)


class RememberingExplainer:
    """The same explainer, whose answers are remembered; `told` is called with each, known or new, as soon as it is there."""

    def __init__(self, explainer: Explainer, memory: Memory, told: Callable[[Explanation], None] | None = None) -> None:
        self.explainer, self.memory, self.told = explainer, memory, told

    @property
    def about(self) -> About:
        """The card of the explainer itself."""
        return self.explainer.about

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Explanation:
        """What the explainer answers. Raises: what it raises."""
        question = (model, _asked(self.explainer), fingerprint(inputs), _target(targets), seed)
        found = self.memory.answered(question, lambda: self.explainer.explain(model, inputs, targets, seed=seed))
        if self.told is not None:
            self.told(found)
        return found


class RememberingMetric:
    """The same metric, whose scores are remembered."""

    def __init__(self, metric: Metric, memory: Memory) -> None:
        self.metric, self.memory = metric, memory

    @property
    def about(self) -> AboutEvaluator:
        """The card of the metric itself."""
        return self.metric.about

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """What the metric says. Raises: what it raises."""
        question = (model, _asked(self.metric), seed, _said(explanation))
        return self.memory.answered(question, lambda: self.metric.evaluate(model, explanation, seed=seed))


def bytes_of(thing: Any) -> int:
    """What all tensors in this result hold together; a tensor that stands in several places is counted once."""
    sizes: dict[int, int] = {}
    _count(thing, sizes)
    return sum(sizes.values())


def _count(thing: Any, sizes: dict[int, int]) -> None:
    if isinstance(thing, Tensor):
        sizes[thing.data_ptr()] = max(sizes.get(thing.data_ptr(), 0), thing.nbytes)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for part in fields(thing):
            _count(getattr(thing, part.name), sizes)
    elif isinstance(thing, tuple | list):
        for one in thing:
            _count(one, sizes)
    elif isinstance(thing, dict):
        for one in thing.values():
            _count(one, sizes)


def _asked(one: Explainer | Metric) -> Hashable:
    """Who is asked, with its settings; tensors and arrays among them by everything that they hold."""
    return f"{type(one).__module__}.{type(one).__qualname__}", _content(one)


def _content(value: Any) -> Hashable:
    if isinstance(value, np.ndarray) and value.dtype != object:
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, Tensor):
        return fingerprint(value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__qualname__, tuple((part.name, _content(getattr(value, part.name))) for part in fields(value))
    if isinstance(value, tuple | list):
        return tuple(map(_content, value))
    if isinstance(value, dict):
        return tuple((name, _content(part)) for name, part in value.items())
    return repr(value)


def _target(targets: Targets) -> Hashable:
    if isinstance(targets, TargetScore):
        against = None if targets.against is None else tuple(targets.against.tolist())
        return tuple(targets.classes.tolist()), against, targets.output, targets.score_unit
    return repr(targets)


def _query(query: Query) -> Hashable:
    return fingerprint(query.inputs), _target(query.target)


def _said(explanation: Attribution) -> Hashable:
    """Everything of an explanation that a metric may look at."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (explanation.values, explanation.baseline, explanation.reference_scores, explanation.players):
        digest.update(b"none" if part is None else fingerprint(part))
    return _query(explanation.query), explanation.origin.method, explanation.kind, digest.digest()
