import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier
from surrogate_subjects import columns, linear_box, seen_by, table

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.surrogates.curves import count_curve
from xaivision.surrogates.disagreement import out_of_fold
from xaivision.surrogates.growing import KINDS, Growth
from xaivision.surrogates.ranking import FeatureRanking
from xaivision.surrogates.steadiness import best_overlap, steadiness
from xaivision.surrogates.study import Plan, studied
from xaivision.surrogates.surrogate_rules import SurrogateRule, applied, rules_of

QUICK = {"draws": 4, "resamples": 3, "growth": Growth(trees=8)}


def study_of(model, plan, rows=240, inputs=None):
    given = table(rows) if inputs is None else inputs
    half = len(given) * 2 // 3
    learned, held_out = seen_by(model, given[:half]), seen_by(model, given[half:])
    return studied(model, learned, held_out, columns(given.shape[1]), plan)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_fidelity_beside_random_features_and_what_has_rules_has_rules(kind):
    found = study_of(linear_box([4, -4, 0, 0, 0, 0]), Plan(kind, 2, **QUICK))
    assert set(found.surrogate.features) == {0, 1}
    assert found.random.agreement_gain.value > 0.1
    assert found.random.agreement_gain.value == pytest.approx(found.fidelity.agreement.value - found.random.agreement.value)
    assert found.random.beaten == np.mean(np.array(found.random.agreements) < found.fidelity.agreement.value)
    readable = kind in ("tree", "rule_list")
    assert bool(found.rules) == readable == (found.steadiness is not None) == (not math.isnan(found.explained.value))
    given = found.surrogate(found.held_out.inputs).double().numpy()
    assert found.fidelity.agreement.value == (given.argmax(1) == found.held_out.labels).mean()


def test_nothing_of_the_held_out_rows_is_learned_from():
    model, inputs = linear_box([3, -2, 1, 0, 0, 0]), table(240)
    other = inputs.clone()
    other[160:] = table(80, seed=77) * 2
    one, two = (study_of(model, Plan(**QUICK), inputs=rows) for rows in (inputs, other))
    rows = table(50, seed=3).numpy()
    assert one.surrogate.features == two.surrogate.features
    assert np.array_equal(one.surrogate.model.probabilities(rows), two.surrogate.model.probabilities(rows))
    assert [region.conditions for region in one.regions] == [region.conditions for region in two.regions]
    assert one.counts == two.counts


def test_the_number_of_features_is_where_more_stop_to_pay():
    seen = seen_by(linear_box([3, -3, 3, 0, 0, 0, 0, 0]), table(500, 8))
    curve = count_curve("linear", seen, range(8), Growth(strength=0.1))
    assert [point.count for point in curve if point.knee] == [3]
    assert curve[2].r2 > curve[1].r2 + 0.1
    assert curve[0].agreement < curve[2].agreement


def test_regions_of_disagreement_are_where_the_tree_cannot_follow():
    def wavy(rows):
        right = 1 / (1 + np.exp(-8 * np.where(rows[:, 0] > 0, np.sin(9 * rows[:, 1]), 1.0)))
        return np.stack([1 - right, right], 1)

    model = FunctionClassifier(wavy, 2, score_unit="probability", domain="tabular")
    found = study_of(model, Plan(k=2, draws=2, resamples=2, growth=Growth(depth=3)), rows=900)
    worst, best = found.regions[0], found.regions[-1]
    assert any(one.feature == 0 and one.low is not None and abs(one.low) < 0.3 for one in worst.conditions)
    assert worst.found > 0.2 > 0.05 > best.found
    wavy_side = [one for one in found.regions if any(part.feature == 0 and part.low is not None for part in one.conditions)]
    rates = [
        sum(one.rate.value * one.rows for one in part if one.rows) / sum(one.rows for one in part)
        for part in (wavy_side, [one for one in found.regions if one not in wavy_side])
    ]
    assert rates[0] > 0.2 > 0.02 > rates[1]
    assert sum(region.rows for region in found.regions) == len(found.held_out)
    wrong = sum(round(region.rate.value * region.rows) for region in found.regions if region.rows)
    assert wrong == round((1 - found.fidelity.agreement.value) * len(found.held_out))


def test_rules_are_steadier_on_many_rows_than_on_few():
    def by_rules(rows):
        right = np.where(rows[:, 0] > 0.3, 0.9, np.where(rows[:, 1] > 0.8, 0.7, 0.1))
        return np.stack([1 - right, right], 1)

    model = FunctionClassifier(by_rules, 2, score_unit="probability", domain="tabular")
    few, many = (
        study_of(model, Plan(k=3, draws=2, resamples=8, growth=Growth(depth=2)), rows=rows).steadiness for rows in (40, 1500)
    )
    assert many.agreement > few.agreement
    assert np.nanmean(list(many.rules.values())) > max(0.95, np.nanmean(list(few.rules.values())))
    assert many.first == many.used[0] == many.used[1] == 1


def test_the_same_sample_again_is_perfectly_steady(monkeypatch):
    found = study_of(linear_box([4, -2, 0, 0, 0, 0]), Plan(k=2, **QUICK))
    monkeypatch.setattr(torch, "randint", lambda high, size, **_: torch.arange(high))
    same = steadiness(found.surrogate, found.black_box, found.learned, found.held_out, QUICK["growth"], 2)
    assert same.agreement == 1
    assert {value for value in same.rules.values() if not math.isnan(value)} == {1.0}


