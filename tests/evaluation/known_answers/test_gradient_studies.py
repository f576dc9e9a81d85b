"""DiffROAR, leakage and quality of attribution: known answers, and the acceptance of the study in miniature."""

import pytest
import torch

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.diffroar import Kept, Maps, Retraining, diffroar
from xaivision.evaluation.known_answers.leakage import leakage, quality
from xaivision.evaluation.known_answers.suites import diffroar_study as diffroar_module
from xaivision.evaluation.known_answers.suites.diffroar_study import diffroar_study
from xaivision.evaluation.known_answers.suites.leakage_study import leakage_study
from xaivision.evaluation.known_answers.suites.one_hot_study import one_hot_study
from xaivision.evaluation.known_answers.suites.robust_networks import STANDARD, learned_model
from xaivision.evaluation.known_answers.suites.suppressor_weights import suppressor_study
from xaivision.evaluation.known_answers.suites.tetromino_suppressors import tetromino_suppressor_study


def by_first_column(inputs: torch.Tensor, targets: torch.Tensor, seed: int) -> FunctionClassifier:
    """Learns nothing but whether the sign of the first column, where it is kept, is the class."""
    sums = inputs[:, 0].sign()
    known = float((sums == 2.0 * targets - 1).double().mean()) > 0.9
    score = (lambda rows: torch.stack([-rows[:, 0], rows[:, 0]], 1)) if known else (lambda rows: torch.zeros(len(rows), 2))
    return FunctionClassifier(score, 2, domain="tabular", score_unit="logit", array="torch")


def rows(count: int) -> Part:
    drawn = torch.randn(count, 5, generator=torch.Generator().manual_seed(count))
    return Part(drawn, (drawn[:, 0] > 0).long())


@pytest.mark.parametrize("fill", ["zeros", "mean"])
def test_maps_that_name_the_one_column_that_tells_the_class_have_all_the_difference(fill):
    learned, tested = rows(200), rows(100)
    sizes = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])
    retraining = Retraining(by_first_column, runs=2, fill=fill)
    named, others = (
        diffroar(
            retraining, learned, tested, [Maps(*(order.expand(len(one.inputs), -1) for one in (learned, tested)))], (0.2, 0.4)
        )
        for order in (sizes, -sizes)
    )
    share = float((tested.targets == 0).double().mean())  # what a model that knows nothing gets right
    for kept, turned in zip(named, others, strict=True):
        assert kept.first == (1.0, 1.0)
        assert kept.last == pytest.approx((share, share))
        assert turned.difference == pytest.approx(-kept.difference)
    assert [one.share for one in named] == [0.2, 0.4]


@pytest.mark.parametrize(("fill", "left"), [("zeros", 0.0), ("mean", 2.0)])
def test_what_is_gone_is_filled_as_was_said_and_every_run_has_a_seed_of_its_own(fill, left):
    columns = torch.randn(40, 5, generator=torch.Generator().manual_seed(0))
    learned = Part(columns - columns.mean(0) + 2, (columns[:, 0] > 0).long())
    shown, seeds = [], []

    def fit(inputs: torch.Tensor, targets: torch.Tensor, seed: int) -> FunctionClassifier:
        shown.append(inputs)
        seeds.append(seed)
        return by_first_column(inputs, targets, seed)

    sizes = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0]).expand(40, -1)
    for seed in (0, 1):
        diffroar(Retraining(fit, runs=3, fill=fill, seed=seed), learned, learned, [Maps(sizes, sizes)], (0.4,))
    for first, last in zip(shown[:3], shown[3:6], strict=True):
        assert torch.equal(first[:, :2], learned.inputs[:, :2])
        assert torch.equal(last[:, 3:], learned.inputs[:, 3:])
        for gone in (first[:, 2:], last[:, :3]):
            assert torch.allclose(gone, torch.full_like(gone, left), atol=1e-6)
    assert len(set(seeds)) == 6  # the first and the last features of a run are learned from the same start
    assert seeds[:3] == seeds[3:6]


def test_a_linear_model_weighs_the_suppressor_as_much_as_the_signal_and_its_pattern_does_not():
    study = suppressor_study(0)
    signal, suppressor, low, high, error = study.heads
    weights, pattern = "sizes of the weights", "pattern"
    assert study.value(weights, suppressor) == pytest.approx(0.5, abs=0.03)
    assert study.value(weights, signal) == pytest.approx(0.5, abs=0.03)
    assert 0 < study.value(pattern, error) < 0.05
    assert study.value(pattern, suppressor) < 3 * study.value(pattern, error)
    assert study.value(pattern, signal) > 0.9
    for label in (weights, pattern):  # over sets, whose shares differ
        assert study.value(label, low) < study.value(label, suppressor) < study.value(label, high)
    assert study.value(weights, high) - study.value(weights, low) < 0.02
    assert study.value(pattern, high) < 0.1


def test_each_run_has_its_own_maps_where_there_are_as_many():
    learned, tested = rows(200), rows(100)
    sizes = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])
    maps = [Maps(*(order.expand(len(one.inputs), -1) for one in (learned, tested))) for order in (sizes, -sizes)]
    (kept,) = diffroar(Retraining(by_first_column, runs=3), learned, tested, maps, (0.2,))
    share = float((tested.targets == 0).double().mean())
    assert kept.first == pytest.approx((1.0, share, 1.0))
    assert kept.last == pytest.approx((share, 1.0, share))


