import json
from dataclasses import replace

import pytest
import torch
from report_results import attribution, comparison, every_explanation, image_query, losing, refused, scores, table_query

from xaivision.core.errors import InputError
from xaivision.report.summary import comparison_summary, explanation_summary, plain_value, scores_summary

NAN = float("nan")


def strict(value):
    """Through JSON text and back: what a reader of `--json` gets."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_the_summary_holds_verdicts_reasons_costs_and_scores_of_every_label():
    made = comparison(image_query(3))
    found = strict(comparison_summary(made, ["a", "b", "c"]))
    assert list(found["methods"]) == list(made.explanations)
    doubtful = found["methods"]["doubtful"]
    assert doubtful["verdict"] == {"status": "warn", "reasons": ["it did not converge"]}
    assert len(doubtful["verdicts"]) == 3
    assert (doubtful["model_calls"], doubtful["gradient_calls"], doubtful["seconds"]) == (64, 3, 0.5)
    assert doubtful["seed"] == 7
    assert doubtful["settings"] == {"steps": 3}
    assert found["methods"]["random"]["control"] is True
    assert [one["title"] for one in found["inputs"]] == ["a", "b", "c"]
    assert [one["target_name"] for one in found["inputs"]] == ["cat", "dog", "owl"]


def test_the_verdict_of_a_comparison_joins_the_explanations_own_with_what_the_controls_say():
    found = strict(comparison_summary(losing(image_query(2))))
    saliency = found["methods"]["saliency"]
    assert saliency["verdict"] == {"status": "warn", "reasons": ["no better than `sobel` on deletion (-0.25 [-0.25, -0.25])"]}
    assert saliency["verdicts"] == [{"status": "warn", "reasons": ["no better than `sobel` on deletion (-0.25)"]}] * 2
    assert saliency["own_verdict"] == {"status": "ok", "reasons": []}
    assert found["methods"]["sobel"]["verdict"] == {"status": "ok", "reasons": []}
    assert found["judging"] == ["deletion"]
    assert (found["model_calls"], found["gradient_calls"], found["seconds"]) == (321, 12, 1.5)


def test_scores_come_with_mean_interval_and_the_advantage_over_each_control():
    made = comparison(image_query(3))
    original = made.scores["deletion"]["saliency"]
    found = strict(comparison_summary(made))["methods"]["saliency"]["scores"]["deletion"]
    assert found["mean"] == pytest.approx(original.mean)
    assert found["interval"] == pytest.approx(list(original.interval()))
    assert found["values"] == original.values.tolist()
    assert found["curves"] == original.curves.tolist()
    for name in ("random", "sobel"):
        assert found["controls"][name]["advantage"] == pytest.approx(float(original.advantage(name).mean()))
    assert found["beaten_controls"] == sum(found["controls"][name]["advantage"] > 0 for name in ("random", "sobel"))


def test_what_is_not_a_number_is_null():
    undefined = replace(
        scores("deletion", "m", 2, 0), values=torch.tensor([NAN, NAN]), details={"d": torch.tensor([float("inf")])}
    )
    found = strict(scores_summary(undefined))
    assert (found["mean"], found["interval"], found["values"], found["undefined"]) == (None, None, [None, None], 2)
    assert found["details"] == {"d": [None]}


def test_the_agreement_keeps_its_labels_and_is_null_where_undefined():
    query = table_query(2)
    constant = attribution(query, values=torch.ones(2, 12, dtype=torch.float64))
    found = strict(comparison_summary(comparison(query, {"saliency": attribution(query), "constant": constant}, ())))["agreement"]
    assert found["labels"] == ["saliency", "constant"]
    assert found["mean"][0][0] == pytest.approx(1)
    assert found["mean"][0][1] is None
    assert len(found["values"]) == 2


def test_failed_methods_and_unjudged_metrics_are_told_apart():
    made = comparison(image_query(), failures={"lime": "no segments", "deletion of saliency": "wrong kind"})
    found = strict(comparison_summary(made))
    assert found["failures"] == {"lime": "no segments"}
    assert found["unjudged"] == {"deletion of saliency": "wrong kind"}


def test_every_type_of_explanation_has_a_summary_with_an_answer_for_each_input():
    for query in (image_query(2), table_query(2)):
        for result in every_explanation(query):
            found = strict(explanation_summary(result, ["a", "b"]))
            assert found["method"] == result.method
            assert all(found["answers"])


def test_a_refused_explanation_is_summarized_by_its_reason():
    found = strict(explanation_summary(refused(image_query())))
    assert found["verdict"]["status"] == "refuse"
    assert found["answers"] == ["refused: the hook never fired"]


def test_a_completeness_gap_is_kept():
    gap = attribution(table_query(2)).diagnostics
    made = attribution(table_query(2), diagnostics=replace(gap, completeness_gap=torch.tensor([0.5, NAN])))
    assert strict(explanation_summary(made))["completeness_gap"] == [0.5, None]


def test_evaluations_are_kept():
    counted = replace(attribution(table_query(2)).diagnostics, evaluations=torch.tensor([64, 100]))
    assert strict(explanation_summary(attribution(table_query(2), diagnostics=counted)))["evaluations"] == [64, 100]
    assert strict(explanation_summary(attribution(table_query(2))))["evaluations"] is None


def test_probabilities_are_told_where_the_model_has_them():
    query = replace(image_query(2), probabilities=torch.tensor([0.25, NAN]))
    assert [one["probability"] for one in strict(explanation_summary(attribution(query)))["inputs"]] == [0.25, None]
    assert [one["probability"] for one in strict(explanation_summary(attribution(image_query())))["inputs"]] == [None]


def test_titles_must_be_one_for_each_input():
    with pytest.raises(InputError, match="one for each of 2 inputs"):
        comparison_summary(comparison(image_query(2)), ["a"])


def test_settings_of_any_kind_become_plain_values():
    given = {"a": (1, NAN), "b": {"c": [True, None]}, "d": torch.float32}
    assert strict(plain_value(given)) == {"a": [1, None], "b": {"c": [True, None]}, "d": "torch.float32"}