def test_rows_are_asked_of_a_surrogate_that_has_not_learned_from_them():
    """Noise can be learned by heart, and cannot be told beforehand."""
    seen = seen_by(linear_box([1, 0, 0, 0, 0, 0]), table(200))
    noise = np.random.default_rng(0).random(200)
    by_chance = replace(seen, probabilities=np.stack([1 - noise, noise], 1))
    given = out_of_fold("tree", by_chance, tuple(range(6)), Growth(depth=20, in_a_leaf=1))
    assert 0.35 < (given.argmax(1) == by_chance.labels).mean() < 0.65


def test_only_rules_of_the_same_class_are_the_same_rule():
    rule = SurrogateRule(1, (), 0, (1.0, 0.0), 2, 1.0, 1.0)
    places, others = np.array([1, 1, 2, 2]), np.array([5, 6, 5, 5])
    mine, theirs = replace(rule, place=5, label=1), replace(rule, place=6)
    assert best_overlap(rule, places, (mine, theirs), others) == 0.5
    assert best_overlap(rule, places, (mine,), others) == 0
    assert math.isnan(best_overlap(replace(rule, place=9), places, (mine,), others))


def test_deeper_trees_fit_what_they_learned_from_ever_better():
    found = study_of(linear_box([3, -2, 1, 0, 0, 0]), Plan(k=3, **QUICK))
    fits = [point.learned.r2.value for point in found.depths]
    assert fits == sorted(fits)
    assert [point.depth for point in found.depths] == list(range(1, len(fits) + 1))
    assert found.depths[4].held_out == found.fidelity


def test_constant_and_repeated_columns_are_never_read_and_are_told():
    inputs = table(240)
    inputs[:, 2], inputs[:, 4] = 3.0, inputs[:, 0]
    found = study_of(linear_box([2, 1, 5, 0, 2, 0]), Plan(k=6, **QUICK), inputs=inputs)
    assert set(found.surrogate.features) == {0, 1, 3, 5}
    assert any("`column 2`" in note for note in found.notes)
    assert any("`column 0` stands for `column 4`" in note for note in found.notes)
    assert "Of the 6 features that were asked for, 4 can be chosen." in found.notes


def test_columns_that_are_all_constant_are_refused():
    def by_noise(rows):
        right = (np.arange(len(rows)) % 7) / 7
        return np.stack([1 - right, right], 1)

    model = FunctionClassifier(by_noise, 2, score_unit="probability", domain="tabular")
    with pytest.raises(InputError, match="needs a column that varies"):
        study_of(model, Plan(**QUICK), inputs=torch.ones(60, 4))


def test_a_ranking_of_other_features_is_refused():
    other = FeatureRanking("mine", tuple("abcdef"), np.arange(6))
    with pytest.raises(InputError, match="the black box's own 6 features"):
        study_of(linear_box([1] * 6), Plan(rankings=(other,), **QUICK))


@pytest.mark.parametrize("wrong", [{"k": 0}, {"k": "many"}, {"sure": 0}, {"draws": 1}, {"resamples": "all"}])
def test_plans_that_mean_nothing_are_refused(wrong):
    with pytest.raises(InputError, match=f"`{next(iter(wrong))}` must be"):
        Plan(**wrong)
    with pytest.raises(UnknownNameError):
        Plan("trees")


def planted(rows=1500, features=200, seed=0):
    """Ten informative columns of 200, three classes, in random order of rows; the columns keep their places."""
    inputs, labels = make_classification(
        rows, features, n_informative=10, n_redundant=0, n_classes=3, n_clusters_per_class=1, shuffle=False, random_state=seed
    )
    order = np.random.default_rng(seed).permutation(rows)
    return torch.from_numpy(inputs[order].astype(np.float32)), labels[order]


def test_planted_features_are_found_and_beat_as_many_drawn_at_random():
    inputs, labels = planted(1100)
    network = MLPClassifier((32,), alpha=3.0, early_stopping=True, random_state=0).fit(inputs[:800].numpy(), labels[:800])
    model = SklearnClassifier(network)
    learned, held_out = seen_by(model, inputs[:800]), seen_by(model, inputs[800:])
    found = studied(model, learned, held_out, columns(200), Plan("tree", 10, draws=8, resamples=2))
    assert sum(column < 10 for column in found.surrogate.features) >= 7
    assert found.random.agreement_gain.interval[0] >= 0.15


def test_exported_rules_of_a_study_are_its_surrogate_on_every_row():
    found = study_of(linear_box([3, -2, 1, 0, 0, 0]), Plan(k=3, sure=0.95, **QUICK))
    rows = table(2000, seed=8)
    given = applied(found.rules_json(), rows.numpy())
    assert np.array_equal(given, found.surrogate.model.probabilities(rows.numpy()))
    assert sum(rule.support for rule in found.rules) == len(found.held_out)
    sure = {rule.place for rule in rules_of(found.surrogate, found.learned) if rule.confidence >= 0.95}
    agrees = found.surrogate(found.held_out.inputs).argmax(1).numpy() == found.held_out.labels
    trusted = np.isin(found.surrogate.places_of(found.held_out.rows), list(sure))
    assert 0 < found.explained.value == (agrees & trusted).mean() < agrees.mean()
    places = [rule.place for rule in found.rule_of(rows[:20])]
    assert places == found.surrogate.places_of(rows[:20].numpy()).tolist()
    assert found.explain(rows[:2]).values.shape == (2, 6)
    assert found.counterfactual(rows[:2]).counterfactuals.shape == (2, 1, 6)
