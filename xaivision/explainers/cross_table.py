"""How well the linear functions behind eight methods agree with the model, each on every neighborhood."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presentable
from xaivision.core.random import generator
from xaivision.core.sharing import sharing
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.engines.neighborhoods import Gaussian, Masks, Neighborhood, OneAbsent, Scales, perturbed
from xaivision.engines.smoothing import input_range
from xaivision.explainers.lfa import Lfa
from xaivision.explainers.lfa_presets import lfa_presets

if TYPE_CHECKING:
    import pandas as pd

# What the functions are measured on. Methods at a single point are measured near it.
NEIGHBORHOODS: dict[str, Neighborhood] = {
    "small steps": Gaussian(0.02),
    "larger steps": Gaussian(0.15),
    "masks": Masks("uniform"),
    "one absent": OneAbsent(),
    "scales": Scales(),
}
# Perturbations that a loss is the mean over.
MEASURED = 512


@dataclass(frozen=True, eq=False, repr=False)
class CrossTable(Presentable):
    """`losses` (methods, neighborhoods): mean squared difference between the model's score and the method's linear function."""

    methods: tuple[str, ...]
    neighborhoods: tuple[str, ...]
    losses: Tensor
    unit: str

    def _in_short(self) -> tuple[str, ...]:
        return (f"{len(self.methods)} methods on {len(self.neighborhoods)} neighborhoods", f"squared error in {self.unit}s")

    def best_on(self, neighborhood: str) -> str:
        """The method with the least loss there."""
        return self.methods[int(self.losses[:, self.neighborhoods.index(neighborhood)].argmin())]

    def to_frame(self) -> "pd.DataFrame":
        """Methods down, neighborhoods across."""
        import pandas as pd

        return pd.DataFrame(self.losses.numpy(), index=list(self.methods), columns=list(self.neighborhoods))


def cross_table(
    model: Classifier, inputs: Tensor, targets: Targets = None, *, budget: int = 1000, noise: float = 0.15, seed: int = 0
) -> CrossTable:
    """Losses of every preset on every neighborhood, the mean over the rows (B, F) of a table.

    Methods that need gradients are left out where the model gives none.

    Raises: InputError, where the model is one of images: their masks play segments, their gradients pixels.
    """
    adapter = classifier(model)
    if adapter.domain != "tabular":
        raise InputError("`cross_table` compares functions of the columns of a table. Got a model of images.")
    presets = _fitting(adapter, lfa_presets(budget, noise))
    with adapter.held(), sharing():
        answers = {name: preset.explain(adapter, inputs, targets, seed=seed) for name, preset in presets.items()}
        asked = next(iter(answers.values()))
        losses = torch.zeros(len(answers), len(NEIGHBORHOODS), dtype=torch.float64, device="cpu")
        for row in range(len(inputs)):
            lines = [_Line(answers[name], row, preset, adapter, seed) for name, preset in presets.items()]
            for column, neighborhood in enumerate(NEIGHBORHOODS.values()):
                versions, scores = _measured(adapter, asked, row, neighborhood, seed)
                missed = torch.stack([(scores - line(versions)).square().mean() for line in lines])
                losses[:, column] += missed / len(inputs)
    return CrossTable(tuple(answers), tuple(NEIGHBORHOODS), losses, asked.query.unit)


class _Line:
    """The function behind an answer: through the score of the input, or, where an intercept was fit, through the fit's mean."""

    def __init__(self, answer: Attribution, row: int, preset: Lfa, model: ClassifierAdapter, seed: int) -> None:
        self._one = answer.query.inputs[row].double()
        values = answer.values[row].double()
        if answer.kind == "contribution":
            gap = self._one - _baseline(answer, model)[row].double()
            values = torch.where(gap == 0, 0, values / torch.where(gap == 0, 1, gap))
        self._slopes = values
        self._at_input = float(answer.query.scores[row])
        fits = preset.loss == "squared_error" and preset.model_class == "linear" and preset.around != Masks("shapley")
        if fits:
            versions, scores = _measured(model, answer, row, preset.around, seed)
            weights = _weights(preset, answer, versions, seed)
            self._at_input += float((weights * (scores - self(versions))).sum() / weights.sum())

    def __call__(self, versions: Tensor) -> Tensor:
        return (self._at_input + (versions.double() - self._one) @ self._slopes).cpu()


def _measured(
    model: ClassifierAdapter, asked: Attribution, row: int, neighborhood: Neighborhood, seed: int
) -> tuple[Tensor, Tensor]:
    """(n, F) perturbations of one row, and their scores (n,)."""
    versions = _versions(model, asked, row, neighborhood, seed)
    rows = torch.full((len(versions),), row, device=versions.device)
    return versions, asked.query.target.take(rows).of(model(versions)).double().cpu()


def _versions(model: ClassifierAdapter, asked: Attribution, row: int, neighborhood: Neighborhood, seed: int) -> Tensor:
    inputs = asked.query.inputs
    steps = neighborhood.drawn(inputs.shape[1], MEASURED, generator(seed, "cross table", repr(neighborhood))).steps
    if neighborhood.operator == "add":
        steps = steps * input_range(inputs, model.ranges)[row].double().cpu()
    return perturbed(inputs[row], _baseline(asked, model)[row], steps, neighborhood.operator)


def _weights(preset: Lfa, answer: Attribution, versions: Tensor, seed: int) -> Tensor:
    chance = generator(seed, "cross table", repr(preset.around))
    return preset.around.drawn(versions.shape[1], MEASURED, chance).weights


def _baseline(answer: Attribution, model: ClassifierAdapter) -> Tensor:
    if answer.baseline is not None:
        return answer.baseline
    inputs = answer.query.inputs
    typical = model.typical
    if typical is None:
        return torch.zeros_like(inputs)
    return torch.tensor(typical, dtype=torch.float64, device="cpu").to(inputs).expand_as(inputs)


def _fitting(model: ClassifierAdapter, presets: dict[str, Lfa]) -> dict[str, Lfa]:
    differentiable = model.access >= Access.GRADIENTS
    return {name: preset for name, preset in presets.items() if differentiable or preset.loss == "squared_error"}
