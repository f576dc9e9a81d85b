"""SmoothGrad: the gradient averaged over noisy copies."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.smoothing import input_range, smoothed_gradients
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.settings import check_positive_integer


@dataclass(frozen=True)
class SmoothGrad:
    """The mean gradient over `samples` copies with Gaussian noise.

    `noise`: its standard deviation as a share of each input's range (largest minus smallest value); in a table whose
    schema knows the ranges of its columns, of each column's.
    """

    about: ClassVar[About] = About(
        name="smooth_grad",
        answers="Which values, changed a little, change the score of inputs like this one most?",
        misleads="It describes the model around the input, not at it; much noise shows what the model does with noise.",
        cost="as many gradients as samples (25 by default)",
        source="Smilkov et al., 2017, arXiv:1706.03825",
        needs=Access.GRADIENTS,
    )

    samples: int = 25
    noise: float = 0.15

    def __post_init__(self) -> None:
        check_positive_integer("samples", self.samples)
        if isinstance(self.noise, bool) or not isinstance(self.noise, float | int) or not 0 <= self.noise < float("inf"):
            raise InputError(f"`noise` must be a number from 0, a share of the input's range. Got {self.noise!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs."""
        with question(self, model, inputs, targets, seed=seed) as q:
            scale = self.noise * input_range(q.query.inputs, q.model.ranges)
            found = smoothed_gradients(q.torch_model, q.query.inputs, q.query.target, scale, self._draws(q))
            gradient_doubts(q, found.cut)
            return q.attribution(found.values.to(inputs.dtype), "slope")

    def _draws(self, q: Question) -> Tensor:
        shape = (self.samples, *q.query.inputs.shape[1:])
        return torch.randn(shape, generator=q.generator(), dtype=torch.float32, device="cpu").to(q.query.inputs)
