"""The verbs: what an explainer, a metric and a sanity check can be asked. Settings are frozen; the model is given at the call."""

from typing import ClassVar, Protocol, runtime_checkable

from torch import Tensor

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.explanation import Explanation
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets


@runtime_checkable
class Explainer(Protocol):
    """Explains the scores of any classifier."""

    about: ClassVar[About]

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Explanation: ...


@runtime_checkable
class Metric(Protocol):
    """Judges one explanation."""

    about: ClassVar[AboutEvaluator]

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores: ...


@runtime_checkable
class SanityCheck(Protocol):
    """Judges an explainer by asking it again."""

    about: ClassVar[AboutEvaluator]

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores: ...
