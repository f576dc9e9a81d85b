"""A background or a baseline that is given once, and methods that lack what they need."""

import re

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

import xaivision as xv
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.metering import metered
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.owen import Owen


@pytest.fixture(scope="module")
def sonar():
    return xv.load_dataset("uci_sonar")


@pytest.fixture(scope="module")
def network():
    return xv.load_model("uci_sonar_mlp")


def test_a_background_reaches_every_method_that_looks_at_one_and_no_other(sonar, network):
    background, row = sonar.train.inputs[:6], sonar.test.inputs[:1]
    names = ["expected_gradients", "nearest_examples", "feature_ablation", "saliency"]
    found = xv.compare(network, row, names, background=background.numpy(), metrics=[], controls=[])
    assert dict(found.failures) == {}
    for name in names[:3]:
        alone = xv.explain(network, row, name, background=background)
        if name == "nearest_examples":
            assert torch.equal(found.explanations[name].indices, alone.indices)
        else:
            assert torch.equal(found.explanations[name].values, alone.values)
    assert not torch.equal(found.explanations["feature_ablation"].values, xv.explain(network, row, "feature_ablation").values)


def test_a_data_set_stands_for_its_training_part(sonar, network):
    row = sonar.test.inputs[:1]
    one = xv.compare(network, row, ["nearest_examples"], background=sonar, metrics=[], controls=[])
    other = xv.explain(network, row, "nearest_examples", background=sonar.train.inputs)
    assert torch.equal(one.explanations["nearest_examples"].examples, other.examples)
    same = xv.explain(network, row, "nearest_examples", background=sonar)
    assert torch.equal(same.examples, other.examples)


def test_what_a_method_was_given_itself_wins(sonar, network):
    background, own, row = sonar.train.inputs[:6], sonar.train.inputs[6:10], sonar.test.inputs[:1]
    settings = {"expected_gradients": {"background": own}, "feature_ablation": {"baseline": "zeros"}}
    found = xv.compare(
        network, row, ["expected_gradients", "feature_ablation", "nearest_examples"], background=background, settings=settings,
        metrics=[], controls=[],
    )  # fmt: skip
    expected = xv.explain(network, row, "expected_gradients", background=own).values
    assert torch.equal(found.explanations["expected_gradients"].values, expected)
    expected = xv.explain(network, row, "feature_ablation", baseline="zeros").values
    assert torch.equal(found.explanations["feature_ablation"].values, expected)


def test_a_baseline_reaches_every_method_that_has_one_and_a_background_goes_first(sonar, network):
    background, row = sonar.train.inputs[:6], sonar.test.inputs[:1]
    names = ["occlusion", "integrated_gradients", "feature_ablation"]
    found = xv.compare(network, row, names, baseline="zeros", background=background, metrics=[], controls=[])
    for name in names[:2]:
        assert torch.equal(found.explanations[name].values, xv.explain(network, row, name, baseline="zeros").values)
    expected = xv.explain(network, row, "feature_ablation", background=background).values
    assert torch.equal(found.explanations["feature_ablation"].values, expected)


def test_a_background_that_reaches_nobody_is_refused(sonar, network):
    row, background = sonar.test.inputs[:1], sonar.train.inputs[:3]
    for methods in (["saliency"], {"mine": Occlusion()}):
        with pytest.raises(InputError, match=r"`background` is for methods that have such a setting: .*expected_gradients"):
            xv.compare(network, row, methods, background=background)
    with pytest.raises(InputError, match=r"`baseline` is for methods that have such a setting: .*Got saliency\."):
        xv.compare(network, row, ["saliency"], baseline="zeros")


def test_methods_that_lack_what_they_need_are_named_together_before_the_model_is_asked(sonar, network):
    methods = {"a": "expected_gradients", "b": "saliency", "c": "owen", "d": "captum", "e": Owen()}
    told = "`a` needs `background`, `c` needs `hierarchy`, `d` needs `method`, `e` needs `hierarchy`. Give them as in settings="
    with metered() as meter, pytest.raises(InputError, match=re.escape(told)):
        xv.compare(network, sonar.test.inputs[:1], methods)
    assert meter.model_calls == meter.gradient_calls == 0


def test_what_was_missing_and_is_given_is_no_error(sonar, network):
    row = sonar.test.inputs[:1]
    settings = {"owen": {"hierarchy": [[0, 1], [2, [3, 4]]], "budget": 120}}
    found = xv.compare(
        network, row, ["owen", "nearest_examples"], background=sonar.train.inputs[:4], settings=settings, metrics=[]
    )
    assert dict(found.failures) == {}


def test_a_misspelled_method_is_named_and_not_said_to_lack_something(sonar, network):
    with pytest.raises(UnknownNameError, match="Did you mean `saliency`"):
        xv.compare(network, sonar.test.inputs[:1], ["salience"])


def test_a_method_that_is_none_is_refused_under_a_label_as_well(sonar, network):
    with pytest.raises(InputError, match=r"must be a name or an explainer\. Got int"):
        xv.compare(network, sonar.test.inputs[:1], {"mine": 3})


def test_a_newcomer_with_a_forest_gets_several_kinds_of_answer_and_no_failure():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(80, 6)).astype(np.float32)
    forest = RandomForestClassifier(12, random_state=0).fit(rows, rows[:, 0] > 0)
    plain = xv.compare(forest, rows[:2])
    assert plain.methods == ("tree_shap", "kernel_shap", "feature_ablation")
    informed = xv.compare(forest, rows[:2], background=rows[:40])
    assert informed.methods == ("tree_shap", "feature_ablation", "lime_tabular", "nearest_examples")
    for found in (plain, informed):
        assert all(what.endswith(" of nearest_examples") for what in found.failures)
        assert found.unanswered == {}
        assert {"deletion", "insertion"} <= set(found.scores)
        best = [one.as_attribution().values[0].abs().argmax() for one in found.explanations.values() if one.method == "tree_shap"]
        assert best == [0]
