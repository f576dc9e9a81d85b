"""ROAR and KAR: does a model that is trained anew without the features that a method names still know the class?

Source: Hooker et al., A benchmark for interpretability methods in deep neural networks, 2019, arXiv:1806.10758.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.random import generator, seed_for
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Target
from xaivision.core.wrapping import classifier
from xaivision.data.dataset import Part
from xaivision.engines.baselines import Baseline, reference_inputs
from xaivision.engines.ranked_removal import mean_features, mean_height, without_first
from xaivision.engines.ranking import removal_order
from xaivision.evaluation.labeled_inputs import LabeledInputs, fitting_inputs, labeled_inputs
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.same_method import check_same
from xaivision.evaluation.standing import REVERSED

# From inputs (N, *S), labels (N,) and a seed to a model that was trained on them, and on nothing else.
Fit = Callable[[Tensor, Tensor, int], Classifier]
SHARES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
# Where the scores keep those of the models of each seed, (B, seeds).
OF_EACH_SEED = "of each seed"
# Seeds that every library takes.
SEEDS = 2**31


class _Maps(NamedTuple):
    """The values by which features go, (N, n) of what is learned from and (B, n) of what is tested on."""

    training: Tensor
    tested: Tensor

    def times(self, sign: int) -> "_Maps":
        return _Maps(sign * self.training, sign * self.tested)


class _Data(NamedTuple):
    """What is learned from and what is tested on, and what stands in the place of features, (*S)."""

    training: Part
    tested: Part
    substitutes: Tensor


@dataclass(frozen=True, eq=False)
class _Retraining:
    """Settings that both share.

    `fit(inputs, labels, seed)` trains a model anew; `seeds` of them are trained on `training` at each of `shares`.
    `baseline` None: the mean of the training inputs, of each column or channel.
    """

    about: ClassVar[AboutEvaluator]
    sign: ClassVar[int]

    fit: Fit
    training: LabeledInputs
    shares: tuple[float, ...] = SHARES
    seeds: int = 3
    baseline: Baseline | None = None

    def __post_init__(self) -> None:
        if not callable(self.fit):
            raise InputError(f"`fit` must be a function of inputs, labels and a seed. Got {type(self.fit).__name__}.")
        labeled_inputs("training", self.training)
        check_positive_integer("seeds", self.seeds)
        _check_shares(self.shares)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares of the retrained models that give the explained class, mean over the shares of features that are gone.

        Explain with the labels as `targets`, and their mean is the accuracy; the curve has it at each share. `details`: the
        same of each seed, (B, seeds). A method that is no control has its reversed maps among the controls; chance has a
        draw of its own for each seed.

        Raises: InputError, where the explanation is not this explainer's or sets one class against another, the training
        inputs do not fit the model, or what `fit` gives has other classes.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            data, maps = self._asked(m, explainer, seed)
            if explainer.about.control:
                return self._scores(m, data, maps, seed)
            beside = self._scores(m, data, [one.times(-1) for one in maps], seed)
            return replace(self._scores(m, data, maps, seed), controls={REVERSED: beside})

    def _asked(self, m: Measurement, explainer: Explainer, seed: int) -> tuple[_Data, list[_Maps]]:
        """The data, and the method's maps of it: one for all seeds, or where the method is chance one for each."""
        query = m.explanation.query
        if query.against is not None:
            raise InputError(
                f"`{self.about.name}` needs explanations of one class. Got one class against another. Leave out `against`."
            )
        training = labeled_inputs("training", self.training)
        fitting_inputs("training", training, m.model, query.inputs.shape[1:])
        shown = Part(training.inputs.to(query.inputs), training.targets.to(query.inputs.device))
        asked = Target(shown.targets, output=query.output)
        own = m.explanation.origin.seed
        maps = [_Maps(_values(explainer.explain(m.model, shown.inputs, asked, seed=own)), _values(m.explanation))]
        for number in range(1, self.seeds if explainer.about.chance else 1):
            draw = seed_for(seed, "draw", number)
            pairs = ((shown.inputs, asked), (query.inputs, query.target))
            maps.append(_Maps(*(_values(explainer.explain(m.model, *pair, seed=draw)) for pair in pairs)))
        known = maps[0].training.isfinite().all(1)
        if not bool(known.any()):
            raise InputError(f"`{explainer.about.name}` must give finite values. Got none for the training inputs.")
        kept = known.to(query.inputs.device)
        data = _Data(
            Part(shown.inputs[kept], shown.targets[kept]), Part(query.inputs, query.targets), self._filled(m, shown.inputs, seed)
        )
        return data, [_Maps(one.training[known], one.tested) for one in maps]

    def _filled(self, m: Measurement, inputs: Tensor, seed: int) -> Tensor:
        """(*S) what stands for features that are gone, the same in every input."""
        if self.baseline is None:
            return mean_features(inputs)
        return reference_inputs(self.baseline, inputs[:1], generator(seed, "removal baseline"), m.model.typical)[0]

    def _scores(self, m: Measurement, data: _Data, maps: list[_Maps], seed: int) -> Scores:
        right = self._right(m, data, maps, seed)
        right[~_values(m.explanation).isfinite().all(1)] = torch.nan
        shares = torch.tensor(self.shares, dtype=torch.float64, device="cpu")
        by_seed = mean_height(right, shares)
        unit = "share of the retrained models that give the explained class"
        more = {"curves": right.mean(1), "curve_shares": shares, "details": {OF_EACH_SEED: by_seed}}
        found = m.scores(by_seed.mean(1), unit, **more)
        return replace(found, notes=_spread(found))

    def _right(self, m: Measurement, data: _Data, maps: list[_Maps], seed: int) -> Tensor:
        """(B, seeds, shares) 1 where a model that was trained anew gives the class that was explained, else 0."""
        orders = [_orders(one.times(self.sign), seed) for one in maps]
        found = torch.empty(len(data.tested.inputs), self.seeds, len(self.shares), dtype=torch.float64, device="cpu")
        plan = [(number, place) for number in range(self.seeds) for place in range(len(self.shares))]
        for number, place in track(plan, "retraining"):
            training, tested = orders[number % len(orders)]
            count = round(self.shares[place] * training.shape[1])
            shown = without_first(data.training.inputs, data.substitutes, training, count)
            fitted = classifier(self.fit(shown, data.training.targets, seed_for(seed, "retraining", number) % SEEDS))
            _check_classes(fitted, m.model)
            given = fitted(without_first(data.tested.inputs, data.substitutes, tested, count)).argmax(1)
            found[:, number, place] = (given == data.tested.targets).double().cpu()
        return found


