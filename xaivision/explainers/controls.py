"""Control explainers: maps that ignore the model. An explanation that does no better than they do has shown nothing."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import BOTH_DOMAINS, About, Domain
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question, question
from xaivision.core.sharing import fingerprint
from xaivision.core.targets import Targets
from xaivision.engines.filters import center_bump, sobel_magnitude

UNSCALED = Note(
    "warn",
    "the model knows no ranges of its columns, so that the one with the largest unit counts most; give it a schema that does",
)


def _about(
    name: str, answers: str, domains: tuple[Domain, ...] = BOTH_DOMAINS, source: str = "a control", *, chance: bool = False
) -> About:
    return About(
        name=name,
        answers=answers,
        misleads="Always, if taken for an explanation: it never looks at the model.",
        cost="none",
        source=source,
        needs=Access.LABELS,
        domains=domains,
        control=True,
        chance=chance,
    )


class _Control:
    """Explains nothing: `_map` draws values without asking the model."""

    about: ClassVar[About]

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """A map that does not depend on the model."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(self._map(q).to(inputs).contiguous(), "contribution")

    def _map(self, q: Question) -> Tensor:
        raise TypeError(f"{type(self).__name__} draws no map")


@dataclass(frozen=True)
class Random(_Control):
    """Normal noise, drawn for each input from the seed and what the input holds.

    The same input has the same draw, in whatever company. Inputs that differ, be it by one value, have draws that have nothing
    to do with each other: over many inputs chance averages out, and next to an input it is as unsteady as chance is.
    """

    about: ClassVar[About] = _about("random", "How well does chance do?", chance=True)

    def _map(self, q: Question) -> Tensor:
        inputs = q.query.inputs
        positions = (1, *inputs.shape[2:]) if inputs.ndim == 4 else inputs.shape[1:]
        return torch.stack([torch.randn(positions, generator=q.generator(fingerprint(one)), device="cpu") for one in inputs])


@dataclass(frozen=True)
class Sobel(_Control):
    """The strength of the picture's edges."""

    about: ClassVar[About] = _about(
        "sobel", "How well does an edge filter do?", ("image",), "Adebayo et al., 2018, arXiv:1810.03292"
    )

    def _map(self, q: Question) -> Tensor:
        return sobel_magnitude(q.query.inputs)


@dataclass(frozen=True)
class InputMagnitude(_Control):
    """The absolute value of the input; for tables, how far each value is from the typical one, in ranges of its column.

    Without a schema that knows the ranges the values are taken as they are, and the column with the largest unit wins:
    the verdict says so. A column that never varied has no range, and counts for nothing.
    """

    about: ClassVar[About] = _about("input_magnitude", "How well does the input itself do?")

    def _map(self, q: Question) -> Tensor:
        inputs = q.query.inputs
        if inputs.ndim == 4:
            return inputs.abs()
        if q.model.ranges is None:
            q.note(UNSCALED)
            return inputs.abs()
        ranges = torch.tensor(q.model.ranges, dtype=inputs.dtype, device=inputs.device)
        distance = (inputs - torch.tensor(q.model.typical or 0.0, dtype=inputs.dtype, device=inputs.device)).abs()
        return torch.where(ranges > 0, distance / ranges, torch.zeros_like(distance))


@dataclass(frozen=True)
class CenterGaussian(_Control):
    """A bump in the middle of the picture, where photographers put things."""

    about: ClassVar[About] = _about("center_gaussian", "How well does the middle of the picture do?", ("image",))

    def _map(self, q: Question) -> Tensor:
        batch, _, height, width = q.query.inputs.shape
        return center_bump(height, width).expand(batch, 1, height, width)


@dataclass(frozen=True)
class Constant(_Control):
    """One everywhere."""

    about: ClassVar[About] = _about("constant", "How well does a map do that says nothing?")

    def _map(self, q: Question) -> Tensor:
        shape = q.query.inputs.shape
        return torch.ones((shape[0], 1, *shape[2:]) if len(shape) == 4 else shape, device="cpu")
