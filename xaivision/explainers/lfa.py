"""Local function approximation: the simple function that agrees best with the model around an input."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import NORMAL, Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.game import Game
from xaivision.engines.grouping import Groups
from xaivision.engines.neighborhoods import Gaussian, Masks, Neighborhood, OneAbsent, Scales
from xaivision.engines.ridge import weighted_ridge
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.shapley_regression import regression_estimate
from xaivision.engines.smoothing import input_range
from xaivision.explainers.c_lime import doubt_unvaried
from xaivision.explainers.doubts import chance_doubts, gradient_doubts
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.moved_inputs import MovedInputs
from xaivision.explainers.noisy_copies import doubt_ranges
from xaivision.explainers.players import games
from xaivision.explainers.reference import baseline_of

Loss = Literal["squared_error", "gradient_matching"]
ModelClass = Literal["linear", "linear_without_intercept"]

# A line is solved from a matrix of this many rows and columns: 0.8 GB.
MOST_VALUES = 10_000
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
    "shapley_masks", "one_absent", "gaussian", "scales"; it says whether steps are added or multiplied with what makes the input
    differ from the `baseline`. `loss` "squared_error": of scores; "gradient_matching": of gradients with respect to the steps,
    whose minimizer is their mean. `model_class`: with an intercept or without; Shapley masks have one, the baseline's score,
    and drops of the score with one feature absent have none. `budget`: perturbations an input. Masks play `segments`, columns
    or `groups`; other neighborhoods every value by itself. Eight choices are eight known methods: `lfa_presets()`. Slopes where
    steps are added, contributions where they are multiplied.

    `diagnostics.standard_error` is that of the draw: 0 where all masks there are were taken; there is none where a fixed rule
    takes the place of a draw (`Scales`).
    """

    about: ClassVar[About] = About(
        name="lfa",
        answers="Which linear function agrees best with the model on perturbations of this kind?",
        misleads="No neighborhood is best for all questions: a function that fits one may be far off on another.",
        cost="1 forward a perturbation (1,000 by default), with its gradient where gradients are matched, + 1 or 2",
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

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        if self.loss not in ("squared_error", "gradient_matching"):
            raise InputError(f"`loss` must be 'squared_error' or 'gradient_matching'. Got {self.loss!r}.")
        if self.model_class not in ("linear", "linear_without_intercept"):
            raise InputError(f"`model_class` must be 'linear' or 'linear_without_intercept'. Got {self.model_class!r}.")
        if why := _contradiction(self.around, self.loss, self.model_class):
            raise InputError(why)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs; contributions of that shape, or (B, 1, H, W) for the segments of pictures.

        Raises: InputError, where the budget is too small for the function, or the function too large for the memory.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            around = self.around
            if isinstance(around, Masks | OneAbsent):
                return self._of_players(q, around)
            return self._of_gradients(q, around) if self.loss == "gradient_matching" else self._of_values(q, around)

    @property
    def around(self) -> Neighborhood:
        """The neighborhood itself.

        Raises: InputError, UnknownNameError, where the setting means none.
        """
        if isinstance(self.neighborhood, str):
            if self.neighborhood not in NEIGHBORHOODS:
                raise UnknownNameError("neighborhood", self.neighborhood, NEIGHBORHOODS)
            return NEIGHBORHOODS[self.neighborhood]
        if not isinstance(self.neighborhood, Gaussian | Scales | Masks | OneAbsent):
            raise InputError(f"`neighborhood` must be one such as `Masks()` or `Gaussian()`. Got {self.neighborhood!r}.")
        return self.neighborhood

    def _of_players(self, q: Question, around: Masks | OneAbsent) -> Attribution:
        """Each player's weight in the function of who is there."""
        played = games(q, segments=self.segments, groups=self.groups, baseline=self.baseline)
        fits = [self._played(game, around, q.generator("neighborhood")) for game in track(played.games, "inputs")]
        values, errors = [fit.values for fit in fits], [fit.errors for fit in fits]
        chance_doubts(q, pad_sequence(values, batch_first=True), pad_sequence(errors, batch_first=True), "budget")
        answer = played.attribution(values, standard_errors=errors, adds_up=_is_shapley(around))
        told = replace(answer.diagnostics, interval_factor=_float64([fit.interval_factor for fit in fits]))
        return _with_fit(replace(answer, diagnostics=told), [fit.fit for fit in fits])

    def _played(self, game: Game, around: Masks | OneAbsent, chance: torch.Generator) -> "_Played":
        if _is_shapley(around):
            found = regression_estimate(game, LeverageDraw(game.players, chance), self.budget)
            error = torch.full_like(found.values, torch.nan) if found.standard_error is None else found.standard_error
            return _Played(found.values, error, found.interval_factor)
        masks = around.drawn(game.players, self.budget, chance)
        values = game(masks.steps.bool())
        if isinstance(around, OneAbsent):
            drops = game.full - values
            return _Played(drops, torch.zeros_like(drops))
        self._check_enough(len(masks.steps), game.players)
        fit = weighted_ridge(masks.steps, values, masks.weights, 0.0, self.model_class == "linear")
        error = torch.zeros_like(fit.standard_errors) if masks.complete else fit.standard_errors
        return _Played(fit.coefficients, error, NORMAL, fit.fit)

    def _of_values(self, q: Question, around: Gaussian | Scales) -> Attribution:
        """A line through the scores of perturbed inputs, every value of which varies by itself."""
        inputs = q.query.inputs
        units = input_range(inputs, q.model.ranges).expand_as(inputs)
        doubt_ranges(q, units)
        doubt_unvaried(q, units.double().cpu())
        self._check_enough(self.budget, inputs[0].numel())
        fits = MovedInputs(q, around, units, self.budget).lines(self.model_class == "linear")
        a_step = torch.where(units == 0, torch.inf, units).double().cpu()
        values = torch.stack([fit.coefficients for fit in fits]).view(inputs.shape) / a_step
        errors = torch.stack([fit.standard_errors for fit in fits]).view(inputs.shape) / a_step
        chance_doubts(q, values, errors, "budget")
        answer = q.attribution(values.to(inputs), "slope", standard_error=errors.to(inputs))
        return with_evaluations(_with_fit(answer, [fit.fit for fit in fits]), [self.budget] * len(inputs))

    def _of_gradients(self, q: Question, around: Gaussian | Scales) -> Attribution:
        """The mean of the gradients with respect to the steps, which matches them best."""
        inputs = q.query.inputs
        if isinstance(around, Scales):
            return self._along_the_way(q, around)
        units = input_range(inputs, q.model.ranges).expand_as(inputs)
        if around.noise > 0:
            doubt_ranges(q, around.noise * units)
        moved = MovedInputs(q, around, units, self.budget)
        found = moved.slopes()
        gradient_doubts(q, moved.cut)
        error = torch.zeros_like(found.mean) if around.noise == 0 else found.error_of_mean()
        chance_doubts(q, found.mean, error, "budget")
        return q.attribution(found.mean.to(inputs), "slope", standard_error=None if error is None else error.to(inputs))

    def _along_the_way(self, q: Question, around: Scales) -> Attribution:
        """Mean gradients times the way from the baseline; over the whole of it they sum to the change of the score."""
        inputs, baseline = q.query.inputs, baseline_of(q, self.baseline)
        moved = MovedInputs(q, around, baseline, self.budget)
        values = moved.slopes().mean * (inputs - baseline)
        gradient_doubts(q, moved.cut)
        reference = q.query.target.of(shared_scores(q.model, baseline))
        whole = around == Scales(0.0, 1.0)
        return q.attribution(values.to(inputs), "contribution", baseline=baseline, reference_scores=reference, adds_up=whole)

    def _check_enough(self, perturbations: int, features: int) -> None:
        if features > MOST_VALUES:
            raise InputError(
                f"A line must be in at most {MOST_VALUES} values: its equations have a row and a column for each. "
                f"Got {features}. Take `Masks`, which play segments, or `loss` 'gradient_matching'."
            )
        if perturbations < features + 2:
            raise InputError(
                f"`budget` must be at least {features + 2}: a line in {features} features needs more perturbations than that. "
                f"Got {perturbations}."
            )


@dataclass(frozen=True)
class _Played:
    """Of one input's players, (M,) each: `values` and their standard `errors`; `fit`: R2 of a line."""

    values: Tensor
    errors: Tensor
    interval_factor: float = NORMAL
    fit: float | None = None


def _contradiction(around: Neighborhood, loss: Loss, model_class: ModelClass) -> str:
    """What keeps these settings from meaning one function; empty where nothing does."""
    if loss == "gradient_matching" and isinstance(around, Masks | OneAbsent):
        return "`loss` 'gradient_matching' needs steps that can be varied continuously. Take `Gaussian` or `Scales`."
    if loss == "squared_error" and isinstance(around, Scales):
        return "`loss` 'squared_error' cannot tell apart what is scaled together. Take 'gradient_matching'."
    if loss == "squared_error" and isinstance(around, Gaussian) and around.noise == 0:
        return "`loss` 'squared_error' needs steps of some size: `noise` must be above 0. Got 0. Or take 'gradient_matching'."
    if _is_shapley(around) and model_class != "linear":
        return (
            "`model_class` must be 'linear' with Shapley masks: the function meets the score of the baseline, which is its "
            f"intercept. Got {model_class!r}."
        )
    if isinstance(around, OneAbsent) and model_class == "linear":
        return (
            "`model_class` must be 'linear_without_intercept' with `OneAbsent`: as many drops of the score as features settle no "
            "intercept. Got 'linear'."
        )
    return ""


def _is_shapley(neighborhood: Neighborhood) -> bool:
    return isinstance(neighborhood, Masks) and neighborhood.kernel == "shapley"


def _with_fit(answer: Attribution, fits: list[float | None]) -> Attribution:
    if any(fit is None for fit in fits):
        return answer
    return replace(answer, diagnostics=replace(answer.diagnostics, local_fit=_float64(fits)))


def _float64(numbers: list[float | None] | list[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64, device="cpu")
