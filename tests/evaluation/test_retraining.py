"""ROAR and KAR: closed forms, planted sets on which the true map must win, and controls that must not."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import pytest
import torch
from linear_models import linear, mapped, rows_of
from retrained_models import least_squares, means_apart, textures
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.question import question
from xaivision.core.random import generator, seed_for
from xaivision.core.scores import Scores
from xaivision.core.targets import Target, Targets
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.engines.ranking import removal_order
from xaivision.evaluation.controls import checked
from xaivision.evaluation.retraining import OF_EACH_SEED, Kar, Roar, interval_over_seeds
from xaivision.explainers.controls import Constant, Random
from xaivision.explainers.occlusion import Occlusion


@dataclass(frozen=True)
class Truth:
    """What was planted: the bright square of a picture; of a row, how much each column speaks for the class."""

    about: ClassVar[About] = About("truth", "What was planted?", "Never.", "none", "arXiv:1806.10758", Access.LABELS)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            if inputs.ndim == 4:
                return q.attribution((inputs > 0.5).to(inputs), "contribution")
            sign = 2 * q.query.targets[:, None] - 1
            return q.attribution(sign * inputs * load_dataset("linear_table").truth.to(inputs), "contribution")


# The first column alone tells the class; the others are the same for all.
ROWS = rows_of(*[(side, 5, 7, 9) for side in (-3, -2, -1, 1, 2, 3)])
LABELS = torch.tensor([0, 0, 0, 1, 1, 1])
TESTED = rows_of((-1, 5, 7, 9), (2, 5, 7, 9))
FIRST = linear([-1.0, 0.0, 0.0, 0.0])
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Columns(Truth):
    """The same values for every row."""

    values: tuple[float, ...] = (4.0, 3.0, 2.0, 1.0)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(torch.tensor(self.values).to(inputs).expand_as(inputs).contiguous(), "contribution")


def judged(kind: type[Roar | Kar], values: tuple[float, ...]) -> Scores:
    method = Columns(values)
    judge = kind(means_apart, (ROWS, LABELS), shares=STEPS, seeds=2)
    return judge.evaluate(FIRST, method, method.explain(FIRST, TESTED, [0, 1]))


def test_without_the_column_that_tells_the_class_all_get_the_same() -> None:
    """Where nothing is known class 0 is given: the row of class 1 is right at no share but 0."""
    found = judged(Roar, (4.0, 3.0, 2.0, 1.0))
    assert found.curves.tolist() == [[1.0] * 5, [1.0, 0.0, 0.0, 0.0, 0.0]]
    assert found.values.tolist() == [1.0, 0.125]
    assert found.details[OF_EACH_SEED].tolist() == [[1.0, 1.0], [0.125, 0.125]]
    assert found.curve_shares.tolist() == list(STEPS)


def test_the_column_that_tells_the_class_alone_is_enough() -> None:
    assert judged(Kar, (4.0, 3.0, 2.0, 1.0)).curves.tolist() == [[1.0] * 5, [1.0, 1.0, 1.0, 1.0, 0.0]]


def test_a_reversed_ranking_turns_both_around_and_stands_beside() -> None:
    forward, backward = (4.0, 3.0, 2.0, 1.0), (1.0, 2.0, 3.0, 4.0)
    for kind in (Roar, Kar):
        assert torch.equal(judged(kind, forward).controls["reversed"].curves, judged(kind, backward).curves)
    assert torch.equal(judged(Roar, backward).curves, judged(Kar, forward).curves)


def test_what_goes_is_replaced_by_the_mean_or_the_baseline() -> None:
    seen: list[Tensor] = []

    def watched(inputs: Tensor, labels: Tensor, seed: int) -> FunctionClassifier:
        seen.append(inputs)
        return means_apart(inputs, labels, seed)

    rows = ROWS + torch.arange(4)
    method = Columns()
    for baseline, first in ((None, rows[:, 0].mean()), ("zeros", 0.0), (rows_of((9, 8, 7, 6))[0], 9.0)):
        judge = Roar(watched, (rows, LABELS), shares=(0.25,), seeds=1, baseline=baseline)
        judge.evaluate(FIRST, method, method.explain(FIRST, TESTED, [0, 1]))
        assert torch.allclose(seen[-1][:, 0], torch.full((6,), float(first), dtype=torch.float64))
        assert torch.equal(seen[-1][:, 1:], rows[:, 1:])


def slowly(kind: type[Roar | Kar], data: Dataset, model: FunctionClassifier, shares: tuple[float, ...], seeds: int) -> Tensor:
    """(B, shares) by the definition."""
    method, (rows, labels), (tested, right) = Occlusion(), data.train, data.test
    maps = [method.explain(model, *pair).values for pair in ((rows, labels), (tested, right))]
    chosen = [removal_order(one if kind is Roar else -one, generator(0, "removal ties")) for one in maps]
    found = torch.zeros(len(tested), len(shares), dtype=torch.float64)
    for place, share in enumerate(shares):
        for number in range(seeds):
            changed = [rows.clone(), tested.clone()]
            for one, order in zip(changed, chosen, strict=True):
                for row in range(len(one)):
                    for column in order[row, : round(share * 8)].tolist():
                        one[row, column] = rows[:, column].double().mean()
            fitted = least_squares(changed[0], labels, seed_for(0, "retraining", number) % 2**31)
            found[:, place] += (fitted(changed[1]).argmax(1) == right).double() / seeds
    return found


@cache
def table() -> tuple[Dataset, FunctionClassifier]:
    data = load_dataset("linear_table", rows=200)
    return data, least_squares(*data.train, 0)


@pytest.mark.parametrize("kind", [Roar, Kar])
def test_curves_are_the_definition(kind: type[Roar | Kar]) -> None:
    data, model = table()
    judge = kind(least_squares, data.train, shares=(0.2, 0.5, 0.8), seeds=2)
    found = judge.evaluate(model, Occlusion(), Occlusion().explain(model, *data.test))
    assert torch.allclose(found.curves, slowly(kind, data, model, (0.2, 0.5, 0.8), 2), atol=1e-9)


def test_the_true_map_of_a_table_beats_chance_and_chance_its_reversal() -> None:
    data, model = table()
    for kind, sign in ((Roar, -1), (Kar, 1)):
        found = checked(model, data.test[0], Columns(tuple(data.truth.abs().tolist())), kind(least_squares, data), data.test[1])
        means = [sign * one.mean for one in (found, found.controls["random"], found.controls["reversed"])]
        assert means[0] > means[1] + 0.05
        assert means[1] > means[2] + 0.05


@cache
def squares() -> tuple[Dataset, FunctionClassifier]:
    data = load_dataset("planted_squares", count=400, size=16)
    return data, textures(*data.train, 0)


@cache
def of_squares(kind: type[Roar | Kar]) -> Scores:
    data, model = squares()
    return checked(model, data.test[0], Truth(), kind(textures, data, shares=(0.0, 0.03, 0.07, 0.2, 0.4), seeds=5), data.test[1])


def test_no_control_does_better_than_the_planted_squares() -> None:
    roar, kar = of_squares(Roar), of_squares(Kar)
    assert set(roar.controls) == {"random", "sobel", "reversed"}
    for name in roar.controls:
        assert roar.mean < roar.controls[name].mean, name
        assert kar.mean >= kar.controls[name].mean, name
    assert interval_over_seeds(roar)[1] < interval_over_seeds(roar.controls["random"])[0]
    assert interval_over_seeds(kar)[0] > interval_over_seeds(kar.controls["random"])[1]


def test_the_curve_of_the_planted_squares_falls_to_chance() -> None:
    curve = of_squares(Roar).curves.mean(0)
    assert curve[0] > 0.9
    assert (curve[2:] < 0.6).all()
    assert of_squares(Roar).controls["random"].curves.mean(0)[2] > 0.85
    assert of_squares(Kar).curves.mean(0).min() > 0.9


def test_a_constant_map_is_chance_and_its_own_reversal() -> None:
    data, model = table()
    found = Roar(least_squares, data, seeds=2).evaluate(model, Constant(), Constant().explain(model, *data.test))
    assert found.controls == {}
    truth = Columns(tuple(data.truth.abs().tolist()))
    assert found.mean > Roar(least_squares, data, seeds=2).evaluate(model, truth, truth.explain(model, *data.test)).mean


def test_chance_is_drawn_anew_for_each_seed() -> None:
    data, model = table()
    judge = Roar(means_apart, data, shares=(0.5,), seeds=8)  # takes no notice of the seed
    found = judge.evaluate(model, Random(), Random().explain(model, *data.test))
    assert len(set(found.details[OF_EACH_SEED].mean(0).tolist())) > 3
    constant = judge.evaluate(model, Constant(), Constant().explain(model, *data.test))
    assert len(set(constant.details[OF_EACH_SEED].mean(0).tolist())) == 1


def test_the_interval_over_seeds_is_students() -> None:
    details = {OF_EACH_SEED: torch.tensor([[0.5, 0.7, 0.9], [0.7, 0.9, 1.1]], dtype=torch.float64)}
    low, high = interval_over_seeds(Scores("roar", "a", torch.tensor([0.7, 0.9]), False, details=details))
    assert low == pytest.approx(0.8 - 4.302653 * 0.2 / 3**0.5, abs=1e-6)
    assert high == pytest.approx(0.8 + 4.302653 * 0.2 / 3**0.5, abs=1e-6)
    one = Scores("roar", "a", torch.tensor([0.7]), False, details={OF_EACH_SEED: torch.tensor([[0.7]])})
    assert all(end != end for end in interval_over_seeds(one))
    with pytest.raises(InputError, match="`scores` must be those of `roar` or `kar`"):
        interval_over_seeds(Scores("deletion", "a", torch.tensor([0.7]), False))


def test_the_interval_over_seeds_is_among_the_notes() -> None:
    roar = of_squares(Roar)
    low, high = interval_over_seeds(roar)
    assert roar.notes == (f"95 % interval of the mean over seeds: {low:.3g} to {high:.3g}",)
    assert low < roar.mean < high


def test_training_maps_that_are_not_finite_are_left_out() -> None:
    @dataclass(frozen=True)
    class Broken(Columns):
        """The second row names its last column, the others their first."""

        def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
            found = super().explain(model, inputs, targets, seed=seed)
            values = found.values.clone()
            values[inputs[:, 0] == -3] = torch.nan
            values[inputs[:, 0] == -2] = values[inputs[:, 0] == -2].flip(1)
            return found.with_values(values)

    seen: list[Tensor] = []

    def watched(inputs: Tensor, labels: Tensor, seed: int) -> FunctionClassifier:
        seen.append(inputs)
        assert labels.tolist() == [0, 0, 1, 1, 1]
        return means_apart(inputs, labels, seed)

    method = Broken()
    judge = Roar(watched, (ROWS, LABELS), shares=(0.25,), seeds=1, baseline=torch.full((4,), 100.0, dtype=torch.float64))
    judge.evaluate(FIRST, method, method.explain(FIRST, TESTED, [0, 1]))
    assert (seen[-1] == 100).nonzero().tolist() == [[0, 3], [1, 0], [2, 0], [3, 0], [4, 0]]


def test_explanations_of_one_class_against_another_are_refused() -> None:
    data, model = table()
    asked = Occlusion().explain(model, data.test[0][:2], Target(0, against=1))
    with pytest.raises(InputError, match="`roar` needs explanations of one class"):
        Roar(least_squares, data).evaluate(model, Occlusion(), asked)


def test_another_method_is_refused() -> None:
    data, model = table()
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        Roar(least_squares, data).evaluate(model, Random(), mapped(model, data.test[0], data.test[0], targets=0))


def test_a_fit_of_other_classes_is_refused() -> None:
    data, model = table()

    def three(inputs: Tensor, labels: Tensor, seed: int) -> FunctionClassifier:
        return FunctionClassifier(lambda rows: rows[:, :3], 3, score_unit="logit", domain="tabular", array="torch")

    with pytest.raises(InputError, match="`fit` must give a model of 2 classes, as the explained one has"):
        Kar(three, data).evaluate(model, Constant(), Constant().explain(model, data.test[0]))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"fit": "least_squares"}, "`fit` must be a function"),
        ({"training": ROWS}, "`training` must be a pair of tensors"),
        ({"seeds": 0}, "`seeds` must be a positive integer"),
        ({"shares": ()}, "`shares` must be a tuple"),
        ({"shares": (0.5, 1.1)}, "`shares` must be shares from 0 to 1"),
        ({"shares": (0.5, 0.2)}, "`shares` must ascend"),
        ({"shares": (0.5, 0.5)}, "`shares` must ascend"),
    ],
)
def test_settings_that_have_no_meaning_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Roar(**{"fit": means_apart, "training": (ROWS, LABELS), **settings})  # type: ignore[arg-type]
