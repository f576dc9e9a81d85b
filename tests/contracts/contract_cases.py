"""Every registered method on every tiny model. A method that is added later is covered without new code, unless it has a
setting without a default or draws at random: then it needs a line in a table here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pytest
import torch
from contract_subjects import SUBJECTS, TRANSFORMERS, Subject
from torch import Tensor

from xaivision.core.explanation import Explanation
from xaivision.core.protocols import Explainer
from xaivision.core.requirements import unmet
from xaivision.explainers.registry import EXPLAINERS, missing_settings

# Values for the settings that have no default.
SETTINGS: Mapping[str, Callable[[Subject], Mapping[str, Any]]] = {
    "nearest_examples": lambda subject: {"background": subject.inputs(9, seed=9)},
    "expected_gradients": lambda subject: {"background": subject.inputs(9, seed=9)},
    "deep_lift_shap": lambda subject: {"background": subject.inputs(4, seed=9)},
    "captum": lambda _subject: {"method": "FeatureAblation", "settings": {"perturbations_per_eval": 32}},
}
# Methods whose answer depends on the seed; all others must not depend on it.
DRAWN_AT_RANDOM = ("random", "smooth_grad", "smooth_grad_squared", "var_grad")
# Methods that change the gradient at ReLU, and refuse a network without it: they get the same networks with ReLU.
RECTIFYING = ("guided_backprop", "deconvolution", "guided_grad_cam")
# Methods that read attention, and refuse a network without it: they get transformers for the convolutional networks.
ATTENDING = ("attention_rollout", "transformer_attribution")


@dataclass(frozen=True)
class Case:
    """One method and one model."""

    method: str
    kind: str

    def __str__(self) -> str:
        return f"{self.method}-{self.kind}"

    @property
    def about(self) -> Any:
        return EXPLAINERS[self.method].about

    @property
    def random(self) -> bool:
        return self.method in DRAWN_AT_RANDOM

    def subject(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> Subject:
        if self.method in RECTIFYING and self.kind.startswith("cnn"):
            return SUBJECTS[self.kind](dtype, seed, rectified=True)
        if self.method in ATTENDING and self.kind in TRANSFORMERS:
            return TRANSFORMERS[self.kind](dtype, seed)
        return SUBJECTS[self.kind](dtype, seed)

    def explainer(self, subject: Subject) -> Explainer:
        return made(self.method, subject)

    def fits(self) -> bool:
        return not unmet(self.about, self.subject().model)


def made(method: str, subject: Subject) -> Explainer:
    """The method with the settings it needs."""
    given = SETTINGS[method](subject) if method in SETTINGS else {}
    if missing := missing_settings(EXPLAINERS[method], given):
        pytest.fail(f"`{method}` has settings without a default, {missing}: give them in SETTINGS, {__file__}")
    return EXPLAINERS[method](**given)


def answers(explanation: Explanation) -> dict[str, Tensor]:
    """Every tensor that the explanation answers with, and the scores it was asked about."""
    found = {part.name: getattr(explanation, part.name) for part in fields(explanation)}  # type: ignore[arg-type]
    tensors = {name: value for name, value in found.items() if isinstance(value, Tensor)}
    return {**tensors, "scores of the query": explanation.query.scores}


CASES = [Case(method, kind) for method in EXPLAINERS for kind in SUBJECTS]
FITTING = [case for case in CASES if case.fits()]
MISFITS = [case for case in CASES if not case.fits()]
