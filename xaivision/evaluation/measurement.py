"""One measurement of one explanation: checks that the metric may judge it, counts what it asks, and builds the scores."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.metering import Meter, metered
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier


class Measurement:
    """What a metric works with, until it says what it measured."""

    def __init__(self, about: AboutEvaluator, model: ClassifierAdapter, explanation: Attribution, meter: Meter) -> None:
        self.about = about
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
            model_calls=self._meter.model_calls,
            gradient_calls=self._meter.gradient_calls,
            seconds=time.perf_counter() - self._start,
            **more,
        )


@contextmanager
def measurement(about: AboutEvaluator, model: Classifier, explanation: Attribution) -> Iterator[Measurement]:
    """Open a measurement.

    Raises: InputError, where the attribution is of a kind the metric has no definition for; CapabilityError, where the
    model gives too little or has inputs of another domain.
    """
    adapter = classifier(model)
    if explanation.kind not in about.kinds:
        raise InputError(
            f"`{about.name}` judges {' or '.join(about.kinds)}s. `{explanation.method}` gives {explanation.kind}s. "
            "`as_contribution(baseline)` converts slopes, explicitly."
        )
    if adapter.domain not in about.domains or adapter.access < about.needs:
        raise CapabilityError(
            f"`{about.name}` needs a model of {' or '.join(about.domains)} inputs that gives its {about.needs}. "
            f"Got {adapter!r}, which gives its {adapter.access}."
        )
    with adapter.held(), metered() as meter:
        yield Measurement(about, adapter, explanation, meter)