def test_a_run_has_an_order_of_batches_of_its_own(monkeypatch):
    digits, orders = load_dataset("digits"), []
    known = KnownSet("d", digits.train, digits.test, digits.test.inputs[:, 0] > 0, "association", "", digits.class_names)
    monkeypatch.setattr(diffroar_module, "train", lambda _module, _inputs, _targets, recipe, _what: orders.append(recipe.seed))
    for seed in (3, 4):
        diffroar_module._Fit(known)(digits.train.inputs[:8], digits.train.targets[:8], seed)
    assert orders == [3, 4]


def test_the_interval_is_over_runs():
    assert Kept(0.1, (0.9, 0.7), (0.5, 0.5)).difference == pytest.approx(0.3)
    low, high = Kept(0.1, (0.9, 0.7), (0.5, 0.5)).interval
    assert low < 0.3 < high
    assert Kept(0.1, (0.9,), (0.5,)).interval[0] != Kept(0.1, (0.9,), (0.5,)).interval[0]


def test_the_spread_is_over_all_pairs_of_runs():
    assert Kept(0.1, (0.9, 0.7), (0.5, 0.3)).spread == pytest.approx(torch.tensor([0.4, 0.6, 0.2, 0.4]).std(correction=0))
    assert Kept(0.1, (0.9,), (0.5,)).spread != Kept(0.1, (0.9,), (0.5,)).spread


def test_shares_of_nothing_or_of_all_are_refused():
    learned = rows(20)
    maps = Maps(learned.inputs, learned.inputs)
    for share in (0.0, 1.0):
        with pytest.raises(InputError, match="between 0 and 1"):
            diffroar(Retraining(by_first_column), learned, learned, [maps], (share,))


def test_leakage_is_the_share_outside_the_signal_in_mass_and_in_the_largest_tenth():
    signal = torch.zeros(2, 4, 5, dtype=torch.bool)
    signal[:, :2] = True
    values = torch.ones(2, 4, 5)
    values[0, 0, 0], values[0, 0, 1] = -21.0, 21.0
    values[1, 3, 0], values[1, 3, 1] = 21.0, -21.0
    found = leakage(values, signal)
    assert found.mass.tolist() == pytest.approx([10 / 60, 50 / 60])
    assert found.top.tolist() == [0, 1]


def test_quality_is_how_often_the_signal_is_first_minus_how_often_it_is_last():
    known = one_hot(tested=50)
    right, wrong = known.truth.float(), 1 - known.truth.float()
    assert quality(right, known.truth).attribution == pytest.approx(1 - 0.0)
    assert quality(wrong, known.truth).attribution == pytest.approx(0.0 - 1)
    assert quality(torch.ones_like(right), known.truth).attribution == pytest.approx(0)


def test_a_network_that_has_not_learned_clean_inputs_is_refused():
    known = one_hot(learned=100, tested=100)
    blind = TorchClassifier(torch.nn.Sequential(torch.nn.Linear(10, 2)), 2, domain="tabular")
    with torch.no_grad():
        blind.model[0].weight.zero_()
    with pytest.raises(XaivisionError, match="must have learned the clean inputs"):
        learned_model(blind, known, STANDARD)


@pytest.mark.slow
def test_quality_of_attribution_of_a_robust_network_is_far_above_that_of_a_standard_one():
    study = one_hot_study("quick", 0)
    found = {label: study.value(label, "quality") for label, _ in study.rows}
    assert found["robust linf 0.35"] - found[STANDARD] > 1


@pytest.mark.slow
def test_gradients_leak_where_the_digit_moves_and_those_of_robust_networks_less():
    study = leakage_study("quick", 0)
    head = "gradient outside the digit"
    moving, staying, robust = (
        study.value(f"cnn, digit {of}", head) for of in ("anywhere, standard", "on top, standard", "anywhere, robust l2 1.5")
    )
    assert moving > 2.5 * staying
    assert robust < moving
    assert all(numbers[0] > 0.95 for label, numbers in study.rows if label != "random map")
    assert study.value("random map", head) == pytest.approx(0.5, abs=0.01)
    assert study.value("cnn, digit anywhere, standard", "gradient outside, from") < moving


@pytest.mark.slow
def test_diffroar_of_robust_gradients_is_far_above_that_of_standard_ones_and_random_maps_have_none():
    study = diffroar_study("quick", 0)
    for head in study.heads[1:3]:
        assert study.value("robust l2 1", head) - study.value(STANDARD, head) > 0.3
        assert abs(study.value("random", head)) < 0.05


@pytest.mark.slow
def test_smooth_noise_draws_weights_to_what_is_next_to_the_truth_where_both_models_are_as_good():
    study = tetromino_suppressor_study("quick", 0)
    white, smooth = (next(label for label, _ in study.rows if label.startswith(kind)) for kind in ("white", "correlated"))
    assert all(study.value(label, "accuracy") > 0.95 for label in (white, smooth))
    assert study.value(white, "on the truth, from") > study.value(smooth, "to")
    assert study.value(smooth, "next to it") > 1.5 * study.value(white, "next to it")
    for label, numbers in study.rows:
        assert sum(numbers[1:4]) == pytest.approx(1), label
