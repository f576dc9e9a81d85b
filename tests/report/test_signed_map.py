from dataclasses import replace

import numpy as np
import pytest
import torch
from report_results import attribution, concept_scores, counterfactuals, draws, image_query, refused, rules, table_query

from xaivision.core.diagnostics import Diagnostics
from xaivision.report.signed_map import ARBITRARY, SignedMap, control_map, signed_map


def test_channels_are_summed_with_their_signs():
    query = image_query()
    values = draws(1, 3, 16, 16)
    shown = signed_map(attribution(query, values=values), 0)
    np.testing.assert_allclose(shown.values, values[0].double().sum(0).numpy(), atol=1e-6)


def test_a_refused_explanation_has_no_map():
    assert signed_map(refused(table_query()), 0) is None


def test_only_the_input_that_is_refused_loses_its_map():
    query = table_query(2)
    values = draws(2, 12, dtype=torch.float64)
    values[1, 3] = float("nan")
    explanation = attribution(query, values=values)
    assert signed_map(explanation, 0) is not None
    assert signed_map(explanation, 1) is None


def test_an_explanation_that_is_no_map_has_none():
    assert signed_map(replace(concept_scores(image_query()), maps=None), 0) is None


def test_contributions_say_what_they_should_add_up_to():
    query = table_query(columns=2)
    made = attribution(
        query,
        values=torch.tensor([[0.5, -0.25]], dtype=torch.float64),
        baseline=torch.zeros(1, 2, dtype=torch.float64),
        reference_scores=torch.tensor([0.25], dtype=torch.float64),
    )
    assert signed_map(made, 0).magnitude == "net +0.250 probability, total 0.750"  # it promises no sum
    promised = replace(made, diagnostics=Diagnostics(completeness_gap=torch.zeros(1, dtype=torch.float64)))
    assert signed_map(promised, 0).magnitude == "net +0.250 of +0.250 probability, total 0.750"
    assert signed_map(replace(made, reference_scores=None), 0).magnitude == "net +0.250, total 0.750"


def test_slopes_are_not_called_shares_of_the_score():
    made = attribution(table_query(columns=2), kind="slope", values=torch.tensor([[0.5, -0.25]], dtype=torch.float64))
    assert signed_map(made, 0).unit == "probability per unit of input"
    assert signed_map(made, 0).magnitude == "slopes: net +0.250, total 0.750"


@pytest.mark.parametrize(
    "method", ["eigen_cam", "score_cam", "grad_cam_plus_plus", "attention_rollout", "transformer_attribution"]
)
def test_methods_of_which_only_the_order_counts_have_no_unit_of_the_score(method):
    made = attribution(image_query())
    named = replace(made, origin=replace(made.origin, method=method))
    assert signed_map(named, 0).unit == ARBITRARY
    assert signed_map(named, 0).magnitude == "only the order of its values means something"
    known = replace(made, origin=replace(made.origin, method="grad_cam"))
    assert signed_map(known, 0).unit == made.query.unit


@pytest.mark.parametrize(("make", "unit"), [(counterfactuals, "change of the input"), (rules, "precision of the rule")])
def test_changes_and_rules_are_not_called_shares_of_the_score(make, unit):
    assert signed_map(make(table_query()), 0).unit == unit


def test_a_control_has_no_unit_and_says_that_it_ignores_the_model():
    shown = control_map(SignedMap(np.ones(3), "logit", "net 3"))
    assert (shown.unit, shown.magnitude) == ("arbitrary unit", "control: ignores the model")


def test_a_blank_map_has_blank_shares():
    shown = SignedMap(np.zeros((2, 2)), "logit", "")
    assert shown.blank
    assert np.array_equal(shown.shares, np.zeros((2, 2)))