@dataclass(frozen=True, eq=False)
class Roar(_Retraining):
    """How often models that were trained anew without the features named most important still give the class; low is good.

    `fit(inputs, labels, seed)` trains a model; `seeds` of them are trained on `training` with each of `shares` of the
    positions or columns of every input gone, by the method's own map of it, and asked about inputs that lack as many.
    `baseline` None: the mean of the training inputs, of each column or channel, stands in their place.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="roar",
        answers="Can a model learn the class without the features named most important?",
        misleads="A model may read the class off the shape of what is gone, or off features that the first model left unused.",
        cost="18 trainings by default, twice that for a method that is no control, and an explanation of each training input",
        source="Hooker et al., 2019, arXiv:1806.10758",
        higher_is_better=False,
        judges="explainer",
        training_data=True,
        trains_again=True,
    )
    sign: ClassVar[int] = 1

    __repr__ = told_settings


@dataclass(frozen=True, eq=False)
class Kar(_Retraining):
    """How often models that were trained anew on the features named most important alone give the class; high is good.

    As `roar`, with the least important features gone: of each input the share 1 - `shares` is kept.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="kar",
        answers="Can a model learn the class from the features named most important alone?",
        misleads="A model may read the class off the shape of what is kept, whatever the features themselves say.",
        cost="18 trainings by default, twice that for a method that is no control, and an explanation of each training input",
        source="Hooker et al., 2019, arXiv:1806.10758",
        higher_is_better=True,
        judges="explainer",
        training_data=True,
        trains_again=True,
    )
    sign: ClassVar[int] = -1

    __repr__ = told_settings


def interval_over_seeds(scores: Scores, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean over inputs, if models were trained with other seeds; NaN with fewer than two seeds.

    Raises: InputError, where the scores are not of models that were trained anew.
    """
    from scipy.special import stdtrit

    if OF_EACH_SEED not in scores.details:
        raise InputError(f"`scores` must be those of `roar` or `kar`. Got those of `{scores.metric}`.")
    means = scores.details[OF_EACH_SEED].nanmean(0)
    if len(means) < 2:
        return (float("nan"), float("nan"))
    reach = float(stdtrit(len(means) - 1, (1 + level) / 2)) * float(means.std()) / len(means) ** 0.5
    return (float(means.mean()) - reach, float(means.mean()) + reach)


def _spread(scores: Scores) -> tuple[str, ...]:
    low, high = interval_over_seeds(scores)
    return (f"95 % interval of the mean over seeds: {low:.3g} to {high:.3g}",) if low == low else ()


def _values(explanation: Explanation) -> Tensor:
    return explanation.as_attribution().feature_values.flatten(1).cpu()


def _orders(maps: _Maps, seed: int) -> tuple[Tensor, Tensor]:
    """Which features go first, in what is learned from and in what is tested on; ties are broken alike in both."""
    training, tested = (removal_order(values, generator(seed, "removal ties")) for values in maps)
    return training, tested


def _check_classes(fitted: ClassifierAdapter, model: ClassifierAdapter) -> None:
    if fitted.num_classes != model.num_classes:
        raise InputError(
            f"`fit` must give a model of {model.num_classes} classes, as the explained one has. Got {fitted.num_classes}."
        )


def _check_shares(shares: object) -> None:
    if not isinstance(shares, tuple) or not shares:
        raise InputError(f"`shares` must be a tuple of shares of the features. Got {shares!r}.")
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError(f"`shares` must be shares from 0 to 1. Got {share!r}.")
    if sorted(set(shares)) != list(shares):
        raise InputError(f"`shares` must ascend. Got {shares!r}.")
