"""One measurement of one explanation: checks that the metric may judge it, counts what it asks, and builds the scores."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.metering import Meter, metered
from xaivision.core.origin import plain_settings
from xaivision.core.protocols import Metric, SanityCheck
from xaivision.core.requirements import refusal
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier


class Measurement:
    """What a metric works with, until it says what it measured."""

    def __init__(self, evaluator: Metric | SanityCheck, model: ClassifierAdapter, explanation: Attribution, meter: Meter) -> None:
        self.about = evaluator.about
        self.settings = plain_settings(evaluator)
        self.model = model
        self.explanation = explanation
        self._meter = meter
        self._start = time.perf_counter()

    def scores(self, values: Tensor, unit: str, **more: Any) -> Scores:
        """The result: `values` (B,), in `unit`."""
        return Scores(
            metric=self.about.name,
            method=self.explanation.method,
            values=values.double().cpu(),
            higher_is_better=self.about.higher_is_better,
            unit=unit,
            settings=self.settings,
            model_calls=self._meter.model_calls_alone,
            gradient_calls=self._meter.gradient_calls,
            seconds=time.perf_counter() - self._start + self._meter.recalled_seconds,
            **more,
        )


@contextmanager
def measurement(evaluator: Metric | SanityCheck, model: Classifier, explanation: Attribution) -> Iterator[Measurement]:
    """Open a measurement.

    Raises: InputError, where the explanation is no attribution, one of a kind the metric has no definition for, or one of
    classes the model has not; CapabilityError, where the model gives too little or has inputs of another domain.
    """
    adapter, about = classifier(model), evaluator.about
    _check_attribution(about, explanation)
    _check_model(about, adapter, explanation)
    with adapter.held(), metered() as meter:
        yield Measurement(evaluator, adapter, explanation, meter)


def _check_attribution(about: AboutEvaluator, explanation: object) -> None:
    if not isinstance(explanation, Attribution):
        raise InputError(
            f"`{about.name}` judges attributions. Got {type(explanation).__name__}. "
            "`as_attribution()` converts other results, where that has a meaning."
        )
    if explanation.kind not in about.kinds:
        raise InputError(
            f"`{about.name}` judges {' or '.join(about.kinds)}s. `{explanation.method}` gives {explanation.kind}s. "
            "`as_contribution(baseline)` converts slopes, explicitly."
        )


def _check_model(about: AboutEvaluator, adapter: ClassifierAdapter, explanation: Attribution) -> None:
    if refused := refusal(about, adapter):
        raise refused
    highest = int(explanation.query.targets.max())
    if highest >= adapter.num_classes:
        raise InputError(
            f"`explanation` must be of this model's classes, 0 to {adapter.num_classes - 1}. It explains class {highest}. "
            "Pass the model that was explained."
        )
