"""Local function approximation: the simple function that agrees best with the model around an input."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.engines.grouping import Groups
from xaivision.engines.neighborhoods import Gaussian, Masks, Neighborhood, OneAbsent, Scales, perturbed
from xaivision.engines.ridge import LinearFit, weighted_ridge
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.shapley_regression import constrained_least_squares
from xaivision.engines.smoothing import input_range
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.perturbed_scores import finite
from xaivision.explainers.players import games
from xaivision.explainers.reference import baseline_of
from xaivision.explainers.settings import check_positive_integer

Loss = Literal["squared_error", "gradient_matching"]
ModelClass = Literal["linear", "linear_without_intercept"]

# Steps for all features of an input are held at once.
MOST_STEPS = 50_000_000
NEIGHBORHOODS: dict[str, Neighborhood] = {
    "masks": Masks(),
    "shapley_masks": Masks("shapley"),
    "one_absent": OneAbsent(),
    "gaussian": Gaussian(),
    "scales": Scales(),
}


@dataclass(frozen=True, eq=False)
class Lfa:
    """The weights of the linear function that agrees best with the model over a neighborhood of the input.

    `neighborhood`: `Masks(kernel)`, `OneAbsent()`, `Gaussian(noise)` or `Scales(low, high)`, or a name: "masks",
    "shapley_masks", "one_absent", "gaussian", "scales"; it says whether steps are added
    or multiplied with what makes the input differ from the `baseline`. `loss` "squared_error": of scores; "gradient_matching":
    of gradients with respect to the steps, whose minimizer is their mean. `model_class`: with an intercept or without. `budget`:
    perturbations an input. Masks play `segments`, columns or `groups`; other neighborhoods every value by itself. Eight
    choices are eight known methods: `lfa_presets()`. Slopes where steps are added, contributions where they are multiplied.
    """

    about: ClassVar[About] = About(
        name="lfa",
        answers="Which linear function agrees best with the model on perturbations of this kind?",
        misleads="No neighborhood is best for all questions: a function that fits one may be far off on another.",
        cost="1 forward a perturbation (1,000 by default), with its gradient where gradients are matched, + 1",
        source="Han, Srinivas, Lakkaraju, 2022, arXiv:2206.01254",
        needs=Access.SCORES,
    )

    neighborhood: Neighborhood | str = "masks"
    loss: Loss = "squared_error"
    model_class: ModelClass = "linear"
    budget: int = 1000
    baseline: Baseline = "auto"
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        kind = self.around  # raises, where the setting means none
        if self.loss not in ("squared_error", "gradient_matching"):
            raise InputError(f"`loss` must be 'squared_error' or 'gradient_matching'. Got {self.loss!r}.")
        if self.model_class not in ("linear", "linear_without_intercept"):
            raise InputError(f"`model_class` must be 'linear' or 'linear_without_intercept'. Got {self.model_class!r}.")
        if self.loss == "gradient_matching" and isinstance(kind, Masks | OneAbsent):
            raise InputError(
                "`loss` 'gradient_matching' needs steps that can be varied continuously. Take `Gaussian` or `Scales`."
            )
        if self.loss == "squared_error" and isinstance(kind, Scales):
            raise InputError("`loss` 'squared_error' cannot tell apart what is scaled together. Take 'gradient_matching'.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs; contributions of that shape, or (B, 1, H, W) for the segments of pictures.

        Raises: InputError, where the budget is too small for the function, or too large for the memory.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            if isinstance(self.around, Masks | OneAbsent):
                return self._of_players(q)
            return self._of_gradients(q) if self.loss == "gradient_matching" else self._of_values(q)

    @property
    def around(self) -> Neighborhood:
        """The neighborhood itself.

        Raises: InputError, UnknownNameError, where the setting means none.
        """
        if isinstance(self.neighborhood, str):
            if self.neighborhood not in NEIGHBORHOODS:
                raise UnknownNameError("neighborhood", self.neighborhood, NEIGHBORHOODS)
            return NEIGHBORHOODS[self.neighborhood]
        if not isinstance(self.neighborhood, Neighborhood):
            raise InputError(f"`neighborhood` must be one such as `Masks()` or `Gaussian()`. Got {self.neighborhood!r}.")
        return self.neighborhood

    def _of_players(self, q: Question) -> Attribution:
        played = games(q, segments=self.segments, groups=self.groups, baseline=self.baseline)
        fits: list[tuple[Tensor, float | None]] = []
        for game in track(played.games, "inputs"):
            steps, weights = self.around.drawn(game.players, self.budget, q.generator("neighborhood"))
            values = game(steps.bool())
            if _is_shapley(self.around):
                fits.append((constrained_least_squares(steps.bool(), values, weights, game.empty, game.full), None))
            elif isinstance(self.around, OneAbsent):
                fits.append((game.full - values, None))
            else:
                fits.append(_coefficients(self._line(steps, values, weights)))
        return _with_fit(played.attribution([values for values, _ in fits]), [fit for _, fit in fits])

    def _of_values(self, q: Question) -> Attribution:
        """A line through the scores of perturbed inputs, every value of which varies by itself."""
        fits = [self._line(*self._scored(q, row)) for row in track(range(len(q.query)), "inputs")]
        values = torch.stack([fit.coefficients for fit in fits]).view(q.query.inputs.shape)
        if self.around.operator == "add":
            values = values / _units(q).to(values)
        answer = q.attribution(values.to(q.query.inputs), self._kind)
        return _with_fit(answer, [fit.fit for fit in fits])

    def _scored(self, q: Question, row: int) -> tuple[Tensor, Tensor, Tensor]:
        """Steps, scores and weights of one input's perturbations."""
        versions, steps, weights = self._versions(q, row)
        rows = torch.full((len(versions),), row, device=versions.device)
        scores = q.query.target.take(rows).of(q.model(versions)).double().cpu()
        return steps, finite(scores, "Take a smaller neighborhood"), weights

    def _of_gradients(self, q: Question) -> Attribution:
        """The mean of the gradients with respect to the steps, which matches them best."""
        values, cut = [], False
        for row in track(range(len(q.query)), "inputs"):
            versions, _, weights = self._versions(q, row)
            rows = torch.full((len(versions),), row, device=versions.device)
            found = q.torch_model.gradients(versions, q.query.target.take(rows))
            cut = cut or found.cut
            shares = (weights / weights.sum()).to(found.values.device)
            values.append((shares.view(-1, *[1] * (versions.ndim - 1)) * found.values.double()).sum(0))
        mean = torch.stack(values)
        if self.around.operator == "multiply":
            mean = mean * (q.query.inputs - baseline_of(q, self.baseline))
        gradient_doubts(q, cut)
        return q.attribution(mean.to(q.query.inputs), self._kind)

    def _versions(self, q: Question, row: int) -> tuple[Tensor, Tensor, Tensor]:
        one = q.query.inputs[row]
        if self.budget * one.numel() > MOST_STEPS:
            most = MOST_STEPS // one.numel()
            raise InputError(f"`budget` must be at most {most} for inputs of {one.numel()} values. Got {self.budget}.")
        steps, weights = self.around.drawn(one.numel(), self.budget, q.generator("neighborhood"))
        moves = steps
        if self.around.operator == "add":
            moves = steps * input_range(q.query.inputs, q.model.ranges)[row].double().cpu().flatten()
        return perturbed(one, baseline_of(q, self.baseline)[row], moves, self.around.operator), steps, weights

    def _line(self, steps: Tensor, values: Tensor, weights: Tensor) -> LinearFit:
        if len(steps) < steps.shape[1] + 2:
            raise InputError(
                f"`budget` must be at least {steps.shape[1] + 2}: a line in {steps.shape[1]} features needs more perturbations "
                f"than that. Got {len(steps)}."
            )
        return weighted_ridge(steps, values, weights, 0.0, self.model_class == "linear")

    @property
    def _kind(self) -> Literal["slope", "contribution"]:
        return "slope" if self.around.operator == "add" else "contribution"


def _is_shapley(neighborhood: Neighborhood) -> bool:
    return isinstance(neighborhood, Masks) and neighborhood.kernel == "shapley"


def _coefficients(fit: LinearFit) -> tuple[Tensor, float]:
    return fit.coefficients, fit.fit


def _units(q: Question) -> Tensor:
    """(B, ...) what one step is in units of the input."""
    units = input_range(q.query.inputs, q.model.ranges)
    return torch.where(units == 0, torch.inf, units)


def _with_fit(answer: Attribution, fits: list[float | None]) -> Attribution:
    if any(fit is None for fit in fits):
        return answer
    local = torch.tensor(fits, dtype=torch.float64, device="cpu")
    return replace(answer, diagnostics=replace(answer.diagnostics, local_fit=local))
